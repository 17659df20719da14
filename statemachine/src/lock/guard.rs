//! The two rights as values: who has one may do what it allows, and dropping it lets go.

use std::{mem, panic::resume_unwind};

use crate::{state::StateMachine, sync::Backoff};

use super::{
    Extension, Lock,
    settle::{Ending, Panic},
    word::{MAX_HOLDERS, Word},
};

/// The exclusive right. Dropped, it leaves the machine in the state that it was in.
pub(crate) struct Exclusive<'a, S: StateMachine, X: Extension> {
    lock: &'a Lock<S, X>,
    /// Whether others waited or listened when it was taken, so that the hope that nobody does when
    /// it ends would be in vain and cost a failed exchange.
    is_crowded: bool,
}

/// A shared right. Dropped, it lets go.
pub(crate) struct Shared<'a, S: StateMachine, X: Extension> {
    lock: &'a Lock<S, X>,
}

/// Where a commit leads from and to.
#[derive(Clone, Copy)]
pub(crate) struct Move {
    /// The state to be left, as the caller knows it; looked up where that is wrong.
    pub(crate) from: u16,
    pub(crate) to: u16,
    /// Whether either state may have data, so that there is some to be moved.
    pub(crate) moves_data: bool,
}

/// What a commit gives back.
pub(crate) struct Left<S> {
    /// The data of the state that was left, where it had any.
    pub(crate) data: Option<S>,
    pub(crate) aftermath: Option<Aftermath>,
}

/// What is left to do after a transition that ended beside others who waited or listened.
///
/// One value, so that where there were none the compiler sees that nothing is left to do.
pub(crate) struct Aftermath {
    /// The commit's number, where handlers are registered.
    pub(crate) sequence: Option<u64>,
    /// The panic of a waker, which is to go on when the commit has been told of.
    pub(crate) panic: Option<Panic>,
}

impl Aftermath {
    /// Lets the panic of a waker go on.
    #[cold]
    fn of_rollback(self) {
        if let Some(panic) = self.panic {
            resume_unwind(panic);
        }
    }
}

impl<'a, S: StateMachine, X: Extension> Exclusive<'a, S, X> {
    /// # Safety
    ///
    /// The caller has been given the exclusive right of this lock, for good, and makes no second
    /// value for it.
    #[inline]
    pub(super) unsafe fn assume(lock: &'a Lock<S, X>, is_crowded: bool) -> Self {
        Self { lock, is_crowded }
    }

    /// The position of the state to be left.
    #[inline]
    pub(crate) fn position(&self) -> u16 {
        self.lock.word.own().state()
    }

    #[inline]
    pub(crate) fn view(&self) -> &S {
        // SAFETY: `self` is the exclusive right, which keeps others from writing the cell, and it is
        // borrowed for as long as the view lives, while to write through it takes it by value.
        unsafe { self.lock.view() }
    }

    /// Enters the new state with that data.
    #[inline]
    pub(crate) fn commit(self, step: Move, data: Option<S>) -> Left<S> {
        self.end(step, data, false)
    }

    /// Enters the new state with that data, and stays in it.
    #[inline]
    pub(crate) fn commit_and_hold(
        self,
        step: Move,
        data: Option<S>,
    ) -> (Left<S>, Shared<'a, S, X>) {
        let lock = self.lock;
        let left = self.end(step, data, true);
        // SAFETY: The end of the transition has just counted one holder, for this value.
        let hold = unsafe { Shared::assume(lock) };
        (left, hold)
    }

    /// Stays in the state, with a hold in place of the exclusive right.
    pub(crate) fn step_down(self) -> Shared<'a, S, X> {
        let Self { lock, is_crowded } = self;
        let state = self.position();
        mem::forget(self);
        let aftermath = lock.end(state, Ending { state, hold: true }, false, is_crowded);
        // SAFETY: As in `commit_and_hold`.
        let hold = unsafe { Shared::assume(lock) };
        if let Some(aftermath) = aftermath {
            aftermath.of_rollback();
        }
        hold
    }

    #[inline]
    pub(crate) fn lock(&self) -> &'a Lock<S, X> {
        self.lock
    }

    #[inline]
    fn end(self, step: Move, data: Option<S>, hold: bool) -> Left<S> {
        let Self { lock, is_crowded } = self;
        mem::forget(self);
        let data = if step.moves_data {
            // SAFETY: `self` was the exclusive right, which nobody has let go of yet: nobody else
            // reads or writes the cell, and no view of it is left since `self` came by value.
            lock.cell.with_mut(|cell| unsafe { mem::replace(&mut *cell, data) })
        } else {
            None
        };
        let ending = Ending { state: step.to, hold };
        let aftermath = lock.end(step.from, ending, true, is_crowded);
        Left { data, aftermath }
    }
}

