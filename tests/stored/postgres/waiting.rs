//! Callers that wait: who is told, and what becomes of it if nobody is.

use std::time::{Duration, Instant};

use statemachine::{
    Refused,
    stored::{
        Failed,
        postgres::{Postgres, Table},
    },
};
use statemachine_tests::hang;

use crate::{Job, Jobs, LEASE, LONG, client, jobs, jobs_at, running, server, short};

/// So seldom that no test is served by it.
fn deaf() -> crate::Options {
    short().poll(LONG * 10).recheck(LONG * 10).lease(LONG * 10)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_in_another_store_wakes_those_that_wait() {
    let _hang = hang::detector("a_commit_in_another_store_wakes_those_that_wait");
    let url = server::shared().url();
    // A first look at intervals, until it listens.
    let waiter = jobs_at(&url, "wakes", deaf()).await;
    let mover = jobs_at(&url, "wakes", deaf()).await;
    mover.insert(1, Job::Queued).await.unwrap();
    for round in 0..20 {
        let job = waiter.at(1);
        let waits = tokio::spawn(async move { job.in_done().within(LONG).await });
        if round % 2 == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let job = mover.at(1);
        // A claim changes the version, and nobody waits for it: the wish goes over to the new version.
        let right = job.queued_to_running().now().await.unwrap();
        right.commit_with(running("me")).await.unwrap();
        let right = job.running_to_done().now().await.unwrap();
        tokio::time::sleep(Duration::from_millis(round % 5)).await;
        right.commit_with("well".into()).await.unwrap();
        assert_eq!(waits.await.unwrap().unwrap(), "well");
        job.done_to_queued().try_commit().await.unwrap();
    }
}

/// The claim must carry the wish on, since the wish is for the version that it replaces.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_carries_the_wish_of_those_that_wait() {
    let _hang = hang::detector("a_claim_carries_the_wish_of_those_that_wait");
    let url = server::shared().url();
    let waiter = jobs_at(&url, "carries", deaf()).await;
    let mover = jobs_at(&url, "carries", deaf()).await;
    mover.insert(1, Job::Queued).await.unwrap();
    let job = waiter.at(1);
    let waits = tokio::spawn(async move { job.in_running().within(LONG).await });
    let client = client(&url).await;
    let wish = "SELECT 1 FROM carries WHERE wanted = version";
    while client.query(wish, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let right = mover.at(1).queued_to_running().now().await.unwrap();
    assert_eq!(client.query(wish, &[]).await.unwrap().len(), 1);
    let since = Instant::now();
    right.commit_with(running("me")).await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap().worker, "me");
    assert!(since.elapsed() < LONG / 2, "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_notified_that_has_not_asked() {
    let _hang = hang::detector("nobody_is_notified_that_has_not_asked");
    let url = server::shared().url();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let (listener, mut connection) =
        tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
            if let tokio_postgres::AsyncMessage::Notification(message) = message {
                let _ = tell.send(message.payload().to_owned());
            }
        }
    });
    listener.batch_execute("LISTEN statemachine").await.unwrap();
    let jobs = jobs_at(&url, "not_asked", deaf()).await;
    jobs.insert("quiet", Job::Queued).await.unwrap();
    jobs.insert("asked", Job::Queued).await.unwrap();
    let quiet = jobs.at("quiet");
    quiet.queued_to_running().try_commit_with(running("me")).await.unwrap();
    quiet.running_to_done().now().await.unwrap().commit_with("well".into()).await.unwrap();
    quiet.done_to_queued().now().await.unwrap().rollback().await.unwrap();
    let asked = jobs.at("asked");
    let waits = tokio::spawn({
        let asked = asked.clone();
        async move { asked.in_running().within(LONG).await }
    });
    let wish = "SELECT 1 FROM not_asked WHERE wanted = version";
    while listener.query(wish, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    asked.queued_to_running().try_commit_with(running("me")).await.unwrap();
    waits.await.unwrap().unwrap();
    // Again, and nobody waits any more.
    asked.running_to_done().try_commit_with("well".into()).await.unwrap();
    // Notifications come in the order of commits.
    listener.batch_execute("NOTIFY statemachine, 'end'").await.unwrap();
    let mut payloads = Vec::new();
    while let Some(payload) = told.recv().await {
        if payload == "end" {
            break;
        }
        if payload.contains("quiet") || payload.contains("asked") {
            payloads.push(payload);
        }
    }
    assert_eq!(payloads.len(), 1, "{payloads:?}");
    assert!(payloads[0].ends_with(" Job asked"), "{payloads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roll_back_wakes_those_that_wait() {
    let _hang = hang::detector("a_roll_back_wakes_those_that_wait");
    let url = server::shared().url();
    let waiter = jobs_at(&url, "roll_back", deaf()).await;
    let mover = jobs_at(&url, "roll_back", deaf()).await;
    mover.insert(1, Job::Queued).await.unwrap();
    for _ in 0..5 {
        let right = mover.at(1).queued_to_running().now().await.unwrap();
        let job = waiter.at(1);
        let waits = tokio::spawn(async move { job.queued_to_running().within(LONG).await });
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(right);
        waits.await.unwrap().unwrap().rollback().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_wait_look_again_if_the_listening_connection_is_cut() {
    let _hang = hang::detector("those_that_wait_look_again_if_the_listening_connection_is_cut");
    let url = server::shared().url();
    let waiter = jobs_at(&url, "cut", short().recheck(LONG * 10)).await;
    let mover = jobs_at(&url, "cut", short()).await;
    mover.insert(1, Job::Queued).await.unwrap();
    let client = client(&url).await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid() AND application_name = 'cut'";
    let url = format!("{url}?application_name=cut");
    let listener = jobs_at(&url, "cut", short().recheck(LONG * 10)).await;
    drop(waiter);
    for _ in 0..3 {
        let job = listener.at(1);
        let waits = tokio::spawn(async move { job.in_running().within(LONG).await });
        while client.query(cut, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let job = mover.at(1);
        job.queued_to_running().try_commit_with(running("me")).await.unwrap();
        assert_eq!(waits.await.unwrap().unwrap().worker, "me");
        job.running_to_queued().try_commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_wait_without_listening_look_again_and_again() {
    let _hang = hang::detector("those_that_wait_without_listening_look_again_and_again");
    let url = server::shared().url();
    let options = short().without_listening().poll(Duration::from_millis(20));
    let (waiter, mover) = (jobs_at(&url, "polls", options).await, jobs("polls").await);
    mover.insert(1, Job::Queued).await.unwrap();
    let job = waiter.at(1);
    let waits = tokio::spawn(async move { job.in_running().within(LONG).await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    mover.at(1).queued_to_running().try_commit_with(running("me")).await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap().worker, "me");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_at_its_deadline() {
    let _hang = hang::detector("a_wait_ends_at_its_deadline");
    let jobs = jobs_at(&server::shared().url(), "deadline", deaf()).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let since = Instant::now();
    let refused = jobs.at(1).in_done().within(LEASE).await.unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refused::TimedOut { .. })), "{refused:?}");
    assert!(since.elapsed() >= LEASE && since.elapsed() < LEASE * 10, "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_wait_keep_no_connection_while_the_row_is_locked() {
    let _hang = hang::detector("those_that_wait_keep_no_connection_while_the_row_is_locked");
    let url = server::shared().url();
    let jobs = jobs_at(&url, "locked", short().connections(2)).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    jobs.insert(2, Job::Queued).await.unwrap();
    let mut client = client(&url).await;
    let tx = client.transaction().await.unwrap();
    jobs.at(1).in_queued().hold_in(&tx).await.unwrap();
    let waits: Vec<_> = (0..10)
        .map(|_| {
            let job = jobs.at(1);
            tokio::spawn(async move { job.in_running().within(LONG).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    jobs.at(2).queued_to_running().try_commit_with(running("me")).await.unwrap();
    tx.commit().await.unwrap();
    jobs.at(1).queued_to_running().try_commit_with(running("me")).await.unwrap();
    for wait in waits {
        wait.await.unwrap().unwrap();
    }
}

/// Programs that were there before the columns were added know nothing of the version.
#[tokio::test(flavor = "multi_thread")]
async fn those_that_wait_find_a_state_that_another_program_has_written() {
    let _hang = hang::detector("those_that_wait_find_a_state_that_another_program_has_written");
    let url = server::shared().url();
    let client = client(&url).await;
    let table = Table::of("by_others", "id", "status");
    let make = format!(
        "CREATE TABLE by_others (id bigint PRIMARY KEY, status text NOT NULL); {}",
        table.migration()
    );
    client.batch_execute(&make).await.unwrap();
    let often = Duration::from_millis(20);
    for (name, options) in
        [("listens", short().recheck(often)), ("looks", short().without_listening().poll(often))]
    {
        let store = Postgres::connect(&url, table.clone(), options).await.unwrap();
        let jobs = Jobs::open(store).await.unwrap();
        client.batch_execute("DELETE FROM by_others").await.unwrap();
        jobs.insert(1, Job::Queued).await.unwrap();
        let job = jobs.at(1);
        let waits = tokio::spawn(async move { job.when_done().await });
        tokio::time::sleep(often * 10).await;
        assert!(!waits.is_finished(), "{name}");
        let write = r#"UPDATE by_others SET status = 'Done', machine_data = '"well"'"#;
        client.batch_execute(write).await.unwrap();
        let found = tokio::time::timeout(LONG / 6, waits).await;
        assert!(found.is_ok(), "{name}");
        found.unwrap().unwrap().unwrap();
    }
}
