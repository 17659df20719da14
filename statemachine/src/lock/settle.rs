//! The slow path: what happens under the queue's mutex.
//!
//! Every section leaves the queue settled: no waiter in it could have what it wants in the word as it
//! is. [The protocol](super) says why that is enough for no wake-up to be lost.
//!
//! No section runs foreign code. It gives back what it decided and adds to the [`Errands`] that are left,
//! and the caller makes a guard of the one before it runs the other.

use std::task::Waker;

use crate::{
    graph::StateId,
    sync::{AtomicU64, Mutex, OWN},
};

use super::{
    queue::{Next, Outcome, Queue, Ticket},
    request::{Blocker, Refusal, Request, Right, Wish},
    wake::{Errands, Notify},
    word::{AtomicWord, MAX_HOLDERS, Word},
};

/// The word, the queue and the count of one machine, whatever its type.
#[derive(Clone, Copy)]
pub(crate) struct Core<'a> {
    pub(crate) word: &'a AtomicWord,
    pub(crate) queue: &'a Mutex<Queue>,
    pub(crate) commits: &'a AtomicU64,
}

/// What came of asking for a place in the queue.
pub(crate) enum Entered {
    /// The right could be had after all.
    Granted(Right),
    Refused(Refusal),
    Queued(Ticket),
}

/// What is known of a waiter that is polled.
pub(crate) enum Polled {
    Told(Outcome),
    Untold,
    /// Nothing, and it is woken through another waker.
    Stale,
}

/// How a transition ends.
#[derive(Clone, Copy)]
pub(crate) enum Ending {
    Commit(StateId),
    CommitAndHold(StateId),
    Rollback,
    /// The exclusive right becomes a hold on the state that it was had in.
    StepDown,
}

impl Ending {
    #[inline(always)]
    pub(crate) fn of(self, word: Word) -> Word {
        match self {
            Self::Commit(state) => word.ended(state),
            Self::CommitAndHold(state) => word.ended(state).held(),
            Self::Rollback => word.ended(word.state()),
            Self::StepDown => word.ended(word.state()).held(),
        }
    }

    /// The number of the commit, in `number`, if that word says that handlers are registered.
    ///
    /// The word is the one that the exchange which ends the transition compares with, so that a
    /// handler which was registered before the commit is told of it. The number is taken before the
    /// exchange, under the exclusive right: so the numbers are in the order of the commits, and have
    /// no gap.
    pub(crate) fn number(self, word: Word, number: &mut Option<u64>, commits: &AtomicU64) {
        let is_commit = matches!(self, Self::Commit(_) | Self::CommitAndHold(_));
        if is_commit && word.has_handlers() && number.is_none() {
            let next = commits.load(OWN) + 1;
            commits.store(next, OWN);
            *number = Some(next);
        }
    }
}

