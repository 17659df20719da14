//! The machines that the examples in the documentation of `statemachine` share. They are shown there.
//!
//! A crate of its own: inside `statemachine`, its types would be named in the errors of those who use
//! that.

#![forbid(unsafe_code)]

use statemachine::StateMachine;

/// A door: two states without data.
#[derive(StateMachine, Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Door {
    /// One can go through.
    #[state(initial, to(Closed))]
    Open,
    /// One can not.
    #[state(to(Open))]
    Closed,
}

/// A place for a text: a state without data and one with.
#[derive(StateMachine, Debug)]
pub enum Slot {
    /// There is no text.
    #[state(initial, to(Full))]
    Empty,
    /// There is this text.
    #[state(to(Empty, Full))]
    Full(String),
}

/// A number that has to be found out, which may fail.
#[derive(StateMachine, Debug)]
pub enum Number {
    /// Nobody knows it.
    #[state(initial, to(Known))]
    Unknown,
    /// It is this.
    #[state(to(Unknown))]
    Known(u32),
}

/// A job, which a worker takes: from its second state there is no way out.
#[derive(StateMachine, Debug)]
pub enum Job {
    /// No worker has it.
    #[state(initial, to(Running))]
    Queued,
    /// This worker has it.
    #[state(terminal)]
    Running(u32),
}
