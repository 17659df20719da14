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

/// How soon a claim that could not be ended is ended again.
const AGAIN: Duration = Duration::from_millis(50);

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
    ending: Vec<Ending>,
}

/// A claim to be ended.
pub(super) struct Ending {
    pub(super) at: Place,
    pub(super) by: String,
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
        let Self { rows, holders, holder, .. } = self;
        rows.claim(at, from, || {
            if holder.as_ref().is_none_or(|holder| !holder.is_seen()) {
                *holder = Some(holders.enter()?);
            }
            Ok(holder.as_mut().map(Holder::claim).unwrap_or_default())
        })
    }

    /// Those that wait for this row are told when the transaction has ended.
    pub(super) fn tell(&mut self, at: &Place) {
        self.changed.push(at.clone());
    }

    /// Ends a claim in this transaction, or in a later one if this fails: while this process lives, nobody
    /// else can end it.
    pub(super) fn end(&mut self, ending: Ending) -> Result<(), Error> {
        let ended = self.change(|desk| desk.rows.release(&ending.at, &ending.by));
        self.ended(ending);
        ended
    }

    /// This transaction ends a claim. If it fails, a later one must.
    pub(super) fn ended(&mut self, ending: Ending) {
        self.tell(&ending.at);
        self.ending.push(ending);
    }

    /// Ends what could not be ended before.
    fn end_all(&mut self) -> Result<(), Error> {
        for Ending { at, by } in &self.ending {
            self.rows.release(at, by)?;
            self.changed.push(at.clone());
        }
        Ok(())
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
        ending: Vec::new(),
    };
    let mut writes = VecDeque::new();
    // How many writes were ever asked for, up to the last release among them, and done.
    let (mut asked, mut released, mut done) = (0_u64, 0, 0);
    // Reads that come after releases: each with how many writes must be done before it.
    let mut reads: VecDeque<(u64, Read)> = VecDeque::new();
    // Since when another has the database locked.
    let mut locked = None;
    loop {
        let patience = match locked {
            Some(_) => Some(NAP),
            None if !writes.is_empty() => Some(Duration::ZERO),
            None if !desk.ending.is_empty() => Some(AGAIN),
            None => None,
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
        for job in first.into_iter().chain(iter::from_fn(|| jobs.try_recv().ok()).take(GROUP)) {
            match job {
                // It sees what was confirmed before it was asked: that was before this group.
                Job::Read(read) if released <= done || locked.is_some() => {
                    foreign(|| read(&mut desk));
                }
                Job::Read(read) => reads.push_back((released, read)),
                Job::Write(write) => {
                    asked += 1;
                    writes.push_back(write);
                }
                Job::Release(write) => {
                    asked += 1;
                    released = asked;
                    writes.push_back(write);
                }
            }
        }
        if writes.is_empty() && desk.ending.is_empty() {
            continue;
        }
        let begun = desk.rows.begin();
        let is_busy = begun.as_ref().is_err_and(Error::is_busy);
        if is_busy && locked.get_or_insert_with(Instant::now).elapsed() < PATIENCE {
            // Those that read do not wait for others.
            for (_, read) in reads.drain(..) {
                foreign(|| read(&mut desk));
            }
            continue;
        }
        locked = None;
        let group = writes.len().min(GROUP);
        write(&mut desk, begun, writes.drain(..group), watch);
        done += group as u64;
        let ready = reads.partition_point(|&(after, _)| after <= done);
        for (_, read) in reads.drain(..ready) {
            foreign(|| read(&mut desk));
        }
    }
}

/// Does these in one transaction, and answers them when it has ended.
fn write(
    desk: &mut Desk<'_>,
    begun: Result<(), Error>,
    writes: impl Iterator<Item = Write>,
    watch: &Watch,
) {
    desk.transaction = begun.and_then(|()| desk.end_all());
    let answers: Vec<_> = writes.map(|write| write(desk)).collect();
    let ended = match mem::replace(&mut desk.transaction, Ok(())) {
        Ok(()) => desk.rows.commit_all(),
        Err(error) => {
            desk.rows.roll_back_all();
            Err(error)
        }
    };
    let changed = mem::take(&mut desk.changed);
    if ended.is_ok() {
        desk.ending.clear();
        watch.changed(&changed);
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
