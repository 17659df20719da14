//! Holders that die, stop and forget.

use std::{
    mem,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use statemachine::Refused;
use statemachine_tests::hang::{LONG, detector};

use super::{
    Failed, Job,
    child::{Process, say, told},
    holders, jobs, running,
};

#[test]
fn a_right_of_a_killed_process_is_taken_over() {
    let _hang = detector("takeover");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        jobs.insert(1, Job::Queued).await.unwrap();
        let (job, mut last, mut longest) = (jobs.at(1), 0, Duration::ZERO);
        for round in 0..10 {
            let mut holder = Process::start("hold", &path, "");
            let token: u64 = holder.hears("holds ").parse().unwrap();
            assert!(token > last);
            let now = job.queued_to_running().now().await;
            assert!(matches!(now, Err(Failed::Refused(Refused::InTransition { .. }))), "{now:?}");
            assert!(job.is_in_transition().await.unwrap());
            // By turns the one that takes over waits when the holder dies, or comes later.
            let killed = if round % 2 == 0 {
                holder.kill();
                Instant::now()
            } else {
                let killer = thread::spawn(move || {
                    thread::sleep(Duration::from_millis(100));
                    holder.kill();
                    Instant::now()
                });
                let right = job.queued_to_running().within(LONG).await.unwrap();
                let taken = Instant::now();
                let killed = killer.join().unwrap();
                longest = longest.max(taken.saturating_duration_since(killed));
                last = right.token();
                right.rollback().await.unwrap();
                continue;
            };
            let right = job.queued_to_running().within(LONG).await.unwrap();
            longest = longest.max(killed.elapsed());
            last = right.token();
            right.rollback().await.unwrap();
            assert_eq!(holders(&path).len(), 1, "the file of the dead is removed: {round}");
        }
        println!("takeover: {longest:?} after the death of the holder at most");
    });
}

#[test]
fn a_move_in_one_step_and_a_removal_take_over_from_the_dead() {
    let _hang = detector("steps over the dead");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        jobs.insert(1, Job::Queued).await.unwrap();
        let die = || {
            let mut holder = Process::start("hold", &path, "");
            holder.hears("holds ");
            holder.kill();
        };
        die();
        // For some milliseconds one that was seen alive is taken to be so.
        while jobs.at(1).is_in_transition().await.unwrap() {}
        let keys = jobs.keys_in::<super::job::Queued>(10).await.unwrap();
        assert_eq!(keys, [1.into()], "its right is dead, so it is listed");
        jobs.at(1).queued_to_running().try_commit_with(running("next")).await.unwrap();
        jobs.at(1).running_to_queued().try_commit().await.unwrap();
        die();
        while jobs.at(1).is_in_transition().await.unwrap() {}
        jobs.remove_in::<super::job::Queued>(1).await.unwrap();
    });
}

#[test]
fn a_process_that_was_stopped_keeps_its_right() {
    let _hang = detector("a stopped process");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        jobs.insert(1, Job::Queued).await.unwrap();
        let mut holder = Process::start("hold", &path, "");
        holder.hears("holds ");
        let id = Pid::from_raw(holder.child.id().try_into().unwrap());
        kill(id, Signal::SIGSTOP).unwrap();
        let job = jobs.at(1);
        let refused = job.queued_to_running().within(Duration::from_secs(1)).await;
        assert!(matches!(refused, Err(Failed::Refused(Refused::TimedOut { .. }))), "{refused:?}");
        kill(id, Signal::SIGCONT).unwrap();
        holder.tell("commit");
        holder.hears("committed");
        assert_eq!(job.load().await.unwrap(), Job::Done("by the holder".to_owned()));
        holder.ends();
    });
}

#[test]
fn a_right_that_was_forgotten_ends_with_its_process() {
    let _hang = detector("a forgotten right");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        jobs.insert(1, Job::Queued).await.unwrap();
        let mut holder = Process::start("forget", &path, "");
        holder.hears("forgot");
        assert!(jobs.at(1).is_in_transition().await.unwrap());
        holder.tell("end");
        drop(jobs.at(1).queued_to_running().within(LONG).await.unwrap());
        holder.ends();
    });
}

/// Takes a right, and commits it when told.
pub(super) async fn hold(path: &Path) {
    let jobs = jobs(path).await;
    let job = jobs.at(1);
    let right = job.queued_to_done().await.unwrap();
    say(&format!("holds {}", right.token()));
    if told().is_some() {
        right.commit_with("by the holder".to_owned()).await.unwrap();
        say("committed");
    }
}

/// Takes a right, forgets it and all else, and ends when told.
pub(super) async fn forget(path: &Path) {
    let jobs = jobs(path).await;
    mem::forget(jobs.at(1).queued_to_done().await.unwrap());
    drop(jobs);
    say("forgot");
    told();
}
