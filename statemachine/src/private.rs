//! What generated code needs and nobody else should use. Not part of the public interface.

pub use core;

use crate::{Any, Machine, State, StateMachine, Transition};

/// What is known of a machine's states and transitions when it is compiled.
///
/// Sets of states are rows of bits, least significant first, as many words a row as hold one bit a
/// state.
pub struct Graph {
    /// The position of the initial state.
    pub initial: u16,
    /// Whether every state may go back to the initial one.
    pub reset: bool,
    /// One a state.
    pub nodes: &'static [Node],
    /// One row a state: the states that can be reached from it, itself included.
    pub reach: &'static [u64],
    /// One row a state: the sources of its declared transitions in.
    pub sources: &'static [u64],
}

/// What is known of one state when it is compiled.
pub struct Node {
    /// Whether the variant has fields.
    pub data: bool,
    /// Declared to have no way out.
    pub terminal: bool,
    /// Declared to have no way in.
    pub restored: bool,
    /// The names of the sources of the declared transitions in.
    pub sources: &'static [&'static str],
}
