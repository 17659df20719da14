//! Waking those that wait, and dropping wakers: both run foreign code, which may do anything.
//!
//! So it runs when the mutex has been let go of and everything that was decided has an owner, and
//! whatever it does, the errands behind it are run as well.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    task::Waker,
};

use crate::{
    panics::Panics,
    sync::{Thread, for_each_thread},
};

/// How to wake a waiter. A clone of a waker is foreign code.
#[derive(Clone)]
pub(crate) enum Notify {
    Thread(Thread),
    Task(Waker),
}

impl Notify {
    pub(crate) fn wake(self, panics: &mut Panics) {
        match self {
            Self::Thread(thread) => thread.unpark(),
            Self::Task(waker) => run(Errand::Wake(waker), panics),
        }
    }

    fn discard(self, panics: &mut Panics) {
        match self {
            Self::Thread(_) => {}
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
    pub(crate) fn run(self) -> Panics {
        let mut panics = Panics::none();
        for notify in self.first.into_iter().chain(self.rest) {
            notify.wake(&mut panics);
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
    let mut errand = Some(errand);
    let is_put_off = NESTING.try_with(|nesting| {
        let depth = nesting.depth.get();
        if depth == DEPTH {
            nesting.put_off.borrow_mut().extend(errand.take());
        } else {
            nesting.depth.set(depth + 1);
        }
        depth == DEPTH
    });
    while let Some(next) = errand {
        panics.catch(|| next.run());
        errand = NESTING
            .try_with(|nesting| match nesting.depth.get() {
                DEPTH => nesting.put_off.borrow_mut().pop_front(),
                _ => None,
            })
            .unwrap_or(None);
    }
    if let Ok(false) = is_put_off {
        NESTING.with(|nesting| nesting.depth.set(nesting.depth.get() - 1));
    }
}
