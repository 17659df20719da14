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

    /// Sleeps until this thread is unparked or the deadline has passed, or for no reason. The clock
    /// has just shown `now`.
    pub(crate) fn park_until(deadline: Option<Instant>, now: Instant) {
        match deadline {
            Some(deadline) => {
                std::thread::park_timeout(deadline.saturating_duration_since(now));
            }
            None => std::thread::park(),
        }
    }
}

#[cfg(loom)]
mod model {
    use std::{sync::Arc, time::Duration};

    pub(crate) use loom::{
        cell::UnsafeCell,
        sync::atomic::{AtomicBool, AtomicPtr, AtomicU32},
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

    /// A thread to be unparked. `loom`'s own also wakes a thread that is blocked by a mutex, which
    /// then believes that it has locked it.
    #[derive(Clone)]
    pub(crate) struct Thread(Arc<Parker>);

    struct Parker {
        token: loom::sync::Mutex<bool>,
        unparked: loom::sync::Condvar,
    }

    loom::thread_local! {
        static THREAD: Thread = Thread(Arc::new(Parker {
            token: loom::sync::Mutex::new(false),
            unparked: loom::sync::Condvar::new(),
        }));
    }

    pub(crate) fn current() -> Thread {
        THREAD.with(Clone::clone)
    }

    impl Thread {
        pub(crate) fn unpark(&self) {
            *self.0.token.lock().unwrap() = true;
            self.0.unparked.notify_one();
        }

        /// The model's threads all run on one real one.
        pub(crate) fn id(&self) -> std::thread::ThreadId {
            std::thread::current().id()
        }

        pub(crate) fn name(&self) -> Option<&str> {
            None
        }

        fn park(&self) {
            let mut token = self.0.token.lock().unwrap();
            while !*token {
                token = self.0.unparked.wait(token).unwrap();
            }
            *token = false;
        }
    }

    #[derive(Default)]
    struct Clock {
        seconds: u64,
        sleepers: Vec<Thread>,
    }

    loom::lazy_static! {
        static ref CLOCK: loom::sync::Mutex<Clock> = loom::sync::Mutex::new(Clock::default());
    }

    /// Time does not matter to a model.
    pub(crate) struct Backoff;

    impl Backoff {
        pub(crate) fn new() -> Self {
            Self
        }

        pub(crate) fn spin(&mut self) {}
    }

    /// A time of the model's clock, which stands still until a model moves it.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
    pub(crate) struct Instant(u64);

    /// The public clock says nothing about the model's.
    pub(crate) fn instant(_: std::time::Instant) -> Instant {
        unreachable!("a model waits with `within`")
    }

    std::thread_local! {
        /// Whether the model's clock is ever moved. A model runs on one real thread; one that does
        /// not move its clock is spared the interleavings of looking at it.
        static CLOCK_MOVES: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }

    impl Instant {
        pub(crate) fn now() -> Self {
            Self(if CLOCK_MOVES.get() { CLOCK.lock().unwrap().seconds } else { 0 })
        }

        pub(crate) fn checked_add(self, duration: Duration) -> Option<Self> {
            self.0.checked_add(duration.as_secs()).map(Self)
        }

        pub(crate) fn saturating_duration_since(self, earlier: Self) -> Duration {
            Duration::from_secs(self.0.saturating_sub(earlier.0))
        }
    }

    /// Says for the model that follows whether its clock is moved.
    #[cfg(test)]
    pub(crate) fn set_clock_moves(moves: bool) {
        CLOCK_MOVES.set(moves);
    }

    /// Moves the clock by one second and wakes who sleeps with a deadline.
    #[cfg(test)]
    pub(crate) fn advance_clock() {
        let sleepers = {
            let mut clock = CLOCK.lock().unwrap();
            clock.seconds += 1;
            std::mem::take(&mut clock.sleepers)
        };
        sleepers.iter().for_each(Thread::unpark);
    }

    pub(crate) fn park_until(deadline: Option<Instant>, _: Instant) {
        if let Some(deadline) = deadline
            && CLOCK_MOVES.get()
        {
            let mut clock = CLOCK.lock().unwrap();
            if clock.seconds >= deadline.0 {
                return;
            }
            clock.sleepers.push(current());
        }
        current().park();
    }
}
