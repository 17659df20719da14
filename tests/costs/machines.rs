//! The machines whose operations are counted.

use statemachine::StateMachine;

/// States without data.
#[derive(StateMachine, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    #[state(to(Connecting))]
    Disconnected,
    #[state(to(Connected))]
    Connecting,
    #[state(to(Disconnected))]
    Connected,
}

/// A group of states, with a transition that both have.
#[derive(StateMachine, Clone, Copy, PartialEq, Eq, Debug)]
#[machine(group(Live = Fresh | Used, to(Closed)))]
pub enum Session {
    #[state(to(Used))]
    Fresh,
    Used,
    #[state(to(Fresh))]
    Closed,
}

/// A state with data.
#[derive(StateMachine)]
pub enum Slot {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty, Full))]
    Full(u64),
}
