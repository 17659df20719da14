//! From a handle to what it is for: at once, by blocking a thread, or by suspending a task.
//!
//! The three ways are one algorithm over [`Ask`], which each handle answers in its own words: try;
//! where that fails, take a place in the queue; sleep until the place has an answer, the deadline
//! passes or the interrupt comes; then hand over what was given, or say why not.

mod interrupt;
mod interruptible;
mod verbs;

use std::{
    future::Future,
    pin::Pin,
    task::{self, Poll, Waker},
    time::Duration,
};

use crate::{
    lock::{Answer, Granted, Notify, Place, Refusal, Shared, Word},
    refused::Refused,
    state::StateMachine,
    sync::{Instant, current, park_until},
    trace::{self, Start, Waited},
};

use self::interrupt::Enlisted;
pub(crate) use self::verbs::verbs;
pub use self::{interrupt::Interrupt, interruptible::Interruptible};

/// A handle: something that can be had at once, waited for by a thread, or awaited by a task.
///
/// Implemented by [`Transition`](crate::Transition), [`Join`](crate::Join),
/// [`Upgrade`](crate::Upgrade), [`Hold`](crate::Hold) and [`When`](crate::When), each of
/// which has the verbs as methods of its own. It names what comes of a handle:
///
/// ```
/// use statemachine::{Handle, InState, Upgrade, Refused, RefusedWith, Hold};
/// # use statemachine_example::*;
///
/// type Answer<H> = Result<<H as Handle>::Output, <H as Handle>::Error>;
///
/// let door = DoorMachine::new();
/// let open: Answer<Hold<'_, door::Open>> = door.in_open().now();
/// let closing: Answer<Upgrade<'_, door::Open, door::Closed>> = open?.to().now();
/// closing?.commit();
/// # Ok::<(), Refused>(())
/// ```
pub trait Handle {
    /// What is had.
    type Output;
    /// What is said where it is not.
    type Error;
}

/// What the waits need to know of a handle.
///
/// It has no lifetime of its own, and the machine's is in the handle and in the place only: inside a
/// task the compiler must do without knowing that two of them are the same.
pub(crate) trait Ask: Handle + Sized {
    /// Where it waits.
    type Place: Queued;

    /// The word as it is.
    fn look(&self) -> Word;

    /// Tries at once, by one exchange at the most; else the word that was seen.
    fn attempt(&mut self) -> Result<<Self::Place as Queued>::Granted, Word>;

    /// Whether it could be had in that state if nobody else were there.
    fn wants(&self, state: u16) -> bool;

    /// Tries at once, until it is had or refused, where the word was last seen to be that.
    fn insist(&mut self, seen: Word) -> Result<<Self::Place as Queued>::Granted, Refusal>;

    /// Takes a place in the queue, unless the answer is there at once.
    fn enter(&mut self, notify: Notify) -> Result<Self::Place, AnswerAt<Self::Place>>;

    /// Makes the guard of what was granted, which a handler may still veto.
    fn accept(
        self,
        granted: <Self::Place as Queued>::Granted,
        waited: Waited,
    ) -> Result<Self::Output, Self::Error>;

    /// Makes the error, with the hold that was to be traded.
    fn refuse(
        self,
        refusal: Refusal,
        held: Option<<Self::Place as Queued>::Held>,
        waited: Duration,
    ) -> Self::Error;
}

/// A place in the queue of some machine; see [`lock::Place`].
pub(crate) trait Queued: Sized {
    type Granted;
    type Held;

    fn check(&mut self) -> Option<AnswerAt<Self>>;
    fn poll(&mut self, waker: &Waker) -> Option<AnswerAt<Self>>;
    fn give_up(self, refusal: Refusal) -> AnswerAt<Self>;
    fn time_out(self) -> AnswerAt<Self>;
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

    fn give_up(self, refusal: Refusal) -> Answer<'a, S> {
        self.give_up(refusal)
    }

    fn time_out(self) -> Answer<'a, S> {
        self.time_out()
    }
}

/// When a blocking wait ends.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    Within(Duration),
    Until(Instant),
}

impl Limit {
    /// None where no clock will ever show it.
    fn deadline(self, now: Instant) -> Option<Instant> {
        match self {
            Self::Within(duration) => now.checked_add(duration),
            Self::Until(deadline) => Some(deadline),
        }
    }
}

/// At once or not at all.
///
/// Always inlined, with the two commonest answers: that it is had, and that the state is another.
/// What the caller does not read of a refusal is then not made.
#[inline(always)]
pub(crate) fn now<H: Ask>(mut handle: H) -> Result<H::Output, H::Error> {
    match handle.attempt() {
        Ok(granted) => handle.accept(granted, Waited::NOT),
        Err(seen) if !handle.wants(seen.state()) => {
            Err(handle.refuse(Refusal::WrongState(seen.state()), None, Duration::ZERO))
        }
        Err(seen) => now_slowly(handle, seen),
    }
}

