//! Holders that die, and holders that are stopped and go on.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use statemachine_tests::hang;

use crate::{Job, LEASE, LONG, child::Process, jobs, running, server};

#[tokio::test(flavor = "multi_thread")]
async fn the_work_of_a_killed_process_is_taken_over_within_its_lease() {
    let _hang = hang::detector("the_work_of_a_killed_process_is_taken_over_within_its_lease");
    let table = "killed";
    let jobs = jobs(table).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let url = server::shared().url();
    let mut last = 0;
    for _ in 0..10 {
        let mut holder = Process::start(&["hold", &url, table]);
        let token: u64 = holder.says().parse().unwrap();
        holder.signal(Signal::SIGKILL);
        let killed = Instant::now();
        let right = jobs.at(1).queued_to_running().within(LONG).await.unwrap();
        let took = killed.elapsed();
        assert!(took < LEASE + Duration::from_secs(1), "{took:?}");
        assert!(last < token && token < right.token());
        last = right.token();
        right.rollback().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_was_stopped_meanwhile_is_refused() {
    let _hang = hang::detector("a_holder_that_was_stopped_meanwhile_is_refused");
    let table = "stopped";
    let jobs = jobs(table).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let url = server::shared().url();
    for commits in [false, true] {
        let mut holder = Process::start(&["hold", &url, table]);
        let token: u64 = holder.says().parse().unwrap();
        holder.signal(Signal::SIGSTOP);
        let right = jobs.at(1).queued_to_running().within(LONG).await.unwrap();
        assert!(right.token() > token);
        if commits {
            right.commit_with(running("the parent")).await.unwrap();
            holder.signal(Signal::SIGCONT);
            assert_eq!(holder.says(), "Lost");
            assert_eq!(jobs.at(1).in_running().now().await.unwrap().worker, "the parent");
        } else {
            holder.signal(Signal::SIGCONT);
            assert_eq!(holder.says(), "Lost");
            // It has not taken away what is another's by now.
            assert!(jobs.at(1).is_in_transition().await.unwrap());
            right.rollback().await.unwrap();
        }
        holder.ends();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_is_kept_for_many_leases() {
    let _hang = hang::detector("a_right_is_kept_for_many_leases");
    let table = "kept";
    let (holder, other) = (jobs(table).await, jobs(table).await);
    holder.insert(1, Job::Queued).await.unwrap();
    let right = holder.at(1).queued_to_running().now().await.unwrap();
    let refused = other.at(1).queued_to_running().within(LEASE * 4).await.unwrap_err();
    assert!(refused.to_string().contains("in transition"), "{refused}");
    tokio::select! {
        () = right.lost() => panic!("the right is lost"),
        () = std::future::ready(()) => {}
    }
    right.commit_with(running("me")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_is_told_that_its_right_is_lost() {
    let _hang = hang::detector("a_holder_is_told_that_its_right_is_lost");
    let jobs = jobs("lost").await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let right = jobs.at(1).queued_to_running().now().await.unwrap();
    let client = crate::client(&server::shared().url()).await;
    client.batch_execute("UPDATE lost SET version = version + 1, by = 'another'").await.unwrap();
    let since = Instant::now();
    right.lost().await;
    assert!(since.elapsed() < LEASE, "{:?}", since.elapsed());
    let lost = right.commit_with(running("me")).await.unwrap_err();
    assert!(matches!(lost, statemachine::stored::Failed::Lost), "{lost:?}");
    assert!(jobs.at(1).is_queued().await.unwrap());
}
