//! Suspending a task.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    mem,
    pin::Pin,
    task::{self, Poll, Waker},
};

use super::{AnswerAt, Ask, Handle, Queued, conclude};
use crate::{
    lock::Notify,
    sync::for_each_thread,
    trace::{Start, Waited},
};

/// The future of a handle, made by `.await`.
///
/// Runs on any executor and needs none of its own. Suspended tasks and blocked threads wait in one queue.
/// The future takes its place in it when it is first polled. It never blocks the thread that polls it,
/// except in the `before` handlers that it runs there.
///
/// It has no deadline. It ends with [`Refused`](crate::Refused) only if waiting is in vain: the state
/// cannot be reached any more, the wait was interrupted, a handler vetoed, or as
/// [`within`](crate::Transition::within) says of `InUse`.
///
/// Dropping it gives up and loses nothing: a right that it was given meanwhile goes to the next waiter.
/// The hold that an [`Upgrade`](crate::Upgrade) was to trade is released.
///
/// A task is given its right before it is woken. So a task that is woken and not polled keeps others out:
/// poll it or drop it. Forgetting it ([`std::mem::forget`]) leaves its place in the queue for good, and
/// with it the right that comes to it.
///
/// ```
/// use std::{pin::pin, task::{Context, Waker}};
/// # use statemachine_example::*;
///
/// let door = DoorMachine::new();
/// let mut context = Context::from_waker(Waker::noop());
/// let mut wait = Box::pin(door.in_closed().into_future());
/// assert!(wait.as_mut().poll(&mut context).is_pending());
/// door.open_to_closed().try_commit()?;
/// // The hold is given, although nobody has polled again.
/// assert!(door.closed_to_open().try_commit().is_err());
/// drop(wait);
/// assert!(door.closed_to_open().try_commit().is_ok());
/// # Ok::<(), statemachine::Refused>(())
/// ```
///
/// # Panics
///
/// If it is polled again after it was ready, and if a `before` handler does: see
/// [`before`](crate::Transition::before).
#[must_use = "futures do nothing unless they are polled"]
pub struct Wait<H: Handle> {
    handle: Option<H>,
    place: Option<<H as Ask>::Place>,
    start: Start,
    has_yielded: bool,
}

impl<H: Handle> Wait<H> {
    pub(crate) fn new(handle: H) -> Self {
        Self { handle: Some(handle), place: None, start: Start::NEVER, has_yielded: false }
    }

    /// The answer, if it is there. If not, takes a place in the queue.
    fn answer(&mut self, waker: &Waker) -> Option<AnswerAt<H::Place>> {
        if let Some(place) = &mut self.place {
            return place.poll(waker);
        }
        let handle = self.handle.as_mut().expect(READY);
        // Before anything is decided: a waker that panics when it is cloned changes nothing.
        let notify = Notify::Task(waker.clone());
        self.start = Start::now();
        match handle.enter(notify) {
            Ok(place) => {
                self.place = Some(place);
                None
            }
            Err(answer) => Some(answer),
        }
    }

    /// Takes what can be taken at once.
    ///
    /// Looks first, unlike a thread that waits: a task that waits costs so little that a failed exchange
    /// would be felt.
    fn try_now(&mut self) -> Option<<H::Place as Queued>::Granted> {
        let handle = self.handle.as_mut().expect(READY);
        if !handle.wants(handle.look().state()) {
            return None;
        }
        handle.attempt().or_else(|seen| handle.insist(seen)).ok()
    }
}

for_each_thread! {
    static LOOKS: Cell<u32> = Cell::new(0)
}

/// Whether tasks of this thread have looked at states so often without having to wait that others
/// should have a turn: a loop around a wait that never waits would otherwise be all that a thread
/// does.
fn is_turn_over() -> bool {
    let looks = LOOKS.try_with(|looks| looks.replace((looks.get() + 1) % TURN));
    looks.is_ok_and(|looks| looks + 1 == TURN)
}

/// How many looks that is. They take some microseconds.
const TURN: u32 = 512;

const READY: &str = "polled after it was ready";

// Nothing is ever pinned through the handle.
impl<H: Handle> Unpin for Wait<H> {}

impl<H: Handle> Future for Wait<H> {
    type Output = Result<H::Output, H::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        if self.place.is_none()
            && let Some(granted) = self.try_now()
        {
            if H::IS_LOOK && !mem::replace(&mut self.has_yielded, true) && is_turn_over() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let handle = self.handle.take().expect(READY);
            return Poll::Ready(handle.accept(granted, Waited::NOT));
        }
        let Some(answer) = self.answer(cx.waker()) else {
            _ = LOOKS.try_with(|looks| looks.set(0));
            return Poll::Pending;
        };
        let handle = self.handle.take().expect(READY);
        // An interrupt's waker is dropped with it, which is foreign code: the answer has an owner.
        self.place = None;
        Poll::Ready(conclude(handle, answer, self.start.elapsed()))
    }
}

impl<H: Handle + fmt::Debug> fmt::Debug for Wait<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("handle", &self.handle).finish_non_exhaustive()
    }
}
