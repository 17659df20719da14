//! The slow path: what happens under the queue's mutex.
//!
//! Every section leaves the queue settled: no waiter in it could have what it wants in the word as it
//! is. [The protocol](super) says why that is enough for no wake-up to be lost.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Waker,
    time::Instant,
};

use crate::sync::Mutex;

use super::{
    queue::{Next, Notify, Outcome, Queue, Ticket, Wakes},
    request::{Refusal, Request, Right},
    word::{AtomicWord, Word},
};

/// The word and the queue of one machine, whatever its type.
#[derive(Clone, Copy)]
pub(crate) struct Core<'a> {
    pub(crate) word: &'a AtomicWord,
    pub(crate) queue: &'a Mutex<Queue>,
}

/// What came of asking for a place in the queue.
pub(crate) enum Entered {
    /// The right could be had after all.
    Granted(Right),
    Refused(Refusal),
    Queued(Ticket),
}

/// How the transition of who settles ends, where it has one.
#[derive(Clone, Copy)]
pub(crate) struct Ending {
    pub(crate) state: u16,
    pub(crate) hold: bool,
}

impl Ending {
    #[inline]
    pub(crate) fn of(self, word: Word) -> Word {
        let ended = word.ended(self.state);
        if self.hold { ended.held() } else { ended }
    }
}

/// What was panicked with.
pub(crate) type Panic = Box<dyn Any + Send>;

impl Core<'_> {
    /// Ends the caller's transition and hands its right on; the panic of a waker, if one did.
    pub(crate) fn end(self, ending: Ending) -> Option<Panic> {
        let mut wakes = Wakes::none();
        let mut queue = self.queue.lock();
        let from = self.word.own().state();
        if from != ending.state {
            queue.announce(from, ending.state, &mut wakes);
        }
        self.settle(&mut queue, Some(ending), &mut wakes);
        drop(queue);
        // What a waker leaves half done behind its panic is its own.
        catch_unwind(AssertUnwindSafe(|| wakes.wake())).err()
    }

    /// Hands on what a holder left that has just let go.
    pub(crate) fn left(self) {
        let mut wakes = Wakes::none();
        let mut queue = self.queue.lock();
        self.settle(&mut queue, None, &mut wakes);
        drop(queue);
        wakes.wake();
    }

    /// Takes the right, or a place in the queue.
    pub(crate) fn enqueue(self, request: Request, notify: Notify, aim: Option<u16>) -> Entered {
        let since = Instant::now();
        let mut wakes = Wakes::none();
        let mut queue = self.queue.lock();
        let entered = loop {
            let word = self.word.look();
            if word.is_door_shut() && word.is_free() {
                // The last holder is about to hand over to one that came before the caller.
                self.settle(&mut queue, None, &mut wakes);
                continue;
            }
            let refusal = match request.step(word) {
                Ok((right, new)) if word == new => break Entered::Granted(right),
                Ok((right, new)) => match self.word.take(word, new) {
                    Ok(()) => break Entered::Granted(right),
                    Err(_) => continue,
                },
                Err(refusal) => refusal,
            };
            let state = word.state();
            let wants = request.wants(state);
            let is_upgrade = matches!(request, Request::Upgrade);
            if is_upgrade && queue.has_upgrade() {
                // Each would wait for the other's hold.
                break Entered::Refused(refusal);
            }
            if wants == Some(Right::Shared) && matches!(refusal, Refusal::InUse { .. }) {
                break Entered::Refused(refusal);
            }
            if !request.is_hopeful(queue.graph(), state) {
                break Entered::Refused(Refusal::Unreachable(state));
            }
            let shuts = wants == Some(Right::Exclusive) && !word.is_exclusive();
            let new = word.with_waiters(true).with_door_shut(shuts || word.is_door_shut());
            if new == word || self.word.commit(word, new).is_ok() {
                break Entered::Queued(queue.push(request, notify, aim, since));
            }
        };
        drop(queue);
        wakes.wake();
        entered
    }

    /// What has become of the waiter, if anything has; its place is then given back.
    pub(crate) fn claim(self, ticket: &mut Option<Ticket>) -> Option<Outcome> {
        self.queue.lock().claim(ticket)
    }

    /// Like [`claim`](Self::claim); where nothing has, the waiter is woken through `waker` from now
    /// on.
    pub(crate) fn poll(self, ticket: &mut Option<Ticket>, waker: &Waker) -> Option<Outcome> {
        let mut queue = self.queue.lock();
        let outcome = queue.claim(ticket);
        if outcome.is_some() || queue.is_notified_by(ticket.as_ref()?, waker) {
            return outcome;
        }
        drop(queue);
        // Cloning and dropping a waker is foreign code, which may use this machine.
        let notify = Notify::Task(waker.clone());
        let mut queue = self.queue.lock();
        let outcome = queue.claim(ticket);
        let unused = match ticket {
            Some(ticket) => queue.renew(ticket, notify),
            None => Some(notify),
        };
        drop(queue);
        drop(unused);
        outcome
    }

    /// Gives up the place. What the waiter was given meanwhile is for the caller to let go of.
    pub(crate) fn cancel(self, ticket: Ticket) -> Option<Outcome> {
        let mut wakes = Wakes::none();
        let mut queue = self.queue.lock();
        let (outcome, notify) = queue.remove(ticket);
        if outcome.is_none() {
            self.settle(&mut queue, None, &mut wakes);
        }
        drop(queue);
        drop(notify);
        wakes.wake();
        outcome
    }

    /// Gives the waiters all that they can have, one after the other, in order of arrival.
    ///
    /// With an ending, the caller's transition ends in the same step in which the first of them gets
    /// its right.
    fn settle(self, queue: &mut Queue, mut ending: Option<Ending>, wakes: &mut Wakes) {
        loop {
            let word = self.word.look();
            let base = ending.map_or(word, |ending| ending.of(word));
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
                Some((ticket, outcome)) => queue.tell(ticket, outcome, wakes),
                None => return,
            }
        }
    }
}
