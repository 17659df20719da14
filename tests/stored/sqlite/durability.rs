//! What was confirmed is there, whatever happens to the process that asked for it.

use std::{path::Path, thread, time::Duration};

use statemachine_tests::hang::detector;

use super::{
    Job,
    child::{Process, say},
    jobs, running,
};

#[test]
fn a_process_that_is_killed_while_it_writes_loses_nothing_that_was_confirmed() {
    let _hang = detector("killed while writing");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let (jobs, mut confirmed) = (jobs(&path).await, 0);
        for round in 0_u64..8 {
            let mut writer = Process::start("write", &path, &round.to_string());
            writer.hears("writes");
            thread::sleep(Duration::from_millis(50 + 20 * round));
            writer.kill();
            for line in writer.hears_all("did ") {
                let (key, what) = line.split_once(' ').unwrap();
                let is_there = match what {
                    "insert" => jobs.at(key).state().await.is_ok(),
                    "step" => !jobs.at(key).is_queued().await.unwrap(),
                    _ => jobs.at(key).is_done().await.unwrap(),
                };
                assert!(is_there, "{line} was confirmed");
                confirmed += 1;
            }
        }
        println!("{confirmed} changes were confirmed before the deaths");
        assert!(confirmed > 0);
    });
    let database = rusqlite::Connection::open(&path).unwrap();
    let check: String = database.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

/// Inserts and moves, and says what is confirmed, until it is killed.
pub(super) async fn write(path: &Path, name: &str) {
    let jobs = jobs(path).await;
    say("writes");
    for number in 0.. {
        let key = format!("{name}-{number}");
        jobs.insert(&key, Job::Queued).await.unwrap();
        say(&format!("did {key} insert"));
        let job = jobs.at(&key);
        job.queued_to_running().try_commit_with(running(name)).await.unwrap();
        say(&format!("did {key} step"));
        let right = job.running_to_done().await.unwrap();
        right.commit_with(String::new()).await.unwrap();
        say(&format!("did {key} commit"));
    }
}
