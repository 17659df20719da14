//! The words that every handle has, as methods of each.

/// The verbs, inside an `impl` of a handle.
macro_rules! verbs {
    ($output:ty, $error:ty; $example:literal) => {
        /// At once or not at all. Never blocks.
        ///
        /// # Errors
        ///
        /// [`Refused`](crate::Refused) says why it could not be had, as it was at one instant of the
        /// call.
        ///
        /// ```
        #[doc = $example]
        /// ```
        #[inline]
        pub fn now(self) -> Result<$output, $error> {
            crate::wait::now(self)
        }

        /// Blocks this thread for that long at most. A zero limit is a try: it blocks no more than
        /// [`now`](Self::now), and its refusal is that of `now`. One that no clock will ever show,
        /// such as `Duration::MAX`, never passes.
        ///
        /// Woken only for a state that is waited for, or where none can be reached any more. Who
        /// waits is served in order of arrival.
        ///
        /// # Errors
        ///
        /// `TimedOut` at the limit; `Unreachable` as soon as waiting is in vain; `InUse` where two
        /// holders would wait for each other, or no more holders can be counted; `Vetoed` where a
        /// handler says so. See [`Refused`](crate::Refused).
        #[inline]
        pub fn within(self, limit: std::time::Duration) -> Result<$output, $error> {
            crate::wait::block(self, crate::wait::Limit::Within(limit), None)
        }

        /// Blocks this thread until then at most. A deadline that has passed makes it a try, as a
        /// zero limit does [`within`](Self::within).
        ///
        /// # Errors
        ///
        /// As for [`within`](Self::within).
        #[inline]
        pub fn until(self, deadline: std::time::Instant) -> Result<$output, $error> {
            let limit = crate::wait::Limit::Until(crate::sync::instant(deadline));
            crate::wait::block(self, limit, None)
        }

        /// The same handle, whose waits the interrupt can end: see [`Interrupt`](crate::Interrupt).
        pub fn interruptible(self, interrupt: &crate::Interrupt) -> crate::Interruptible<'_, Self> {
            crate::Interruptible::new(self, interrupt)
        }
    };
}

pub(crate) use verbs;
