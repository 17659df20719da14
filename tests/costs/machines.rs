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

/// A state with data.
#[derive(StateMachine)]
pub enum Slot {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty, Full))]
    Full(u64),
}
