//! Every memory ordering of the library, each with its reason.
//!
//! All changes of the word are read-modify-writes, never plain stores, so each release heads a
//! release sequence that runs through every later change, whoever makes it. Whoever acquires from
//! the word therefore sees all that anyone did before letting go of a right, not only what the last
//! one did.
//!
//! | constant | pairs with | carries |
//! |---|---|---|
//! | [`TAKE`] | [`LET_GO`], [`COMMIT`] | the state's data, and what a thread wrote before it committed |
//! | [`LET_GO`] | [`TAKE`], [`COMMIT`], [`LOOK`] | the same, from the side of who lets go |
//! | [`COMMIT`] | itself, [`TAKE`], [`LET_GO`] | both: it ends one state's time and begins the next |
//! | [`LOOK`] | [`LET_GO`], [`COMMIT`] | what a thread wrote before it committed, for who only looks |
//! | [`FAILED`] | [`LET_GO`], [`COMMIT`] | the same, for who is refused |
//! | [`OWN`] | nothing | the own state of who has the right |
//! | [`PUBLISH`], [`FIND`] | each other | the contents of what is allocated on first use |
//! | [`RAISE`], [`RAISED`] | each other | what a thread wrote before it interrupted |
//!
//! No ordering is `SeqCst` and there is no fence: "set the bit, then look again" and "let go, then
//! look at the bit" both act on the one word, and the changes of one atomic have one order.

use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};

/// Taking the exclusive or a shared right: what was done under earlier rights happened before.
pub(crate) const TAKE: Ordering = Acquire;

/// Letting go of a right: what was done under it happens before the next right that conflicts.
pub(crate) const LET_GO: Ordering = Release;

/// Leaving a state and entering the next in one step, and each change of the word by who holds the
/// queue's mutex: these may at once give up a right and hand it to another.
pub(crate) const COMMIT: Ordering = AcqRel;

/// Looking at the state: who sees that a state was entered sees what led there.
pub(crate) const LOOK: Ordering = Acquire;

/// Looking at the state by an attempt that failed, whose refusal names the state it saw.
pub(crate) const FAILED: Ordering = Acquire;

/// Reading back a part of the word that the caller's own right keeps from changing.
pub(crate) const OWN: Ordering = Relaxed;

/// Installing what is allocated on first use, or losing the race to and using the winner's.
pub(crate) const PUBLISH: Ordering = AcqRel;

/// Finding what is allocated on first use.
pub(crate) const FIND: Ordering = Acquire;

/// Raising or clearing an interrupt.
pub(crate) const RAISE: Ordering = Release;

/// Looking whether an interrupt is raised.
pub(crate) const RAISED: Ordering = Acquire;