impl<S: StateMachine, X: Extension> Drop for Exclusive<'_, S, X> {
    fn drop(&mut self) {
        let state = self.position();
        let ending = Ending { state, hold: false };
        if let Some(aftermath) = self.lock.end(state, ending, false, self.is_crowded) {
            aftermath.of_rollback();
        }
    }
}

impl<'a, S: StateMachine, X: Extension> Shared<'a, S, X> {
    /// # Safety
    ///
    /// One of the holders that the word of this lock counts is the caller's, for good, and the
    /// caller makes no second value for it.
    #[inline]
    pub(super) unsafe fn assume(lock: &'a Lock<S, X>) -> Self {
        Self { lock }
    }

    #[inline]
    pub(super) fn lock(&self) -> &'a Lock<S, X> {
        self.lock
    }

    #[inline]
    pub(crate) fn look(&self) -> Word {
        self.lock.look()
    }

    #[inline]
    pub(crate) fn view(&self) -> &S {
        // SAFETY: `self` is a shared right, which keeps everybody from writing the cell, and it is
        // borrowed for as long as the view lives.
        unsafe { self.lock.view() }
    }

    /// One holder more. A door that is shut does not matter: who has a hold may share it.
    ///
    /// None where the word can count no more.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        let mut word = self.lock.word.own();
        let mut backoff = Backoff::new();
        while word.holders() < MAX_HOLDERS {
            if self.lock.word.take(word, word.held()).is_ok() {
                // SAFETY: The exchange counted one holder, for this value.
                return Some(unsafe { Self::assume(self.lock) });
            }
            backoff.spin();
            word = self.lock.word.own();
        }
        None
    }
}

impl<S: StateMachine, X: Extension> Drop for Shared<'_, S, X> {
    #[inline]
    fn drop(&mut self) {
        // Only a transition can have become possible, and one that waits has shut the door.
        if self.lock.word.leave() {
            self.lock.left();
        }
    }
}

impl<S: StateMachine, X: Extension> Lock<S, X> {
    /// # Safety
    ///
    /// The caller has the exclusive or a shared right for as long as the view lives, and nobody
    /// writes the cell in that time.
    #[inline]
    unsafe fn view(&self) -> &S {
        // SAFETY: The cell is not written for as long as the view lives, as the caller promises.
        let data = self.cell.with(|cell| unsafe { (*cell).as_ref() });
        match data {
            Some(data) => data,
            None => S::dataless_ref(self.word.own().state()),
        }
    }

    /// Hands on what a holder has left behind a shut door.
    #[cold]
    fn left(&self) {
        // A transition needs all holders gone, or all but the one that is to be traded. Whoever came
        // or left since has the same to do when it leaves.
        if self.look().holders() <= 1 {
            self.core().left();
        }
    }

    /// Ends the caller's transition.
    #[inline]
    fn end(
        &self,
        from: u16,
        ending: Ending,
        is_commit: bool,
        is_crowded: bool,
    ) -> Option<Aftermath> {
        let hope = Word::idle(from).begun();
        if !is_crowded && self.word.end(hope, ending.of(hope)).is_ok() {
            return None;
        }
        Some(self.end_slowly(ending, is_commit))
    }

    #[cold]
    fn end_slowly(&self, ending: Ending, is_commit: bool) -> Aftermath {
        let mut sequence = None;
        loop {
            let word = self.word.own();
            if is_commit && word.has_handlers() && sequence.is_none() {
                // Before the end, so that the numbers are in the order of the commits.
                sequence = Some(self.extension().next_sequence());
            }
            if word.has_waiters() {
                return Aftermath { sequence, panic: self.core().end(ending) };
            }
            if self.word.end(word, ending.of(word)).is_ok() {
                return Aftermath { sequence, panic: None };
            }
        }
    }
}
