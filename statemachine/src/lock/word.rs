//! The word that is the truth about a machine, and the only operations on it.
//!
//! ```text
//!   31   30            13   12       11        10        9      0
//! ┌──────┬────────────────┬────────┬───────┬───────────┬─────────┐
//! │ OPEN │    holders     │HANDLERS│WAITERS│ EXCLUSIVE │  state  │
//! └──────┴────────────────┴────────┴───────┴───────────┴─────────┘
//! ```
//!
//! What the combinations mean and who may change which bit is in [the protocol](super).

use crate::{
    graph::StateId,
    sync::{AtomicU32, COMMIT, FAILED, LET_GO, LOOK, OWN, TAKE, const_fn},
};

const STATE: u32 = 0b11_1111_1111;
const EXCLUSIVE: u32 = 1 << 10;
const WAITERS: u32 = 1 << 11;
const HANDLERS: u32 = 1 << 12;
const HOLDER: u32 = 1 << 13;
/// That the door is not shut. The sign: see [`AtomicWord::leave`].
const OPEN: u32 = 1 << 31;

const HOLDERS: u32 = OPEN - HOLDER;

/// The most holders that the word can count.
pub(crate) const MAX_HOLDERS: u32 = (OPEN - 1) / HOLDER;

/// One value of the word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Word(u32);

impl Word {
    /// In that state, and nothing else is the case.
    #[inline]
    pub(crate) const fn idle(state: StateId) -> Self {
        assert!(state.get() as u32 <= STATE, "a machine has at most 1024 states");
        Self(OPEN | state.get() as u32)
    }

    /// Held in that state by as many as can be counted.
    #[cfg(all(test, not(loom)))]
    pub(super) fn full(state: StateId) -> Self {
        Self(Self::idle(state).0 | (MAX_HOLDERS * HOLDER))
    }

    #[inline]
    pub(crate) fn state(self) -> StateId {
        StateId::new((self.0 & STATE) as u16)
    }

    #[inline]
    pub(crate) fn is_exclusive(self) -> bool {
        self.0 & EXCLUSIVE != 0
    }

    /// Whether a transition is under way, and not only a state held exclusively.
    #[inline]
    pub(crate) fn is_in_transition(self) -> bool {
        self.is_exclusive() && self.holders() == 0
    }

    #[inline]
    pub(crate) fn has_waiters(self) -> bool {
        self.0 & WAITERS != 0
    }

    #[inline]
    pub(crate) fn is_door_shut(self) -> bool {
        self.0 & OPEN == 0
    }

    #[inline]
    pub(crate) fn has_handlers(self) -> bool {
        self.0 & HANDLERS != 0
    }

    /// Whether anybody waits or listens.
    #[inline]
    pub(crate) fn is_crowded(self) -> bool {
        self.0 & (WAITERS | HANDLERS) != 0
    }

    #[inline]
    pub(crate) fn holders(self) -> u32 {
        (self.0 & !OPEN) / HOLDER
    }

    /// Whether a transition may begin.
    #[inline]
    pub(crate) fn is_free(self) -> bool {
        !self.is_exclusive() && self.holders() == 0
    }

    /// With a transition under way, which nobody waits in front of any more.
    #[inline]
    pub(crate) fn begun(self) -> Self {
        Self(self.0 | EXCLUSIVE)
    }

    /// With the state held by one, exclusively.
    #[inline]
    pub(crate) fn used(self) -> Self {
        debug_assert!(self.is_free());
        Self((self.0 | EXCLUSIVE) + HOLDER)
    }

    /// With one holder more; the caller has seen that there is room.
    #[inline]
    pub(crate) fn held(self) -> Self {
        debug_assert!(self.holders() < MAX_HOLDERS);
        Self(self.0 + HOLDER)
    }

    /// With the only hold traded for the exclusive right.
    #[inline]
    pub(crate) fn upgraded(self) -> Self {
        debug_assert_eq!(self.holders(), 1);
        Self((self.0 - HOLDER) | EXCLUSIVE)
    }

    /// With the exclusive right given up in that state.
    #[inline]
    pub(crate) fn ended(self, state: StateId) -> Self {
        debug_assert!(self.is_exclusive());
        Self((self.0 & !(STATE | EXCLUSIVE | HOLDERS)) | u32::from(state.get()))
    }

    #[inline]
    pub(crate) fn with_waiters(self, any: bool) -> Self {
        Self(if any { self.0 | WAITERS } else { self.0 & !WAITERS })
    }

    #[inline]
    pub(crate) fn with_door_shut(self, shut: bool) -> Self {
        Self(if shut { self.0 & !OPEN } else { self.0 | OPEN })
    }
}

/// The word as threads share it.
pub(crate) struct AtomicWord(AtomicU32);

impl AtomicWord {
    const_fn! {
        pub(crate) const fn new(word: Word) -> Self {
            Self(AtomicU32::new(word.0))
        }
    }

    #[inline]
    pub(crate) fn look(&self) -> Word {
        Word(self.0.load(LOOK))
    }

    /// The word as who has a right sees it: the state cannot change, all else is a guess.
    #[inline]
    pub(crate) fn own(&self) -> Word {
        Word(self.0.load(OWN))
    }

    /// Takes a right: `new` is `old` with a transition or a hold begun.
    #[inline]
    pub(crate) fn take(&self, old: Word, new: Word) -> Result<(), Word> {
        self.exchange(old, new, TAKE)
    }

    /// Ends a transition: `new` is `old` ended in some state, perhaps held there.
    #[inline]
    pub(crate) fn end(&self, old: Word, new: Word) -> Result<(), Word> {
        self.exchange(old, new, LET_GO)
    }

    /// Begins and ends a transition in one step, or changes the word under the queue's mutex.
    #[inline]
    pub(crate) fn commit(&self, old: Word, new: Word) -> Result<(), Word> {
        self.exchange(old, new, COMMIT)
    }

    /// Lets go of one hold; whether the door is shut.
    ///
    /// Taken as a number with a sign, an open word is negative, while one whose door is shut is more
    /// than a holder, by those who wait if by nothing else. That is what a processor's subtraction
    /// compares by itself, so that the word need not be given back.
    #[inline]
    pub(crate) fn leave(&self) -> bool {
        let word = self.0.fetch_sub(HOLDER, LET_GO);
        debug_assert!(Word(word).has_waiters() || !Word(word).is_door_shut());
        word.cast_signed() > HOLDER.cast_signed()
    }

    /// Makes a transition of the exclusive hold, which is the caller's.
    pub(crate) fn begin_from_use(&self) -> Word {
        Word(self.0.fetch_sub(HOLDER, OWN) - HOLDER)
    }

    /// Makes an exclusive hold of the transition, which is the caller's.
    pub(crate) fn go_back_to_use(&self) -> Word {
        Word(self.0.fetch_add(HOLDER, OWN) + HOLDER)
    }

    /// Says that handlers are registered.
    pub(crate) fn set_handlers(&self) {
        self.0.fetch_or(HANDLERS, COMMIT);
    }

    #[inline]
    fn exchange(
        &self,
        old: Word,
        new: Word,
        success: std::sync::atomic::Ordering,
    ) -> Result<(), Word> {
        match self.0.compare_exchange(old.0, new.0, success, FAILED) {
            Ok(_) => Ok(()),
            Err(actual) => Err(Word(actual)),
        }
    }
}