impl Core<'_> {
    /// Ends the caller's transition and hands its right on. The number is that of the commit, which
    /// may have been given already.
    pub(crate) fn end(self, ending: Ending, number: &mut Option<u64>, errands: &mut Errands) {
        let mut queue = self.queue.lock();
        let word = self.word.own();
        queue.announce(word.state(), ending.of(word).state(), errands);
        self.settle(&mut queue, Some((ending, number)), errands);
    }

    /// Hands on what a holder left that has just let go.
    pub(crate) fn left(self, errands: &mut Errands) {
        self.settle(&mut self.queue.lock(), None, errands);
    }

    /// Takes the right, or a place in the queue.
    pub(crate) fn enqueue(
        self,
        request: Request,
        notify: Notify,
        errands: &mut Errands,
    ) -> Entered {
        let since = notify.since();
        let mut queue = self.queue.lock();
        let entered = loop {
            if let Request::Wanted(wish) = request {
                let word = self.word.look();
                if queue.is_wanted(wish, word) {
                    break Entered::Granted(Right::Watched(word.state()));
                }
                return Entered::Queued(queue.push(request, notify, since));
            }
            let word = self.word.look();
            if word.is_door_shut() && word.is_free() {
                // The last holder is about to hand over to one that came before the caller.
                self.settle(&mut queue, None, errands);
                continue;
            }
            let refusal = match self.try_step(&mut queue, &request, word) {
                Ok(Some((right, _))) => break Entered::Granted(right),
                Ok(None) => continue,
                Err(refusal) => refusal,
            };
            let state = word.state();
            let wants = request.wants(state);
            let is_shared = wants == Some(Right::Shared);
            if is_shared && request.is_urgent() && queue.may_be_passed_by_urgent(word) {
                // The one that shut the door would stand behind the caller, who shares the state.
                if self.word.take(word, word.held()).is_ok() {
                    break Entered::Granted(Right::Shared);
                }
                continue;
            }
            if request.is_upgrade() && (queue.has_upgrade() || refusal == Refusal::InTransition) {
                // Each would wait for the other's hold, or the one that shut the door for this one's.
                break Entered::Refused(refusal);
            }
            if is_shared && matches!(refusal, Refusal::InUse { holders: MAX_HOLDERS, .. }) {
                break Entered::Refused(refusal);
            }
            if !request.is_hopeful(queue.graph(), state) {
                break Entered::Refused(Refusal::Unreachable(state));
            }
            let shuts = wants.is_some_and(Right::is_exclusive) && !word.is_exclusive();
            let new = word.with_waiters(true).with_door_shut(shuts || word.is_door_shut());
            if new == word || self.word.commit(word, new).is_ok() {
                let ticket = queue.push(request, notify, since);
                queue.tell_wanted(new, errands);
                return Entered::Queued(ticket);
            }
        };
        drop(queue);
        errands.discard(Some(notify));
        entered
    }

    /// Whether a right that the caller has is wanted.
    pub(crate) fn is_wanted(self, wish: Wish) -> bool {
        let word = self.word.look();
        word.has_waiters() && self.queue.lock().is_wanted(wish, self.word.look())
    }

    /// Trades the caller's hold for the exclusive right, behind a door that is shut.
    pub(crate) fn upgrade(self, request: &Request) -> Result<Word, Refusal> {
        let mut queue = self.queue.lock();
        loop {
            if let Some((_, word)) = self.try_step(&mut queue, request, self.word.look())? {
                return Ok(word);
            }
        }
    }

    /// One attempt at what is asked for: the right and the word that it made; none where the word was
    /// another.
    fn try_step(
        self,
        queue: &mut Queue,
        request: &Request,
        word: Word,
    ) -> Result<Option<(Right, Word)>, Refusal> {
        let passes = request.is_upgrade() && word.is_door_shut();
        if passes && !queue.may_pass(word.state()) {
            return Err(Refusal::InTransition);
        }
        let (right, new) = request.step(word)?;
        if word != new && self.word.take(word, new).is_err() {
            return Ok(None);
        }
        if passes {
            queue.pass(word.state());
        }
        Ok(Some((right, new)))
    }

    /// What has become of the waiter, if anything has; its place is then given back.
    pub(crate) fn claim(self, ticket: &mut Option<Ticket>) -> Option<Outcome> {
        self.queue.lock().claim(ticket)
    }

    /// Like [`claim`](Self::claim), for a task that is polled with that waker.
    pub(crate) fn poll(self, ticket: &mut Option<Ticket>, waker: &Waker) -> Polled {
        let mut queue = self.queue.lock();
        match (queue.claim(ticket), ticket) {
            (Some(outcome), _) => Polled::Told(outcome),
            (None, Some(ticket)) if queue.is_notified_by(ticket, waker) => Polled::Untold,
            (None, _) => Polled::Stale,
        }
    }

    /// Like [`claim`](Self::claim); where nothing has, the waiter is woken by `notify` from now on.
    pub(crate) fn renew(
        self,
        ticket: &mut Option<Ticket>,
        notify: Notify,
        errands: &mut Errands,
    ) -> Option<Outcome> {
        let mut queue = self.queue.lock();
        let outcome = queue.claim(ticket);
        errands.discard(match ticket {
            Some(ticket) => queue.renew(ticket, notify),
            None => Some(notify),
        });
        outcome
    }

    /// What stands in the waiter's way in that word.
    pub(crate) fn blocker(self, ticket: &Ticket, word: Word) -> Blocker {
        self.queue.lock().request(ticket).blocker(word)
    }

    /// Gives up the place. What the waiter was given meanwhile is for the caller to let go of.
    pub(crate) fn cancel(self, ticket: Ticket, errands: &mut Errands) -> Option<Outcome> {
        let mut queue = self.queue.lock();
        let (outcome, unused) = queue.remove(ticket);
        errands.discard(unused);
        if outcome.is_none() {
            self.settle(&mut queue, None, errands);
        }
        outcome
    }

    /// Gives the waiters all that they can have, one after the other, in order of arrival.
    ///
    /// With an ending, the caller's transition ends in the same step in which the first of them gets
    /// its right.
    fn settle(
        self,
        queue: &mut Queue,
        mut ending: Option<(Ending, &mut Option<u64>)>,
        errands: &mut Errands,
    ) {
        loop {
            let word = self.word.look();
            let base = match &mut ending {
                Some((ending, number)) => {
                    ending.number(word, number, self.commits);
                    ending.of(word)
                }
                None => word,
            };
            if base.is_exclusive() {
                // A door shut for the holders of before means nothing now, and whoever waited in
                // front of it may be gone when the transition ends.
                let new = base.with_door_shut(false).with_waiters(!queue.is_empty());
                if new == word || self.word.commit(word, new).is_ok() {
                    return;
                }
                continue;
            }
            let (told, new) = match queue.next(base) {
                Next::Grant(ticket, right, new) => {
                    let new = new.with_door_shut(false).with_waiters(queue.has_several());
                    (Some((ticket, Outcome::Granted(right))), new)
                }
                Next::Full(ticket) => {
                    let refusal = Refusal::InUse { state: base.state(), holders: base.holders() };
                    (Some((ticket, Outcome::Refused(refusal))), base)
                }
                Next::Nobody { door_shut } => {
                    let new = base.with_door_shut(door_shut).with_waiters(!queue.is_empty());
                    (None, new)
                }
            };
            if new != word && self.word.commit(word, new).is_err() {
                continue;
            }
            ending = None;
            match told {
                Some((ticket, outcome)) => {
                    if queue.is_upgrade(&ticket) {
                        queue.pass(base.state());
                    }
                    queue.tell(ticket, outcome, errands);
                }
                None => return,
            }
        }
    }
}
