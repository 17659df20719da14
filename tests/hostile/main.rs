//! Foreign code that does its worst where the library runs it: wakers, payloads of panics, handlers,
//! other users of the thread. What it breaks is its own; nobody else loses a right, a wake-up, a place
//! or a commit by it.

mod deadline;
mod foreign;
mod handler;
mod inspection;
mod payload;
mod recursion;
mod soak;
mod starvation;
mod token;
mod waker;

use statemachine::StateMachine;

#[derive(StateMachine, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

#[derive(StateMachine, Debug)]
pub(crate) enum Slot {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty))]
    Full(String),
}

/// A door that a waker or a handler may use.
fn leaked() -> &'static DoorMachine {
    Box::leak(Box::default())
}

/// That no right has been left behind, where nobody has one or waits any more.
#[track_caller]
fn assert_at_rest(door: &DoorMachine) {
    let seen = door.waiting().to_string();
    let is_open = door.is_open();
    let moved = if is_open {
        door.open_to_closed().try_commit()
    } else {
        door.closed_to_open().try_commit()
    };
    assert!(moved.is_ok(), "{seen}");
    assert!(door.waiting().waiters.is_empty(), "{seen}");
}
