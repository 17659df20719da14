//! A network that loses questions and replies.

use statemachine::stored::{
    Address, Claim as _, Committed, Failed, Key, Outcome, Store as _, Value, postgres::Postgres,
};
use statemachine_tests::hang;

use crate::{
    Job, Jobs, job, jobs, jobs_at,
    proxy::{Cut, Proxy},
    running, server, short,
};

const QUEUED: Value<'static> = Value { state: "Queued", data: None };

/// The jobs of a table, through a proxy that sees the text of each statement that is executed.
async fn through(table: &str) -> (Jobs, Proxy) {
    let proxy = Proxy::start(server::shared().port()).await;
    let url = server::shared().url_at(proxy.port);
    (jobs_at(&url, table, short().unprepared()).await, proxy)
}

fn at(key: &Key) -> Address<'_> {
    Address { machine: "Job", key }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_reply_is_lost_is_recognised() {
    let _hang = hang::detector("a_commit_whose_reply_is_lost_is_recognised");
    let (jobs, proxy) = through("reply_of_commit").await;
    let cuts: [&[Cut]; 5] = [
        &[Cut::Before],
        &[Cut::After],
        &[Cut::Before, Cut::After],
        &[Cut::After, Cut::Before],
        &[Cut::After, Cut::After, Cut::After],
    ];
    for cuts in cuts {
        let key = format!("{cuts:?}");
        jobs.insert(&key, Job::Queued).await.unwrap();
        let right = jobs.at(&key).queued_to_running().now().await.unwrap();
        let token = right.token();
        // The commit is the one statement that says both.
        proxy.order("\"state\" = CAST", cuts);
        right.commit_with(running("me")).await.unwrap();
        assert!(proxy.is_done());
        let row = jobs.store().load(at(&Key::from(&key))).await.unwrap().unwrap();
        // Once, and not once for each try.
        assert_eq!((row.version, &*row.state), (token + 1, "Running"), "{cuts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_reply_is_lost_is_not_mistaken_for_anothers_change() {
    let _hang = hang::detector("a_commit_whose_reply_is_lost_is_not_mistaken_for_anothers_change");
    let (through, proxy) = through("reply_hidden").await;
    let direct = jobs("reply_hidden").await;
    for (key, cut, then, expected) in [
        // It never arrived, and another has taken the right since.
        (
            1,
            Cut::Before,
            "UPDATE reply_hidden SET version = version + 1, by = 'a'",
            Committed::Lost,
        ),
        // Two changes hide it.
        (
            2,
            Cut::Before,
            "UPDATE reply_hidden SET version = version + 2, by = 'a'",
            Committed::Unknown,
        ),
        (
            3,
            Cut::After,
            "UPDATE reply_hidden SET version = version + 1, by = 'a'",
            Committed::Unknown,
        ),
        (4, Cut::After, "DELETE FROM reply_hidden", Committed::Unknown),
        (5, Cut::After, "SELECT 1", Committed::Done),
    ] {
        let key = Key::from(key);
        direct.insert(&key, Job::Queued).await.unwrap();
        let claimed = through.store().claim(at(&key), &["Queued"]).await.unwrap();
        let Outcome::Done(claim) = claimed else { panic!("{claimed:?}") };
        proxy.order("\"state\" = CAST", &[cut]);
        proxy.stop_after_cuts(true);
        let committed = tokio::spawn(async move { claim.commit(QUEUED).await });
        proxy.cut().await;
        let client = crate::client(&server::shared().url()).await;
        client.batch_execute(then).await.unwrap();
        proxy.stop_after_cuts(false);
        assert_eq!(committed.await.unwrap().unwrap(), expected, "{key}: {cut:?}, {then}");
        client.batch_execute("DELETE FROM reply_hidden").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_in_one_step_whose_reply_is_lost_is_told_by_its_mark() {
    let _hang = hang::detector("a_move_in_one_step_whose_reply_is_lost_is_told_by_its_mark");
    let (jobs, proxy) = through("reply_of_step").await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let job = jobs.at(1);
    proxy.order("\"state\" = CAST", &[Cut::After]);
    job.queued_to_running().try_commit_with(running("me")).await.unwrap();
    assert!(proxy.is_done());
    assert!(job.is_running().await.unwrap());

    // What was left comes with the reply alone.
    proxy.order("\"state\" = CAST", &[Cut::After]);
    let unknown = job.running_to_queued().try_commit().await.unwrap_err();
    assert!(matches!(unknown, Failed::Unknown), "{unknown:?}");
    assert!(job.is_queued().await.unwrap());

    // It might arrive yet.
    proxy.order("\"state\" = CAST", &[Cut::Before]);
    let unknown = job.queued_to_running().try_commit_with(running("me")).await.unwrap_err();
    assert!(matches!(unknown, Failed::Unknown), "{unknown:?}");
    assert!(job.is_queued().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_reply_is_lost_is_asked_for_again() {
    let _hang = hang::detector("a_claim_whose_reply_is_lost_is_asked_for_again");
    let (jobs, proxy) = through("reply_of_claim").await;
    jobs.insert(1, Job::Queued).await.unwrap();
    for cuts in [&[Cut::Before][..], &[Cut::After], &[Cut::After, Cut::After]] {
        proxy.order("\"until\" = pg_catalog.clock_timestamp() +", cuts);
        let right = jobs.at(1).queued_to_running().now().await.unwrap();
        assert!(proxy.is_done());
        right.commit_with(running("me")).await.unwrap();
        jobs.at(1).running_to_queued().try_commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_whose_reply_is_lost_was_added_by_its_caller() {
    let _hang = hang::detector("a_row_whose_reply_is_lost_was_added_by_its_caller");
    let (jobs, proxy) = through("reply_of_insert").await;
    for (key, cut) in [(1, Cut::Before), (2, Cut::After)] {
        proxy.order("INSERT INTO", &[cut]);
        assert!(jobs.insert(key, Job::Queued).await.unwrap());
        assert!(proxy.is_done());
        proxy.order("INSERT INTO", &[cut]);
        assert!(!jobs.insert(key, Job::Queued).await.unwrap());
    }
    proxy.order("DELETE FROM", &[Cut::After]);
    assert!(matches!(jobs.remove_in::<job::Queued>(1).await, Err(Failed::Unknown)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_outlives_the_connection_that_renews_it() {
    let _hang = hang::detector("a_right_outlives_the_connection_that_renews_it");
    let (jobs, proxy) = through("reply_of_renewal").await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let right = jobs.at(1).queued_to_running().now().await.unwrap();
    proxy.order("SKIP LOCKED", &[Cut::Before, Cut::After]);
    tokio::select! {
        () = right.lost() => panic!("the right is lost"),
        () = tokio::time::sleep(crate::LEASE * 3) => {}
    }
    assert!(proxy.is_done());
    right.commit_with(running("me")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_cannot_be_renewed_is_lost_in_time() {
    let _hang = hang::detector("a_right_that_cannot_be_renewed_is_lost_in_time");
    let (jobs, proxy) = through("unreachable").await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let before = std::time::Instant::now();
    let right = jobs.at(1).queued_to_running().now().await.unwrap();
    proxy.order("SKIP LOCKED", &[Cut::Before; 1000]);
    right.lost().await;
    assert!(before.elapsed() < crate::LEASE + crate::LEASE / 4, "{:?}", before.elapsed());
    // Nobody has taken it.
    proxy.order("", &[]);
    right.commit_with(running("me")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_an_error_after_a_while() {
    let _hang = hang::detector("a_server_that_is_not_there_is_an_error_after_a_while");
    let url = server::shared().url_at(server::free_port());
    let patience = std::time::Duration::from_millis(100);
    let options = short().patience(patience);
    let error = Postgres::connect(&url, crate::Table::default(), options).await.unwrap_err();
    assert!(error.to_string().starts_with("the server cannot be reached: "), "{error}");
    assert_eq!(error.code(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_to_prepared_statements_are_recognised_too() {
    let _hang = hang::detector("replies_to_prepared_statements_are_recognised_too");
    let proxy = Proxy::start(server::shared().port()).await;
    let jobs = jobs_at(&server::shared().url_at(proxy.port), "prepared", short()).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let job = jobs.at(1);
    // The text of a statement is sent when it is prepared, and parameters when it is executed.
    for (text, cuts) in [
        ("\"state\" = CAST", &[Cut::Before, Cut::After][..]),
        ("the parameter", &[Cut::Before, Cut::After]),
        ("the parameter", &[Cut::After, Cut::Before]),
    ] {
        let right = job.queued_to_running().now().await.unwrap();
        let token = right.token();
        proxy.order(text, cuts);
        right.commit_with(running("the parameter")).await.unwrap();
        assert!(proxy.is_done());
        let right = job.running_to_queued().now().await.unwrap();
        assert_eq!(right.token(), token + 2, "the commit was made once");
        right.commit().await.unwrap();
    }
    proxy.order("the parameter", &[Cut::After]);
    job.queued_to_running().try_commit_with(running("the parameter")).await.unwrap();
    job.running_to_queued().try_commit().await.unwrap();
    proxy.order("the parameter", &[Cut::Before]);
    let moved = job.queued_to_running().try_commit_with(running("the parameter")).await;
    assert!(matches!(moved, Err(Failed::Unknown)), "{moved:?}");
    // A statement that was not even prepared was not executed.
    proxy.order("\"state\" = CAST", &[Cut::Before]);
    job.queued_to_running().try_commit_with(running("me")).await.unwrap();
    assert!(job.is_running().await.unwrap());
}
