//! Many rows, and many rights at once.

use std::time::Duration;

use statemachine::stored::{InTransition, postgres::Postgres};
use statemachine_tests::hang;

use crate::{Job, Jobs, job, jobs_at, running, server, short};

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

/// The rights to that many jobs.
async fn rights_to(
    jobs: &Jobs,
    keys: u32,
) -> Vec<InTransition<job::Queued, job::Running, Postgres>> {
    let tasks: Vec<_> = (0..8)
        .map(|part| {
            let jobs = jobs.clone();
            tokio::spawn(async move {
                let mut rights = Vec::new();
                for key in (part..keys).step_by(8) {
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
    rights
}

#[tokio::test(flavor = "multi_thread")]
async fn more_rights_are_kept_than_one_statement_renews() {
    let _hang = hang::detector("more_rights_are_kept_than_one_statement_renews");
    const KEYS: u32 = 1500;
    let options = short().connections(8).lease(Duration::from_secs(3));
    let jobs = jobs_at(&server::shared().url(), "many_rights", options).await;
    let rights = rights_to(&jobs, KEYS).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let client = crate::client(&server::shared().url()).await;
    let alive = "SELECT 1 FROM many_rights WHERE until > clock_timestamp()";
    assert_eq!(client.query(alive, &[]).await.unwrap().len(), KEYS as usize);
    for right in rights {
        right.rollback().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_rights_only_those_are_lost_whose_rows_refuse() {
    let _hang = hang::detector("of_many_rights_only_those_are_lost_whose_rows_refuse");
    const KEYS: u32 = 1500;
    let options = short().connections(8).lease(Duration::from_secs(3));
    let jobs = jobs_at(&server::shared().url(), "many_refuse", options).await;
    let rights = rights_to(&jobs, KEYS).await;
    let client = crate::client(&server::shared().url()).await;
    let refuse =
        "ALTER TABLE many_refuse ADD CHECK (key NOT IN ('3', '500', '501', '1400')) NOT VALID";
    client.batch_execute(refuse).await.unwrap();
    tokio::time::sleep(Duration::from_secs(7)).await;
    let dead = "SELECT key FROM many_refuse WHERE until < clock_timestamp() ORDER BY key";
    let dead: Vec<String> =
        client.query(dead, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert!(dead.len() == 4, "{} are lost", dead.len());
    assert_eq!(dead, ["1400", "3", "500", "501"]);
    for right in rights {
        if dead.contains(&right.key().to_string()) {
            right.lost().await;
        } else {
            right.rollback().await.unwrap();
        }
    }
}
