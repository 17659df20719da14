//! The two rights as values: who has one may do what it allows, and dropping it lets go.

use std::{mem, process};

use crate::{graph::StateId, panics::Panics, state::StateMachine, sync::Backoff};

use super::{
    Lock,
    settle::Ending,
    wake::Errands,
    word::{MAX_HOLDERS, Word},
};

/// The exclusive right. Dropped, it leaves the machine in the state that it was in.
pub(crate) struct Exclusive<'a, S: StateMachine> {
    lock: &'a Lock<S>,
    /// The word as taking the right made it: its state is the machine's until the right ends, and all
    /// else is so unless others have come or gone.
    begun: Word,
}

/// A shared right. Dropped, it lets go.
pub(crate) struct Shared<'a, S: StateMachine> {
    lock: &'a Lock<S>,
}

/// Where a commit leads.
#[derive(Clone, Copy)]
pub(crate) struct Move {
    pub(crate) to: StateId,
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
    /// Those of the wakers, which go on when the commit has been told of.
    pub(crate) panics: Panics,
}

impl<'a, S: StateMachine> Exclusive<'a, S> {
    /// # Safety
    ///
    /// The caller has been given the exclusive right of this lock, for good, and makes no second
    /// value for it.
    #[inline]
    pub(super) unsafe fn assume(lock: &'a Lock<S>, begun: Word) -> Self {
        Self { lock, begun }
    }

    /// The position of the state to be left.
    #[inline]
    pub(crate) fn position(&self) -> StateId {
        self.begun.state()
    }

    /// Whether handlers are registered, as far as was known when the right was taken.
    #[inline]
    pub(crate) fn has_handlers(&self) -> bool {
        self.begun.has_handlers()
    }

    #[inline]
    pub(crate) fn view(&self) -> &S {
        // SAFETY: `self` is the exclusive right, which keeps others from writing the cell, and it is
        // borrowed for as long as the view lives, while to write through it takes it by value.
        unsafe { self.lock.view() }
    }

    /// The data, for writing; none in a state without.
    #[inline]
    pub(crate) fn view_mut(&mut self) -> Option<&mut S> {
        // SAFETY: `self` is the exclusive right, which keeps others from the cell, and it is borrowed
        // for as long as the view lives, so that there is no other.
        self.lock.cell.with_mut(|cell| unsafe { (*cell).as_mut() })
    }

    /// Goes on from an exclusive hold to a transition.
    pub(crate) fn begin(mut self) -> Self {
        self.begun = self.lock.word.begin_from_use();
        self
    }

    /// Goes back from a transition to an exclusive hold.
    pub(crate) fn use_again(mut self) -> Self {
        self.begun = self.lock.word.go_back_to_use();
        self
    }

    /// Enters the new state with the data that is made of the old.
    ///
    /// While that is made the state is in neither, so it must be made: a panic aborts the process.
    #[inline]
    pub(crate) fn commit_map(
        self,
        to: StateId,
        hold: bool,
        map: impl FnOnce(Option<S>) -> Option<S>,
    ) -> (Option<Aftermath>, Option<Shared<'a, S>>) {
        let Self { lock, begun } = self;
        mem::forget(self);
        let abort = AbortOnDrop;
        // SAFETY: `self` was the exclusive right, which nobody has let go of yet: nobody else reads or
        // writes the cell, and no view of it is left since `self` came by value.
        let old = lock.cell.with_mut(|cell| unsafe { (*cell).take() });
        let new = map(old);
        // SAFETY: As above. What is overwritten is none.
        lock.cell.with_mut(|cell| unsafe { *cell = new });
        mem::forget(abort);
        let ending = if hold { Ending::CommitAndHold(to) } else { Ending::Commit(to) };
        let aftermath = lock.end(begun, ending);
        // SAFETY: As in `commit_and_hold`.
        let hold = hold.then(|| unsafe { Shared::assume(lock) });
        (aftermath, hold)
    }

    /// Enters the new state with that data.
    #[inline]
    pub(crate) fn commit(self, step: Move, data: Option<S>) -> Left<S> {
        self.leave(Ending::Commit(step.to), step.moves_data, data)
    }

    /// Enters the new state with that data, and stays in it.
    #[inline]
    pub(crate) fn commit_and_hold(self, step: Move, data: Option<S>) -> (Left<S>, Shared<'a, S>) {
        let lock = self.lock;
        let left = self.leave(Ending::CommitAndHold(step.to), step.moves_data, data);
        // SAFETY: The end of the transition has just counted one holder, for this value.
        let hold = unsafe { Shared::assume(lock) };
        (left, hold)
    }

