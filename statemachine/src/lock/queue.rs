//! Who waits, in order of arrival.
//!
//! There is one list a state for those who want a right in it, and one for those who only watch for
//! it; who wants several states stands in several. Who wants a right in any state stands in one more
//! list instead. Whoever enters a state then looks at those who want that state, and at nobody else.
//! Where that takes two lists, they are merged by arrival, so the order among those who want the same
//! state is one.
//!
//! This is plain data behind a mutex; [`super::settle`] decides what happens to it.

use std::{task::Waker, time::Instant};

use crate::{
    graph::{Graph, StateId},
    sync::Thread,
};

use super::{
    request::{Refusal, Request, Right, Wish},
    slab::{NONE, Slab},
    wake::{Errands, Notify},
    word::{MAX_HOLDERS, Word},
};

/// A waiter's place, which only the waiter itself gives back.
#[derive(Debug)]
pub(crate) struct Ticket(u32);

/// What has become of a waiter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    Granted(Right),
    Refused(Refusal),
}

struct Waiter {
    request: Request,
    since: Instant,
    /// Taken by who wakes it; none where it was never set or has been.
    notify: Option<Notify>,
    /// None while it is in a list.
    outcome: Option<Outcome>,
    arrival: u64,
    /// The first of its links, one a list that it stands in.
    links: u32,
    /// How many trades of a hold have passed the door that it shut.
    passed: u8,
}

impl Waiter {
    /// Whether it waits for the machine, and not only to be wanted.
    fn is_waiting(&self) -> bool {
        self.outcome.is_none() && !matches!(self.request, Request::Wanted(_))
    }
}

/// A waiter in one list.
struct Link {
    waiter: u32,
    list: u32,
    previous: u32,
    next: u32,
    /// The same waiter's link in another list.
    sibling: u32,
}

/// A waiter as others see it.
pub(crate) struct Seen {
    pub(crate) request: Request,
    /// None where it is a task.
    pub(crate) thread: Option<Thread>,
    pub(crate) since: Instant,
    pub(crate) arrival: u64,
}

impl Seen {
    fn of(waiter: &Waiter) -> Self {
        let thread = match &waiter.notify {
            Some(Notify::Thread(thread, _)) => Some(thread.clone()),
            Some(Notify::Task(_)) | None => None,
        };
        let Waiter { ref request, since, arrival, .. } = *waiter;
        Self { request: request.clone(), thread, since, arrival }
    }
}

/// How many trades may pass a transition that has shut the door. More would let a holder that trades
/// its hold for a transition, and that for the next hold, keep others out for ever.
const PASSES: u8 = 16;

#[derive(Clone, Copy)]
struct List {
    head: u32,
    tail: u32,
}

impl List {
    const EMPTY: Self = Self { head: NONE, tail: NONE };
}

/// What is next to happen to the waiters, given the word.
pub(crate) enum Next {
    /// That waiter can have that right; the word is then this.
    Grant(Ticket, Right, Word),
    /// That waiter wants a hold and the word can count no more.
    Full(Ticket),
    /// Nobody can have anything; a transition waits for the holders to leave, or not.
    Nobody { door_shut: bool },
}

pub(crate) struct Queue {
    graph: &'static Graph,
    waiters: Slab<Waiter>,
    links: Slab<Link>,
    /// One a state; one for those who want any; and one a state for those who watch for it.
    lists: Box<[List]>,
    /// The holder that waits for the others to leave; there is at most one, and it stands in no list.
    upgrade: Option<u32>,
    /// Those that wait to be wanted, who stand in no list: they wait for others to wait.
    wishers: Vec<u32>,
    waiting: u32,
    arrivals: u64,
}

/// The first arrival of one that is not urgent. Those that are have lower ones, in their own order.
const NOT_URGENT: u64 = 1 << 63;

impl Queue {
    pub(crate) fn new(graph: &'static Graph) -> Self {
        Self {
            graph,
            waiters: Slab::new(),
            links: Slab::new(),
            lists: vec![List::EMPTY; 2 * graph.nodes.len() + 1].into(),
            upgrade: None,
            wishers: Vec::new(),
            waiting: 0,
            arrivals: 0,
        }
    }

    pub(crate) fn graph(&self) -> &'static Graph {
        self.graph
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    pub(crate) fn has_several(&self) -> bool {
        self.waiting > 1
    }

    pub(crate) fn has_upgrade(&self) -> bool {
        self.upgrade.is_some()
    }

    pub(crate) fn is_upgrade(&self, ticket: &Ticket) -> bool {
        self.upgrade == Some(ticket.0)
    }

    /// Whether one more trade may pass whoever has shut the door of that state.
    pub(crate) fn may_pass(&self, state: StateId) -> bool {
        self.doorkeeper(state).is_none_or(|id| self.waiters[id].passed < PASSES)
    }

    /// Says that a trade passes whoever has shut the door of that state, if anybody has.
    pub(crate) fn pass(&mut self, state: StateId) {
        if let Some(id) = self.doorkeeper(state) {
            self.waiters[id].passed = self.waiters[id].passed.saturating_add(1);
        }
    }

