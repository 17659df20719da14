//! Ends waits from outside.

use std::{
    collections::BTreeMap,
    fmt, mem,
    sync::{Arc, OnceLock},
};

use super::Raised;

use crate::{
    lock::Notify,
    panics::Panics,
    sync::{AtomicBool, Mutex, RAISE, RAISED},
};

/// Ends the waits that it was given to, at once, from any thread.
///
/// Threads that block and tasks that are suspended are woken alike. Each then gets
/// [`Refused::Interrupted`](crate::Refused::Interrupted), unless it was given what it waited for first.
///
/// An interrupt stays raised until [`clear`](Self::clear): a wait that would begin meanwhile ends at once
/// too. A raised interrupt does not refuse what can be taken at once. Nor does it change the answer of a
/// try: of `now`, a zero limit, or a deadline in the past.
///
/// One interrupt may serve many machines and many waits. All clones are the same interrupt. Dropping one
/// of them, or all of them, interrupts nobody. A wait is registered with its interrupt only when it really
/// sleeps.
///
/// ```
/// use std::{thread, time::Duration};
/// use statemachine::{Interrupt, Refused, StateMachine};
///
/// #[derive(StateMachine)]
/// enum Job {
///     #[state(to(Done))]
///     Running,
///     #[state(terminal)]
///     Done,
/// }
///
/// let job = JobMachine::new();
/// let shutdown = Interrupt::new();
/// thread::scope(|scope| {
///     let waiter = scope.spawn(|| {
///         job.in_done().interruptible(&shutdown).within(Duration::from_secs(60)).map(drop)
///     });
///     shutdown.interrupt();
///     assert!(matches!(waiter.join().unwrap(), Err(Refused::Interrupted { .. })));
/// });
/// ```
#[derive(Default)]
pub struct Interrupt {
    /// Made on first use, so that an interrupt can be made when it is compiled.
    shared: OnceLock<Arc<Shared>>,
}

struct Shared {
    raised: AtomicBool,
    sleepers: Mutex<Sleepers>,
}

#[derive(Default)]
struct Sleepers {
    next: u64,
    /// How to wake the waits that sleep. A wait that is not in it any more was interrupted.
    awaiting: BTreeMap<u64, Notify>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { raised: AtomicBool::new(false), sleepers: Mutex::new(Sleepers::default()) }
    }
}

