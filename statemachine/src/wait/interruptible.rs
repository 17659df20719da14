//! A handle together with what can end its waits.

use std::{
    fmt,
    future::IntoFuture,
    time::{Duration, Instant},
};

use super::{Ask, Interrupt, Limit, Wait, block, now};
use crate::sync::instant;

/// A handle whose waits an [`Interrupt`] can end; made by `interruptible` on any handle.
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
    /// # Errors
    ///
    /// As for the handle's own `now`.
    #[inline]
    pub fn now(self) -> Result<H::Output, H::Error> {
        now(self.handle)
    }

    /// Blocks this thread for that long at most, or until the interrupt comes.
    ///
    /// # Errors
    ///
    /// As for the handle's own `within`, and [`Refused::Interrupted`](crate::Refused::Interrupted).
    #[inline]
    pub fn within(self, limit: Duration) -> Result<H::Output, H::Error> {
        block(self.handle, Limit::Within(limit), Some(self.interrupt))
    }

    /// Blocks this thread until then at most, or until the interrupt comes.
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