#[cold]
pub(crate) fn now_slowly<H: Ask>(mut handle: H, seen: Word) -> Result<H::Output, H::Error> {
    match handle.insist(seen) {
        Ok(granted) => handle.accept(granted, Waited::NOT),
        Err(refusal) => Err(handle.refuse(refusal, None, Duration::ZERO)),
    }
}

/// Blocks this thread, until the limit at most.
#[inline(always)]
pub(crate) fn block<H: Ask>(
    mut handle: H,
    limit: Limit,
    interrupt: Option<&Interrupt>,
) -> Result<H::Output, H::Error> {
    match handle.attempt() {
        Ok(granted) => handle.accept(granted, Waited::NOT),
        Err(seen) => block_slowly(handle, seen, limit, interrupt),
    }
}

#[cold]
fn block_slowly<H: Ask>(
    mut handle: H,
    seen: Word,
    limit: Limit,
    interrupt: Option<&Interrupt>,
) -> Result<H::Output, H::Error> {
    match handle.insist(seen) {
        Ok(granted) => handle.accept(granted, Waited::NOT),
        Err(refusal) => sleep(handle, refusal, limit, interrupt),
    }
}

fn sleep<H: Ask>(
    mut handle: H,
    refusal: Refusal,
    limit: Limit,
    interrupt: Option<&Interrupt>,
) -> Result<H::Output, H::Error> {
    let (start, traced) = (Instant::now(), Start::now());
    let deadline = limit.deadline(start);
    let has_passed = |now| deadline.is_some_and(|deadline| deadline <= now);
    if has_passed(start) {
        return Err(handle.refuse(refusal, None, Duration::ZERO));
    }
    if interrupt.is_some_and(Interrupt::is_interrupted) {
        return Err(handle.refuse(Refusal::Interrupted, None, Duration::ZERO));
    }
    let mut place = match handle.enter(Notify::Thread(current())) {
        Ok(place) => place,
        Err(answer) => return conclude(handle, answer, Duration::ZERO),
    };
    let enlisted = interrupt.map(|interrupt| interrupt.enlist(Notify::Thread(current())));
    let mut has_parked = false;
    let answer = loop {
        // Before the first sleep as well: a waker that was run when the place was taken may have
        // blocked this thread, and with that used up the token not to sleep that was meant for here.
        if let Some(answer) = place.check() {
            break answer;
        }
        if enlisted.as_ref().is_some_and(|enlisted| enlisted.as_ref().is_none_or(Enlisted::is_hit))
        {
            break place.give_up(Refusal::Interrupted);
        }
        let now = Instant::now();
        if has_passed(now) {
            break place.time_out();
        }
        park_until(deadline, now);
        has_parked = true;
    };
    if has_parked {
        // One of the tokens that ended the sleep may have been somebody else's. One too many only
        // makes a later sleep look once more.
        current().unpark();
    }
    let waited = match answer {
        Ok(_) => traced.elapsed(),
        Err(_) => Instant::now().saturating_duration_since(start),
    };
    conclude(handle, answer, waited)
}

fn conclude<H: Ask>(
    handle: H,
    answer: AnswerAt<H::Place>,
    waited: Duration,
) -> Result<H::Output, H::Error> {
    match answer {
        Ok(granted) => handle.accept(granted, Waited::for_that_long(waited)),
        Err((refusal, held)) => Err(handle.refuse(refusal, held, waited)),
    }
}

/// The future of a handle, made by `.await`.
///
/// Runs on any executor and needs none of its own; suspended tasks and blocked threads stand in one
/// queue, in which it takes its place when it is first polled. It never blocks the thread that polls
/// it, but for the `before` handlers that it runs there. It has no deadline; it ends with
/// [`Refused`](crate::Refused) only where waiting is in vain: the state cannot be reached any more, the
/// wait was interrupted, a handler vetoed, or as [`within`](crate::Transition::within) says of `InUse`.
///
/// Dropping it gives up and loses nothing: what it was given meanwhile goes to the next who waits. The
/// hold that a [`Upgrade`](crate::Upgrade) was to trade is let go of.
///
/// A right is handed to the task before it is woken, so a task that is woken and not polled keeps
/// others out: poll it or drop it. Forgetting it ([`std::mem::forget`]) leaves its place in the queue,
/// and with it the right that comes to it, for good.
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
/// Polled again after it was ready; and where a `before` handler does, as
/// [`before`](crate::Transition::before) says.
#[must_use = "futures do nothing unless they are polled"]
#[expect(private_bounds, reason = "how a handle is asked is not public")]
pub struct Wait<'i, H: Ask> {
    handle: Option<H>,
    place: Option<H::Place>,
    start: Start,
    interrupt: Option<&'i Interrupt>,
    enlisted: Option<Enlisted<'i>>,
}

