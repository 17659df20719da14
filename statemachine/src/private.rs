//! What generated code needs and nobody else should use. Not part of the public interface.

use std::fmt;

pub use core;

#[cfg(feature = "serde")]
pub use crate::{
    __serde_kind as serde_kind, __serde_machine as serde_machine,
    serde::{deserialize_kind, serialize_kind},
};
#[cfg(feature = "serde")]
pub use serde_core;

#[cfg(not(feature = "serde"))]
pub use crate::{__nothing as serde_kind, __nothing as serde_machine};

/// What a feature that is off adds.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __nothing {
    ($($tokens:tt)*) => {};
}

use crate::{Any, Kind, Machine, State, StateMachine, Transition, UnknownState};

/// Seals public traits: each has one of these as a supertrait, which only the derive implements.
///
/// There is one for each, or a state could be passed off as a machine.
macro_rules! seals {
    ($($(#[$doc:meta])* $seal:ident $(<$param:ident>)?: $message:literal, $note:literal;)*) => {
        $(
            $(#[$doc])*
            #[diagnostic::on_unimplemented(
                message = $message,
                label = "not derived",
                note = $note
            )]
            pub trait $seal $(<$param>)? {}
        )*
    };
}

seals! {
    /// Of `StateMachine`.
    DerivedEnum:
        "`StateMachine` is derived, never implemented by hand",
        "put `#[derive(StateMachine)]` on the enum";
    /// Of `Kind`.
    DerivedKind:
        "`Kind` is derived, never implemented by hand",
        "put `#[derive(StateMachine)]` on the enum";
    /// Of `State` and `Dataless`.
    DerivedState:
        "a state is derived, never implemented by hand",
        "put `#[derive(StateMachine)]` on the enum that has the state as a variant";
    /// Of `Newtype`.
    DerivedNewtype:
        "`Newtype` is derived, never implemented by hand",
        "put `#[derive(StateMachine)]` on the enum, and one unnamed field in the variant";
    /// Of `TransitionTo<B>`.
    DerivedTransition<B>:
        "a transition is derived, never implemented by hand",
        "put `#[derive(StateMachine)]` on the enum, and `#[state(to(..))]` on the variant that is left";
}

/// What is known of a machine's states and transitions when it is compiled.
///
/// Sets of states are rows of bits, least significant first, as many words a row as hold one bit a
/// state.
#[derive(Debug)]
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
#[derive(Debug)]
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

/// The machine's picture as SVG, in pieces.
///
/// Drawn by the derive where its feature `svg` is on, whether or not this crate's is.
#[derive(Debug)]
pub struct Drawing {
    /// Up to the states.
    pub before: &'static str,
    /// One a state: its group, from behind the word `state` in its class.
    pub states: &'static [&'static str],
    /// Behind the states.
    pub after: &'static str,
}

impl Drawing {
    /// In place of a picture that was not drawn.
    pub const NONE: Self = Self {
        before: "<svg xmlns=\"http://www.w3.org/2000/svg\"><title>too many states or transitions to be drawn</title>",
        states: &[],
        after: "</svg>\n",
    };
}

impl Graph {
    pub(crate) fn reach_of(&self, state: u16) -> &'static [u64] {
        self.row(self.reach, state)
    }

    pub(crate) fn sources_of(&self, state: u16) -> &'static [u64] {
        self.row(self.sources, state)
    }

    fn row(&self, rows: &'static [u64], state: u16) -> &'static [u64] {
        let words = self.nodes.len().div_ceil(64);
        let start = usize::from(state) * words;
        &rows[start..start + words]
    }
}

/// A machine in that state, which must be one without data.
#[cfg(not(loom))]
#[must_use]
pub const fn machine<S: StateMachine>(state: u16) -> Machine<S> {
    Machine::at(state, None)
}

/// A machine in that state, which must be the variant of `value` and have data.
#[cfg(not(loom))]
pub const fn machine_with<S: StateMachine>(value: S, state: u16) -> Machine<S> {
    Machine::at(state, Some(value))
}

/// Stands in for the real one, which is const: a model makes its machines with `from_state`.
#[cfg(loom)]
pub const fn machine<S: StateMachine>(_: u16) -> Machine<S> {
    panic!("the model checker's atomics cannot be made at compile time")
}

/// Stands in for the real one, which is const: a model makes its machines with `from_state`.
#[cfg(loom)]
pub const fn machine_with<S: StateMachine>(_: S, _: u16) -> Machine<S> {
    panic!("the model checker's atomics cannot be made at compile time")
}

/// From whichever declared source to `B`.
#[inline]
pub fn to<B: State>(machine: &Machine<B::Machine>) -> Transition<'_, Any<B::Machine>, B> {
    Transition::from_sources(machine)
}

/// From anywhere to `B`.
#[inline]
pub fn reset<B: State>(machine: &Machine<B::Machine>) -> Transition<'_, Any<B::Machine>, B> {
    Transition::from_anywhere(machine)
}

/// Whether the machine is in the state at that position.
#[inline]
pub fn is<S: StateMachine>(machine: &Machine<S>, state: u16) -> bool {
    machine.position() == state
}

/// The kind of that name.
///
/// # Errors
///
/// There is none of that name.
pub fn parse<K: Kind>(name: &str) -> Result<K, UnknownState> {
    match K::NAMES.iter().position(|&known| known == name) {
        Some(position) => Ok(K::at(u16::try_from(position).unwrap_or(u16::MAX))),
        None => Err(UnknownState::new(K::MACHINE, name, K::NAMES)),
    }
}

/// What generated code does where a value is of another variant than the lock says.
///
/// # Panics
///
/// Always: it is never reached from code that the derive generated.
#[cold]
#[track_caller]
pub fn mismatch() -> ! {
    panic!(
        "a state's value is of another variant than the state; was one of this crate's traits implemented by hand?"
    )
}

/// A field whose `Debug`, where its type has one, is that of the data it belongs to.
///
/// Method look-up decides: of the two traits below it tries the one first that takes the fewer
/// references.
#[derive(Debug)]
pub struct Shown<'a, T>(pub &'a T);

/// Shows a field by its own `Debug`.
pub trait ShownByDebug {
    /// What to show.
    fn shown(&self) -> &dyn fmt::Debug;
}

impl<T: fmt::Debug> ShownByDebug for Shown<'_, T> {
    fn shown(&self) -> &dyn fmt::Debug {
        self.0
    }
}

/// Shows a field whose type cannot be shown as `..`.
pub trait ShownByDots {
    /// What to show.
    fn shown(&self) -> &dyn fmt::Debug;
}

impl<T> ShownByDots for &Shown<'_, T> {
    fn shown(&self) -> &dyn fmt::Debug {
        struct Dots;

        impl fmt::Debug for Dots {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("..")
            }
        }

        &Dots
    }
}
