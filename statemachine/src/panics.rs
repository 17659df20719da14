//! Panics of foreign code, kept back until what was decided has been seen to.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    thread,
};

/// What was panicked with.
pub(crate) type Payload = Box<dyn Any + Send>;

/// The first panic of several pieces of foreign code, each of which runs though others have panicked.
#[must_use = "a panic that was caught goes on"]
pub(crate) struct Panics {
    first: Option<Payload>,
}

impl Panics {
    #[inline(always)]
    pub(crate) const fn none() -> Self {
        Self { first: None }
    }

    /// Runs foreign code. What it leaves half done behind a panic is its own.
    pub(crate) fn catch(&mut self, run: impl FnOnce()) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
            self.add(payload);
        }
    }

    /// Adds those of another, which came later.
    #[inline]
    pub(crate) fn append(&mut self, later: Self) {
        if let Some(payload) = later.first {
            self.add(payload);
        }
    }

    /// Whether one is to go on: not while the thread is panicking already, since a second would abort.
    #[inline(always)]
    pub(crate) fn must_go_on(&mut self) -> bool {
        self.first.is_some() && !self.discard_if_panicking()
    }

    /// Lets the first one go on, if one [must](Self::must_go_on).
    #[inline]
    pub(crate) fn go_on(mut self) {
        if self.must_go_on() {
            self.resume();
        }
    }

    /// Lets the first one go on, when foreign values have been dropped which might panic as well.
    #[cold]
    pub(crate) fn resume_without<T>(mut self, value: T) -> ! {
        self.catch(|| drop(value));
        self.resume()
    }

    #[cold]
    fn resume(self) -> ! {
        resume_unwind(self.first.expect("one must go on"))
    }

    #[cold]
    fn discard_if_panicking(&mut self) -> bool {
        let is_panicking = thread::panicking();
        if is_panicking {
            self.first.take().into_iter().for_each(discard);
        }
        is_panicking
    }

    #[cold]
    fn add(&mut self, payload: Payload) {
        match self.first {
            None => self.first = Some(payload),
            Some(_) => discard(payload),
        }
    }
}

/// Drops a payload, which is foreign code and may panic in its turn, with what cannot be foreseen:
/// that one is leaked.
fn discard(payload: Payload) {
    if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(another);
    }
}
