//! The three ways to take what a handle names: at once, by blocking a thread, or by suspending a task.
//!
//! They are one algorithm over [`Ask`]. Try. If that fails, take a place in the queue. Sleep until the
//! place has an answer or the deadline passes. Then hand over what was given, or say why not.

mod interrupt;
mod interruptible;
mod raised;
mod task;
mod thread;
mod verbs;

use std::{
    task::Waker,
    time::{Duration, Instant},
};

use crate::{
    graph::StateId,
    handle::Claim,
    lock::{
        Answer, Blocker, Granted, Notify, Owned, OwnedAnswer, OwnedPlace, Place, Refusal, Shared,
        Word,
    },
    state::StateMachine,
    sync::instant,
    trace::Waited,
};

use self::thread::{Limit, block};
pub(crate) use self::verbs::handle;
pub use self::{interrupt::Interrupt, interruptible::Interruptible, raised::Raised, task::Wait};

/// A handle: something that can be taken at once, waited for by a thread, or awaited by a task.
///
/// [`Transition`](crate::Transition), [`Join`](crate::Join), [`Upgrade`](crate::Upgrade),
/// [`OwnedUpgrade`](crate::OwnedUpgrade), [`Hold`](crate::Hold), [`ExclusiveHold`](crate::ExclusiveHold),
/// [`When`](crate::When), [`Wanted`](crate::Wanted), [`Raised`], [`Both`](crate::Both),
/// [`All`](crate::All) and [`Interruptible`] are handles, and no other type can be. Each has the verbs as
/// methods of its own too, so only code that takes any handle needs this trait:
///
/// ```
/// use std::time::Duration;
/// use statemachine::Handle;
/// # use statemachine_example::*;
///
/// /// Three times, with a word in between.
/// fn patiently<H: Handle + Copy>(handle: H) -> Result<H::Output, H::Error> {
///     for _ in 0..2 {
///         if let Ok(output) = handle.within(Duration::from_millis(1)) {
///             return Ok(output);
///         }
///         eprintln!("still waiting");
///     }
///     handle.within(Duration::from_millis(1))
/// }
///
/// let door = DoorMachine::new();
/// assert!(patiently(door.in_open()).is_ok());
/// assert!(patiently(door.closed_to_open()).is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handle",
    label = "has no `now`, `within`, `until` and `.await`",
    note = "handles are what a machine's methods such as `in_a()` and `a_to_b()` give"
)]
#[expect(private_bounds, reason = "it is sealed: how a handle is asked is not public")]
pub trait Handle: Ask<Given = <Self as Handle>::Output, Denied = <Self as Handle>::Error> {
    /// The guard on success, or the state that was seen.
    type Output;
    /// Why it was refused.
    type Error;

    /// At once or not at all. Never blocks.
    ///
    /// # Errors
    ///
    /// The reason, as it was at one instant of the call.
    #[inline]
    fn now(self) -> Result<Self::Output, Self::Error> {
        now(self)
    }

    /// Blocks the current thread for at most `limit`. In async code use `.await` inside the runtime's
    /// timeout: this would keep the runtime's thread from running other tasks.
    ///
    /// # Errors
    ///
    /// As for the handle's own `within`.
    #[inline]
    fn within(self, limit: Duration) -> Result<Self::Output, Self::Error> {
        block(self, Limit::Within(limit))
    }

    /// Blocks the current thread, until `deadline` at the latest. In async code use `.await` inside the
    /// runtime's timeout.
    ///
    /// # Errors
    ///
    /// As for the handle's own `until`.
    #[inline]
    fn until(self, deadline: Instant) -> Result<Self::Output, Self::Error> {
        block(self, Limit::Until(instant(deadline)))
    }

    /// The same handle, whose waits the interrupt can end. A wait may have several interrupts: any of
    /// them ends it.
    fn interruptible(self, interrupt: &Interrupt) -> Interruptible<'_, Self> {
        Interruptible::new(self, interrupt)
    }

    /// The future that `.await` makes of the handle, for code that takes any handle.
    ///
    /// ```
    /// use statemachine::Handle;
    /// # use statemachine_example::*;
    ///
    /// async fn eventually<H: Handle>(handle: H) -> Result<H::Output, H::Error> {
    ///     handle.wait().await
    /// }
    /// # let door = DoorMachine::new();
    /// # let mut wait = std::pin::pin!(eventually(door.in_open()));
    /// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(std::future::Future::poll(wait.as_mut(), &mut context).is_ready());
    /// ```
    fn wait(self) -> Wait<Self> {
        Wait::new(self)
    }
}

/// What the waits need to know of a handle.
#[diagnostic::on_unimplemented(
    message = "a handle is given by a machine, never implemented by hand",
    label = "not a handle of a machine"
)]
pub(crate) trait Ask: Sized {
    /// Whether it takes no right, so that a loop around it is kept from others by nothing.
    const IS_LOOK: bool = false;

    /// Where it waits.
    type Place: Queued;
    /// [`Handle::Output`].
    type Given;
    /// [`Handle::Error`].
    type Denied;

    /// The word as it is.
    fn look(&self) -> Word;