#[expect(private_bounds, reason = "how a handle is asked is not public")]
impl<'i, H: Ask> Wait<'i, H> {
    pub(crate) fn new(handle: H, interrupt: Option<&'i Interrupt>) -> Self {
        Self { handle: Some(handle), place: None, start: Start::NEVER, interrupt, enlisted: None }
    }

    /// The answer, if it is there.
    fn answer(&mut self, cx: &task::Context<'_>) -> Poll<AnswerAt<H::Place>> {
        let handle = self.handle.as_mut().expect("polled after it was ready");
        let Some(place) = &mut self.place else {
            if self.interrupt.is_some_and(Interrupt::is_interrupted) {
                return self.interrupted();
            }
            // Both before anything is decided: a waker that panics when it is cloned changes nothing.
            let notify = || Notify::Task(cx.waker().clone());
            let (notify, interrupt) = (notify(), self.interrupt.map(|known| (known, notify())));
            self.start = Start::now();
            match handle.enter(notify) {
                Ok(place) => self.place = Some(place),
                Err(answer) => return Poll::Ready(answer),
            }
            if let Some((interrupt, notify)) = interrupt {
                self.enlisted = interrupt.enlist(notify);
                if self.enlisted.is_none() {
                    return self.interrupted();
                }
            }
            return Poll::Pending;
        };
        if let Some(answer) = place.poll(cx.waker()) {
            return Poll::Ready(answer);
        }
        match &self.enlisted {
            Some(enlisted) if !enlisted.renew(Notify::Task(cx.waker().clone())) => {
                self.interrupted()
            }
            _ => Poll::Pending,
        }
    }

    fn interrupted(&mut self) -> Poll<AnswerAt<H::Place>> {
        Poll::Ready(match self.place.take() {
            Some(place) => place.give_up(Refusal::Interrupted),
            None => Err((Refusal::Interrupted, None)),
        })
    }
}

// Nothing is ever pinned through the handle.
impl<H: Ask> Unpin for Wait<'_, H> {}

impl<H: Ask> Future for Wait<'_, H> {
    type Output = Result<H::Output, H::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.place.is_none() {
            let handle = this.handle.as_mut().expect("polled after it was ready");
            // Looks first, as a thread that waits does not: a task that is to wait costs so little that
            // an exchange which fails would be felt.
            let attempt = handle
                .wants(handle.look().state())
                .then(|| handle.attempt().or_else(|seen| handle.insist(seen)));
            if let Some(Ok(granted)) = attempt {
                let handle = this.handle.take().expect("it was there just now");
                return Poll::Ready(handle.accept(granted, Waited::NOT));
            }
        }
        this.answer(cx).map(|answer| {
            this.enlisted = None;
            this.place = None;
            let handle = this.handle.take().expect("an answer is given once");
            conclude(handle, answer, this.start.elapsed())
        })
    }
}

/// The names of a refusal of what was asked for: a transition to that state, or a state.
///
/// The commonest one is inlined: where the caller does not read it, the compiler leaves it unmade.
#[inline(always)]
pub(crate) fn explain<S: StateMachine>(
    refusal: Refusal,
    expected: &'static [&'static str],
    to: Option<&'static str>,
    waited: Duration,
) -> Refused {
    let Refusal::WrongState(state) = refusal else {
        return explain_rare::<S>(refusal, expected, to, waited);
    };
    // Without a panic, which would be an effect and so have to be kept.
    let actual = S::STATES.get(usize::from(state)).copied().unwrap_or_default();
    let refused = Refused::WrongState { machine: S::NAME, expected, actual };
    trace::refused(&refused, expected, to, waited);
    refused
}

#[cold]
fn explain_rare<S: StateMachine>(
    refusal: Refusal,
    expected: &'static [&'static str],
    to: Option<&'static str>,
    waited: Duration,
) -> Refused {
    let machine = S::NAME;
    let name = |state: u16| S::STATES[usize::from(state)];
    let refused = match refusal {
        Refusal::WrongState(state) => {
            Refused::WrongState { machine, expected, actual: name(state) }
        }
        Refusal::InTransition => Refused::InTransition { machine },
        Refusal::InUse { state, holders } => {
            Refused::InUse { machine, state: name(state), holders: holders as usize }
        }
        Refusal::Unreachable(state) => {
            Refused::Unreachable { machine, expected, actual: name(state) }
        }
        Refusal::TimedOut(state) => Refused::TimedOut { machine, waited, actual: name(state) },
        Refusal::Interrupted => Refused::Interrupted { machine },
    };
    trace::refused(&refused, expected, to, waited);
    refused
}
