//! A handle together with what can end its waits.

use std::{
    fmt,
    future::IntoFuture,
    time::{Duration, Instant},
};

use super::{Ask, Interrupt, Limit, Wait, block, now};
use crate::sync::instant;

/// A handle whose waits an [`Interrupt`] can end; made by `interruptible` on any handle.
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

#[expect(private_bounds, reason = "how a handle is asked is not public")]
impl<'i, H: Ask> Interruptible<'i, H> {
    pub(crate) fn new(handle: H, interrupt: &'i Interrupt) -> Self {
        Self { handle, interrupt }
    }

    /// At once or not at all, as the handle's own `now`: there is no wait to interrupt.
    ///
    /// ```
    /// use statemachine::{Interrupt, Refused};
    /// # use statemachine_example::*;
    ///
    /// let (door, interrupt) = (DoorMachine::new(), Interrupt::new());
    /// interrupt.interrupt();
    /// let refused = door.in_closed().interruptible(&interrupt).now().unwrap_err();
    /// assert!(matches!(refused, Refused::WrongState { .. }));
    /// ```
    ///
    /// # Errors
    ///
    /// As for the handle's own `now`.
    #[inline]
    pub fn now(self) -> Result<H::Output, H::Error> {
        now(self.handle)
    }

    /// Blocks this thread for that long at most, or until the interrupt comes. A zero limit is a try,
    /// as [`now`](Self::now).
    ///
    /// ```
    /// use std::time::Duration;
    /// use statemachine::{Interrupt, Refused};
    /// # use statemachine_example::*;
    ///
    /// let (door, interrupt) = (DoorMachine::new(), Interrupt::new());
    /// let closed = door.in_closed().interruptible(&interrupt);
    /// let refused = closed.within(Duration::from_millis(1)).unwrap_err();
    /// assert!(matches!(refused, Refused::TimedOut { .. }));
    /// interrupt.interrupt();
    /// let refused = closed.within(Duration::from_secs(60)).unwrap_err();
    /// assert!(matches!(refused, Refused::Interrupted { .. }));
    /// ```
    ///
    /// # Errors
    ///
    /// As for the handle's own `within`, and [`Refused::Interrupted`](crate::Refused::Interrupted).
    #[inline]
    pub fn within(self, limit: Duration) -> Result<H::Output, H::Error> {
        block(self.handle, Limit::Within(limit), Some(self.interrupt))
    }

    /// Blocks this thread until then at most, or until the interrupt comes. A deadline that has passed
    /// makes it a try, as [`now`](Self::now).
    ///
    /// ```
    /// use std::{thread, time::{Duration, Instant}};
    /// use statemachine::{Interrupt, Refused};
    /// # use statemachine_example::*;
    ///
    /// let (front, back, interrupt) = (DoorMachine::new(), DoorMachine::new(), Interrupt::new());
    /// let deadline = Instant::now() + Duration::from_secs(60);
    /// thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         front.open_to_closed().try_commit().unwrap();
    ///         interrupt.interrupt();
    ///     });
    ///     // One deadline and one interrupt for two waits; the first may still be answered.
    ///     let front = front.in_closed().interruptible(&interrupt).until(deadline);
    ///     let back = back.in_closed().interruptible(&interrupt).until(deadline);
    ///     assert!(matches!(front, Ok(_) | Err(Refused::Interrupted { .. })));
    ///     assert!(matches!(back, Err(Refused::Interrupted { .. })));
    /// });
    /// ```
    ///
    /// # Errors
    ///
    /// As for the handle's own `until`, and [`Refused::Interrupted`](crate::Refused::Interrupted).
    #[inline]
    pub fn until(self, deadline: Instant) -> Result<H::Output, H::Error> {
        block(self.handle, Limit::Until(instant(deadline)), Some(self.interrupt))
    }
}

impl<'i, H: Ask> IntoFuture for Interruptible<'i, H> {
    type Output = Result<H::Output, H::Error>;
    type IntoFuture = Wait<'i, H>;

    fn into_future(self) -> Self::IntoFuture {
        Wait::new(self.handle, Some(self.interrupt))
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
