//! Many rows and many tasks.

use std::time::Instant;

use statemachine::stored::Key;
use statemachine_tests::hang::detector;

use super::{Failed, Job, job, jobs, running};

const KEYS: usize = 10_000;

#[test]
fn ten_thousand_machines() {
    let _hang = detector("10,000 machines");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (jobs, start) = (jobs(&path).await, Instant::now());
        let tasks: Vec<_> = (0..KEYS)
            .map(|key| {
                let jobs = jobs.clone();
                tokio::spawn(async move {
                    assert!(jobs.insert(key, Job::Queued).await?);
                    jobs.at(key).queued_to_running().try_commit_with(running(key)).await?;
                    let right = jobs.at(key).running_to_done().await?;
                    let worker = right.view().worker.clone();
                    right.commit_with(worker).await?;
                    Ok::<_, Failed>(())
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        println!("{KEYS} machines in {:?}, 4 changes each", start.elapsed());
        assert_eq!(jobs.keys_in::<job::Queued>(1).await.unwrap(), Vec::<Key>::new());
        assert_eq!(jobs.keys_in::<job::Done>(KEYS + 1).await.unwrap().len(), KEYS);
        assert_eq!(jobs.keys_in::<job::Done>(7).await.unwrap().len(), 7);
        for key in [0, 77, KEYS - 1] {
            assert_eq!(jobs.at(key).load().await.unwrap(), Job::Done(key.to_string()));
        }
    });
}
