//! Nobody waits for ever: who waits gets a turn against those who never do, and against a stream of
//! others. Nothing is said of how soon; only a hang fails.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
};

use statemachine::StateMachine;
use statemachine_tests::hang;

#[derive(StateMachine, Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    #[state(to(Closed, Open))]
    Open,
    #[state(to(Open, Closed))]
    Closed,
}

const TURNS: usize = 200;

/// Runs a stream of work on three threads until the waiter has had its turns.
fn against(what: &'static str, stream: impl Fn(&DoorMachine) + Sync, turn: impl Fn(&DoorMachine)) {
    let _hang = hang::detector(what);
    let (door, is_over, begun) = (DoorMachine::new(), AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(SeqCst) {
                    stream(&door);
                    begun.fetch_add(1, SeqCst);
                }
            });
        }
        while begun.load(SeqCst) < 100 {
            thread::yield_now();
        }
        (0..TURNS).for_each(|_| turn(&door));
        is_over.store(true, SeqCst);
    });
    assert!(!door.is_in_transition());
    assert!(door.hold().now().is_ok());
}

/// Never waits.
fn hammer(door: &DoorMachine) {
    let _ = door.open_to_closed().try_commit();
    let _ = door.closed_to_open().try_commit();
}

/// Never waits and stays in the state.
fn hammer_self_loops(door: &DoorMachine) {
    let _ = door.open_to_open().now().map(|transition| transition.commit());
    let _ = door.closed_to_closed().now().map(|transition| transition.rollback());
}

/// Holds all the time, with another hold before the last is let go of.
fn hold(door: &DoorMachine) {
    if let Ok(first) = door.hold().now() {
        for _ in 0..20 {
            drop(door.hold().now());
        }
        drop(first);
    }
}

#[test]
fn a_transition_that_waits_gets_in_against_commits_that_never_wait() {
    against("commits", hammer, |door| {
        door.open_to_closed().within(hang::LONG).unwrap().commit();
    });
}

#[test]
fn a_task_gets_in_against_commits_that_never_wait() {
    against("commits", hammer, |door| {
        pollster::block_on(async { door.closed_to_open().await.unwrap().commit() });
    });
}

#[test]
fn a_hold_gets_in_against_commits_that_never_wait() {
    against("commits", hammer, |door| drop(door.in_closed().within(hang::LONG).unwrap()));
}

#[test]
fn a_look_gets_in_against_commits_that_never_wait() {
    against("commits", hammer, |door| {
        for wanted in [Door::Closed, Door::Open] {
            assert_eq!(door.when(|state| state == wanted).within(hang::LONG).unwrap(), wanted);
        }
    });
}

#[test]
fn who_waits_gets_in_against_transitions_that_stay() {
    against("self loops", hammer_self_loops, |door| {
        drop(door.hold().within(hang::LONG).unwrap());
        door.to_closed().within(hang::LONG).unwrap().commit();
    });
}

#[test]
fn a_transition_that_waits_gets_in_against_a_stream_of_holders() {
    against("holders", hold, |door| {
        door.to_closed().within(hang::LONG).unwrap().commit();
    });
}

#[test]
fn a_hold_that_leaves_gets_in_against_a_stream_of_holders() {
    against("holders", hold, |door| {
        let held = door.in_open().within(hang::LONG).unwrap();
        held.to::<door::Open>().within(hang::LONG).unwrap().commit();
    });
}

#[test]
fn a_transition_that_waits_gets_in_against_holders_that_wait() {
    against(
        "waiting holders",
        |door| drop(door.hold().within(hang::LONG).unwrap()),
        |door| {
            door.to_open()
                .within(hang::LONG)
                .map(|transition| transition.commit())
                .map(drop)
                .unwrap()
        },
    );
}

#[test]
fn a_hold_gets_in_against_transitions_that_wait() {
    against(
        "waiting transitions",
        |door| {
            door.to_open().within(hang::LONG).unwrap().commit();
        },
        |door| drop(door.in_open().within(hang::LONG).unwrap()),
    );
}
