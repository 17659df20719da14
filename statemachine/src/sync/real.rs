//! The primitives of `std` and `parking_lot`.

use std::cell;

pub(crate) use parking_lot::Mutex;
pub(crate) use std::{
    sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64},
    thread::{Thread, ThreadId, current},
    thread_local,
    time::Instant,
};

/// Tells this thread from others.
pub(crate) fn this_thread() -> ThreadId {
    current().id()
}

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

/// Waits between two attempts at an atomic that other threads change all the time: each would
/// otherwise take the cache line from the one that is about to succeed.
pub(crate) struct Backoff {
    spins: u32,
}

impl Backoff {
    /// Some 100 ns, and twice that the second time. More would be a wait without a limit.
    const FIRST: u32 = 16;
    const SECOND: u32 = 32;

    pub(crate) fn new() -> Self {
        Self { spins: Self::FIRST }
    }

    #[cold]
    pub(crate) fn spin(&mut self) {
        for _ in 0..self.spins {
            std::hint::spin_loop();
        }
        self.spins = if self.spins == Self::FIRST { Self::SECOND } else { 0 };
    }
}

/// The public clock's time as this module's.
#[inline]
pub(crate) fn instant(public: Instant) -> Instant {
    public
}

/// Sleeps until this thread is unparked or the deadline has passed, or for no reason. The clock has
/// just shown `now`.
pub(crate) fn park_until(deadline: Option<Instant>, now: Instant) {
    match deadline {
        Some(deadline) => {
            std::thread::park_timeout(deadline.saturating_duration_since(now));
        }
        None => std::thread::park(),
    }
}
