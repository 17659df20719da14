//! What the children do.

use std::{fs::File, time::SystemTime};

use statemachine::{Refused, stored::Failed};

use crate::{Jobs, LEASE, LONG, child, jobs_at, running, short};

/// Not a test, but what this program does as a child of one.
#[test]
fn play() {
    let Some(part) = child::part() else { return };
    let part: Vec<&str> = part.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        match part[..] {
            ["rounds", url, table, folder, rounds] => {
                rounds_of(url, table, folder, rounds.parse().unwrap()).await;
            }
            ["hold", url, table] => hold(&jobs_at(url, table, short()).await).await,
            ["hold on", url, table] => {
                let jobs = jobs_at(url, table, short()).await;
                let right = jobs.at(1).queued_to_running().within(LONG).await.unwrap();
                child::say(right.token());
                // The parent kills this process meanwhile.
                tokio::time::sleep(LONG).await;
            }
            ["take", url, table] => {
                child::say(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs());
                let jobs = jobs_at(url, table, short()).await;
                let taken = jobs.at(1).queued_to_running().within(LEASE * 3).await;
                child::say(if taken.is_ok() { "taken" } else { "refused" });
            }
            _ => panic!("{part:?}"),
        }
    });
}

/// Wins a round if nobody else does, and says so with a file that nobody else may have made.
async fn rounds_of(url: &str, table: &str, folder: &str, rounds: u32) {
    let jobs = jobs_at(url, table, short()).await;
    let me = std::process::id().to_string();
    let mut wins = 0;
    for round in 0..rounds {
        let job = jobs.at(round);
        let win = || File::create_new(format!("{folder}/{round}")).unwrap();
        let won = if round % 2 == 0 {
            let moved = job.queued_to_running().try_commit_with(running(&me)).await;
            moved.map(|()| drop(win()))
        } else {
            match job.queued_to_running().now().await {
                Ok(right) => {
                    win();
                    right.commit_with(running(&me)).await
                }
                Err(refused) => Err(refused),
            }
        };
        match won {
            Ok(()) => wins += 1,
            Err(Failed::Refused(Refused::WrongState { .. } | Refused::InTransition { .. })) => {}
            Err(failed) => panic!("{failed}"),
        }
    }
    child::say(wins);
}

/// Takes the right to the job 1, and tries to commit when it is told to go on.
async fn hold(jobs: &Jobs) {
    let right = jobs.at(1).queued_to_running().within(LONG).await.unwrap();
    child::say(right.token());
    // The parent kills or stops this process meanwhile.
    tokio::time::sleep(LEASE).await;
    let committed = right.commit_with(running("the child")).await;
    child::say(match committed {
        Ok(()) => "committed".to_owned(),
        Err(failed) => format!("{failed:?}"),
    });
}
