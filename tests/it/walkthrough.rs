//! A transition that does its own work: an action is registered once, with a chain of checks before
//! it and of listeners behind it, and from then on whoever asks for the transition has it connect.

#![allow(missing_docs, reason = "the machine is only moved")]

use std::{
    error::Error as _,
    io,
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use statemachine::{Joined, Refused, StateMachine};

#[derive(StateMachine)]
enum Connection {
    #[state(initial, to(Connected))]
    Disconnected,
    #[state(to(Disconnected))]
    Connected(TcpStream),
}

/// A limit that only a hang reaches.
const PATIENCE: Duration = Duration::from_secs(30);

fn io_error(refused: &Refused) -> Option<&io::Error> {
    refused.source()?.downcast_ref()
}

#[test]
fn the_transition_connects() {
    let listener = TcpListener::bind("localhost:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connection = ConnectionMachine::new();
    connection.disconnected_to_connected().action(move |()| TcpStream::connect(address));

    connection.disconnected_to_connected().perform().unwrap();

    let (_, client) = listener.accept().unwrap();
    let connected = connection.in_connected().now().unwrap();
    assert_eq!(connected.local_addr().unwrap(), client);
}

#[test]
fn a_connect_that_fails_leaves_it_disconnected_and_says_why() {
    let vacated = TcpListener::bind("localhost:0").unwrap().local_addr().unwrap();
    let connection = ConnectionMachine::new();
    connection.disconnected_to_connected().action(move |()| TcpStream::connect(vacated));

    let refused = connection.disconnected_to_connected().perform().unwrap_err();

    assert!(matches!(refused, Refused::Vetoed { machine: "Connection", .. }));
    assert_eq!(io_error(&refused).unwrap().kind(), io::ErrorKind::ConnectionRefused);
    assert!(connection.is_disconnected() && !connection.is_in_transition());
}

#[test]
fn a_chain_stands_around_the_connecting() {
    let listener = TcpListener::bind("localhost:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connection = ConnectionMachine::new();
    let log: Arc<Mutex<Vec<&str>>> = Arc::default();
    let is_allowed = Arc::new(AtomicBool::new(true));
    let write = |line| {
        let log = Arc::clone(&log);
        move || log.lock().unwrap().push(line)
    };
    let connecting = connection.disconnected_to_connected();

    let line = write("observed");
    connection.observe(move |_| line());
    let line = write("entered");
    connection.in_connected().on_enter(move |_| line());
    let line = write("left");
    connection.in_disconnected().on_exit(move |_| line());
    let line = write("after");
    connecting.after(move |_| line());
    let line = write("connects");
    connecting.action(move |()| {
        line();
        TcpStream::connect(address)
    });
    let (line, gate) = (write("is it allowed"), Arc::clone(&is_allowed));
    connecting.before(move |()| {
        line();
        if gate.load(SeqCst) {
            Ok(())
        } else {
            Err(io::Error::from(io::ErrorKind::PermissionDenied))
        }
    });
    let line = write("is it time");
    connecting.before(move |()| {
        line();
        Ok::<(), io::Error>(())
    });

    connecting.perform().unwrap();
    let whole = ["is it allowed", "is it time", "connects", "after", "left", "entered", "observed"];
    assert_eq!(std::mem::take(&mut *log.lock().unwrap()), whole);

    connection.connected_to_disconnected().try_commit().unwrap();
    log.lock().unwrap().clear();
    is_allowed.store(false, SeqCst);
    let refused = connecting.perform().unwrap_err();
    assert_eq!(io_error(&refused).unwrap().kind(), io::ErrorKind::PermissionDenied);
    assert_eq!(*log.lock().unwrap(), ["is it allowed"], "the first veto ends the chain");
    assert!(connection.is_disconnected());
}

#[test]
fn of_many_threads_one_connects_and_all_have_the_connection() {
    let listener = TcpListener::bind("localhost:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connection = ConnectionMachine::new();
    let (connects, inside) = (Arc::new(AtomicUsize::new(0)), AtomicBool::new(false));
    let count = Arc::clone(&connects);
    connection.disconnected_to_connected().action(move |()| {
        count.fetch_add(1, SeqCst);
        assert!(!inside.swap(true, SeqCst), "two connect at once");
        let stream = TcpStream::connect(address);
        inside.store(false, SeqCst);
        stream
    });

    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let joined = connection.disconnected_to_connected().or_join().within(PATIENCE);
                match joined.unwrap() {
                    Joined::Mine(connecting) => connecting.perform().unwrap(),
                    Joined::There(connected) => drop(connected),
                }
                let connected = connection.in_connected().within(PATIENCE).unwrap();
                assert_eq!(connected.peer_addr().unwrap(), address);
            });
        }
    });
    assert_eq!(connects.load(SeqCst), 1);
}
