//! The primitives of `std` and `parking_lot`.

use std::{cell, sync::Arc, thread};

use parking_lot::Condvar;

pub(crate) use parking_lot::Mutex;
pub(crate) use std::{
    sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64},
    thread::ThreadId,
    time::Instant,
};

/// Tells this thread from others.
pub(crate) fn this_thread() -> ThreadId {
    current().id()
}

/// A value for each thread.
macro_rules! for_each_thread {
    (static $name:ident: $ty:ty = $value:expr) => {
        std::thread_local! {
            static $name: $ty = const { $value };
        }
    };
}

pub(crate) use for_each_thread;

/// A thread to be woken, by a count of its own.
///
/// Not by the token of `std`'s `park`, which is not private: others give it for reasons of their own,
/// and whatever runs on the thread may take it.
#[derive(Clone)]
pub(crate) struct Thread(Arc<Parker>);

struct Parker {
    thread: thread::Thread,
    wakes: Mutex<u32>,
    woken: Condvar,
}

std::thread_local! {
    static THREAD: Thread = Thread::of_this_thread();
}

/// This thread.
pub(crate) fn current() -> Thread {
    // Behind the end of the thread's own values, another one serves as well: it is for one wait.
    THREAD.try_with(Clone::clone).unwrap_or_else(|_| Thread::of_this_thread())
}

impl Thread {
    fn of_this_thread() -> Self {
        let (thread, wakes, woken) = (thread::current(), Mutex::new(0), Condvar::new());
        Self(Arc::new(Parker { thread, wakes, woken }))
    }

    pub(crate) fn id(&self) -> ThreadId {
        self.0.thread.id()
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.0.thread.name()
    }

    /// How often it has been woken.
    pub(crate) fn wakes(&self) -> u32 {
        *self.0.wakes.lock()
    }

    pub(crate) fn unpark(&self) {
        let mut wakes = self.0.wakes.lock();
        *wakes = wakes.wrapping_add(1);
        drop(wakes);
        self.0.woken.notify_one();
    }

    /// Sleeps until the thread has been woken more often than that or the deadline has passed, or for
    /// no reason.
    pub(crate) fn park_until(&self, seen: u32, deadline: Option<Instant>) {
        let mut wakes = self.0.wakes.lock();
        if *wakes != seen {
            return;
        }
        match deadline {
            Some(deadline) => _ = self.0.woken.wait_until(&mut wakes, deadline),
            None => self.0.woken.wait(&mut wakes),
        }
    }
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
