//! The last changes of a machine.

use std::{
    collections::VecDeque,
    fmt,
    marker::PhantomData,
    sync::{Arc, Weak},
    time::Instant,
};

use crate::{
    change::Change,
    handlers::HandlerId,
    machine::Machine,
    state::{Kind, StateMachine},
    sync::Mutex,
};

/// The last changes of a machine, with their times: an observer that writes them down.
///
/// It takes the memory for its changes once, and none later. A thread that commits waits for other threads
/// that commit only as long as it takes them to copy one entry, and for a reader only as long as it takes
/// to copy them all.
///
/// A clone is the same history. When the last clone is dropped, nothing is written down any more.
/// [`Machine::remove_handler`] with its [`id`](Self::id) removes the observer as well.
///
/// ```
/// use statemachine::{History, StateMachine};
///
/// #[derive(StateMachine, Clone, Copy, PartialEq, Debug)]
/// enum Door {
///     #[state(to(Closed))]
///     Open,
///     #[state(to(Open))]
///     Closed,
/// }
///
/// let door = DoorMachine::new();
/// let history = History::of(&door, 100);
/// door.open_to_closed().try_commit()?;
/// door.closed_to_open().try_commit()?;
///
/// let changes = history.changes();
/// assert_eq!(changes.len(), 2);
/// assert_eq!((changes[0].change.from, changes[0].change.to), (Door::Open, Door::Closed));
/// println!("{history}");
/// # Ok::<(), statemachine::Refused>(())
/// ```
pub struct History<K> {
    ring: Arc<Ring>,
    id: HandlerId,
    kind: PhantomData<fn() -> K>,
}

/// A change and when the observers heard of it.
///
/// ```
/// use std::time::{Duration, Instant};
/// use statemachine::{History, Recorded};
/// # use statemachine_example::*;
///
/// let door = DoorMachine::new();
/// let history = History::of(&door, 8);
/// door.open_to_closed().try_commit()?;
/// let Recorded { change, at, .. } = history.changes()[0];
/// assert_eq!((change.to, change.sequence), (Door::Closed, 1));
/// assert!(at <= Instant::now());
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Recorded<K> {
    /// The change.
    pub change: Change<K>,
    /// When the observers heard of it, which is right after the commit.
    pub at: Instant,
}

struct Ring {
    capacity: usize,
    /// The last entries, by their sequence.
    entries: Mutex<VecDeque<Entry>>,
}

#[derive(Clone, Copy)]
struct Entry {
    sequence: u64,
    at: Instant,
    from: u16,
    to: u16,
}

impl<K: Kind> History<K> {
    /// Writes down the changes of that machine from now on, and keeps the last `capacity` of them. Each
    /// takes about 24 bytes, which are allocated here. With a capacity of 0 it keeps none.
    ///
    /// ```
    /// use statemachine::History;
    /// # use statemachine_example::*;
    ///
    /// let door = DoorMachine::new();
    /// let history = History::of(&door, 2);
    /// door.open_to_closed().try_commit()?;
    /// door.closed_to_open().try_commit()?;
    /// door.open_to_closed().try_commit()?;
    /// let kept: Vec<u64> = history.changes().iter().map(|it| it.change.sequence).collect();
    /// assert_eq!(kept, [2, 3]);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn of<S: StateMachine<Kind = K>>(machine: &Machine<S>, capacity: usize) -> Self {
        let entries = Mutex::new(VecDeque::with_capacity(capacity));
        let ring = Arc::new(Ring { capacity, entries });
        let recorder = Arc::downgrade(&ring);
        let id = machine.observe(move |change| record(&recorder, change));
        Self { ring, id, kind: PhantomData }
    }

    /// The changes, in the order in which they were committed.
    ///
    /// Changes that are committed meanwhile may be missing, and so may those that they displace. A commit
    /// whose observers have not been called yet is missing.
    ///
    /// ```
    /// use statemachine::History;
    /// # use statemachine_example::*;
    ///
    /// let door = DoorMachine::new();
    /// let history = History::of(&door, 8);
    /// assert!(history.changes().is_empty());
    /// door.open_to_closed().try_commit()?;
    /// assert_eq!(history.changes()[0].change.to, Door::Closed);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn changes(&self) -> Vec<Recorded<K>> {
        let entries = self.ring.entries.lock().clone();
        entries.into_iter().map(Entry::recorded).collect()
    }

    /// Names the observer, to remove it. Changes that have been written down stay.
    ///
    /// ```
    /// use statemachine::History;
    /// # use statemachine_example::*;
    ///
    /// let door = DoorMachine::new();
    /// let history = History::of(&door, 8);
    /// door.open_to_closed().try_commit()?;
    /// door.remove_handler(history.id());
    /// door.closed_to_open().try_commit()?;
    /// assert_eq!(history.changes().len(), 1);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> HandlerId {
        self.id
    }

    /// Each change as text. Their ages are of one instant, so that what came first is older.
    fn print(&self, mut line: impl FnMut(fmt::Arguments<'_>) -> fmt::Result) -> fmt::Result {
        let changes = self.changes();
        let now = Instant::now();
        changes.into_iter().try_for_each(
            |Recorded { change: Change { from, to, sequence }, at }| {
                let age = now.saturating_duration_since(at);
                line(format_args!("{sequence}: {} to {}, {age:.1?} ago", from.name(), to.name()))
            },
        )
    }
}

impl Entry {
    fn recorded<K: Kind>(self) -> Recorded<K> {
        let Self { sequence, at, from, to } = self;
        Recorded { change: Change { from: K::at(from), to: K::at(to), sequence }, at }
    }
}

fn record<K: Kind>(recorder: &Weak<Ring>, change: &Change<K>) {
    let Some(ring) = recorder.upgrade() else {
        return;
    };
    let Change { sequence, ref from, ref to } = *change;
    let entry = Entry { sequence, at: Instant::now(), from: from.position(), to: to.position() };
    let mut entries = ring.entries.lock();
    // Threads that commit one after the other may come here in another order.
    let place = entries.partition_point(|known| known.sequence < sequence);
    if entries.len() < ring.capacity {
        entries.insert(place, entry);
    } else if place > 0 {
        entries.pop_front();
        entries.insert(place - 1, entry);
    }
}

impl<K> Clone for History<K> {
    fn clone(&self) -> Self {
        Self { ring: Arc::clone(&self.ring), id: self.id, kind: PhantomData }
    }
}

/// One line for each change, as in `12: Open to Closed, 1.5s ago`.
impl<K: Kind> fmt::Display for History<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.print(|line| writeln!(f, "{line}"))
    }
}

impl<K: Kind> fmt::Debug for History<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        self.print(|line| {
            list.entry(&line);
            Ok(())
        })?;
        list.finish()
    }
}