    /// Stays in the state, with a hold in place of the exclusive right.
    ///
    /// # Panics
    ///
    /// Where a waker does. The hold is let go of.
    pub(crate) fn step_down(self) -> Shared<'a, S> {
        let Self { lock, begun } = self;
        mem::forget(self);
        let aftermath = lock.end(begun, Ending::StepDown);
        // SAFETY: As in `commit_and_hold`.
        let hold = unsafe { Shared::assume(lock) };
        if let Some(aftermath) = aftermath {
            aftermath.panics.go_on();
        }
        hold
    }

    #[inline]
    pub(crate) fn lock(&self) -> &'a Lock<S> {
        self.lock
    }

    #[inline]
    fn leave(self, ending: Ending, moves_data: bool, data: Option<S>) -> Left<S> {
        let Self { lock, begun } = self;
        mem::forget(self);
        let data = if moves_data {
            // SAFETY: `self` was the exclusive right, which nobody has let go of yet: nobody else
            // reads or writes the cell, and no view of it is left since `self` came by value.
            lock.cell.with_mut(|cell| unsafe { mem::replace(&mut *cell, data) })
        } else {
            None
        };
        Left { data, aftermath: lock.end(begun, ending) }
    }
}

/// Ends the process where a panic would leave a machine in no state at all.
struct AbortOnDrop;

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        eprintln!(
            "the closure of `commit_map` or `enter_map` panicked: its data is gone and the machine is in no \
             state, so the process aborts; do work that may fail before, through `view_mut`"
        );
        process::abort();
    }
}

impl<S: StateMachine> Drop for Exclusive<'_, S> {
    fn drop(&mut self) {
        if let Some(aftermath) = self.lock.end(self.begun, Ending::Rollback) {
            aftermath.panics.go_on();
        }
    }
}

impl<'a, S: StateMachine> Shared<'a, S> {
    /// # Safety
    ///
    /// One of the holders that the word of this lock counts is the caller's, for good, and the
    /// caller makes no second value for it.
    #[inline]
    pub(super) unsafe fn assume(lock: &'a Lock<S>) -> Self {
        Self { lock }
    }

    #[inline]
    pub(crate) fn lock(&self) -> &'a Lock<S> {
        self.lock
    }

    #[inline]
    pub(crate) fn view(&self) -> &S {
        // SAFETY: `self` is a shared right, which keeps everybody from writing the cell, and it is
        // borrowed for as long as the view lives.
        unsafe { self.lock.view() }
    }

    /// The state that is held.
    #[inline]
    pub(crate) fn position(&self) -> StateId {
        self.lock.word.own().state()
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

impl<S: StateMachine> Drop for Shared<'_, S> {
    #[inline]
    fn drop(&mut self) {
        // Only a transition can have become possible, and one that waits has shut the door.
        if self.lock.word.leave() {
            self.lock.left();
        }
    }
}

impl<S: StateMachine> Lock<S> {
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
            None => S::dataless_ref(self.word.own().state().get()),
        }
    }

    /// Hands on what a holder has left behind a shut door.
    #[cold]
    fn left(&self) {
        // A transition needs all holders gone, or all but the one that is to be traded. Whoever came
        // or left since has the same to do when it leaves.
        if self.look().holders() <= 1 {
            let mut errands = Errands::none();
            self.core().left(&mut errands);
            errands.run().go_on();
        }
    }

    /// Ends the caller's transition, which began with that word.
    #[inline]
    fn end(&self, begun: Word, ending: Ending) -> Option<Aftermath> {
        // Where others wait or listen, the hope that they do not any more would nearly always be in
        // vain and cost an exchange.
        if !begun.is_crowded() && self.word.end(begun, ending.of(begun)).is_ok() {
            return None;
        }
        Some(self.end_slowly(ending))
    }

    #[cold]
    fn end_slowly(&self, ending: Ending) -> Aftermath {
        let core = self.core();
        let mut sequence = None;
        loop {
            let word = self.word.own();
            if word.has_waiters() {
                let mut errands = Errands::none();
                core.end(ending, &mut sequence, &mut errands);
                return Aftermath { sequence, panics: errands.run() };
            }
            ending.number(word, &mut sequence, core.commits);
            if self.word.end(word, ending.of(word)).is_ok() {
                return Aftermath { sequence, panics: Panics::none() };
            }
        }
    }
}
