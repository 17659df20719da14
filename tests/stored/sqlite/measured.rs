//! Numbers, beside those of bare statements in the same run.

use std::{
    path::Path,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use statemachine::{
    StateMachine,
    stored::{Machines, sqlite::Sqlite},
};

#[derive(StateMachine)]
#[machine(stored)]
enum Flip {
    #[state(to(Tails))]
    Heads,
    #[state(to(Heads))]
    Tails,
}

/// How long each measurement takes.
const TIME: Duration = Duration::from_secs(2);

#[test]
#[ignore = "prints numbers: cargo test --release -p statemachine-tests --test stored measured -- --ignored --nocapture"]
fn moves_beside_bare_updates() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("measured.db");
    let store = pollster::block_on(Sqlite::open(&path)).unwrap();
    let flips = pollster::block_on(Machines::<Flip, _>::open(store)).unwrap();
    for key in 0..1000 {
        pollster::block_on(flips.insert(key, Flip::Heads)).unwrap();
    }
    println!("clients  bare  step  right (a second)");
    for clients in [1, 8, 64] {
        let bare = measure(clients, |client| bare(&path, client));
        let step = measure(clients, |client| {
            let flip = flips.at(client);
            move || {
                pollster::block_on(async {
                    flip.heads_to_tails().try_commit().await.unwrap();
                    flip.tails_to_heads().try_commit().await.unwrap();
                });
                2
            }
        });
        let right = measure(clients, |client| {
            let flip = flips.at(client);
            move || {
                pollster::block_on(async {
                    flip.heads_to_tails().now().await.unwrap().commit().await.unwrap();
                    flip.tails_to_heads().now().await.unwrap().commit().await.unwrap();
                });
                2
            }
        });
        println!("{clients:7} {bare:5.0} {step:5.0} {right:5.0}");
    }
}

/// A bare `UPDATE` in a transaction of its own, by a connection of the client's.
fn bare(path: &Path, client: usize) -> impl FnMut() -> u32 {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(60)).unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    let key = client.to_string();
    move || {
        let mut update = connection
            .prepare(
                "UPDATE statemachine SET state = ?1, version = version + 1
                WHERE kind = 'Flip' AND key = ?2 AND state = ?3",
            )
            .unwrap();
        for (to, from) in [("Tails", "Heads"), ("Heads", "Tails")] {
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            assert_eq!(update.execute((to, &key, from)).unwrap(), 1);
            connection.execute_batch("COMMIT").unwrap();
        }
        2
    }
}

/// How many a second the clients do together, each in a thread.
fn measure<W: FnMut() -> u32>(clients: usize, client: impl Fn(usize) -> W + Sync) -> f64 {
    let start = Barrier::new(clients);
    let done: u32 = thread::scope(|scope| {
        let clients = (0..clients).map(|number| {
            let (client, start) = (&client, &start);
            scope.spawn(move || {
                let mut work = client(number);
                start.wait();
                let (begin, mut done) = (Instant::now(), 0);
                while begin.elapsed() < TIME {
                    done += work();
                }
                done
            })
        });
        let clients: Vec<_> = clients.collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    f64::from(done) / TIME.as_secs_f64()
}
