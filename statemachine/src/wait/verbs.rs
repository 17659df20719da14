//! The verbs that every handle has: as its own methods, so that nobody must import a trait, and as those
//! of [`Handle`](super::Handle).

/// A handle with its verbs: its guard, its error, how it waits, what ends the wait, and an example.
///
/// The names that a message about an argument points at are those where this is used: of tokens from in
/// here it would tell how the macro is made. That is true of `self` too.
macro_rules! handle {
    (impl[$($generics:tt)*] $handle:ty: $output:ty, $error:ty;
        $now:ident($now_self:ident),
        $within:ident($within_self:ident, $limit:ident: $duration:ty),
        $until:ident($until_self:ident, $deadline:ident: $instant:ty),
        $interruptible:ident($interruptible_self:ident, $interrupt:ident: $interrupts:ty);
        $waits:literal, $errors:literal, $example:literal) => {
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
            pub fn $now($now_self) -> Result<$output, $error> {
                crate::wait::now($now_self)
            }

            /// Blocks the current thread for at most `limit`.
            ///
            /// In async code use `.await` inside the runtime's timeout: this would keep the runtime's
            /// thread from running other tasks.
            ///
            /// A zero limit behaves like [`now`](Self::now). A limit too long for the clock, such as
            /// `Duration::MAX`, never passes.
            ///
            #[doc = $waits]
            ///
            /// # Errors
            ///
            #[doc = $errors]
            #[inline]
            pub fn $within($within_self, $limit: $duration) -> Result<$output, $error> {
                crate::wait::Handle::within($within_self, $limit)
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
            pub fn $until($until_self, $deadline: $instant) -> Result<$output, $error> {
                crate::wait::Handle::until($until_self, $deadline)
            }

            /// The same handle, whose waits the interrupt can end: see
            /// [`Interrupt`](crate::Interrupt). A wait may have several interrupts: any of them ends it.
            pub fn $interruptible(
                $interruptible_self,
                $interrupt: $interrupts,
            ) -> crate::Interruptible<'_, Self> {
                crate::Interruptible::new($interruptible_self, $interrupt)
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
