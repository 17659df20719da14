//! What each call does, without anything going wrong.

use statemachine::{
    Refused,
    stored::{Failed, Key},
};
use statemachine_tests::hang;

use crate::{Job, LONG, client, job, jobs, running, server};

#[tokio::test]
async fn a_job_runs() {
    let _hang = hang::detector("a_job_runs");
    let jobs = jobs("a_job_runs").await;
    assert!(jobs.insert(1, Job::Queued).await.unwrap());
    assert!(!jobs.insert(1, Job::Done("no".into())).await.unwrap());
    let job = jobs.at(1);
    assert_eq!(job.load().await.unwrap(), Job::Queued);

    job.queued_to_running().try_commit_with(running("me")).await.unwrap();
    assert_eq!(job.in_running().now().await.unwrap().worker, "me");
    let refused = job.queued_to_running().try_commit_with(running("you")).await.unwrap_err();
    assert!(
        matches!(refused, Failed::Refused(Refused::WrongState { actual: "Running", .. })),
        "{refused:?}"
    );

    let right = job.running_to_done().now().await.unwrap();
    assert_eq!(right.view().worker, "me");
    assert!(job.is_in_transition().await.unwrap());
    assert_eq!(job.load().await.unwrap(), Job::Running { worker: "me".into() });
    let refused = job.running_to_queued().now().await.unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refused::InTransition { .. })), "{refused:?}");
    let refused = job.running_to_queued().try_commit().await.unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refused::InTransition { .. })), "{refused:?}");
    assert_eq!(right.commit_with("well".into()).await.unwrap().worker, "me");
    assert_eq!(job.load().await.unwrap(), Job::Done("well".into()));
    assert_eq!(job.done_to_queued().try_commit().await.unwrap(), "well");
    assert!(!job.is_in_transition().await.unwrap());
}

#[tokio::test]
async fn a_right_that_is_let_go_of_leaves_the_row_as_it_was() {
    let _hang = hang::detector("a_right_that_is_let_go_of_leaves_the_row_as_it_was");
    let jobs = jobs("let_go").await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let job = jobs.at(1);
    let first = job.queued_to_running().now().await.unwrap();
    let token = first.token();
    first.rollback().await.unwrap();
    assert!(!job.is_in_transition().await.unwrap());
    let second = job.queued_to_running().now().await.unwrap();
    assert!(second.token() > token);
    drop(second);
    // In the background.
    let third = job.queued_to_running().within(LONG).await.unwrap();
    third.commit_with(running("me")).await.unwrap();
    assert!(job.is_running().await.unwrap());
}

#[tokio::test]
async fn rows_are_removed_and_missed() {
    let _hang = hang::detector("rows_are_removed_and_missed");
    let jobs = jobs("removed").await;
    assert!(matches!(jobs.at(1).load().await, Err(Failed::Missing)));
    assert!(matches!(jobs.at(1).queued_to_running().now().await, Err(Failed::Missing)));
    jobs.insert(1, Job::Queued).await.unwrap();
    let refused = jobs.remove_in::<job::Done>(1).await.unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refused::WrongState { .. })), "{refused:?}");
    let right = jobs.at(1).queued_to_running().now().await.unwrap();
    let refused = jobs.remove_in::<job::Queued>(1).await.unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refused::InTransition { .. })), "{refused:?}");
    right.rollback().await.unwrap();
    jobs.remove_in::<job::Queued>(1).await.unwrap();
    assert!(matches!(jobs.remove_in::<job::Queued>(1).await, Err(Failed::Missing)));
}

#[tokio::test]
async fn keys_are_those_of_rows_in_the_state_that_nobody_has() {
    let _hang = hang::detector("keys_are_those_of_rows_in_the_state_that_nobody_has");
    let jobs = jobs("keys").await;
    for key in 0..5 {
        jobs.insert(key, Job::Queued).await.unwrap();
    }
    jobs.at(0).queued_to_running().try_commit_with(running("me")).await.unwrap();
    let _right = jobs.at(1).queued_to_running().now().await.unwrap();
    let mut keys = jobs.keys_in::<job::Queued>(10).await.unwrap();
    keys.sort();
    assert_eq!(keys, [2, 3, 4].map(Key::from));
    assert_eq!(jobs.keys_in::<job::Queued>(2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn keys_and_data_are_any_text() {
    let _hang = hang::detector("keys_and_data_are_any_text");
    let jobs = jobs("any_text").await;
    let long = "k".repeat(2000);
    for key in ["", "'; DROP TABLE any_text; --", "a\"b\\c{,}", "ключ", &long] {
        let worker = format!("\u{1F980} {key} \\ \" '");
        assert!(jobs.insert(key, Job::Queued).await.unwrap());
        let right = jobs.at(key).queued_to_running().now().await.unwrap();
        // Long enough for a renewal, which writes keys in another way.
        tokio::time::sleep(crate::LEASE * 3 / 2).await;
        right.commit_with(running(&worker)).await.unwrap();
        assert_eq!(jobs.at(key).in_running().now().await.unwrap().worker, worker);
    }
}

#[tokio::test]
async fn machines_in_unknown_states_are_refused_at_the_start() {
    let _hang = hang::detector("machines_in_unknown_states_are_refused_at_the_start");
    let known = jobs("unknown").await;
    known.insert(1, Job::Queued).await.unwrap();
    let client = client(&server::shared().url()).await;
    let insert = "INSERT INTO unknown (kind, key, state) VALUES \
        ('Job', '2', 'Paused'), ('Job', '3', 'Paused'), ('Other', '4', 'Elsewhere')";
    client.batch_execute(insert).await.unwrap();
    let opened = crate::Jobs::open(known.store().clone()).await.unwrap_err();
    let Failed::UnknownStates(unknown) = opened else { panic!("{opened:?}") };
    assert_eq!(unknown.states(), [("Paused".to_owned(), 2)]);
}

#[tokio::test]
async fn a_claim_that_nobody_takes_is_let_go_of() {
    let _hang = hang::detector("a_claim_that_nobody_takes_is_let_go_of");
    let jobs = crate::jobs_at(
        &server::shared().url(),
        "nobody_takes",
        crate::Options::default().lease(LONG * 10),
    )
    .await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let job = jobs.at(1);
    for micros in (0..3000).step_by(100) {
        let patience = std::time::Duration::from_micros(micros);
        let _ = tokio::time::timeout(patience, job.queued_to_running().now()).await;
        // Ready only if the claim of above has ended, long before its lease.
        job.queued_to_running().within(LONG).await.unwrap().rollback().await.unwrap();
    }
}

#[test]
fn what_is_asked_can_be_a_task_of_its_own() {
    fn is_send<T: Send>(_: T) {}
    let _ = |jobs: &crate::Jobs, tx: &tokio_postgres::Transaction<'_>| {
        let job = jobs.at(1);
        is_send(job.queued_to_running().within(LONG));
        is_send(job.queued_to_running().commit_with_in(tx, running("me")));
        is_send(job.running_to_queued().commit_in(tx));
        is_send(job.in_done().hold_in(tx));
    };
}
