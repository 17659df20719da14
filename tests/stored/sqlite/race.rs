//! Many processes want to make the same moves.

use std::{
    fs::{File, read_dir},
    path::Path,
};

use statemachine::Refused;
use statemachine_tests::hang::detector;

use super::{
    Failed, Job,
    child::{Process, say, told},
    holders, job, jobs,
};

const ROUNDS: usize = 500;
const RACERS: usize = 4;

#[test]
fn each_of_500_rounds_has_one_winner_among_4_processes() {
    let _hang = detector("500 rounds");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("race.db");
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        for round in 0..ROUNDS {
            assert!(jobs.insert(round, Job::Queued).await.unwrap());
        }
        let mut racers: Vec<_> =
            (0..RACERS).map(|racer| Process::start("race", &path, &racer.to_string())).collect();
        racers.iter_mut().for_each(|racer| _ = racer.hears("ready"));
        racers.iter_mut().for_each(|racer| racer.tell("go"));
        let wins = racers.iter_mut().map(|racer| racer.hears("won ").parse::<usize>().unwrap());
        let wins: Vec<_> = wins.collect();
        racers.iter_mut().for_each(Process::ends);

        assert_eq!(wins.iter().sum::<usize>(), ROUNDS, "{wins:?}");
        assert_eq!(read_dir(folder.path().join("won")).unwrap().count(), ROUNDS, "{wins:?}");
        let done = jobs.keys_in::<job::Done>(ROUNDS + 1).await.unwrap();
        assert_eq!(done.len(), ROUNDS);

        // They ended without taking leave. The next that claims removes what they left.
        assert!(jobs.insert(ROUNDS, Job::Queued).await.unwrap());
        jobs.at(ROUNDS).queued_to_done().now().await.unwrap().rollback().await.unwrap();
        assert_eq!(holders(&path).len(), 1, "{:?}", holders(&path));
    });
}

pub(super) async fn child(path: &Path, name: &str) {
    let jobs = jobs(path).await;
    let wins = path.with_file_name("won");
    let _ = std::fs::create_dir(&wins);
    say("ready");
    told();
    let mut won = 0;
    for round in 0..ROUNDS {
        let job = jobs.at(round);
        // By turns in one step and by a right that is taken first.
        let moved: Result<(), Failed> = match round % 2 {
            0 => job.queued_to_done().try_commit_with(name.to_owned()).await,
            _ => match job.queued_to_done().now().await {
                Ok(right) => right.commit_with(name.to_owned()).await,
                Err(refused) => Err(refused),
            },
        };
        match moved {
            Ok(()) => {
                File::create_new(wins.join(round.to_string())).expect("nobody else has won");
                won += 1;
            }
            Err(Failed::Refused(Refused::WrongState { .. } | Refused::InTransition { .. })) => {}
            Err(failed) => panic!("{failed}"),
        }
    }
    drop(jobs);
    say(&format!("won {won}"));
}