    /// The transition out of that state that is next.
    fn doorkeeper(&self, state: StateId) -> Option<u32> {
        self.candidates(state)
            .find(|&id| self.waiters[id].request.wants(state).is_some_and(Right::is_exclusive))
    }

    /// Takes the last place.
    pub(crate) fn push(&mut self, request: Request, notify: Notify, since: Instant) -> Ticket {
        let (is_upgrade, is_wisher) = (request.is_upgrade(), matches!(request, Request::Wanted(_)));
        let arrival = self.arrivals + if request.is_urgent() { 0 } else { NOT_URGENT };
        let waiter = Waiter {
            request,
            since,
            notify: Some(notify),
            outcome: None,
            arrival,
            links: NONE,
            passed: 0,
        };
        self.arrivals += 1;
        let id = self.waiters.insert(waiter);
        if is_wisher {
            self.wishers.push(id);
            return Ticket(id);
        }
        self.waiting += 1;
        if is_upgrade {
            self.upgrade = Some(id);
        } else {
            self.link(id);
        }
        Ticket(id)
    }

    /// Whether a right of that kind is wanted, in that word.
    pub(crate) fn is_wanted(&self, wish: Wish, word: Word) -> bool {
        match wish {
            Wish::Leave => word.is_door_shut(),
            // The urgent come first.
            Wish::Urgent(state) => {
                self.candidates(state).next().is_some_and(|id| self.waiters[id].request.is_urgent())
            }
            Wish::Any(state) => self.candidates(state).next().is_some(),
        }
    }

    /// Whether only one that is not urgent keeps newcomers from holding that state.
    pub(crate) fn may_be_passed_by_urgent(&self, word: Word) -> bool {
        word.is_door_shut()
            && !word.is_exclusive()
            && word.holders() < MAX_HOLDERS
            && self.upgrade.is_none()
            && !self.is_wanted(Wish::Urgent(word.state()), word)
    }

    /// Tells those whose right is wanted now, of those that wait for that.
    pub(crate) fn tell_wanted(&mut self, word: Word, errands: &mut Errands) {
        for position in (0..self.wishers.len()).rev() {
            let id = self.wishers[position];
            if let Request::Wanted(wish) = self.waiters[id].request
                && self.is_wanted(wish, word)
            {
                self.tell(Ticket(id), Outcome::Granted(Right::Watched(word.state())), errands);
            }
        }
    }

    /// What has become of the waiter, if anything has; its place is then given back.
    #[inline]
    pub(crate) fn claim(&mut self, ticket: &mut Option<Ticket>) -> Option<Outcome> {
        let outcome = self.waiters[ticket.as_ref()?.0].outcome?;
        self.remove(ticket.take()?);
        Some(outcome)
    }

    /// Whether the waiter is woken through that waker.
    #[inline]
    pub(crate) fn is_notified_by(&self, ticket: &Ticket, waker: &Waker) -> bool {
        match &self.waiters[ticket.0].notify {
            Some(Notify::Task(known)) => known.will_wake(waker),
            _ => false,
        }
    }

    pub(crate) fn request(&self, ticket: &Ticket) -> &Request {
        &self.waiters[ticket.0].request
    }

    /// Replaces how the waiter is woken.
    pub(crate) fn renew(&mut self, ticket: &Ticket, notify: Notify) -> Option<Notify> {
        self.waiters[ticket.0].notify.replace(notify)
    }

    /// Gives the place back; the outcome, or none where the waiter was still in the queue.
    #[inline]
    pub(crate) fn remove(&mut self, ticket: Ticket) -> (Option<Outcome>, Option<Notify>) {
        if self.waiters[ticket.0].outcome.is_none() {
            self.unlink(ticket.0);
        }
        let waiter = self.waiters.remove(ticket.0);
        (waiter.outcome, waiter.notify)
    }

