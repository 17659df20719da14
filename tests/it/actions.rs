use std::{
    io,
    net::{TcpListener, TcpStream},
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use statemachine::{Refused, StateMachine};

use crate::LONG;

#[derive(StateMachine)]
pub enum Connection {
    #[state(initial, to(Connected))]
    Disconnected,
    #[state(to(Disconnected))]
    Connected(TcpStream),
}

#[test]
fn the_whole_of_it_on_one_screen() -> Result<(), Box<dyn std::error::Error>> {
    static CONNECTION: ConnectionMachine = ConnectionMachine::new();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;

    match CONNECTION.disconnected_to_connected().now() {
        Ok(transition) => {
            let stream = TcpStream::connect(address)?;
            transition.commit_with(stream);
        }
        Err(refused) => panic!("{refused}"),
    }

    let connected = CONNECTION
        .disconnected_to_connected()
        .or_join()
        .within(LONG)?
        .enter(|()| TcpStream::connect(address))?;
    assert_eq!(connected.peer_addr()?, address);
    drop(connected);

    let connected = CONNECTION.in_connected().within(LONG)?;
    assert_eq!(connected.peer_addr()?, address);
    assert!(CONNECTION.connected_to_disconnected().now().is_err());
    drop(connected);

    let connected = pollster::block_on(async { CONNECTION.in_connected().await })?;
    assert_eq!(connected.peer_addr()?, address);
    Ok(())
}

#[test]
fn one_connects_and_the_others_are_told_why_not() {
    let connection = ConnectionMachine::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tried, connects) = (Barrier::new(4), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let right = connection.disconnected_to_connected().now();
                // All have tried before the winner goes on.
                tried.wait();
                match right {
                    Ok(transition) => {
                        connects.fetch_add(1, SeqCst);
                        transition.commit_with(TcpStream::connect(address).unwrap());
                    }
                    Err(refused) => {
                        assert!(matches!(refused, Refused::InTransition { .. }), "{refused:?}");
                        assert_eq!(
                            refused.to_string(),
                            "another transition of Connection is under way"
                        );
                    }
                }
            });
        }
    });
    assert_eq!(connects.load(SeqCst), 1);
    assert!(connection.is_connected());
}

#[test]
fn whoever_comes_first_connects_and_all_hold_the_connection() {
    let connection = ConnectionMachine::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (all_hold, connects) = (Barrier::new(4), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let joined = connection.disconnected_to_connected().or_join().within(LONG).unwrap();
                let connected = joined
                    .enter(|()| {
                        connects.fetch_add(1, SeqCst);
                        TcpStream::connect(address)
                    })
                    .unwrap();
                all_hold.wait();
                assert_eq!(connected.peer_addr().unwrap(), address);
            });
        }
    });
    assert_eq!(connects.load(SeqCst), 1);
}

#[test]
fn a_failed_connect_rolls_back_through_the_question_mark() {
    fn connect(connection: &ConnectionMachine) -> Result<(), Box<dyn std::error::Error>> {
        let transition = connection.disconnected_to_connected().now()?;
        let stream = Err(io::Error::from(io::ErrorKind::ConnectionRefused))?;
        transition.commit_with(stream);
        Ok(())
    }
    let connection = ConnectionMachine::new();
    assert!(connect(&connection).is_err());
    assert!(connection.is_disconnected());
    assert!(!connection.is_in_transition());
    assert!(connection.disconnected_to_connected().now().is_ok());
}
