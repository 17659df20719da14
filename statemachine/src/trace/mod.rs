//! What is told to `tracing`, with the feature of that name; without it, nothing at no cost.
//!
//! The two files have the same interface, so that nobody else need know which is in use.

#[cfg(not(feature = "tracing"))]
mod off;
#[cfg(feature = "tracing")]
mod on;

#[cfg(not(feature = "tracing"))]
pub(crate) use self::off::{Start, Waited, Work, leapt, refused};
#[cfg(feature = "tracing")]
pub(crate) use self::on::{Start, Waited, Work, leapt, refused};
