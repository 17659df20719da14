//! Many rows, and many rights at once.

use statemachine_tests::hang;

use crate::{Job, job, jobs_at, running, server, short};

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_machines_move() {
    let _hang = hang::detector("ten_thousand_machines_move");
    const KEYS: u32 = 10_000;
    let jobs = jobs_at(&server::shared().url(), "ten_thousand", short().connections(8)).await;
    let tasks: Vec<_> = (0..8)
        .map(|part| {
            let jobs = jobs.clone();
            tokio::spawn(async move {
                for key in (part..KEYS).step_by(8) {
                    jobs.insert(key, Job::Queued).await.unwrap();
                    let job = jobs.at(key);
                    job.queued_to_running().try_commit_with(running("me")).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(jobs.keys_in::<job::Running>(usize::MAX).await.unwrap().len(), KEYS as usize);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rights_are_kept_than_one_statement_renews() {
    let _hang = hang::detector("more_rights_are_kept_than_one_statement_renews");
    const KEYS: u32 = 1500;
    let options = short().connections(8).lease(std::time::Duration::from_secs(3));
    let jobs = jobs_at(&server::shared().url(), "many_rights", options).await;
    let tasks: Vec<_> = (0..8)
        .map(|part| {
            let jobs = jobs.clone();
            tokio::spawn(async move {
                let mut rights = Vec::new();
                for key in (part..KEYS).step_by(8) {
                    jobs.insert(key, Job::Queued).await.unwrap();
                    rights.push(jobs.at(key).queued_to_running().now().await.unwrap());
                }
                rights
            })
        })
        .collect();
    let mut rights = Vec::new();
    for task in tasks {
        rights.extend(task.await.unwrap());
    }
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    let client = crate::client(&server::shared().url()).await;
    let alive = "SELECT 1 FROM many_rights WHERE until > clock_timestamp()";
    assert_eq!(client.query(alive, &[]).await.unwrap().len(), KEYS as usize);
    for right in rights {
        right.rollback().await.unwrap();
    }
}
