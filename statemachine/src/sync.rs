//! The primitives that everything else is built on: the real ones, or those of the model checker.
//!
//! Under `--cfg loom` the same code runs on `loom`'s atomics, mutex, cell and threads, and on a clock
//! that a model moves by hand. This is the only file that knows the difference.

#[cfg(not(loom))]
pub(crate) use real::*;

#[cfg(loom)]
pub(crate) use model::*;

#[cfg(not(loom))]
mod real {
    use std::cell;

    pub(crate) use parking_lot::Mutex;
    pub(crate) use std::{
        sync::atomic::{AtomicBool, AtomicPtr, AtomicU32},
        thread::{Thread, current},
        time::Instant,
    };

    /// `std`'s cell with the interface of `loom`'s.
    pub(crate) struct UnsafeCell<T>(cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(cell::UnsafeCell::new(value))
        }

        #[inline]
        pub(crate) fn with<R>(&self, access: impl FnOnce(*const T) -> R) -> R {
            access(self.0.get())
        }

        #[inline]
        pub(crate) fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
            access(self.0.get())
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    /// Sleeps until this thread is unparked or the deadline has passed, or for no reason.
    pub(crate) fn park_until(deadline: Option<Instant>) {
        match deadline {
            Some(deadline) => {
                std::thread::park_timeout(deadline.saturating_duration_since(Instant::now()));
            }
            None => std::thread::park(),
        }
    }
}

#[cfg(loom)]
mod model {
    use std::time::Duration;

    pub(crate) use loom::{
        cell::UnsafeCell,
        sync::atomic::{AtomicBool, AtomicPtr, AtomicU32},
        thread::{Thread, current},
    };

    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().expect("no model panics while it holds a mutex")
        }
    }

    loom::lazy_static! {
        static ref CLOCK: loom::sync::atomic::AtomicUsize = loom::sync::atomic::AtomicUsize::new(0);
    }

    /// A time of the model's clock, which stands still until [`advance`] is called.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
    pub(crate) struct Instant(usize);

    impl Instant {
        pub(crate) fn now() -> Self {
            Self(CLOCK.load(std::sync::atomic::Ordering::SeqCst))
        }

        pub(crate) fn checked_add(self, duration: Duration) -> Option<Self> {
            Some(Self(self.0 + usize::try_from(duration.as_secs()).ok()?))
        }

        pub(crate) fn saturating_duration_since(self, earlier: Self) -> Duration {
            Duration::from_secs(self.0.saturating_sub(earlier.0) as u64)
        }
    }

    /// Moves the model's clock by one second; whoever sleeps with a deadline must be unparked too.
    #[cfg(test)]
    pub(crate) fn advance() {
        CLOCK.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }

    pub(crate) fn park_until(_: Option<Instant>) {
        loom::thread::park();
    }
}
