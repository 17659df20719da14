//! Who waits, in order of arrival.
//!
//! Waiters that want one state queue at that state; all others (several states, a predicate, a join)
//! queue together. Whoever enters a state then looks at two lists and not at every waiter. The two
//! are merged by arrival, so the order among those who want the same state is one.
//!
//! This is plain data behind a mutex; [`super::settle`] decides what happens to it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    task::Waker,
    time::Instant,
};

use crate::{private::Graph, sync::Thread};

use super::{
    request::{Refusal, Request, Right},
    word::{MAX_HOLDERS, Word},
};

/// How to wake a waiter.
pub(crate) enum Notify {
    Thread(Thread),
    Task(Waker),
}

impl Notify {
    pub(crate) fn wake(self) {
        match self {
            Self::Thread(thread) => thread.unpark(),
            Self::Task(waker) => waker.wake(),
        }
    }
}

/// The waiters to wake once the mutex is let go of: foreign code does not run under it.
#[must_use]
pub(crate) struct Wakes {
    first: Option<Notify>,
    rest: Vec<Notify>,
}

impl Wakes {
    pub(crate) fn none() -> Self {
        Self { first: None, rest: Vec::new() }
    }

    fn add(&mut self, notify: Notify) {
        if self.first.is_none() {
            self.first = Some(notify);
        } else {
            self.rest.push(notify);
        }
    }

    pub(crate) fn wake(self) {
        wake_all(self.first.into_iter().chain(self.rest));
    }
}

/// Wakes them in that order, the others also where one of them panics; the first panic goes on.
pub(crate) fn wake_all(waiters: impl IntoIterator<Item = Notify>) {
    let mut panic = None;
    for waiter in waiters {
        // What a waker leaves half done behind its panic is its own.
        let woken = catch_unwind(AssertUnwindSafe(|| waiter.wake()));
        panic = panic.or(woken.err());
    }
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}

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
    aim: Option<u16>,
    since: Instant,
    /// Taken by who wakes it; none where it was never set or has been.
    notify: Option<Notify>,
    /// None while it is in a list.
    outcome: Option<Outcome>,
    arrival: u64,
    previous: u32,
    next: u32,
}

/// A waiter as others see it.
pub(crate) struct Seen<'a> {
    pub(crate) request: &'a Request,
    /// The state that it is to enter by the exclusive right.
    pub(crate) aim: Option<u16>,
    pub(crate) notify: Option<&'a Notify>,
    pub(crate) since: Instant,
}

impl<'a> Seen<'a> {
    fn of(waiter: &'a Waiter) -> Self {
        Self {
            request: &waiter.request,
            aim: waiter.aim,
            notify: waiter.notify.as_ref(),
            since: waiter.since,
        }
    }
}

enum Slot {
    Free { next: u32 },
    Taken(Waiter),
}

#[derive(Clone, Copy)]
struct List {
    head: u32,
    tail: u32,
}

const NONE: u32 = u32::MAX;

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
    slots: Vec<Slot>,
    free: u32,
    /// One list a state for those who want only that, and a last one for all others.
    lists: Box<[List]>,
    /// The holder that waits for the others to leave; there is at most one.
    upgrade: Option<u32>,
    waiting: u32,
    arrivals: u64,
}