    /// Takes the waiter out of the queue and tells it.
    #[inline]
    pub(crate) fn tell(&mut self, ticket: Ticket, outcome: Outcome, errands: &mut Errands) {
        self.unlink(ticket.0);
        let waiter = &mut self.waiters[ticket.0];
        waiter.outcome = Some(outcome);
        if let Some(notify) = waiter.notify.take() {
            errands.wake(notify);
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting as usize
    }

    /// Adds those that wait, in no order, if there is room for them: nothing is allocated.
    pub(crate) fn copy_to(&self, seen: &mut Vec<Seen>) -> bool {
        let has_room = seen.capacity() - seen.len() >= self.len();
        if has_room {
            let waiting = self.waiters.iter().filter(|waiter| waiter.is_waiting());
            seen.extend(waiting.map(Seen::of));
        }
        has_room
    }

    /// Who is next, in a word where no transition is under way.
    pub(crate) fn next(&self, word: Word) -> Next {
        let state = word.state();
        if let Some(id) = self.upgrade {
            return if word.holders() == 1 {
                Next::Grant(Ticket(id), Right::Exclusive, word.upgraded())
            } else {
                Next::Nobody { door_shut: true }
            };
        }
        for id in self.candidates(state) {
            match self.waiters[id].request.wants(state) {
                Some(Right::Exclusive) if word.holders() == 0 => {
                    return Next::Grant(Ticket(id), Right::Exclusive, word.begun());
                }
                Some(Right::Use) if word.holders() == 0 => {
                    return Next::Grant(Ticket(id), Right::Use, word.used());
                }
                Some(Right::Exclusive | Right::Use) => return Next::Nobody { door_shut: true },
                Some(Right::Shared) if word.holders() == MAX_HOLDERS => {
                    return Next::Full(Ticket(id));
                }
                Some(Right::Shared) => {
                    return Next::Grant(Ticket(id), Right::Shared, word.held());
                }
                Some(Right::Watched(_)) | None => {}
            }
        }
        Next::Nobody { door_shut: false }
    }

    /// Tells those who watch for that state that it was entered, and those who can no longer get
    /// what they want that they can not.
    pub(crate) fn announce(&mut self, from: StateId, to: StateId, errands: &mut Errands) {
        if from == to {
            return;
        }
        self.for_each_in(self.any() + 1 + to.index(), |queue, id| {
            queue.tell(Ticket(id), Outcome::Granted(Right::Watched(to)), errands);
        });
        // Told apart word by word: nearly always there is one.
        if self.graph.reach_of(from).iter().ne(self.graph.reach_of(to)) {
            self.dismiss_hopeless(to, errands);
        }
    }

    fn dismiss_hopeless(&mut self, state: StateId, errands: &mut Errands) {
        for list in 0..self.lists.len() {
            self.for_each_in(list, |queue, id| {
                if !queue.waiters[id].request.is_hopeful(queue.graph, state) {
                    let refusal = Outcome::Refused(Refusal::Unreachable(state));
                    queue.tell(Ticket(id), refusal, errands);
                }
            });
        }
    }

    /// Visits who stands in that list, in order of arrival; the visited one may be told meanwhile.
    fn for_each_in(&mut self, list: usize, mut visit: impl FnMut(&mut Self, u32)) {
        let mut link = self.lists[list].head;
        while link != NONE {
            let Link { waiter, next, .. } = self.links[link];
            visit(self, waiter);
            link = next;
        }
    }

    /// Those who want a right in that state, in order of arrival.
    fn candidates(&self, state: StateId) -> impl Iterator<Item = u32> + '_ {
        let mut a = self.lists[state.index()].head;
        let mut b = self.lists[self.any()].head;
        let arrival = |link: u32| self.waiters[self.links[link].waiter].arrival;
        std::iter::from_fn(move || {
            let turn = match (a, b) {
                (NONE, NONE) => return None,
                (_, NONE) => &mut a,
                (NONE, _) => &mut b,
                _ if arrival(a) < arrival(b) => &mut a,
                _ => &mut b,
            };
            let link = &self.links[*turn];
            *turn = link.next;
            Some(link.waiter)
        })
    }

    /// The list of those who want any state. Before it are those who want a right, behind it those
    /// who watch.
    fn any(&self) -> usize {
        self.lists.len() / 2
    }

    fn link(&mut self, id: u32) {
        let any = self.any();
        let Self { waiters, links, lists, .. } = self;
        let Waiter { ref request, .. } = waiters[id];
        let mut first = NONE;
        let mut stand_in = |list: usize| {
            let mut next = NONE;
            let mut previous = lists[list].tail;
            if request.is_urgent() {
                // Behind the urgent that came before, and before all others.
                (previous, next) = (NONE, lists[list].head);
                while next != NONE && waiters[links[next].waiter].request.is_urgent() {
                    (previous, next) = (next, links[next].next);
                }
            }
            let link = Link { waiter: id, list: list as u32, previous, next, sibling: first };
            let link = links.insert(link);
            match previous {
                NONE => lists[list].head = link,
                previous => links[previous].next = link,
            }
            match next {
                NONE => lists[list].tail = link,
                next => links[next].previous = link,
            }
            first = link;
        };
        match request {
            request if request.wants_any() => stand_in(any),
            Request::When(states) => states.for_each(|state| stand_in(any + 1 + state.index())),
            request => request.for_each_state(|state| stand_in(state.index())),
        }
        waiters[id].links = first;
    }

    #[inline]
    fn unlink(&mut self, id: u32) {
        if let Request::Wanted(_) = self.waiters[id].request {
            self.wishers.retain(|&wisher| wisher != id);
            return;
        }
        self.waiting -= 1;
        if self.upgrade == Some(id) {
            self.upgrade = None;
            return;
        }
        let mut link = std::mem::replace(&mut self.waiters[id].links, NONE);
        while link != NONE {
            let Link { list, previous, next, sibling, .. } = self.links.remove(link);
            match previous {
                NONE => self.lists[list as usize].head = next,
                previous => self.links[previous].next = next,
            }
            match next {
                NONE => self.lists[list as usize].tail = previous,
                next => self.links[next].previous = previous,
            }
            link = sibling;
        }
    }
}
