//! The primitives of `std` and `parking_lot`.

use std::{
    cell,
    sync::Arc,
    thread,
    time::{self, Duration},
};

use parking_lot::Condvar;

use super::ordering::{WAKE, WOKEN};

pub(crate) use parking_lot::Mutex;
pub(crate) use std::{
    sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64},
    thread::ThreadId,
};

/// A time of the public clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(time::Instant);

impl Instant {
    pub(crate) fn now() -> Self {
        Self(time::Instant::now())
    }

    pub(crate) fn public(self) -> time::Instant {
        self.0
    }

    pub(crate) fn checked_add(self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    pub(crate) fn saturating_duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

/// Tells this thread from others.
pub(crate) fn this_thread() -> ThreadId {
    thread::current().id()
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
    /// Changed under the mutex only.
    wakes: AtomicU32,
    sleep: Mutex<()>,
    woken: Condvar,
}

std::thread_local! {
    static THREAD: Thread = Thread::of_this_thread();
}

/// Does something with this thread.
#[inline]
pub(crate) fn with_current<R>(act: impl FnOnce(&Thread) -> R) -> R {
    let mut act = Some(act);
    let done = THREAD.try_with(|thread| act.take().map(|act| act(thread)));
    match (done, act) {
        (Ok(Some(done)), _) => done,
        // Behind the end of the thread's own values, another one serves as well: it is for one wait.
        (_, Some(act)) => act(&Thread::of_this_thread()),
        (_, None) => unreachable!("it was done, or is there to be done"),
    }
}

impl Thread {
    fn of_this_thread() -> Self {
        Self(Arc::new(Parker {
            thread: thread::current(),
            wakes: AtomicU32::new(0),
            sleep: Mutex::new(()),
            woken: Condvar::new(),
        }))
    }

    pub(crate) fn id(&self) -> ThreadId {
        self.0.thread.id()
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.0.thread.name()
    }

    /// How often it has been woken.
    pub(crate) fn wakes(&self) -> u32 {
        self.0.wakes.load(WOKEN)
    }

    pub(crate) fn unpark(&self) {
        let sleep = self.0.sleep.lock();
        self.0.wakes.store(self.wakes().wrapping_add(1), WAKE);
        drop(sleep);
        self.0.woken.notify_one();
    }

    /// Sleeps until the thread has been woken more often than that or the deadline has passed, or for
    /// no reason.
    pub(crate) fn park_until(&self, seen: u32, deadline: Option<Instant>) {
        let mut sleep = self.0.sleep.lock();
        if self.wakes() != seen {
            return;
        }
        match deadline {
            Some(deadline) => _ = self.0.woken.wait_until(&mut sleep, deadline.public()),
            None => self.0.woken.wait(&mut sleep),
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
pub(crate) fn instant(public: time::Instant) -> Instant {
    Instant(public)
}
