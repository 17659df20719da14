//! A failure that answers all who waited for the work.

use std::{fmt, sync::Arc};

use crate::{
    guard::{InState, Joined},
    state::{State, View},
    sync::{Mutex, const_fn},
};

/// Shares a failure with all callers that waited for the same work.
///
/// Of the callers of [`or_join`](crate::Transition::or_join) one works. If its work fails, the next one
/// works, and so on. With this beside the machine, all callers that asked before the failure get its error,
/// as in Go's `singleflight`. A caller that asks later tries again.
///
/// [`attempt`](Self::attempt) comes before the wait, and [`Attempt::enter`] after it.
///
/// ```
/// use std::{io, sync::Arc, thread, time::Duration};
/// use statemachine::{Failures, Refused, StateMachine};
///
/// #[derive(StateMachine)]
/// enum Link {
///     #[state(to(Up))]
///     Down,
///     #[state(to(Down))]
///     Up(u32),
/// }
///
/// static LINK: LinkMachine = LinkMachine::new();
/// static FAILURES: Failures<io::Error> = Failures::new();
///
/// fn connect() -> io::Result<u32> {
///     Err(io::ErrorKind::ConnectionRefused.into())
/// }
///
/// fn get() -> Result<u32, Arc<io::Error>> {
///     let attempt = FAILURES.attempt();
///     let link = LINK.down_to_up().or_join().within(Duration::from_secs(5));
///     let link = link.map_err(io::Error::other)?;
///     Ok(*attempt.enter(link, |()| connect())?)
/// }
///
/// thread::scope(|scope| {
///     for _ in 0..8 {
///         scope.spawn(|| assert_eq!(get().unwrap_err().kind(), io::ErrorKind::ConnectionRefused));
///     }
/// });
/// assert!(LINK.is_down());
/// ```
///
/// The last error is kept until the next one or until this is dropped. A panic of the work and a future
/// that is dropped are no failures: the next caller works.
pub struct Failures<E> {
    last: Mutex<Last<E>>,
}

struct Last<E> {
    count: u64,
    error: Option<Arc<E>>,
}

impl<E> Failures<E> {
    const_fn! {
        /// No failure yet. It may be a `static`, as in the example above.
        pub const fn new() -> Self {
            Self { last: Mutex::new(Last { count: 0, error: None }) }
        }
    }

    /// Notes that the caller asks now: a failure that happens from here on answers it too.
    ///
    /// Never blocks for long. Dropping the attempt has no effect.
    ///
    /// ```
    /// # use statemachine::Failures;
    /// # use statemachine_example::*;
    /// let (number, failures) = (NumberMachine::new(), Failures::new());
    /// let attempt = failures.attempt(); // before the wait
    /// let joined = number.unknown_to_known().or_join().now()?;
    /// assert!(attempt.enter(joined, |()| "no number".parse()).is_err());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn attempt(&self) -> Attempt<'_, E> {
        Attempt { failures: self, seen: self.last.lock().count }
    }

    fn record(&self, error: E) -> Arc<E> {
        let error = Arc::new(error);
        let mut last = self.last.lock();
        last.count += 1;
        let earlier = last.error.replace(Arc::clone(&error));
        // What drops is the user's, and may ask for an attempt.
        drop(last);
        drop(earlier);
        error
    }
}

impl<E> Default for Failures<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> fmt::Debug for Failures<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failures").field("count", &self.last.lock().count).finish_non_exhaustive()
    }
}

/// One caller's attempt at work whose failure is shared: made by [`Failures::attempt`].
///
/// ```
/// use statemachine::Failures;
/// # use statemachine_example::*;
///
/// let (number, failures) = (NumberMachine::new(), Failures::<std::num::ParseIntError>::new());
/// let attempt = failures.attempt();
/// let joined = number.unknown_to_known().or_join().now()?;
/// assert_eq!(*attempt.enter(joined, |()| "5".parse()).unwrap(), 5);
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[must_use = "it shares nothing by itself; call `enter` or `enter_async`"]
pub struct Attempt<'f, E> {
    failures: &'f Failures<E>,
    seen: u64,
}

impl<E> Attempt<'_, E> {
    /// The error of another caller's work that failed since this caller asked.
    fn failed<A: State, B: State<Enum = A::Enum>>(
        &self,
        joined: &Joined<'_, A, B>,
    ) -> Option<Arc<E>> {
        let last = self.failures.last.lock();
        let is_answered = matches!(joined, Joined::Mine(_)) && last.count != self.seen;
        last.error.clone().filter(|_| is_answered)
    }

    /// Like [`Joined::enter`], but does not work if other work has failed since
    /// [`attempt`](Failures::attempt).
    ///
    /// ```
    /// # use statemachine::Failures;
    /// # use statemachine_example::*;
    /// let (number, failures) = (NumberMachine::new(), Failures::new());
    /// let (one, other) = (failures.attempt(), failures.attempt());
    /// let joined = number.unknown_to_known().or_join().now()?;
    /// let error = one.enter(joined, |()| "x".parse()).unwrap_err();
    /// let joined = number.unknown_to_known().or_join().now()?;
    /// assert_eq!(other.enter(joined, |()| Ok(5)).unwrap_err(), error);
    /// // A caller that asks after the failure tries again.
    /// let joined = number.unknown_to_known().or_join().now()?;
    /// assert_eq!(*failures.attempt().enter(joined, |()| Ok(5)).unwrap(), 5);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the work, of this caller or of another. The transition is rolled back.
    ///
    /// # Panics
    ///
    /// As [`Joined::enter`].
    pub fn enter<'m, A: State, B: State<Enum = A::Enum>>(
        self,
        joined: Joined<'m, A, B>,
        work: impl FnOnce(View<'_, A>) -> Result<B::Data, E>,
    ) -> Result<InState<'m, B>, Arc<E>> {
        if let Some(error) = self.failed(&joined) {
            return Err(error);
        }
        joined.enter(|view| work(view).map_err(|error| self.failures.record(error)))
    }

    /// Like [`Joined::enter_async`], but does not work if other work has failed since
    /// [`attempt`](Failures::attempt).
    ///
    /// Dropping the future rolls back, or lets go of the state. It shares nothing, so the next caller
    /// works.
    ///
    /// ```
    /// # use std::pin::pin;
    /// # use std::task::{Context, Waker};
    /// # use statemachine::Failures;
    /// # use statemachine_example::*;
    /// # let mut test = pin!(async {
    /// let (number, failures) = (NumberMachine::new(), Failures::new());
    /// let attempt = failures.attempt();
    /// let joined = number.unknown_to_known().or_join().await?;
    /// let known = attempt.enter_async(joined, async || "5".parse()).await?;
    /// assert_eq!(*known, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # });
    /// # assert!(test.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the work, of this caller or of another. The transition is rolled back.
    ///
    /// # Panics
    ///
    /// As [`Joined::enter_async`].
    pub async fn enter_async<'m, A: State, B: State<Enum = A::Enum>>(
        self,
        joined: Joined<'m, A, B>,
        work: impl AsyncFnOnce() -> Result<B::Data, E>,
    ) -> Result<InState<'m, B>, Arc<E>> {
        if let Some(error) = self.failed(&joined) {
            return Err(error);
        }
        let failures = self.failures;
        joined.enter_async(async || work().await.map_err(|error| failures.record(error))).await
    }
}

impl<E> fmt::Debug for Attempt<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("seen", &self.seen).finish_non_exhaustive()
    }
}
