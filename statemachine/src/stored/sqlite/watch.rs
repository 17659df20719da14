//! Those that wait for a row, and the thread that wakes them.
//!
//! What this process changes is told by the thread that changed it. What others change shows in
//! `data_version`, a number that SQLite has for each connection; a thread looks at it while anybody waits.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use futures_channel::oneshot;
use rusqlite::Connection;

use super::{
    Error,
    connect::connect,
    holder::{Holders, holder_of},
    rows::{Place, Rows},
    table::Table,
    thread::foreign,
};
use crate::stored::Row;

/// How soon the thread looks again if something has just happened, and if nothing has for long.
const SOON: Duration = Duration::from_millis(1);
const LATE: Duration = Duration::from_millis(20);

/// How often the holders of awaited rows are looked at.
const PROBE: Duration = Duration::from_millis(100);

/// Those that wait.
pub(super) struct Watch {
    /// The database's file, if others can change it.
    path: Option<Arc<Path>>,
    table: Table,
    holders: Holders,
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    at: HashMap<Place, Vec<Waiter>>,
    deadlines: BTreeMap<(Instant, u64), Place>,
    next: u64,
    /// Whether the thread runs, and when it looks next.
    is_watched: bool,
    looks: Option<Instant>,
    is_closed: bool,
}

struct Waiter {
    id: u64,
    seen: Row,
    /// Whether it has the claim itself, and waits for the loss of it. It has time until the next probe.
    is_owner: bool,
    deadline: Option<Instant>,
    wake: oneshot::Sender<Result<(), Error>>,
}

/// The place of one that waits. Dropping it gives up.
pub(super) struct Ticket {
    watch: Arc<Watch>,
    at: Place,
    id: u64,
    woken: oneshot::Receiver<Result<(), Error>>,
}

impl Watch {
    pub(super) fn new(path: Option<Arc<Path>>, table: Table, holders: Holders) -> Self {
        let (waiting, arrived) = (Mutex::default(), Condvar::new());
        Self { path, table, holders, waiting, arrived }
    }

