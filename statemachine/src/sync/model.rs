//! The primitives of the model checker, and a clock that a model moves by hand.

use std::{sync::Arc, time::Duration};

use super::ordering::{WAKE, WOKEN};

pub(crate) use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64},
    thread::ThreadId,
};

/// Tells this thread of the model from others.
pub(crate) fn this_thread() -> ThreadId {
    loom::thread::current().id()
}

pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().expect("no model panics while it holds a mutex")
    }
}

/// A value for each thread of the model.
macro_rules! for_each_thread {
    (static $name:ident: $ty:ty = $value:expr) => {
        loom::thread_local! {
            static $name: $ty = $value;
        }
    };
}

pub(crate) use for_each_thread;

/// A thread to be woken, by a count of its own.
#[derive(Clone)]
pub(crate) struct Thread(Arc<Parker>);

struct Parker {
    /// Changed under the mutex only.
    wakes: AtomicU32,
    sleep: loom::sync::Mutex<()>,
    woken: loom::sync::Condvar,
}

loom::thread_local! {
    static THREAD: Thread = Thread(Arc::new(Parker {
        wakes: AtomicU32::new(0),
        sleep: loom::sync::Mutex::new(()),
        woken: loom::sync::Condvar::new(),
    }));
}

pub(crate) fn with_current<R>(act: impl FnOnce(&Thread) -> R) -> R {
    // Outside of the model's access, which may not be held across its switches.
    act(&current())
}

pub(crate) fn current() -> Thread {
    THREAD.with(Clone::clone)
}

impl Thread {
    pub(crate) fn wakes(&self) -> u32 {
        self.0.wakes.load(WOKEN)
    }

    pub(crate) fn unpark(&self) {
        let sleep = self.0.sleep.lock().unwrap();
        self.0.wakes.store(self.wakes() + 1, WAKE);
        drop(sleep);
        self.0.woken.notify_one();
    }

    /// The model's threads all run on one real one.
    pub(crate) fn id(&self) -> std::thread::ThreadId {
        std::thread::current().id()
    }

    pub(crate) fn name(&self) -> Option<&str> {
        None
    }

    pub(crate) fn park_until(&self, seen: u32, deadline: Option<Instant>) {
        if let Some(deadline) = deadline
            && CLOCK_MOVES.get()
        {
            let mut clock = CLOCK.lock().unwrap();
            if clock.seconds >= deadline.0 {
                return;
            }
            clock.sleepers.push(self.clone());
        }
        let mut sleep = self.0.sleep.lock().unwrap();
        while self.wakes() == seen {
            sleep = self.0.woken.wait(sleep).unwrap();
        }
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
    /// What is shown to users is not the model's time.
    pub(crate) fn public(self) -> std::time::Instant {
        std::time::Instant::now()
    }

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
pub(crate) fn set_clock_moves(moves: bool) {
    CLOCK_MOVES.set(moves);
}

/// Moves the clock by one second and wakes who sleeps with a deadline.
pub(crate) fn advance_clock() {
    let sleepers = {
        let mut clock = CLOCK.lock().unwrap();
        clock.seconds += 1;
        std::mem::take(&mut clock.sleepers)
    };
    sleepers.iter().for_each(Thread::unpark);
}
