//! The contestants: one type each, with a trait for each thing that they are asked to do.
//!
//! All are the same machine: `Disconnected` → `Connecting` → `Connected` → `Disconnected`.

pub mod atomics;
pub mod channels;
pub mod crates;
pub mod games;
pub mod locks;
pub mod ours;

/// The states. For the contestants that keep a plain enum, the enum.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum State {
    Disconnected,
    Connecting,
    Connected,
}

/// Makes transitions.
pub trait Change: Sync {
    /// Goes from one state to the other, if it is in the one.
    fn change(&self, from: State, to: State) -> bool;
}

/// Makes transitions that nobody else can come between.
pub trait ChangeWith: Sync {
    /// Goes from one state to the other with some work in between, if it is in the one.
    fn change_with(&self, from: State, to: State, work: impl FnOnce()) -> bool;
}

/// Tells the state.
pub trait Look: Sync {
    fn is(&self, state: State) -> bool;
}

/// Keeps the machine in a state.
pub trait Hold: Sync {
    /// Works with the machine in that state, if it is in it, which nobody can leave meanwhile.
    fn hold(&self, state: State, work: impl FnOnce()) -> bool;
}