    /// Begins to wait.
    pub(super) fn enter(
        self: &Arc<Self>,
        at: Place,
        seen: Row,
        is_owner: bool,
        limit: Option<Duration>,
    ) -> Result<Ticket, Error> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let (wake, woken) = oneshot::channel();
        let mut waiting = self.lock();
        if !waiting.is_watched {
            let watch = Arc::clone(self);
            let thread = thread::Builder::new().name("statemachine sqlite wait".to_owned());
            thread.spawn(move || watch.run()).map_err(Error::thread)?;
            waiting.is_watched = true;
        }
        let id = waiting.next;
        waiting.next += 1;
        waiting.at.entry(at.clone()).or_default().push(Waiter {
            id,
            seen,
            is_owner,
            deadline,
            wake,
        });
        if let Some(deadline) = deadline {
            waiting.deadlines.insert((deadline, id), at.clone());
        }
        let is_too_late = |looks: Instant| {
            deadline.is_some_and(|deadline| deadline < looks) || Instant::now() + SOON < looks
        };
        if waiting.looks.is_none_or(is_too_late) {
            self.arrived.notify_one();
        }
        drop(waiting);
        Ok(Ticket { watch: Arc::clone(self), at, id, woken })
    }

    /// Wakes those that wait for rows which this process has changed.
    pub(super) fn changed(&self, rows: &[Place]) {
        let mut waiting = self.lock();
        let woken: Vec<_> = rows.iter().flat_map(|at| waiting.take(at, |_| true)).collect();
        drop(waiting);
        wake(woken, &Ok(()));
    }

    /// Ends the thread.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_one();
    }

    fn run(&self) {
        let connection = self.path.as_deref().map(connect).transpose();
        let mut others = match &connection {
            Ok(connection) => connection.as_ref().map(|connection| Others::new(self, connection)),
            Err(error) => return self.fail(error),
        };
        let mut active = Instant::now();
        let mut seen = 0;
        while let Some(arrived) = self.sleep(active, others.as_ref().map(|others| others.took)) {
            if arrived != seen {
                (active, seen) = (Instant::now(), arrived);
            }
            let expired = self.lock().expired();
            wake(expired, &Ok(()));
            let Some(others) = &mut others else { continue };
            match others.look() {
                Ok(true) => active = Instant::now(),
                Ok(false) => {}
                Err(error) => return self.fail(&error),
            }
        }
    }

    /// Sleeps until the next look. Gives how many have ever waited, or none if the store is closed.
    fn sleep(&self, active: Instant, look_took: Option<Duration>) -> Option<u64> {
        let mut waiting = self.lock();
        loop {
            if waiting.is_closed {
                return None;
            }
            if !waiting.at.is_empty() {
                break;
            }
            waiting.looks = None;
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let now = Instant::now();
        // The longer nothing has happened, the later; and never more than a fifth of the time.
        let pause = look_took.map(|took| ((now - active) / 16).clamp(SOON, LATE).max(took * 4));
        let deadline = waiting.deadlines.first_key_value().map(|(&(deadline, _), _)| deadline);
        let looks = [pause.map(|pause| now + pause), deadline].into_iter().flatten().min();
        // Without others, and without a deadline, there is only the next that waits to wait for.
        let pause =
            looks.map_or(Duration::from_secs(3600), |looks| looks.saturating_duration_since(now));
        waiting.looks = looks;
        let (waiting, _) =
            self.arrived.wait_timeout(waiting, pause).unwrap_or_else(PoisonError::into_inner);
        (!waiting.is_closed).then_some(waiting.next)
    }

    /// Tells all that wait that nobody watches any more. The next that waits tries again.
    fn fail(&self, error: &Error) {
        let mut waiting = self.lock();
        waiting.is_watched = false;
        waiting.deadlines.clear();
        let all: Vec<_> = waiting.at.drain().flat_map(|(_, waiters)| waiters).collect();
        drop(waiting);
        wake(all, &Err(error.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Takes out those of this row that are to be woken.
    fn take(&mut self, at: &Place, is_woken: impl Fn(&Waiter) -> bool) -> Vec<Waiter> {
        let Some(waiters) = self.at.get_mut(at) else { return Vec::new() };
        let woken: Vec<_> = waiters.extract_if(.., |waiter| is_woken(waiter)).collect();
        if waiters.is_empty() {
            self.at.remove(at);
        }
        for waiter in &woken {
            if let Some(deadline) = waiter.deadline {
                self.deadlines.remove(&(deadline, waiter.id));
            }
        }
        woken
    }

    /// Takes out those whose time is up.
    fn expired(&mut self) -> Vec<Waiter> {
        let now = Instant::now();
        let mut expired = Vec::new();
        while let Some(entry) = self.deadlines.first_entry()
            && entry.key().0 <= now
        {
            let ((_, id), at) = entry.remove_entry();
            expired.extend(self.take(&at, |waiter| waiter.id == id));
        }
        expired
    }
}

fn wake(waiters: Vec<Waiter>, result: &Result<(), Error>) {
    for waiter in waiters {
        foreign(|| drop(waiter.wake.send(result.clone())));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let gone = self.watch.lock().take(&self.at, |waiter| waiter.id == self.id);
        // Its waker may be foreign code, which must not run under the lock.
        drop(gone);
    }
}

impl Ticket {
    /// Ready when it is worth to look at the row again.
    pub(super) fn poll_woken(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let woken = Pin::new(&mut self.woken).poll(cx);
        woken.map(|woken| woken.unwrap_or_else(|_| Err(Error::stopped())))
    }
}

/// What other processes do to the rows.
struct Others<'c> {
    watch: &'c Watch,
    connection: &'c Connection,
    rows: Rows<'c>,
    version: Option<i64>,
    probed: Instant,
    /// How long the last look took.
    took: Duration,
}

impl<'c> Others<'c> {
    fn new(watch: &'c Watch, connection: &'c Connection) -> Self {
        let rows = Rows::new(connection, &watch.table, &watch.holders);
        Self {
            watch,
            connection,
            rows,
            version: None,
            probed: Instant::now(),
            took: Duration::ZERO,
        }
    }

    /// Wakes those whose row was changed, or whose claim's holder has died. Whether anything has changed.
    fn look(&mut self) -> Result<bool, Error> {
        let start = Instant::now();
        // Taken before the rows are read: a change between the two is seen again at the next look.
        let version = self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        let has_changed = self.version.replace(version) != Some(version);
        let probes = start.duration_since(self.probed) >= PROBE;
        if has_changed || probes {
            self.visit(has_changed, probes)?;
        }
        if probes {
            self.probed = Instant::now();
        }
        self.took = start.elapsed();
        Ok(has_changed)
    }

    /// Looks at the awaited rows: those that may have changed, and those with a claim.
    fn visit(&mut self, has_changed: bool, probes: bool) -> Result<(), Error> {
        let waiting = self.watch.lock();
        let is_visited = |waiters: &[Waiter]| {
            waiters.iter().any(|it| has_changed && !it.is_owner || probes && it.seen.is_claimed)
        };
        let awaited = waiting.at.iter().filter(|(_, waiters)| is_visited(waiters));
        let places: Vec<_> = awaited.map(|(at, _)| at.clone()).collect();
        drop(waiting);
        let mut holders = HashMap::new();
        let (mut woken, mut failed, mut ended) = (Vec::new(), Vec::new(), Ok(()));
        self.connection.execute_batch("BEGIN")?;
        for at in places {
            let row = match self.rows.look(&at) {
                Ok(row) => row,
                Err(error) if error.is_busy() => {
                    // None of them can be read, and each would wait as long to find that out.
                    ended = Err(error);
                    break;
                }
                Err(error) => {
                    // The other rows may be readable. Who has the claim looks again at the next probe.
                    let waiters = self.watch.lock().take(&at, |waiter| !waiter.is_owner);
                    failed.push((waiters, error));
                    continue;
                }
            };
            let has_died = probes
                && row.as_ref().and_then(|row| row.by.as_deref()).is_some_and(|by| {
                    let known = holders.entry(holder_of(by).to_owned());
                    !*known.or_insert_with(|| self.watch.holders.is_alive(by))
                });
            woken.extend(self.watch.lock().take(&at, |waiter| {
                row.as_ref().is_none_or(|row| !row.is_as(&waiter.seen))
                    || has_died && waiter.seen.is_claimed
            }));
        }
        // An error may have ended the transaction.
        if !self.rows.is_ended() {
            ended = ended.and(self.connection.execute_batch("COMMIT").map_err(Error::from));
        }
        wake(woken, &Ok(()));
        for (waiters, error) in failed {
            wake(waiters, &Err(error));
        }
        ended
    }
}
