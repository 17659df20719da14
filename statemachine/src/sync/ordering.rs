//! Every memory ordering of the library, each with its reason.
//!
//! What pairs with what, and why none is `SeqCst`, is in [the protocol](crate::lock).

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

/// What the caller's own right keeps from changing, such as its part of the word or the count of the
/// commits; or a guess at the rest of the word, which an exchange then checks.
pub(crate) const OWN: Ordering = Relaxed;

/// Installing what is allocated on first use, or losing the race to and using the winner's.
pub(crate) const PUBLISH: Ordering = AcqRel;

/// Finding what is allocated on first use.
pub(crate) const FIND: Ordering = Acquire;

/// Raising or clearing an interrupt.
pub(crate) const RAISE: Ordering = Release;

/// Looking whether an interrupt is raised.
pub(crate) const RAISED: Ordering = Acquire;

/// Counting that a thread is woken, behind what it is woken for.
pub(crate) const WAKE: Ordering = Release;

/// Looking how often a thread has been woken, before looking at what it is woken for.
pub(crate) const WOKEN: Ordering = Acquire;

/// Counting what is only told apart, in no order.
pub(crate) const COUNT: Ordering = Relaxed;