    /// Adds the rights of machines that it takes.
    fn claims(&self, _: &mut Vec<Claim>) {}

    /// Makes the right at that position, of those that [`claims`](Self::claims) adds, the one that a refusal
    /// is about.
    fn blame(&mut self, _: usize) {}

    /// The refusal of one that stands in the way of others at their deadline.
    fn deadline(&self) -> Refusal {
        Refusal::TimedOut { state: self.look().state(), blocker: Blocker::State }
    }

    /// Tries at once, by at most one exchange. The error is the word that was seen.
    fn attempt(&mut self) -> Result<<Self::Place as Queued>::Granted, Word>;

    /// Whether it could be taken in that state if nobody else were there.
    fn wants(&self, state: StateId) -> bool;

    /// Tries at once, until it is taken or refused, if the word was last seen to be that.
    fn insist(&mut self, seen: Word) -> Result<<Self::Place as Queued>::Granted, Refusal>;

    /// Takes a place in the queue, unless the answer is there at once.
    fn enter(&mut self, notify: Notify) -> Result<Self::Place, AnswerAt<Self::Place>>;

    /// Makes the guard of what was granted. A handler may still veto it.
    fn accept(
        self,
        granted: <Self::Place as Queued>::Granted,
        waited: Waited,
    ) -> Result<Self::Given, Self::Denied>;

    /// Makes the error, with the hold that was to be traded.
    fn refuse(
        self,
        refusal: Refusal,
        held: Option<<Self::Place as Queued>::Held>,
        waited: Duration,
    ) -> Self::Denied;
}

/// A place in a queue: see [`Place`]. Dropping it gives up.
pub(crate) trait Queued: Sized {
    type Granted;
    type Held;

    /// The answer, if it is there. It is given once.
    fn check(&mut self) -> Option<AnswerAt<Self>>;

    /// The same. If the answer is not there, the place's owner is woken through `waker` later.
    fn poll(&mut self, waker: &Waker) -> Option<AnswerAt<Self>>;

    /// Gives the place back. If the answer came first, it counts.
    fn give_up(&mut self, refusal: Refusal) -> AnswerAt<Self>;

    /// Gives the place back because the deadline has passed. If the answer came first, it counts.
    fn time_out(&mut self) -> AnswerAt<Self>;
}

pub(crate) type AnswerAt<P> =
    Result<<P as Queued>::Granted, (Refusal, Option<<P as Queued>::Held>)>;

impl<'a, S: StateMachine> Queued for Place<'a, S> {
    type Granted = Granted<'a, S>;
    type Held = Shared<'a, S>;

    fn check(&mut self) -> Option<Answer<'a, S>> {
        self.check()
    }

    fn poll(&mut self, waker: &Waker) -> Option<Answer<'a, S>> {
        self.poll(waker)
    }

    fn give_up(&mut self, refusal: Refusal) -> Answer<'a, S> {
        self.give_up(refusal)
    }

    fn time_out(&mut self) -> Answer<'a, S> {
        self.time_out()
    }
}

impl<M, S: StateMachine + 'static> Queued for OwnedPlace<M, S> {
    type Granted = Owned<M, Granted<'static, S>>;
    type Held = Owned<M, Shared<'static, S>>;

    fn check(&mut self) -> Option<OwnedAnswer<M, S>> {
        self.ask(Place::check)
    }

    fn poll(&mut self, waker: &Waker) -> Option<OwnedAnswer<M, S>> {
        self.ask(|place| place.poll(waker))
    }

    fn give_up(&mut self, refusal: Refusal) -> OwnedAnswer<M, S> {
        self.ask(|place| Some(place.give_up(refusal))).expect("giving up has an answer")
    }

    fn time_out(&mut self) -> OwnedAnswer<M, S> {
        self.ask(|place| Some(place.time_out())).expect("giving up has an answer")
    }
}

/// At once or not at all.
///
/// Always inlined, with the two commonest answers: that it is taken, and that the state is another. The
/// compiler then does not make the parts of a refusal that the caller does not read.
#[inline(always)]
pub(crate) fn now<H: Handle>(mut handle: H) -> Result<H::Output, H::Error> {
    match handle.attempt() {
        Ok(granted) => handle.accept(granted, Waited::NOT),
        Err(seen) if !handle.wants(seen.state()) => {
            Err(handle.refuse(Refusal::WrongState(seen.state()), None, Duration::ZERO))
        }
        Err(seen) => now_slowly(handle, seen),
    }
}

#[cold]
pub(crate) fn now_slowly<H: Handle>(mut handle: H, seen: Word) -> Result<H::Output, H::Error> {
    match handle.insist(seen) {
        Ok(granted) => handle.accept(granted, Waited::NOT),
        Err(refusal) => Err(handle.refuse(refusal, None, Duration::ZERO)),
    }
}

fn conclude<H: Handle>(
    handle: H,
    answer: AnswerAt<H::Place>,
    waited: Duration,
) -> Result<H::Output, H::Error> {
    match answer {
        Ok(granted) => handle.accept(granted, Waited::for_that_long(waited)),
        Err((refusal, held)) => Err(handle.refuse(refusal, held, waited)),
    }
}
