//! The verbs that every handle has: as its own methods, so that nobody must import a trait, and as those
//! of [`Handle`](super::Handle).

/// A handle with its verbs: its guard, its error, and an example.
///
/// The names that a message about an argument points at are those where this is used: of tokens from in
/// here it would tell how the macro is made.
macro_rules! handle {
    (impl[$($generics:tt)*] $handle:ty: $output:ty, $error:ty;
        $within:ident($limit:ident: $duration:ty), $until:ident($deadline:ident: $instant:ty);
        $example:literal) => {
        impl<$($generics)*> $handle {
            /// At once or not at all. Never blocks.
            ///
            /// ```
            #[doc = $example]
            /// ```
            ///
            /// # Errors
            ///
            /// [`Refused`](crate::Refused) gives the reason, as it was at one instant of the call.
            #[inline]
            pub fn now(self) -> Result<$output, $error> {
                crate::wait::now(self)
            }

            /// Blocks the current thread for at most `limit`.
            ///
            /// In async code use `.await` inside the runtime's timeout: this would keep the runtime's
            /// thread from running other tasks.
            ///
            /// A zero limit behaves like [`now`](Self::now). A limit too long for the clock, such as
            /// `Duration::MAX`, means no limit.
            ///
            /// Callers that wait are served in order of arrival. They are woken only for a state that
            /// they wait for, or if none of these can be reached any more.
            ///
            /// # Errors
            ///
            /// `TimedOut` at the limit. `Unreachable` as soon as waiting is in vain. `InUse` if two
            /// holders would wait for each other, or if no more holders can be counted. `Vetoed` if a
            /// handler refuses. See [`Refused`](crate::Refused).
            #[inline]
            pub fn $within(self, $limit: $duration) -> Result<$output, $error> {
                crate::wait::Handle::within(self, $limit)
            }

            /// Blocks the current thread, until `deadline` at the latest.
            ///
            /// In async code use `.await` inside the runtime's timeout. A deadline in the past behaves
            /// like [`now`](Self::now).
            ///
            /// # Errors
            ///
            /// As for [`within`](Self::within).
            #[inline]
            pub fn $until(self, $deadline: $instant) -> Result<$output, $error> {
                crate::wait::Handle::until(self, $deadline)
            }

            /// The same handle, whose waits the interrupt can end: see
            /// [`Interrupt`](crate::Interrupt). A wait may have several interrupts: any of them ends it.
            pub fn interruptible(
                self,
                interrupt: &crate::Interrupt,
            ) -> crate::Interruptible<'_, Self> {
                crate::Interruptible::new(self, interrupt)
            }
        }

        impl<$($generics)*> crate::wait::Handle for $handle {
            type Output = $output;
            type Error = $error;
        }

        impl<$($generics)*> std::future::IntoFuture for $handle {
            type Output = Result<$output, $error>;
            type IntoFuture = crate::Wait<Self>;

            fn into_future(self) -> crate::Wait<Self> {
                crate::Wait::new(self)
            }
        }
    };
}

pub(crate) use handle;
