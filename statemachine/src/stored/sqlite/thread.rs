//! The thread that has the connection, and does what it is asked in groups.

use std::{
    collections::VecDeque,
    iter, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::{
    Error,
    connect::{NAP, PATIENCE},
    holder::{Holder, Holders},
    rows::{Place, Rows},
    table::Table,
    watch::Watch,
};
use crate::stored::{Outcome, Row};

/// How many requests are written by one transaction at most: a bound on how long others wait for it.
const GROUP: usize = 256;

/// How soon a claim that could not be ended is ended again: twice as late each time, up to the second.
const AGAIN: Duration = Duration::from_millis(50);
const AGAIN_LATE: Duration = Duration::from_secs(1);

/// One request.
pub(super) enum Job {
    /// Is answered at once, or after the releases that were asked for before.
    Read(Read),
    /// Is answered by what it returns, when the transaction has ended.
    Write(Write),
    /// The same; it ends a claim.
    Release(Write),
}

type Read = Box<dyn FnOnce(&mut Desk<'_>) + Send>;

pub(super) type Write = Box<dyn FnOnce(&mut Desk<'_>) -> Answer + Send>;

/// Answers a request whose transaction ended like that.
pub(super) type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// What the requests work with.
pub(super) struct Desk<'c> {
    pub(super) rows: Rows<'c>,
    holders: &'c Holders,
    holder: Option<Holder>,
    /// Why the transaction of the group ended early, if it did.
    transaction: Result<(), Error>,
    changed: Vec<Place>,
    /// The claims that the transaction ends if it is committed.
    ended: Vec<Ending>,
    late: Vec<Late>,
}

/// A claim to be ended.
pub(super) struct Ending {
    pub(super) at: Place,
    pub(super) by: String,
}

/// A claim that could not be ended when it should.
struct Late {
    ending: Ending,
    /// How long it waits for the next try, and until when.
    pause: Duration,
    due: Instant,
    /// Whether it has a transaction of its own, since it has ended one in which there were others.
    is_alone: bool,
}

impl Late {
    fn new(ending: Ending) -> Self {
        Self { ending, pause: AGAIN, due: Instant::now() + AGAIN, is_alone: false }
    }

    /// It was not tried.
    fn again(self) -> Self {
        Self { due: Instant::now() + self.pause, ..self }
    }

    /// It was tried in vain.
    fn later(self) -> Self {
        Self { pause: (self.pause * 2).min(AGAIN_LATE), ..self }.again()
    }
}

impl Desk<'_> {
    /// Does something in the transaction of the group, unless that has ended.
    pub(super) fn change<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.transaction.clone()?;
        let done = work(self);
        if self.rows.is_ended() {
            // Some errors undo all of the transaction, others only what failed.
            self.transaction = Err(done.as_ref().err().cloned().unwrap_or_else(Error::stopped));
        }
        done
    }

    /// Claims a row, and gives the name of the claim and the row as it is then.
    pub(super) fn claim(
        &mut self,
        at: &Place,
        from: &[String],
    ) -> Result<Outcome<(String, Row)>, Error> {
        let Self { rows, holders, holder, late, .. } = self;
        let mut named = None;
        let claimed = rows.claim(at, from, || {
            if holder.as_ref().is_none_or(|holder| !holder.is_seen()) {
                *holder = Some(holders.enter()?);
            }
            let by = holder.as_mut().map(Holder::claim).unwrap_or_default();
            named = Some(by.clone());
            Ok(by)
        });
        if let (Err(_), Some(by)) = (&claimed, named) {
            // A trigger that fails can leave the claim made.
            late.push(Late::new(Ending { at: at.clone(), by }));
        }
        claimed
    }

    /// Those that wait for this row are told when the transaction has ended.
    pub(super) fn tell(&mut self, at: &Place) {
        self.changed.push(at.clone());
    }

    /// Ends a claim in this transaction, or in a later one if this fails: while this process lives, nobody
    /// else can end it.
    pub(super) fn end(&mut self, ending: Ending) -> Result<(), Error> {
        let ended = self.change(|desk| desk.rows.release(&ending.at, &ending.by));
        match ended {
            Ok(()) => self.ended(ending),
            // The transaction may still be committed, without this.
            Err(_) => self.late.push(Late::new(ending)),
        }
        ended
    }

    /// This transaction ends a claim. If it fails, a later one must.
    pub(super) fn ended(&mut self, ending: Ending) {
        self.tell(&ending.at);
        self.ended.push(ending);
    }

    /// When to try again to end what could not be ended.
    fn is_due_in(&self) -> Option<Duration> {
        let due = self.late.iter().map(|late| late.due).min()?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    /// Tries again to end what could not be ended, without other requests: none of them fails with it.
    fn end_late(&mut self, watch: &Watch) {
        let now = Instant::now();
        let due = self.late.extract_if(.., |late| late.due <= now);
        let (alone, together): (Vec<_>, Vec<_>) = due.partition(|late| late.is_alone);
        self.end_again(together, watch);
        for late in alone {
            self.end_again(vec![late], watch);
        }
    }

    /// Tries to end these in one transaction.
    fn end_again(&mut self, due: Vec<Late>, watch: &Watch) {
        if due.is_empty() {
            return;
        }
        let has_begun = self.rows.begin().is_ok();
        let mut ended = Vec::new();
        for late in due {
            if !has_begun || self.rows.is_ended() {
                self.late.push(late.again());
            } else if self.rows.release(&late.ending.at, &late.ending.by).is_ok() {
                ended.push(late);
            } else {
                let is_alone = late.is_alone || self.rows.is_ended();
                self.late.push(Late { is_alone, ..late.later() });
            }
        }
        if !ended.is_empty() && !self.rows.is_ended() && self.rows.commit_all().is_ok() {
            let changed: Vec<_> = ended.into_iter().map(|late| late.ending.at).collect();
            watch.changed(&changed);
        } else {
            self.late.extend(ended.into_iter().map(Late::later));
        }
        self.rows.roll_back_all();
    }
}

/// Does what is asked until nobody can ask any more.
pub(super) fn run(
    connection: &Connection,
    table: &Table,
    holders: &Holders,
    jobs: &Receiver<Job>,
    watch: &Watch,
) {
    let rows = Rows::new(connection, table, holders);
    let mut desk = Desk {
        rows,
        holders,
        holder: None,
        transaction: Ok(()),
        changed: Vec::new(),
        ended: Vec::new(),
        late: Vec::new(),
    };
    // Each with when it was asked for.
    let mut writes: VecDeque<(Instant, Write)> = VecDeque::new();
    // How many writes were ever asked for, up to the last release among them, and done.
    let (mut asked, mut released, mut done) = (0_u64, 0, 0);
    // Reads that come after releases: each with how many writes must be done before it.
    let mut reads: VecDeque<(u64, Read)> = VecDeque::new();
    // Since when another has had the database locked for all that is to be written.
    let mut locked = None;
    loop {
        let patience = match locked {
            Some(_) => Some(NAP),
            None if !writes.is_empty() => Some(Duration::ZERO),
            None => desk.is_due_in(),
        };
        let first = match patience {
            Some(patience) => jobs.recv_timeout(patience),
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        if let Err(RecvTimeoutError::Disconnected) = first {
            if writes.is_empty() {
                // With this thread the holder's lock ends, and with it all claims.
                return;
            }
            thread::sleep(patience.unwrap_or_default());
        }
        let now = Instant::now();
        for job in first.into_iter().chain(iter::from_fn(|| jobs.try_recv().ok()).take(GROUP)) {
            match job {
                // It sees what was confirmed before it was asked: that was before this group.
                Job::Read(read) if released <= done || locked.is_some() => {
                    foreign(|| read(&mut desk));
                }
                Job::Read(read) => reads.push_back((released, read)),
                Job::Write(write) => {
                    asked += 1;
                    writes.push_back((now, write));
                }
                Job::Release(write) => {
                    asked += 1;
                    released = asked;
                    writes.push_back((now, write));
                }
            }
        }
        if !writes.is_empty() {
            let begun = desk.rows.begin();
            let group = if begun.as_ref().is_err_and(Error::is_busy) {
                // All that have waited long enough for the other fail together.
                let locked = *locked.get_or_insert(now);
                writes.partition_point(|&(asked, _)| now - asked.max(locked) >= PATIENCE)
            } else {
                locked = None;
                writes.len().min(GROUP)
            };
            write(&mut desk, begun, writes.drain(..group).map(|(_, write)| write), watch);
            done += group as u64;
            if writes.is_empty() {
                locked = None;
            }
            let ready = match locked {
                // Those that read do not wait for others.
                Some(_) => reads.len(),
                None => reads.partition_point(|&(after, _)| after <= done),
            };
            for (_, read) in reads.drain(..ready) {
                foreign(|| read(&mut desk));
            }
        }
        desk.end_late(watch);
    }
}

/// Does these in one transaction, and answers them when it has ended.
fn write(
    desk: &mut Desk<'_>,
    begun: Result<(), Error>,
    writes: impl Iterator<Item = Write>,
    watch: &Watch,
) {
    desk.transaction = begun;
    let answers: Vec<_> = writes.map(|write| write(desk)).collect();
    let ended = match mem::replace(&mut desk.transaction, Ok(())) {
        Ok(()) => desk.rows.commit_all(),
        Err(error) => {
            desk.rows.roll_back_all();
            Err(error)
        }
    };
    let changed = mem::take(&mut desk.changed);
    let claims = mem::take(&mut desk.ended);
    if ended.is_ok() {
        watch.changed(&changed);
    } else {
        desk.late.extend(claims.into_iter().map(Late::new));
    }
    for answer in answers {
        foreign(|| answer(ended.clone()));
    }
}

/// Runs what may wake a task. A waker is foreign code, and its panic is no concern of the others.
pub(super) fn foreign(run: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
        mem::forget(payload);
    }
}
