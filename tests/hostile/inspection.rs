//! Looking at who waits holds nobody up.

use std::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
};

use statemachine_tests::{hang, polling::Task};

use crate::{
    DoorMachine,
    foreign::{Gate, wait_at_most},
    leaked,
};

const WAITERS: usize = 1_000;

/// Stops who looks in the midst of putting together what is said of those who wait, and commits.
fn assert_holds_up_nobody(look: impl Fn(&DoorMachine) + Sync) {
    let (door, gate, is_done) = (leaked(), Gate::leaked(), AtomicBool::new(false));
    let _crowd: Vec<_> = (0..WAITERS).map(|_| Task::waiting(door.closed_to_open())).collect();
    thread::scope(|scope| {
        scope.spawn(|| gate.stop_at_allocation(WAITERS / 2, || look(door)));
        if !gate.wait() {
            return;
        }
        scope.spawn(|| {
            door.open_to_closed().now().unwrap().rollback();
            door.open_to_closed().try_commit().unwrap();
            is_done.store(true, SeqCst);
        });
        let done = wait_at_most(hang::LONG / 12, || is_done.load(SeqCst));
        gate.open();
        assert!(done, "a commit waits for who looks");
    });
}

#[test]
fn a_look_at_who_waits_holds_up_no_commit() {
    assert_holds_up_nobody(|door| assert_eq!(door.waiting().waiters.len(), WAITERS));
}

#[test]
fn the_debug_output_of_a_machine_holds_up_no_commit() {
    assert_holds_up_nobody(|door| assert!(!format!("{door:?}").is_empty()));
}

#[test]
fn the_debug_output_of_a_handle_holds_up_no_commit() {
    assert_holds_up_nobody(|door| assert!(!format!("{:?}", door.open_to_closed()).is_empty()));
}
