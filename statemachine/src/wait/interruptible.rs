//! A handle together with what can end its waits.

use std::{
    fmt,
    task::Waker,
    time::{Duration, Instant},
};

use super::{AnswerAt, Ask, Handle, Interrupt, Queued, handle, interrupt::Enlisted};
use crate::{
    graph::StateId,
    handle::Claim,
    lock::{Notify, Refusal, Word},
    trace::Waited,
};

/// A handle whose waits an [`Interrupt`] can end. Made by `interruptible` on any handle.
///
/// It has the verbs of the handle, `.await` included. A task polls it like this:
///
/// ```
/// use std::{pin::pin, task::{Context, Poll, Waker}};
/// use statemachine::{Interrupt, Refused};
/// # use statemachine_example::*;
///
/// let (door, interrupt) = (DoorMachine::new(), Interrupt::new());
/// let mut wait = pin!(door.in_closed().interruptible(&interrupt).into_future());
/// let mut context = Context::from_waker(Waker::noop());
/// assert!(wait.as_mut().poll(&mut context).is_pending());
/// interrupt.interrupt(); // wakes the task, which polls again
/// let answer = wait.as_mut().poll(&mut context);
/// assert!(matches!(answer, Poll::Ready(Err(Refused::Interrupted { .. }))));
/// ```
#[derive(Clone, Copy)]
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct Interruptible<'i, H> {
    handle: H,
    interrupt: &'i Interrupt,
}

impl<'i, H: Handle> Interruptible<'i, H> {
    pub(crate) fn new(handle: H, interrupt: &'i Interrupt) -> Self {
        Self { handle, interrupt }
    }
}

handle! {
    impl['i, H: Handle] Interruptible<'i, H>: H::Output, H::Error;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "It waits like the handle that it is made of.",
    "Those of that handle, and `Interrupted` as soon as the interrupt is raised.",
    "use std::time::Duration;
use statemachine::{Interrupt, Refused};
# use statemachine_example::*;
let (door, interrupt) = (DoorMachine::new(), Interrupt::new());
interrupt.interrupt();
// There is no wait to interrupt.
let refused = door.in_closed().interruptible(&interrupt).now().unwrap_err();
assert!(matches!(refused, Refused::WrongState { .. }));
let refused = door.in_closed().interruptible(&interrupt).within(Duration::from_secs(60)).unwrap_err();
assert!(matches!(refused, Refused::Interrupted { .. }));"
}

impl<'i, H: Handle> Ask for Interruptible<'i, H> {
    const IS_LOOK: bool = H::IS_LOOK;

    type Place = InterruptiblePlace<'i, H::Place>;
    type Given = H::Output;
    type Denied = H::Error;

    #[inline]
    fn look(&self) -> Word {
        self.handle.look()
    }

    fn claims(&self, found: &mut Vec<Claim>) {
        self.handle.claims(found);
    }

    fn blame(&mut self, position: usize) {
        self.handle.blame(position);
    }

    fn deadline(&self) -> Refusal {
        self.handle.deadline()
    }

    #[inline]
    fn attempt(&mut self) -> Result<<H::Place as Queued>::Granted, Word> {
        self.handle.attempt()
    }

    #[inline]
    fn wants(&self, state: StateId) -> bool {
        self.handle.wants(state)
    }

    fn insist(&mut self, seen: Word) -> Result<<H::Place as Queued>::Granted, Refusal> {
        self.handle.insist(seen)
    }

    fn enter(&mut self, notify: Notify) -> Result<Self::Place, AnswerAt<H::Place>> {
        if self.interrupt.is_interrupted() {
            return Err(Err((Refusal::Interrupted, None)));
        }
        // Before anything is decided: a waker that panics when it is cloned changes nothing.
        let again = notify.clone();
        let mut place = self.handle.enter(notify)?;
        match self.interrupt.enlist(again) {
            Some(enlisted) => Ok(InterruptiblePlace { place, enlisted }),
            None => Err(place.give_up(Refusal::Interrupted)),
        }
    }

    #[inline]
    fn accept(
        self,
        granted: <H::Place as Queued>::Granted,
        waited: Waited,
    ) -> Result<H::Output, H::Error> {
        self.handle.accept(granted, waited)
    }

    #[inline]
    fn refuse(
        self,
        refusal: Refusal,
        held: Option<<H::Place as Queued>::Held>,
        waited: Duration,
    ) -> H::Error {
        self.handle.refuse(refusal, held, waited)
    }
}

/// A place that an interrupt knows of as well.
pub(crate) struct InterruptiblePlace<'i, P> {
    place: P,
    enlisted: Enlisted<'i>,
}

impl<P: Queued> Queued for InterruptiblePlace<'_, P> {
    type Granted = P::Granted;
    type Held = P::Held;

    fn check(&mut self) -> Option<AnswerAt<P>> {
        self.place
            .check()
            .or_else(|| self.enlisted.is_hit().then(|| self.place.give_up(Refusal::Interrupted)))
    }

    fn poll(&mut self, waker: &Waker) -> Option<AnswerAt<P>> {
        self.place.poll(waker).or_else(|| {
            let goes_on = self.enlisted.renew(Notify::Task(waker.clone()));
            (!goes_on).then(|| self.place.give_up(Refusal::Interrupted))
        })
    }

    fn give_up(&mut self, refusal: Refusal) -> AnswerAt<P> {
        self.place.give_up(refusal)
    }

    fn time_out(&mut self) -> AnswerAt<P> {
        self.place.time_out()
    }
}

impl<H: fmt::Debug> fmt::Debug for Interruptible<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interruptible")
            .field("handle", &self.handle)
            .field("interrupt", self.interrupt)
            .finish()
    }
}
