//! The primitives that everything else is built on: the real ones, or those of the model checker.
//!
//! In this crate's own models the same code runs on `loom`'s atomics, mutex, cell and threads. This is
//! the only folder that knows the difference, but for the constructors that generated code calls. A
//! build of another crate, whatever its `cfg`, gets the real ones.

mod ordering;

#[cfg(not(all(test, loom)))]
mod real;
#[cfg(not(all(test, loom)))]
pub(crate) use self::real::*;

#[cfg(all(test, loom))]
mod model;
#[cfg(all(test, loom))]
pub(crate) use self::model::*;

pub(crate) use self::ordering::*;

/// A `const fn`, but in a model, where nothing can be made when it is compiled.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis const fn $($rest:tt)*) => {
        $(#[$attribute])*
        #[cfg(not(all(test, loom)))]
        $visibility const fn $($rest)*

        $(#[$attribute])*
        #[cfg(all(test, loom))]
        $visibility fn $($rest)*
    };
}

pub(crate) use const_fn;
