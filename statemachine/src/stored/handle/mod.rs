//! What a caller can ask of a stored machine. A handle does nothing until one of its verbs asks.

mod in_state;
mod join;
mod transition;
mod when;

use std::{future::Future, pin::Pin};

pub use self::{
    in_state::In,
    join::{Join, Joined},
    transition::Transition,
    when::When,
};

/// A future in a box: what some methods give.
///
/// The name of an opaque future would repeat what the method demands of a state, and so bring a second error if
/// the state has not got it.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The verbs of a handle: what dropping a future does, why `now` fails, and an example for each verb. Each is
/// its `ask` with another patience.
///
/// The names that a message about an argument points at are those where this is used, as with the handles in
/// memory.
macro_rules! verbs {
    (
        $now:ident($now_self:ident),
        $within:ident($within_self:ident, $limit:ident: $duration:ty),
        $until:ident($until_self:ident, $deadline:ident: $instant:ty),
        $interruptible:ident($interruptible_self:ident, $interrupt:ident: $interrupts:ty);
        $dropped:literal, $errors:literal,
        $now_example:literal, $within_example:literal, $until_example:literal,
        impl[$($param:ident: $bound:path),*] $handle:ident: $given:ty
        $(where $($predicate:tt)*)?
    ) => {
        impl<$($param: $bound,)* St: $crate::stored::Store> $handle<$($param,)* St>
        $(where $($predicate)*)?
        {
            /// At once or not at all.
            ///
            #[doc = $dropped]
            ///
            #[cfg_attr(feature = "sqlite", doc = "```")]
            #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
            #[doc = example!(before)]
            #[doc = $now_example]
            #[doc = example!(after)]
            /// ```
            ///
            /// # Errors
            ///
            #[doc = $errors]
            /// [`Failed::Missing`] if there is no row. [`Failed::UnknownStates`] if the enum has not the state
            /// of the row. Those of the store.
            pub async fn $now($now_self) -> Result<$given, Failed<St::Error>> {
                $now_self.ask(Patience::None).await
            }

            /// Waits for that long at most. A zero limit is `now`. One too long for the clock, such as
            /// `Duration::MAX`, never passes.
            ///
            #[doc = $dropped]
            ///
            #[cfg_attr(feature = "sqlite", doc = "```")]
            #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
            #[doc = example!(before)]
            #[doc = $within_example]
            #[doc = example!(after)]
            /// ```
            ///
            /// # Errors
            ///
            /// Those of `now`, but instead of a refusal at once
            /// [`TimedOut`](crate::Refused::TimedOut) at the deadline, and
            /// [`Unreachable`](crate::Refused::Unreachable) as soon as none of the states can be reached any
            /// more.
            pub async fn $within(
                $within_self,
                $limit: $duration,
            ) -> Result<$given, Failed<St::Error>> {
                $within_self.ask(Patience::within($limit)).await
            }

            /// Waits until then at most. A deadline in the past is `now`.
            ///
            #[doc = $dropped]
            ///
            #[cfg_attr(feature = "sqlite", doc = "```")]
            #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
            #[doc = example!(before)]
            #[doc = $until_example]
            #[doc = example!(after)]
            /// ```
            ///
            /// # Errors
            ///
            /// Those of `within`.
            pub async fn $until(
                $until_self,
                $deadline: $instant,
            ) -> Result<$given, Failed<St::Error>> {
                $until_self.ask(Patience::until($deadline)).await
            }

            /// Lets an interrupt end the wait, with [`Interrupted`](crate::Refused::Interrupted).
            ///
            /// It may be called several times, and any of the interrupts then ends the wait. `now` does not wait,
            /// so this changes nothing for it.
            ///
            #[cfg_attr(feature = "sqlite", doc = "```")]
            #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
            #[doc = example!(before)]
            /// use statemachine::Interrupt;
            ///
            /// let shutdown = Interrupt::new();
            /// shutdown.interrupt(); // from anywhere
            /// let refused = job.in_done().interruptible(&shutdown).await;
            /// assert!(matches!(refused, Err(Failed::Refused(Refused::Interrupted { .. }))));
            #[doc = example!(after)]
            /// ```
            pub fn $interruptible(mut $interruptible_self, $interrupt: $interrupts) -> Self {
                $interruptible_self.interrupts.push($interrupt.clone());
                $interruptible_self
            }
        }

        impl<$($param: $bound,)* St: $crate::stored::Store> ::std::future::IntoFuture
            for $handle<$($param,)* St>
        where
            $($param: 'static,)*
            $($($predicate)*)?
        {
            type Output = Result<$given, Failed<St::Error>>;
            type IntoFuture = $crate::stored::BoxFuture<Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.ask(Patience::ENDLESS))
            }
        }

        impl<$($param: $bound,)* St> ::std::fmt::Debug for $handle<$($param,)* St>
        $(where $($predicate)*)?
        {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($handle)).field("at", &self.at).finish_non_exhaustive()
            }
        }
    };
}

use verbs;