impl Interrupt {
    /// An interrupt that is not raised.
    ///
    /// ```
    /// # use statemachine::Interrupt;
    /// assert!(!Interrupt::new().is_interrupted());
    /// ```
    ///
    /// It may be a `static`:
    ///
    /// ```
    /// use statemachine::Interrupt;
    ///
    /// static SHUTDOWN: Interrupt = Interrupt::new();
    /// SHUTDOWN.interrupt();
    /// assert!(SHUTDOWN.clone().is_interrupted());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { shared: OnceLock::new() }
    }

    fn shared(&self) -> &Arc<Shared> {
        self.shared.get_or_init(Arc::default)
    }

    /// A handle that waits until it is raised. With it, work that waits for something else can end together
    /// with the waits.
    ///
    /// ```
    /// use std::time::Duration;
    /// # use statemachine::Interrupt;
    /// let shutdown = Interrupt::new();
    /// while shutdown.raised().within(Duration::from_millis(1)).is_err() {
    ///     // Once a millisecond, until it is raised.
    ///     shutdown.interrupt();
    /// }
    /// ```
    #[doc(alias("interrupted", "cancelled"))]
    pub fn raised(&self) -> Raised<'_> {
        Raised::of(self)
    }

    /// Ends the waits that it was given to, and those that begin before it is cleared.
    ///
    /// Does not wait until the waiters have noticed. Calling it twice is the same as calling it once.
    ///
    /// ```
    /// use std::time::Duration;
    /// use statemachine::{Interrupt, Refused};
    /// # use statemachine_example::*;
    ///
    /// let (door, interrupt) = (DoorMachine::new(), Interrupt::new());
    /// interrupt.interrupt();
    /// let minute = Duration::from_secs(60);
    /// let refused = door.in_closed().interruptible(&interrupt).within(minute).unwrap_err();
    /// assert!(matches!(refused, Refused::Interrupted { .. }));
    /// // What can be taken at once is taken.
    /// assert!(door.in_open().interruptible(&interrupt).within(minute).is_ok());
    /// ```
    ///
    /// # Panics
    ///
    /// If the waker of a task does. All are woken first.
    pub fn interrupt(&self) {
        let woken = {
            let mut sleepers = self.shared().sleepers.lock();
            self.shared().raised.store(true, RAISE);
            mem::take(&mut sleepers.awaiting)
        };
        let mut panics = Panics::none();
        woken.into_values().for_each(|notify| notify.wake(&mut panics));
        panics.go_on();
    }

    /// Whether it is raised. Never blocks.
    ///
    /// With this, work that is not a wait can end with the waits:
    ///
    /// ```
    /// # use statemachine::Interrupt;
    /// let shutdown = Interrupt::new();
    /// let worker = std::thread::spawn({
    ///     let shutdown = shutdown.clone();
    ///     move || {
    ///         while !shutdown.is_interrupted() {
    ///             std::thread::yield_now();
    ///         }
    ///     }
    /// });
    /// shutdown.interrupt();
    /// worker.join().unwrap();
    /// ```
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.shared.get().is_some_and(|shared| shared.raised.load(RAISED))
    }

    /// Lets later waits wait again. Waits that were interrupted stay interrupted, even if they have not
    /// noticed yet.
    ///
    /// ```
    /// use std::time::Duration;
    /// use statemachine::{Interrupt, Refused};
    /// # use statemachine_example::*;
    ///
    /// let (door, interrupt) = (DoorMachine::new(), Interrupt::new());
    /// interrupt.interrupt();
    /// interrupt.clear();
    /// let limit = Duration::from_millis(1);
    /// let refused = door.in_closed().interruptible(&interrupt).within(limit).unwrap_err();
    /// assert!(matches!(refused, Refused::TimedOut { .. }));
    /// ```
    pub fn clear(&self) {
        let _sleepers = self.shared().sleepers.lock();
        self.shared().raised.store(false, RAISE);
    }

    /// Registers a wait; none if the interrupt is raised.
    pub(crate) fn enlist(&self, notify: Notify) -> Option<Enlisted<'_>> {
        let mut sleepers = self.shared().sleepers.lock();
        if self.is_interrupted() {
            return None;
        }
        let id = sleepers.next;
        sleepers.next += 1;
        sleepers.awaiting.insert(id, notify);
        Some(Enlisted { interrupt: self, id })
    }
}

/// The same interrupt.
impl Clone for Interrupt {
    fn clone(&self) -> Self {
        Self { shared: OnceLock::from(Arc::clone(self.shared())) }
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt").field("is_interrupted", &self.is_interrupted()).finish()
    }
}

/// A wait that an interrupt knows of.
pub(crate) struct Enlisted<'i> {
    interrupt: &'i Interrupt,
    id: u64,
}

impl Enlisted<'_> {
    /// Whether the wait was interrupted, even if the interrupt was cleared since.
    pub(crate) fn is_hit(&self) -> bool {
        !self.interrupt.shared().sleepers.lock().awaiting.contains_key(&self.id)
    }

    /// Replaces how the wait is woken. Returns whether it goes on, which is if it was not interrupted.
    pub(crate) fn renew(&self, notify: Notify) -> bool {
        let mut sleepers = self.interrupt.shared().sleepers.lock();
        let (goes_on, unused) = match sleepers.awaiting.get_mut(&self.id) {
            Some(known) => (true, mem::replace(known, notify)),
            None => (false, notify),
        };
        drop(sleepers);
        // Dropping a waker is foreign code, which may use this interrupt.
        drop(unused);
        goes_on
    }
}

impl Drop for Enlisted<'_> {
    fn drop(&mut self) {
        let removed = self.interrupt.shared().sleepers.lock().awaiting.remove(&self.id);
        drop(removed);
    }
}
