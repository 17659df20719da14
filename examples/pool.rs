//! A pool whose leases are structs. A lease owns a hold on its connection, so that nobody closes the
//! connection under it, wherever the lease goes.
//!
//! `cargo run --example pool`

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use statemachine::{OwnedInState, Refused, StateMachine};

/// Stands for a socket.
struct Socket {
    sent: AtomicUsize,
}

#[derive(StateMachine)]
enum Connection {
    #[state(initial, to(Up))]
    Down,
    #[state(to(Closing))]
    Up(Socket),
    /// The same socket, which is being shut down.
    #[state(to(Down))]
    Closing(Socket),
}

struct Pool {
    connections: Vec<Arc<ConnectionMachine>>,
    next: AtomicUsize,
}

/// The right to use a connection, for as long as it is kept.
struct Lease {
    socket: OwnedInState<ConnectionMachine, connection::Up>,
}

impl Lease {
    fn send(&self, _: &str) {
        self.socket.sent.fetch_add(1, Relaxed);
    }
}

impl Pool {
    fn new(size: usize) -> Self {
        let connections = (0..size).map(|_| Arc::new(ConnectionMachine::new())).collect();
        Self { connections, next: AtomicUsize::new(0) }
    }

    /// A lease of the next connection, which the first to come connects.
    fn lease(&self) -> Result<Lease, Refused> {
        let next = self.next.fetch_add(1, Relaxed) % self.connections.len();
        let connection = &self.connections[next];
        let up = connection.down_to_up().or_join().within(Duration::from_secs(5))?;
        let socket = up.enter(|()| Ok::<_, Refused>(Socket { sent: AtomicUsize::new(0) }))?;
        Ok(Lease { socket: socket.into_owned(Arc::clone(connection)) })
    }

    /// Closes all connections, each when its leases have ended. The sockets move on.
    fn drain(&self) -> Result<usize, Refused> {
        let mut sent = 0;
        for connection in &self.connections {
            match connection.up_to_closing().within(Duration::from_secs(5)) {
                Ok(closing) => closing.commit_map(|socket| socket),
                Err(Refused::WrongState { .. } | Refused::TimedOut { .. }) => continue,
                Err(refused) => return Err(refused),
            }
            let Socket { sent: count } = connection.closing_to_down().try_commit()?;
            sent += count.into_inner();
        }
        Ok(sent)
    }
}

fn main() -> Result<(), Refused> {
    let pool = Pool::new(3);
    let users: Vec<_> = (0..6)
        .map(|_| {
            let lease = pool.lease()?;
            // A lease is `'static`, so it may go to a thread that nobody waits for.
            Ok(thread::spawn(move || {
                for _ in 0..10 {
                    lease.send("hello");
                    thread::sleep(Duration::from_millis(1));
                }
            }))
        })
        .collect::<Result<_, Refused>>()?;
    let sent = pool.drain()?;
    println!("drained after {sent} messages");
    assert_eq!(sent, 60);
    for user in users {
        user.join().expect("no user panics");
    }
    Ok(())
}
