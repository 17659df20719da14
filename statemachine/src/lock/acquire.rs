//! Taking a right at once: the fast path, which is one exchange of the word.

use std::mem;

use crate::{
    graph::{StateId, StateSet},
    state::StateMachine,
    sync::Backoff,
};

use super::{
    Lock,
    request::{Refusal, Request, Right, exclusive, shared, used},
    rights::{Exclusive, Shared},
    word::{AtomicWord, Word},
};

/// What was asked for.
pub(crate) enum Granted<'a, S: StateMachine> {
    Exclusive(Exclusive<'a, S>),
    Shared(Shared<'a, S>),
    /// The watched state was seen; no right comes with it.
    Watched(StateId),
}

impl<S: StateMachine> Lock<S> {
    /// Moves from a state without data to another, if nobody waits, holds or listens.
    ///
    /// The one locked instruction that an uncontended commit costs.
    #[inline]
    pub(crate) fn leap(&self, from: StateId, to: StateId) -> Result<(), Word> {
        self.word.commit(Word::idle(from), Word::idle(to))
    }

    /// Takes what is asked for by one exchange at the most, else gives the word that was found.
    ///
    /// A transition from one state tries it with the word that it hopes for: under contention, a look
    /// before it would lose a fifth of the wins. All others look first.
    ///
    /// Always inlined, so that what is known of the states when it is compiled leaves one exchange
    /// with constants.
    #[inline(always)]
    pub(crate) fn attempt(&self, request: &Request) -> Result<Granted<'_, S>, Word> {
        match *request {
            Request::Transition { from: StateSet::One(state), .. } => {
                self.try_begin(StateSet::One(state), Word::idle(state))
            }
            Request::Transition { from, .. } => self.try_begin(from, self.look()),
            Request::Join { from, to, .. } => {
                let seen = self.look();
                if seen.state() == to {
                    self.try_hold(StateSet::One(to), seen)
                } else {
                    self.try_begin(from, seen)
                }
            }
            Request::Hold(states) => self.try_hold(states, self.look()),
            Request::ExclusiveHold(StateSet::One(state)) => {
                self.try_use(StateSet::One(state), Word::idle(state))
            }
            Request::ExclusiveHold(states) => self.try_use(states, self.look()),
            Request::When(ref states) => match self.look() {
                seen if states.contains(seen.state()) => Ok(Granted::Watched(seen.state())),
                seen => Err(seen),
            },
            Request::Upgrade { .. } | Request::Wanted(_) => Err(self.look()),
        }
    }

    #[inline(always)]
    fn try_begin(&self, from: StateSet, hope: Word) -> Result<Granted<'_, S>, Word> {
        let begun = exclusive(from, hope).map_err(|_| hope)?;
        self.word.take(hope, begun)?;
        // SAFETY: The exchange has just given the right, to this caller.
        Ok(Granted::Exclusive(unsafe { Exclusive::assume(self, begun) }))
    }

    #[inline(always)]
    fn try_use(&self, states: StateSet, hope: Word) -> Result<Granted<'_, S>, Word> {
        let used = used(states, hope).map_err(|_| hope)?;
        self.word.take(hope, used)?;
        // SAFETY: The exchange has just given the right, to this caller.
        Ok(Granted::Exclusive(unsafe { Exclusive::assume(self, used) }))
    }

    #[inline(always)]
    fn try_hold(&self, states: StateSet, seen: Word) -> Result<Granted<'_, S>, Word> {
        let held = shared(states, seen).map_err(|_| seen)?;
        self.word.take(seen, held)?;
        // SAFETY: The exchange has just counted one holder, for this value.
        Ok(Granted::Shared(unsafe { Shared::assume(self) }))
    }

    /// Takes what is asked for, at once or not at all, where the word was last seen to be that.
    pub(crate) fn acquire(&self, request: &Request, seen: Word) -> Result<Granted<'_, S>, Refusal> {
        debug_assert!(!request.is_upgrade());
        step(&self.word, request, seen).map(|(right, word)| {
            // SAFETY: The step has just given that right, and it did not trade a hold.
            unsafe { self.granted(right, word) }
        })
    }

    /// The right as a value; the word is a guess at what it is now.
    ///
    /// # Safety
    ///
    /// The caller has been given that right by this lock, for good, and makes no second value for
    /// it.
    #[inline(always)]
    pub(super) unsafe fn granted(&self, right: Right, word: Word) -> Granted<'_, S> {
        match right {
            Right::Exclusive | Right::Use => {
                // SAFETY: As the caller promises.
                Granted::Exclusive(unsafe { Exclusive::assume(self, word) })
            }
            // SAFETY: As the caller promises.
            Right::Shared => Granted::Shared(unsafe { Shared::assume(self) }),
            Right::Watched(state) => Granted::Watched(state),
        }
    }
}

impl<'a, S: StateMachine> Shared<'a, S> {
    /// Trades the hold for the exclusive right, if it is the only one.
    pub(crate) fn try_upgrade(
        self,
        request: &Request,
        seen: Word,
    ) -> Result<Exclusive<'a, S>, (Refusal, Self)> {
        debug_assert!(request.is_upgrade());
        let lock = self.lock();
        let upgraded = if seen.is_door_shut() {
            lock.core().upgrade(request)
        } else {
            step(&lock.word, request, seen).map(|(_, word)| word)
        };
        match upgraded {
            Ok(word) => {
                mem::forget(self);
                // SAFETY: The hold that `self` was has been traded for the exclusive right.
                Ok(unsafe { Exclusive::assume(lock, word) })
            }
            Err(refusal) => Err((refusal, self)),
        }
    }
}

/// Takes what is asked for, at once or not at all, where the caller has last seen the word to be that,
/// be it by an exchange that failed; the right, and the word with it taken.
fn step(word: &AtomicWord, request: &Request, seen: Word) -> Result<(Right, Word), Refusal> {
    let mut seen = seen;
    let mut backoff = Backoff::new();
    loop {
        let (mut right, mut new) = request.step(seen)?;
        if right == Right::Shared {
            // Where a hold could be had and the exchange failed, others have come to hold or leave,
            // who are in nobody's way but for the cache line.
            backoff.spin();
            seen = word.look();
            (right, new) = request.step(seen)?;
        }
        match word.take(seen, new) {
            Ok(()) => return Ok((right, new)),
            Err(actual) => seen = actual,
        }
    }
}
