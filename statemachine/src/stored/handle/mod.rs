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

/// What `.await` on a handle gives, boxed so that it has a name.
type Asked<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The verbs of a handle. Each is its `ask` with another patience.
macro_rules! verbs {
    (
        impl[$($param:ident: $bound:path),*] $handle:ident: $given:ty
        $(where $($predicate:tt)*)?
    ) => {
        impl<'a, $($param: $bound,)* St: $crate::stored::Store> $handle<'a, $($param,)* St>
        $(where $($predicate)*)?
        {
            /// At once or not at all.
            ///
            /// # Errors
            ///
            /// [`Failed::Refused`] if the machine is in another state, or if the caller wants the right to
            /// it and another has it. [`Failed::Missing`] if there is no row. Those of the store.
            pub async fn now(self) -> Result<$given, Failed<St::Error>> {
                self.ask(Patience::None).await
            }

            /// Waits for that long at most. A zero limit is `now`.
            ///
            /// Dropping the future gives up and loses nothing.
            ///
            /// # Errors
            ///
            /// Those of `now`, but instead of a refusal at once
            /// [`TimedOut`](crate::Refused::TimedOut) at the deadline, and
            /// [`Unreachable`](crate::Refused::Unreachable) as soon as none of the states can be reached any
            /// more.
            pub async fn within(
                self,
                limit: ::std::time::Duration,
            ) -> Result<$given, Failed<St::Error>> {
                self.ask(Patience::within(limit)).await
            }

            /// Waits until then at most. A deadline in the past is `now`.
            ///
            /// Dropping the future gives up and loses nothing.
            ///
            /// # Errors
            ///
            /// Those of `within`.
            pub async fn until(
                self,
                deadline: ::std::time::Instant,
            ) -> Result<$given, Failed<St::Error>> {
                self.ask(Patience::until(deadline)).await
            }

            /// Lets an interrupt end the wait, with [`Interrupted`](crate::Refused::Interrupted).
            pub fn interruptible(self, interrupt: &'a crate::Interrupt) -> Self {
                Self { interrupt: Some(interrupt), ..self }
            }
        }

        impl<'a, $($param: $bound,)* St: $crate::stored::Store> ::std::future::IntoFuture
            for $handle<'a, $($param,)* St>
        where
            $($param: 'a,)*
            $($($predicate)*)?
        {
            type Output = Result<$given, Failed<St::Error>>;
            type IntoFuture = super::Asked<'a, Self::Output>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.ask(Patience::ENDLESS))
            }
        }

        impl<$($param: $bound,)* St> Clone for $handle<'_, $($param,)* St>
        $(where $($predicate)*)?
        {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($param: $bound,)* St> Copy for $handle<'_, $($param,)* St>
        $(where $($predicate)*)?
        {}

        impl<$($param: $bound,)* St> ::std::fmt::Debug for $handle<'_, $($param,)* St>
        $(where $($predicate)*)?
        {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($handle)).field("at", &self.at).finish_non_exhaustive()
            }
        }
    };
}

use verbs;
