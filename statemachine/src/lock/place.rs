//! A place in the queue, as a value: dropping it gives up, and passes on what it was given.

use std::{mem, task::Waker};

use crate::state::StateMachine;

use super::{
    Extension, Lock,
    guard::{Exclusive, Shared},
    queue::{Notify, Outcome, Ticket},
    request::{Refusal, Request, Right, StateSet, exclusive, shared},
    settle::Entered,
    word::Word,
};

/// What was asked for.
pub(crate) enum Granted<'a, S: StateMachine, X: Extension> {
    Exclusive(Exclusive<'a, S, X>),
    Shared(Shared<'a, S, X>),
    /// The watched state was seen; no right comes with it.
    Watched(u16),
}

/// What an ask comes to. With a refusal, the hold that was to be traded comes back.
pub(crate) type Answer<'a, S, X> = Result<Granted<'a, S, X>, (Refusal, Option<Shared<'a, S, X>>)>;

pub(crate) struct Place<'a, S: StateMachine, X: Extension> {
    lock: &'a Lock<S, X>,
    ticket: Option<Ticket>,
    /// The hold to be traded for the exclusive right; some exactly where the request is to do that.
    held: Option<Shared<'a, S, X>>,
}

impl<S: StateMachine, X: Extension> Lock<S, X> {
    /// Takes the exclusive right in one of these states by one exchange, where the word is what the
    /// caller hopes for or has seen; else gives the word that it was found to be. With the right comes
    /// whether handlers are registered.
    ///
    /// Always inlined, so that what is known of the states when it is compiled leaves one exchange
    /// with constants.
    #[inline(always)]
    pub(crate) fn try_begin(
        &self,
        from: StateSet,
        hope: Word,
    ) -> Result<(Granted<'_, S, X>, bool), Word> {
        let begun = exclusive(from, hope).map_err(|_| hope)?;
        self.word.take(hope, begun)?;
        // SAFETY: The exchange has just given the right, to this caller.
        let right = unsafe { Exclusive::assume(self, hope.is_crowded()) };
        Ok((Granted::Exclusive(right), hope.has_handlers()))
    }

    /// The same for a shared right in one of these states.
    #[inline(always)]
    pub(crate) fn try_hold(
        &self,
        states: StateSet,
        seen: Word,
    ) -> Result<(Granted<'_, S, X>, bool), Word> {
        let held = shared(states, seen).map_err(|_| seen)?;
        self.word.take(seen, held)?;
        // SAFETY: The exchange has just counted one holder, for this value.
        let right = unsafe { Shared::assume(self) };
        Ok((Granted::Shared(right), seen.has_handlers()))
    }

    /// Takes what is asked for, at once or not at all, where the word was last seen to be that. With
    /// it comes whether handlers are registered.
    pub(crate) fn acquire_or_refuse(
        &self,
        request: &Request,
        seen: Word,
    ) -> Result<(Granted<'_, S, X>, bool), Refusal> {
        debug_assert!(!matches!(request, Request::Upgrade));
        self.word.step(request, seen).map(|(right, word)| {
            // SAFETY: The step has just given that right, and it did not trade a hold.
            (unsafe { self.granted(right, word.is_crowded()) }, word.has_handlers())
        })
    }

    /// # Safety
    ///
    /// The caller has been given that right by this lock, for good, and makes no second value for
    /// it.
    #[inline(always)]
    unsafe fn granted(&self, right: Right, is_crowded: bool) -> Granted<'_, S, X> {
        match right {
            // SAFETY: As the caller promises.
            Right::Exclusive => Granted::Exclusive(unsafe { Exclusive::assume(self, is_crowded) }),
            // SAFETY: As the caller promises.
            Right::Shared => Granted::Shared(unsafe { Shared::assume(self) }),
            Right::Watched(state) => Granted::Watched(state),
        }
    }
}

