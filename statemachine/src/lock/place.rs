//! A place in the queue, as a value: dropping it gives up, and passes on what it was given.
//!
//! Whatever is decided under the mutex becomes an [`Answer`] or a ticket of the place before foreign
//! code runs, so that a panic there lets go of it.

use std::{mem, task::Waker};

use crate::state::StateMachine;

use super::{
    Lock,
    acquire::Granted,
    queue::{Outcome, Ticket},
    request::{Blocker, Refusal, Request},
    rights::Shared,
    settle::{Entered, Polled},
    wake::{Errands, Notify},
};

/// What an ask comes to. With a refusal, the hold that was to be traded comes back.
pub(crate) type Answer<'a, S> = Result<Granted<'a, S>, (Refusal, Option<Shared<'a, S>>)>;

pub(crate) struct Place<'a, S: StateMachine> {
    lock: &'a Lock<S>,
    ticket: Option<Ticket>,
    /// The hold to be traded for the exclusive right; some exactly where the request is to do that.
    held: Option<Shared<'a, S>>,
}

impl<'a, S: StateMachine> Place<'a, S> {
    /// Takes a place, unless the answer is there at once. A request for a trade comes with the hold.
    ///
    /// # Panics
    ///
    /// Where a waker does. The place is given up.
    pub(crate) fn take(
        lock: &'a Lock<S>,
        request: Request,
        held: Option<Shared<'a, S>>,
        notify: Notify,
    ) -> Result<Self, Answer<'a, S>> {
        debug_assert_eq!(request.is_upgrade(), held.is_some());
        let mut place = Self { lock, ticket: None, held };
        let mut errands = Errands::none();
        let answer = match lock.core().enqueue(request, notify, &mut errands) {
            Entered::Granted(right) => Some(place.answer(Outcome::Granted(right))),
            Entered::Refused(refusal) => Some(place.answer(Outcome::Refused(refusal))),
            Entered::Queued(ticket) => {
                place.ticket = Some(ticket);
                None
            }
        };
        errands.run().go_on();
        match answer {
            Some(answer) => Err(answer),
            None => Ok(place),
        }
    }

    /// The answer, if it is there.
    pub(crate) fn check(&mut self) -> Option<Answer<'a, S>> {
        let outcome = self.lock.core().claim(&mut self.ticket)?;
        Some(self.answer(outcome))
    }

    /// The answer, if it is there; where it is not, the place's owner is woken through `waker`.
    ///
    /// # Panics
    ///
    /// Where a waker does, which lets go of the answer; and where that has been given or let go of.
    pub(crate) fn poll(&mut self, waker: &Waker) -> Option<Answer<'a, S>> {
        assert!(self.ticket.is_some(), "polled after it was ready");
        let core = self.lock.core();
        match core.poll(&mut self.ticket, waker) {
            Polled::Told(outcome) => return Some(self.answer(outcome)),
            Polled::Untold => return None,
            Polled::Stale => {}
        }
        let notify = Notify::Task(waker.clone());
        let mut errands = Errands::none();
        let outcome = core.renew(&mut self.ticket, notify, &mut errands);
        let answer = outcome.map(|outcome| self.answer(outcome));
        errands.run().go_on();
        answer
    }

    /// Gives the place back. Where the answer came first, it counts.
    ///
    /// # Panics
    ///
    /// Where a waker does. The answer is let go of.
    pub(crate) fn give_up(&mut self, refusal: Refusal) -> Answer<'a, S> {
        let (answer, errands) = self.leave(refusal);
        errands.run().go_on();
        answer
    }

    /// Gives the place back since the deadline has passed. Where the answer came first, it counts.
    pub(crate) fn time_out(&mut self) -> Answer<'a, S> {
        // Before the place is given up: who is told meanwhile has an answer, and who is not has not
        // seen the machine in a state that it waits for.
        let word = self.lock.look();
        let blocker = match &self.ticket {
            Some(ticket) => self.lock.core().blocker(ticket, word),
            None => Blocker::State,
        };
        self.give_up(Refusal::TimedOut { state: word.state(), blocker })
    }

    fn leave(&mut self, refusal: Refusal) -> (Answer<'a, S>, Errands) {
        let mut errands = Errands::none();
        let outcome = match self.ticket.take() {
            Some(ticket) => self.lock.core().cancel(ticket, &mut errands),
            None => None,
        };
        (self.answer(outcome.unwrap_or(Outcome::Refused(refusal))), errands)
    }

    fn answer(&mut self, outcome: Outcome) -> Answer<'a, S> {
        match outcome {
            Outcome::Granted(right) => {
                // Who was to trade a hold has traded it.
                mem::forget(self.held.take());
                // SAFETY: The queue gave that right to this place, which has no ticket any more and
                // so is not told again.
                Ok(unsafe { self.lock.granted(right, self.lock.word.own()) })
            }
            Outcome::Refused(refusal) => Err((refusal, self.held.take())),
        }
    }
}

impl<S: StateMachine> Drop for Place<'_, S> {
    fn drop(&mut self) {
        if self.ticket.is_some() {
            let (answer, errands) = self.leave(Refusal::Interrupted);
            let mut panics = errands.run();
            panics.catch(|| drop(answer));
            panics.go_on();
        }
    }
}
