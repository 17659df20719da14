//! The last changes of a machine.

use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use crossbeam_utils::atomic::AtomicCell;

use crate::{
    change::Change,
    handlers::HandlerId,
    machine::Machine,
    state::{Kind, StateMachine},
};

/// The last changes of a machine, with their times: an observer that writes them down.
///
/// It takes memory for that many changes once, and nothing later. Who commits waits for others who
/// commit or read no longer than it takes them to copy one entry.
///
/// A clone is the same history. When the last clone is dropped, nothing is written down any more;
/// [`Machine::remove`] with its [`id`](Self::id) takes the observer out as well.
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
/// door.open_to_closed().commit()?;
/// door.closed_to_open().commit()?;
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

/// A change and when it was told.
///
/// ```
/// use std::time::{Duration, Instant};
/// use statemachine::{History, Recorded};
/// # use statemachine::StateMachine;
/// # #[derive(StateMachine, Clone, Copy, PartialEq, Debug)]
/// # enum Door {
/// #     #[state(to(Closed))]
/// #     Open,
/// #     #[state(to(Open))]
/// #     Closed,
/// # }
///
/// let door = DoorMachine::new();
/// let history = History::of(&door, 8);
/// door.open_to_closed().commit()?;
/// let Recorded { change, at } = history.changes()[0];
/// assert_eq!((change.to, change.sequence), (Door::Closed, 1));
/// assert!(at <= Instant::now());
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Recorded<K> {
    /// The change.
    pub change: Change<K>,
    /// When the observers were told, which is at once after the commit.
    pub at: Instant,
}

struct Ring {
    begun: Instant,
    /// The change of sequence `n` is in slot `n` modulo their number, until a later one takes it.
    slots: Box<[AtomicCell<Entry>]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry {
    /// 0 where nothing has been written down yet.
    sequence: u64,
    nanoseconds: u64,
    from: u16,
    to: u16,
}

impl<K: Kind> History<K> {
    /// Writes down the changes of that machine from now on, and keeps the last `capacity` of them, in
    /// about 24 bytes each that are allocated here. With a capacity of 0 it keeps none.
    ///
    /// ```
    /// use statemachine::History;
    /// # use statemachine::StateMachine;
    /// # #[derive(StateMachine, Clone, Copy, PartialEq, Debug)]
    /// # enum Door {
    /// #     #[state(to(Closed))]
    /// #     Open,
    /// #     #[state(to(Open))]
    /// #     Closed,
    /// # }
    ///
    /// let door = DoorMachine::new();
    /// let history = History::of(&door, 2);
    /// door.open_to_closed().commit()?;
    /// door.closed_to_open().commit()?;
    /// door.open_to_closed().commit()?;
    /// let kept: Vec<u64> = history.changes().iter().map(|it| it.change.sequence).collect();
    /// assert_eq!(kept, [2, 3]);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn of<S: StateMachine<Kind = K>>(machine: &Machine<S>, capacity: usize) -> Self {
        let nothing = Entry { sequence: 0, nanoseconds: 0, from: 0, to: 0 };
        let slots = (0..capacity).map(|_| AtomicCell::new(nothing)).collect();
        let ring = Arc::new(Ring { begun: Instant::now(), slots });
        let recorder = Arc::downgrade(&ring);
        let id = machine.observe(move |change| record(&recorder, change));
        Self { ring, id, kind: PhantomData }
    }

    /// The changes, in the order in which they were committed.
    ///
    /// Those that are committed meanwhile may be missing, and what they displace too. So is a commit
    /// whose observers have not been called yet.
    #[must_use]
    pub fn changes(&self) -> Vec<Recorded<K>> {
        let mut entries: Vec<Entry> = self.ring.slots.iter().map(AtomicCell::load).collect();
        entries.retain(|entry| entry.sequence > 0);
        entries.sort_unstable_by_key(|entry| entry.sequence);
        entries.into_iter().map(|entry| self.recorded(entry)).collect()
    }

    /// Names the observer, to remove it. What has been written down stays.
    ///
    /// ```
    /// use statemachine::History;
    /// # use statemachine::StateMachine;
    /// # #[derive(StateMachine, Clone, Copy, PartialEq, Debug)]
    /// # enum Door {
    /// #     #[state(to(Closed))]
    /// #     Open,
    /// #     #[state(to(Open))]
    /// #     Closed,
    /// # }
    ///
    /// let door = DoorMachine::new();
    /// let history = History::of(&door, 8);
    /// door.open_to_closed().commit()?;
    /// door.remove(history.id());
    /// door.closed_to_open().commit()?;
    /// assert_eq!(history.changes().len(), 1);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> HandlerId {
        self.id
    }

    fn recorded(&self, entry: Entry) -> Recorded<K> {
        let Entry { sequence, nanoseconds, from, to } = entry;
        Recorded {
            change: Change { from: K::at(from), to: K::at(to), sequence },
            at: self.ring.begun + Duration::from_nanos(nanoseconds),
        }
    }
}

fn record<K: Kind>(recorder: &Weak<Ring>, change: &Change<K>) {
    let Some(ring) = recorder.upgrade() else {
        return;
    };
    let capacity = ring.slots.len() as u64;
    let Some(slot) = change.sequence.checked_rem(capacity) else {
        return;
    };
    let elapsed = ring.begun.elapsed().as_nanos();
    let entry = Entry {
        sequence: change.sequence,
        nanoseconds: u64::try_from(elapsed).unwrap_or(u64::MAX),
        from: change.from.position(),
        to: change.to.position(),
    };
    // One that was overtaken by as many changes as there are slots is forgotten by now.
    _ = ring.slots[slot as usize]
        .fetch_update(|known| (known.sequence < entry.sequence).then_some(entry));
}

impl<K> Clone for History<K> {
    fn clone(&self) -> Self {
        Self { ring: Arc::clone(&self.ring), id: self.id, kind: PhantomData }
    }
}

/// One line a change, as in `12: Open to Closed, 1.5s ago`.
impl<K: Kind> fmt::Display for History<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Recorded { change: Change { from, to, sequence }, at } in self.changes() {
            let (from, to) = (from.name(), to.name());
            writeln!(f, "{sequence}: {from} to {to}, {:.1?} ago", at.elapsed())?;
        }
        Ok(())
    }
}

impl<K: Kind> fmt::Debug for History<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for Recorded { change: Change { from, to, sequence }, at } in self.changes() {
            let (from, to) = (from.name(), to.name());
            list.entry(&format_args!("{sequence}: {from} to {to}, {:.1?} ago", at.elapsed()));
        }
        list.finish()
    }
}