impl<'a, S: StateMachine, X: Extension> Shared<'a, S, X> {
    /// Trades the hold for the exclusive right, if it is the only one. With it comes whether
    /// handlers are registered.
    pub(crate) fn try_upgrade(
        self,
        seen: Word,
    ) -> Result<(Exclusive<'a, S, X>, bool), (Refusal, Self)> {
        let lock = self.lock();
        match lock.word.step(&Request::Upgrade, seen) {
            Ok((_, word)) => {
                mem::forget(self);
                // SAFETY: The step traded the hold that `self` was for the exclusive right.
                Ok((unsafe { Exclusive::assume(lock, word.is_crowded()) }, word.has_handlers()))
            }
            Err(refusal) => Err((refusal, self)),
        }
    }
}

impl<'a, S: StateMachine, X: Extension> Place<'a, S, X> {
    /// Takes a place, unless the answer is there at once. The aim is the state that the caller means
    /// to enter, for others to see.
    pub(crate) fn take(
        lock: &'a Lock<S, X>,
        request: Request,
        notify: Notify,
        aim: Option<u16>,
    ) -> Result<Self, Answer<'a, S, X>> {
        debug_assert!(!matches!(request, Request::Upgrade));
        Self { lock, ticket: None, held: None }.enter(request, notify, aim)
    }

    /// Takes the place of a holder that waits for the others to leave.
    pub(crate) fn take_to_upgrade(
        held: Shared<'a, S, X>,
        notify: Notify,
        aim: u16,
    ) -> Result<Self, Answer<'a, S, X>> {
        let place = Self { lock: held.lock(), ticket: None, held: Some(held) };
        place.enter(Request::Upgrade, notify, Some(aim))
    }

    fn enter(
        mut self,
        request: Request,
        notify: Notify,
        aim: Option<u16>,
    ) -> Result<Self, Answer<'a, S, X>> {
        match self.lock.core().enqueue(request, notify, aim) {
            Entered::Granted(right) => Err(self.answer(Outcome::Granted(right))),
            Entered::Refused(refusal) => Err(self.answer(Outcome::Refused(refusal))),
            Entered::Queued(ticket) => {
                self.ticket = Some(ticket);
                Ok(self)
            }
        }
    }

    /// The answer, if it is there.
    pub(crate) fn look(&mut self) -> Option<Answer<'a, S, X>> {
        let outcome = self.lock.core().claim(&mut self.ticket)?;
        Some(self.answer(outcome))
    }

    /// The answer, if it is there; where it is not, the place's owner is woken through `waker`.
    pub(crate) fn poll(&mut self, waker: &Waker) -> Option<Answer<'a, S, X>> {
        let outcome = self.lock.core().poll(&mut self.ticket, waker)?;
        Some(self.answer(outcome))
    }

    /// Gives the place back. Where the answer came first, it counts.
    pub(crate) fn give_up(mut self, refusal: Refusal) -> Answer<'a, S, X> {
        let outcome = self.leave().unwrap_or(Outcome::Refused(refusal));
        self.answer(outcome)
    }

    /// Gives the place back since the deadline has passed. Where the answer came first, it counts.
    pub(crate) fn time_out(self) -> Answer<'a, S, X> {
        let state = self.lock.look().state();
        self.give_up(Refusal::TimedOut(state))
    }

    fn leave(&mut self) -> Option<Outcome> {
        self.ticket.take().and_then(|ticket| self.lock.core().cancel(ticket))
    }

    fn answer(&mut self, outcome: Outcome) -> Answer<'a, S, X> {
        match outcome {
            Outcome::Granted(right) => {
                // Who was to trade a hold has traded it.
                mem::forget(self.held.take());
                // SAFETY: The queue gave that right to this place, which has no ticket any more and
                // so is not told again.
                Ok(unsafe { self.lock.granted(right, true) })
            }
            Outcome::Refused(refusal) => Err((refusal, self.held.take())),
        }
    }
}

impl<S: StateMachine, X: Extension> Drop for Place<'_, S, X> {
    fn drop(&mut self) {
        if let Some(outcome) = self.leave() {
            drop(self.answer(outcome));
        }
    }
}
