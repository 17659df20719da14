//! What generated code needs and nobody else should use. Not part of the public interface.

use std::{fmt, marker::PhantomData};

pub use core;

#[cfg(feature = "serde")]
pub use crate::{
    __pass as serde_data, __serde_kind as serde_kind, __serde_machine as serde_machine,
    serde::{
        data::{deserialize as deserialize_data, serialize as serialize_data},
        deserialize_kind, serialize_kind,
    },
};
#[cfg(feature = "serde")]
pub use serde_core;

#[cfg(not(feature = "serde"))]
pub use crate::{__nothing as serde_data, __nothing as serde_kind, __nothing as serde_machine};

/// What a feature that is on adds.
#[doc(hidden)]
#[macro_export]
macro_rules! __pass {
    ($($items:tt)*) => { $($items)* };
}

/// All of the crate.
pub mod root {
    pub use crate::*;
}

/// What a feature that is off adds.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __nothing {
    ($($tokens:tt)*) => {};
}

#[cfg(feature = "stored")]
pub use crate::{
    __pass as stored,
    stored::{
        Codec, StoredData,
        generated::{stored_is, stored_reset, stored_to, stored_when},
    },
};

#[cfg(not(feature = "stored"))]
pub use crate::__stored_if_off as stored;

/// What is generated for `#[machine(stored)]` without a store.
#[cfg(not(feature = "stored"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __stored_if_off {
    ($($items:tt)*) => {
        ::core::compile_error!(
            "`stored` needs a store; add a feature of `statemachine`: `sqlite`, `postgres` or `sqlx`, or `stored` for a store of your own"
        );
    };
}

pub use crate::{
    graph::{Graph, Node},
    guard::HasMachine,
    state::Viewed,
};

use crate::{
    Any, Kind, Machine, State, StateMachine, Transition, UnknownState, When, graph::StateSet,
    state::Located as _,
};

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
    /// Of `stored::Stored`.
    DerivedStored:
        "`Stored` is derived, never implemented by hand",
        "put `#[derive(StateMachine)]` and `#[machine(stored)]` on the enum";
    /// Of `TransitionTo<B>`.
    DerivedTransition<B>:
        "a transition is derived, never implemented by hand",
        "put `#[derive(StateMachine)]` on the enum, and `#[state(to(..))]` on the variant that is left";
}

/// What no state is that has a method `to_a` to say so: nothing leads to it.
#[diagnostic::on_unimplemented(
    message = "nothing leads to `{Self}`",
    label = "illegal transition",
    note = "no `#[state(to(..))]` names this state"
)]
pub trait IsLedTo {}

/// What no handle is that has a guard's method to say so.
#[diagnostic::on_unimplemented(
    message = "a handle does nothing until it is asked; ask with `now()?`, `within(limit)?`, `until(deadline)?` or `.await?` first",
    label = "not asked yet"
)]
pub trait Asked {}

/// Whether a type implements `Drop`: then its inherent method is there, else only that of [`Whole`].
#[derive(Debug)]
pub struct Taken<T>(PhantomData<fn() -> T>);

impl<T> Taken<T> {
    /// The only value.
    pub const APART: Self = Self(PhantomData);
}

#[expect(drop_bounds, reason = "it is what is asked")]
impl<T: Drop> Taken<T> {
    /// What does not implement [`TakenApart`].
    #[must_use]
    pub fn __checked(&self) -> T {
        mismatch()
    }
}

/// Of all types, for those that do not implement `Drop`.
pub trait Whole {
    /// What implements [`TakenApart`].
    #[inline]
    fn __checked(&self) {}
}

impl<T> Whole for Taken<T> {}

/// Evaluated by the compiler: whether a type is the one that is generated around a machine, as far as
/// its size tells.
///
/// # Panics
///
/// With the given words if it is not.
#[track_caller]
pub const fn is_machine<M, S: StateMachine>(otherwise: &str) {
    assert!(size_of::<M>() == size_of::<Machine<S>>(), "{}", otherwise);
}

/// What generated code may take apart, which it says first: the compiler would only say that it must
/// not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` implements `Drop`, but generated code takes it apart",
    label = "is taken apart",
    note = "implement `Drop` for the data of a state, not for the enum or its machine"
)]
pub trait TakenApart {}

impl TakenApart for () {}

#[inline]
pub fn take_apart<T: TakenApart + ?Sized>(_: &T) {}

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

/// A machine in that state, which must be one without data.
#[cfg(not(all(test, loom)))]
#[must_use]
pub const fn machine<S: StateMachine>(state: u16) -> Machine<S> {
    Machine::at(crate::graph::StateId::new(state), None)
}

/// A machine in that state, which must be the variant of `value` and have data.
#[cfg(not(all(test, loom)))]
pub const fn machine_with<S: StateMachine>(value: S, state: u16) -> Machine<S> {
    Machine::at(crate::graph::StateId::new(state), Some(value))
}

/// Stands in for the real one, which is const: a model makes its machines with `from_state`.
#[cfg(all(test, loom))]
pub const fn machine<S: StateMachine>(_: u16) -> Machine<S> {
    panic!("the model checker's atomics cannot be made at compile time")
}

/// Stands in for the real one, which is const: a model makes its machines with `from_state`.
#[cfg(all(test, loom))]
pub const fn machine_with<S: StateMachine>(_: S, _: u16) -> Machine<S> {
    panic!("the model checker's atomics cannot be made at compile time")
}

/// From whichever declared source to `B`.
#[inline]
pub fn to<B: State>(machine: &Machine<B::Enum>) -> Transition<'_, Any<B::Enum>, B> {
    Transition::from_sources(machine.lock())
}

/// From anywhere to `B`.
#[inline]
pub fn reset<B: State>(machine: &Machine<B::Enum>) -> Transition<'_, Any<B::Enum>, B> {
    Transition::from_anywhere(machine.lock())
}

/// Whether the machine is in one of the states, one bit for each.
#[inline]
pub fn is_one_of<S: StateMachine>(machine: &Machine<S>, states: &'static [u64]) -> bool {
    StateSet::Bits(states).contains(machine.position())
}

/// Waits until the machine is in what `A` stands for.
pub fn when<A: State>(machine: &Machine<A::Enum>) -> When<'_, A::Enum> {
    When::new(machine.lock(), |state| A::SET.contains(state))
}

/// Whether the machine is in the state at that position.
#[inline]
pub fn is<S: StateMachine>(machine: &Machine<S>, state: u16) -> bool {
    machine.position().get() == state
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

/// Generated code calls this if a value is of another variant than the lock says.
///
/// # Panics
///
/// Always: it is never reached from code that the derive generated.
#[cold]
#[track_caller]
pub fn mismatch() -> ! {
    panic!(
        "the value's variant does not match the machine's state; was one of this crate's traits implemented by hand?"
    )
}

/// Traits that the generated structs have if the enum has them, under a lifetime: see the derive's
/// `if_enum_is`.
macro_rules! by {
    ($($by:ident: $of:path;)*) => {
        $(
            /// Whatever has the trait.
            pub trait $by<'never>: $of {}

            impl<T: $of> $by<'_> for T {}
        )*
    };
}

by! {
    CloneBy: Clone;
    CopyBy: Copy;
    DebugBy: fmt::Debug;
    DefaultBy: Default;
    EqBy: Eq;
    HashBy: std::hash::Hash;
    OrdBy: Ord;
    PartialEqBy: PartialEq;
    PartialOrdBy: PartialOrd;
}