impl Queue {
    pub(crate) fn new(graph: &'static Graph) -> Self {
        Self {
            graph,
            slots: Vec::new(),
            free: NONE,
            lists: vec![List::EMPTY; graph.nodes.len() + 1].into(),
            upgrade: None,
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

    /// Takes the last place. What the waiter is to do with the exclusive right is only for others to
    /// see.
    pub(crate) fn push(&mut self, request: Request, notify: Notify, aim: Option<u16>) -> Ticket {
        let list = self.list_of(&request);
        let is_upgrade = matches!(request, Request::Upgrade);
        let waiter = Waiter {
            request,
            aim,
            since: Instant::now(),
            notify: Some(notify),
            outcome: None,
            arrival: self.arrivals,
            previous: if is_upgrade { NONE } else { self.lists[list].tail },
            next: NONE,
        };
        self.arrivals += 1;
        self.waiting += 1;
        let id = self.insert(waiter);
        if is_upgrade {
            self.upgrade = Some(id);
            return Ticket(id);
        }
        match self.lists[list].tail {
            NONE => self.lists[list].head = id,
            tail => self.waiter_mut(tail).next = id,
        }
        self.lists[list].tail = id;
        Ticket(id)
    }

    /// What has become of the waiter, if anything has; its place is then given back.
    pub(crate) fn claim(&mut self, ticket: &mut Option<Ticket>) -> Option<Outcome> {
        let outcome = self.waiter(ticket.as_ref()?.0).outcome?;
        self.remove(ticket.take()?);
        Some(outcome)
    }

    /// Whether the waiter is woken through that waker.
    pub(crate) fn is_notified_by(&self, ticket: &Ticket, waker: &Waker) -> bool {
        match &self.waiter(ticket.0).notify {
            Some(Notify::Task(known)) => known.will_wake(waker),
            _ => false,
        }
    }

    /// Replaces how the waiter is woken.
    pub(crate) fn renew(&mut self, ticket: &Ticket, notify: Notify) -> Option<Notify> {
        self.waiter_mut(ticket.0).notify.replace(notify)
    }

    /// Gives the place back; the outcome, or none where the waiter was still in the queue.
    pub(crate) fn remove(&mut self, ticket: Ticket) -> (Option<Outcome>, Option<Notify>) {
        let id = ticket.0;
        if self.waiter(id).outcome.is_none() {
            self.unlink(id);
        }
        let slot = std::mem::replace(&mut self.slots[id as usize], Slot::Free { next: self.free });
        self.free = id;
        match slot {
            Slot::Taken(waiter) => (waiter.outcome, waiter.notify),
            Slot::Free { .. } => unreachable!("only the waiter gives its place back, once"),
        }
    }

    /// Takes the waiter out of the queue and tells it.
    pub(crate) fn tell(&mut self, ticket: Ticket, outcome: Outcome, wakes: &mut Wakes) {
        self.unlink(ticket.0);
        let waiter = self.waiter_mut(ticket.0);
        waiter.outcome = Some(outcome);
        if let Some(notify) = waiter.notify.take() {
            wakes.add(notify);
        }
    }

    /// Those who wait, in order of arrival.
    pub(crate) fn waiters(&self) -> Vec<Seen<'_>> {
        let taken = self.slots.iter().filter_map(|slot| match slot {
            Slot::Taken(waiter) if waiter.outcome.is_none() => Some(waiter),
            Slot::Taken(_) | Slot::Free { .. } => None,
        });
        let mut waiters: Vec<&Waiter> = taken.collect();
        waiters.sort_unstable_by_key(|waiter| waiter.arrival);
        waiters.into_iter().map(Seen::of).collect()
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
            match self.waiter(id).request.wants(state) {
                Some(Right::Exclusive) if word.holders() == 0 => {
                    return Next::Grant(Ticket(id), Right::Exclusive, word.begun());
                }
                Some(Right::Exclusive) => return Next::Nobody { door_shut: true },
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
    pub(crate) fn announce(&mut self, from: u16, to: u16, wakes: &mut Wakes) {
        let others = self.lists.len() - 1;
        let mut id = self.lists[others].head;
        while id != NONE {
            let next = self.waiter(id).next;
            if let Some(right @ Right::Watched(_)) = self.waiter(id).request.wants(to) {
                self.tell(Ticket(id), Outcome::Granted(right), wakes);
            }
            id = next;
        }
        if self.graph.reach_of(from) != self.graph.reach_of(to) {
            self.dismiss_hopeless(to, wakes);
        }
    }

    fn dismiss_hopeless(&mut self, state: u16, wakes: &mut Wakes) {
        for list in 0..self.lists.len() {
            let mut id = self.lists[list].head;
            while id != NONE {
                let waiter = self.waiter(id);
                let next = waiter.next;
                if !waiter.request.is_hopeful(self.graph, state) {
                    let refusal = Outcome::Refused(Refusal::Unreachable(state));
                    self.tell(Ticket(id), refusal, wakes);
                }
                id = next;
            }
        }
    }

    /// Those who may want that state, in order of arrival.
    fn candidates(&self, state: u16) -> impl Iterator<Item = u32> + '_ {
        let mut a = self.lists[usize::from(state)].head;
        let mut b = self.lists[self.lists.len() - 1].head;
        std::iter::from_fn(move || {
            let turn = match (a, b) {
                (NONE, NONE) => return None,
                (_, NONE) => &mut a,
                (NONE, _) => &mut b,
                _ if self.waiter(a).arrival < self.waiter(b).arrival => &mut a,
                _ => &mut b,
            };
            let id = *turn;
            *turn = self.waiter(id).next;
            Some(id)
        })
    }

    fn list_of(&self, request: &Request) -> usize {
        match request.only_state() {
            Some(state) => usize::from(state),
            None => self.lists.len() - 1,
        }
    }

    fn unlink(&mut self, id: u32) {
        self.waiting -= 1;
        if self.upgrade == Some(id) {
            self.upgrade = None;
            return;
        }
        let waiter = self.waiter(id);
        let (list, previous, next) = (self.list_of(&waiter.request), waiter.previous, waiter.next);
        match previous {
            NONE => self.lists[list].head = next,
            previous => self.waiter_mut(previous).next = next,
        }
        match next {
            NONE => self.lists[list].tail = previous,
            next => self.waiter_mut(next).previous = previous,
        }
    }

    fn insert(&mut self, waiter: Waiter) -> u32 {
        if self.free == NONE {
            let id = u32::try_from(self.slots.len()).expect("fewer than 2^32 waiters");
            self.slots.push(Slot::Taken(waiter));
            return id;
        }
        let id = self.free;
        match std::mem::replace(&mut self.slots[id as usize], Slot::Taken(waiter)) {
            Slot::Free { next } => self.free = next,
            Slot::Taken(_) => unreachable!("a free place is not taken"),
        }
        id
    }

    fn waiter(&self, id: u32) -> &Waiter {
        match &self.slots[id as usize] {
            Slot::Taken(waiter) => waiter,
            Slot::Free { .. } => unreachable!("lists hold only taken places"),
        }
    }

    fn waiter_mut(&mut self, id: u32) -> &mut Waiter {
        match &mut self.slots[id as usize] {
            Slot::Taken(waiter) => waiter,
            Slot::Free { .. } => unreachable!("lists hold only taken places"),
        }
    }
}
