//! Waking those that wait, and dropping wakers: both run foreign code, which may do anything.
//!
//! So it runs when the mutex has been let go of and everything that was decided has an owner, and
//! whatever it does, the errands behind it are run as well.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    task::Waker,
    time,
};

use crate::{
    panics::Panics,
    sync::{Instant, Thread, for_each_thread},
};

/// How to wake a waiter. A clone of a waker is foreign code.
#[derive(Clone)]
pub(crate) enum Notify {
    /// With the time at which it began to wait, which it has looked up for its deadline.
    Thread(Thread, Instant),
    Task(Waker),
}

impl Notify {
    /// When the wait began.
    pub(super) fn since(&self) -> time::Instant {
        match self {
            Self::Thread(_, since) => since.public(),
            Self::Task(_) => time::Instant::now(),
        }
    }

    /// Wakes through that waker from now on.
    pub(crate) fn renew(&mut self, waker: &Waker) {
        if !matches!(self, Self::Task(known) if known.will_wake(waker)) {
            *self = Self::Task(waker.clone());
        }
    }

    pub(crate) fn wake(self, panics: &mut Panics) {
        match self {
            Self::Thread(thread, _) => thread.unpark(),
            Self::Task(waker) => run(Errand::Wake(waker), panics),
        }
    }

    fn discard(self, panics: &mut Panics) {
        match self {
            Self::Thread(..) => {}
            Self::Task(waker) => run(Errand::Drop(waker), panics),
        }
    }
}

/// The foreign code that a section under the mutex leaves to be run behind it.
#[must_use = "those that were chosen sleep until they are woken"]
pub(crate) struct Errands {
    first: Option<Notify>,
    rest: Vec<Notify>,
    unused: Option<Notify>,
}

impl Errands {
    pub(crate) fn none() -> Self {
        Self { first: None, rest: Vec::new(), unused: None }
    }

    /// Wakes that one, after those that were added before.
    pub(crate) fn wake(&mut self, notify: Notify) {
        if self.first.is_none() {
            self.first = Some(notify);
        } else {
            self.rest.push(notify);
        }
    }

    /// Drops that one, when all have been woken.
    pub(crate) fn discard(&mut self, notify: Option<Notify>) {
        debug_assert!(self.unused.is_none());
        self.unused = notify;
    }

    /// Runs them all. The panics are given back, to go on when nothing depends on the caller any more.
    #[inline]
    pub(crate) fn run(self) -> Panics {
        let mut panics = Panics::none();
        if let Some(first) = self.first {
            first.wake(&mut panics);
            for notify in self.rest {
                notify.wake(&mut panics);
            }
        }
        if let Some(unused) = self.unused {
            unused.discard(&mut panics);
        }
        panics
    }
}

/// One piece of foreign code.
enum Errand {
    Wake(Waker),
    Drop(Waker),
}

impl Errand {
    fn run(self) {
        match self {
            Self::Wake(waker) => waker.wake(),
            Self::Drop(waker) => drop(waker),
        }
    }
}

/// How deep wakers may wake one another on one thread's stack. A waker that drops a task hands what
/// the task had waited for to the next, whose waker may do the same, and so on through the queue.
const DEPTH: usize = 64;

struct Nesting {
    depth: Cell<usize>,
    put_off: RefCell<VecDeque<Errand>>,
}

for_each_thread! {
    static NESTING: Nesting = Nesting {
        depth: Cell::new(0),
        put_off: RefCell::new(VecDeque::new()),
    }
}

/// Runs it now; inside of [`DEPTH`] others, when the innermost of these has returned.
fn run(errand: Errand, panics: &mut Panics) {
    let depth = NESTING.try_with(|nesting| nesting.depth.get()).unwrap_or(0);
    if depth < DEPTH {
        set_depth(depth + 1);
        panics.catch(|| errand.run());
        if depth + 1 == DEPTH {
            run_put_off(panics);
        }
        set_depth(depth);
    } else {
        NESTING.with(|nesting| nesting.put_off.borrow_mut().push_back(errand));
    }
}

/// Behind the end of the thread's own values there is no counting any more.
fn set_depth(depth: usize) {
    _ = NESTING.try_with(|nesting| nesting.depth.set(depth));
}

#[cold]
fn run_put_off(panics: &mut Panics) {
    while let Some(next) = NESTING.with(|nesting| nesting.put_off.borrow_mut().pop_front()) {
        panics.catch(|| next.run());
    }
}
