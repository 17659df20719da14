//! One winner.

use std::fs;

use statemachine_tests::hang;

use crate::{Job, child::Process, job, jobs, server};

#[tokio::test(flavor = "multi_thread")]
async fn each_of_500_rounds_has_one_winner_among_4_processes() {
    let _hang = hang::detector("each_of_500_rounds_has_one_winner_among_4_processes");
    const ROUNDS: u32 = 500;
    let table = "rounds";
    let jobs = jobs(table).await;
    for round in 0..ROUNDS {
        jobs.insert(round, Job::Queued).await.unwrap();
    }
    let folder = std::env::temp_dir().join(format!("statemachine-rounds-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    let (url, path) = (server::shared().url(), folder.to_str().unwrap().to_owned());
    let part = ["rounds", &url, table, &path, &ROUNDS.to_string()];
    let mut players: Vec<_> = (0..4).map(|_| Process::start(&part)).collect();
    let wins: Vec<u32> = players.iter_mut().map(|player| player.says().parse().unwrap()).collect();
    players.into_iter().for_each(Process::ends);

    assert_eq!(wins.iter().sum::<u32>(), ROUNDS, "{wins:?}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), ROUNDS as usize);
    assert!(jobs.keys_in::<job::Queued>(1).await.unwrap().is_empty());
    fs::remove_dir_all(folder).unwrap();
}
