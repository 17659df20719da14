//! Servers that crash and come back, and a standby that takes over.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use statemachine::{Refused, stored::Failed};
use statemachine_tests::hang;

use crate::{Job, Jobs, job, jobs_at, running, server::Server, short};

/// Who has won which round, as far as the winners were told.
type Wins = Arc<Mutex<HashMap<u32, String>>>;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nobody_wins_twice_when_the_server_crashes() {
    let _hang = hang::detector("nothing_is_lost_and_nobody_wins_twice_when_the_server_crashes");
    const ROUNDS: u32 = 1200;
    let server = Server::start(&[]);
    let jobs = jobs_at(&server.url(), "crashes", short()).await;
    for round in 0..ROUNDS {
        jobs.insert(round, Job::Queued).await.unwrap();
    }
    let wins = Wins::default();
    let mut players = Vec::new();
    for player in 0..4 {
        let jobs = jobs_at(&server.url(), "crashes", short()).await;
        players.push(tokio::spawn(play(jobs, ROUNDS, player.to_string(), wins.clone())));
    }
    let crashes = tokio::task::spawn_blocking(move || {
        for _ in 0..2 {
            std::thread::sleep(Duration::from_millis(300));
            server.control(&["restart", "-m", "immediate"]);
        }
        server
    });
    let mut doubts = 0;
    for player in players {
        doubts += player.await.unwrap();
    }
    let _server = crashes.await.unwrap();

    // What was in doubt and was not made is still to be done.
    let left = jobs.keys_in::<job::Queued>(ROUNDS as usize).await.unwrap();
    assert!(left.len() <= doubts, "{doubts} in doubt, and left: {left:?}");
    let wins = std::mem::take(&mut *wins.lock().unwrap());
    for (round, winner) in &wins {
        assert_eq!(&jobs.at(*round).in_running().now().await.unwrap().worker, winner, "{round}");
    }
}

/// Gives how many of its moves were in doubt.
async fn play(jobs: Jobs, rounds: u32, me: String, wins: Wins) -> usize {
    let mut doubts = 0;
    for round in 0..rounds {
        let job = jobs.at(round);
        let won = if round % 2 == 0 {
            job.queued_to_running().try_commit_with(running(&me)).await
        } else {
            match job.queued_to_running().now().await {
                Ok(right) => right.commit_with(running(&me)).await,
                Err(failed) => Err(failed),
            }
        };
        match won {
            Ok(()) => {
                let earlier = wins.lock().unwrap().insert(round, me.clone());
                assert_eq!(earlier, None, "{round} has two winners");
            }
            Err(Failed::Refused(Refused::WrongState { .. } | Refused::InTransition { .. })) => {}
            Err(Failed::Unknown) => doubts += 1,
            // The server was away for longer than the lease.
            Err(Failed::Lost) => {}
            Err(failed) => panic!("{failed}"),
        }
    }
    doubts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_outlives_a_crash_of_the_server() {
    let _hang = hang::detector("a_right_outlives_a_crash_of_the_server");
    let server = Server::start(&[]);
    let options = short().lease(Duration::from_secs(6));
    let jobs = jobs_at(&server.url(), "outlives", options).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let right = jobs.at(1).queued_to_running().now().await.unwrap();
    let job = jobs.at(1);
    let waits = tokio::spawn(async move { job.in_running().within(crate::LONG).await });
    server.control(&["restart", "-m", "immediate"]);
    let refused = jobs.at(1).queued_to_running().now().await.unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refused::InTransition { .. })), "{refused:?}");
    right.commit_with(running("me")).await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap().worker, "me");
}

/// An asynchronous standby may lack the last changes. What it lacks was never made for those that come after,
/// and whoever had a right by them is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_standby_refuses_rights_that_it_has_not_heard_of() {
    let _hang = hang::detector("a_promoted_standby_refuses_rights_that_it_has_not_heard_of");
    let primary = Server::start(&["max_wal_senders = 4"]);
    let (name, options) = ("promoted", short().lease(Duration::from_secs(60)));
    let first = jobs_at(&primary.url(), name, options.clone()).await;
    for key in 0..3 {
        first.insert(key, Job::Queued).await.unwrap();
    }
    let known = first.at(0).queued_to_running().now().await.unwrap();
    let standby = primary.standby();
    // It no longer hears of anything.
    standby.control(&["stop", "-m", "fast"]);
    let unheard = first.at(1).queued_to_running().now().await.unwrap();
    first.at(2).queued_to_running().try_commit_with(running("me")).await.unwrap();
    let port = primary.port();
    drop(primary);

    // The standby takes over the address too, as it does behind a proxy or a name.
    standby.move_to(port);
    standby.control(&["start"]);
    let jobs = jobs_at(&standby.url_at(port), name, options.patience(Duration::from_secs(1))).await;
    // A standby refuses to write. It is no error of the caller's, so it was tried again meanwhile.
    let refused = jobs.at(1).queued_to_running().try_commit_with(running("you")).await.unwrap_err();
    let Failed::Store(error) = refused else { panic!("{refused:?}") };
    assert_eq!(error.code(), Some("25006"));
    standby.control(&["promote"]);

    assert!(matches!(
        jobs.at(0).queued_to_running().now().await,
        Err(Failed::Refused(Refused::InTransition { .. }))
    ));
    known.commit_with(running("me")).await.unwrap();
    jobs.at(1).queued_to_running().try_commit_with(running("you")).await.unwrap();
    let lost = unheard.commit_with(running("me")).await.unwrap_err();
    assert!(matches!(lost, Failed::Lost), "{lost:?}");
    assert_eq!(jobs.at(1).in_running().now().await.unwrap().worker, "you");
    // This is what an asynchronous standby may lose: a move that was confirmed.
    assert!(jobs.at(2).is_queued().await.unwrap());
}
