//! Each promise is broken once by a store in memory, and the check names it.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::{pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard},
    task::{Poll, Waker},
    thread,
    time::Duration,
};

use super::{check, check_lost, scene::MACHINE, time::within};
use crate::stored::{Address, Claim, Committed, Key, Outcome, Row, Store, Value};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Broken {
    Nothing,
    InsertOverwrites,
    InsertLosesData,
    RemoveIgnoresState,
    RemoveIgnoresClaim,
    MachinesShareRows,
    KeysHaveNoCase,
    CountsAllMachines,
    KeysIgnoreState,
    KeysIgnoreLimit,
    KeysIgnoreClaims,
    StepIgnoresState,
    StepIgnoresClaim,
    StepGivesNew,
    StepKeepsData,
    StepKeepsVersion,
    StepLooksFirst,
    ClaimIgnoresState,
    ClaimIgnoresClaim,
    ClaimLooksFirst,
    ClaimKeepsVersion,
    ClaimIsNotSeen,
    ClaimIsLost,
    ClaimLeaks,
    CommitKeepsVersion,
    CommitLosesData,
    CommitKeepsClaim,
    CommitIsForgotten,
    CommitIgnoresToken,
    RollbackKeepsVersion,
    RollbackDoesNothing,
    RollbackIgnoresToken,
    DropDoesNothing,
    WaitMissesWhatWas,
    WaitMissesMoves,
    WaitMissesDrops,
    WaitIgnoresLimit,
}

/// Each way to be broken, and words of the promise that it breaks.
const CASES: &[(Broken, &str)] = &[
    (Broken::InsertOverwrites, "none is inserted: `false`"),
    (Broken::InsertLosesData, "a row says what was inserted"),
    (Broken::RemoveIgnoresState, "a row in another state is not removed"),
    (Broken::RemoveIgnoresClaim, "a claim excludes removal"),
    (Broken::MachinesShareRows, "though they have one key"),
    (Broken::KeysHaveNoCase, "rows with different keys are different rows"),
    (Broken::CountsAllMachines, "of the machines of that name only"),
    (Broken::KeysIgnoreState, "in one of the states, and no others"),
    (Broken::KeysIgnoreLimit, "up to the limit"),
    (Broken::KeysIgnoreClaims, "`keys` leaves out rows that are claimed"),
    (Broken::StepIgnoresState, "a row in another state is not moved"),
    (Broken::StepIgnoresClaim, "a claim excludes moves in one step"),
    (Broken::StepGivesNew, "and not what is there now"),
    (Broken::StepKeepsData, "removes the data"),
    (Broken::StepKeepsVersion, "makes the version greater: a move"),
    (Broken::StepLooksFirst, "of several that make one move at the same time, one does"),
    (Broken::ClaimIgnoresState, "a row in another state is not claimed"),
    (Broken::ClaimIgnoresClaim, "a second claim is refused"),
    (Broken::ClaimLooksFirst, "at most one claim on a row is alive"),
    (Broken::ClaimKeepsVersion, "makes the version greater: a claim"),
    (Broken::ClaimIsNotSeen, "all see that the row is claimed"),
    (Broken::ClaimIsLost, "`lost` is not ready while"),
    (Broken::ClaimLeaks, "if the future of a claim is dropped"),
    (Broken::CommitKeepsVersion, "makes the version greater: a commit"),
    (Broken::CommitLosesData, "a commit writes the state and the data"),
    (Broken::CommitKeepsClaim, "a commit ends the claim"),
    (Broken::CommitIsForgotten, "no update is lost"),
    (Broken::RollbackKeepsVersion, "makes the version greater: a roll-back"),
    (Broken::RollbackDoesNothing, "when `rollback` returns, the claim has ended"),
    (Broken::DropDoesNothing, "dropped ends, and others get the row"),
    (Broken::WaitMissesWhatWas, "changed between the look and the call"),
    (Broken::WaitMissesMoves, "a wait returns when the row is moved"),
    (Broken::WaitMissesDrops, "a wait returns when a claim is dropped"),
    (Broken::WaitIgnoresLimit, "a wait returns at its limit"),
];

const LOST_CASES: &[(Broken, &str)] = &[
    (Broken::CommitIgnoresToken, "also if it arrives late: `Lost`"),
    (Broken::RollbackIgnoresToken, "does not end the claim of another"),
];

#[test]
fn a_store_that_keeps_its_promises_passes() {
    let rows = Fake::rows(Broken::Nothing);
    pollster::block_on(check(async || Fake::open(&rows)));
    assert!(rows.lock().unwrap().at.is_empty(), "rows are left");
    pollster::block_on(check_lost(async || Fake::open(&rows), async |store| store.end()));
    assert!(rows.lock().unwrap().at.is_empty(), "rows are left");
}

#[test]
fn the_promise_that_a_store_breaks_is_named() {
    // Some of them take a while, so each has a thread.
    thread::scope(|scope| {
        for &(broken, words) in CASES {
            let check = move || {
                let rows = Fake::rows(broken);
                pollster::block_on(check(async || Fake::open(&rows)));
            };
            scope.spawn(move || names(broken, words, check));
        }
        for &(broken, words) in LOST_CASES {
            let check = move || {
                let rows = Fake::rows(broken);
                let end = async |store: &Fake| store.end();
                pollster::block_on(check_lost(async || Fake::open(&rows), end));
            };
            scope.spawn(move || names(broken, words, check));
        }
    });
}

/// The check panics with these words.
#[track_caller]
fn names(broken: Broken, words: &str, check: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(check)).expect_err(&format!("{broken:?} passes"));
    let message = panic.downcast_ref::<String>().expect("a message");
    assert!(message.starts_with("the store breaks a promise: "), "{broken:?}: {message}");
    assert!(message.contains(words), "{broken:?}: {message}");
}

type Rows = Arc<Mutex<Table>>;

struct Table {
    broken: Broken,
    at: BTreeMap<(&'static str, Key), Stored>,
    stores: u64,
    claims: u64,
    commits: u64,
    waiting: Vec<Waker>,
}

#[derive(Clone)]
struct Stored {
    state: String,
    data: Option<String>,
    version: u64,
    /// The claim, and the store that has it.
    claim: Option<(u64, u64)>,
}

/// A store in memory that can be broken.
#[derive(Clone)]
struct Fake {
    rows: Rows,
    id: u64,
    broken: Broken,
}

struct FakeClaim {
    store: Fake,
    at: (&'static str, Key),
    id: u64,
    row: Row,
    is_over: bool,
}

impl Fake {
    fn rows(broken: Broken) -> Rows {
        let (at, waiting) = (BTreeMap::new(), Vec::new());
        Arc::new(Mutex::new(Table { broken, at, stores: 0, claims: 0, commits: 0, waiting }))
    }

    fn open(rows: &Rows) -> Self {
        let mut table = rows.lock().unwrap();
        table.stores += 1;
        Self { rows: Arc::clone(rows), id: table.stores, broken: table.broken }
    }

    fn is(&self, broken: Broken) -> bool {
        self.broken == broken
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.rows.lock().unwrap()
    }

    fn at(&self, at: Address<'_>) -> (&'static str, Key) {
        let machine = if self.is(Broken::MachinesShareRows) { MACHINE } else { at.machine };
        let key = at.key.as_str();
        let no_case = self.is(Broken::KeysHaveNoCase);
        (machine, if no_case { key.to_lowercase().into() } else { key.into() })
    }

    /// Ends all claims of this store, as if their leases had run out.
    fn end(&self) {
        let mut table = self.table();
        for row in table.at.values_mut() {
            row.claim = row.claim.filter(|&(_, store)| store != self.id);
        }
        table.wake();
    }

    /// Why a row is refused to one that wants it in these states.
    fn refuses(
        &self,
        row: Option<&Stored>,
        from: &[&str],
        ignores: [Broken; 2],
    ) -> Option<Option<Row>> {
        let Some(row) = row else { return Some(None) };
        let is_there = from.contains(&row.state.as_str()) || self.is(ignores[0]);
        let is_free = row.claim.is_none() || self.is(ignores[1]);
        (!is_there || !is_free).then(|| Some(row.row()))
    }
}

impl Table {
    fn wake(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }
}

impl Stored {
    fn row(&self) -> Row {
        let Self { state, data, version, claim } = self.clone();
        Row { state, data, version, is_claimed: claim.is_some() }
    }
}

/// Lets others go on.
async fn rest() {
    let mut has_rested = false;
    poll_fn(|cx| {
        if has_rested {
            return Poll::Ready(());
        }
        has_rested = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Store for Fake {
    type Claim = FakeClaim;
    type Error = Infallible;

    async fn open(
        &self,
        machine: &'static str,
        _has_data: bool,
    ) -> Result<Vec<(String, u64)>, Infallible> {
        let mut counts = BTreeMap::new();
        for ((of, _), row) in &self.table().at {
            if *of == machine || self.is(Broken::CountsAllMachines) {
                *counts.entry(row.state.clone()).or_default() += 1;
            }
        }
        Ok(counts.into_iter().collect())
    }

    async fn insert(&self, at: Address<'_>, value: Value<'_>) -> Result<bool, Infallible> {
        let (mut table, at) = (self.table(), self.at(at));
        if table.at.contains_key(&at) && !self.is(Broken::InsertOverwrites) {
            return Ok(false);
        }
        let data = value.data.filter(|_| !self.is(Broken::InsertLosesData)).map(str::to_owned);
        let row = Stored { state: value.state.to_owned(), data, version: 1, claim: None };
        table.at.insert(at, row);
        table.wake();
        Ok(true)
    }

    async fn remove(&self, at: Address<'_>, from: &[&str]) -> Result<Outcome<()>, Infallible> {
        let (mut table, at) = (self.table(), self.at(at));
        let ignores = [Broken::RemoveIgnoresState, Broken::RemoveIgnoresClaim];
        if let Some(refused) = self.refuses(table.at.get(&at), from, ignores) {
            return Ok(Outcome::Refused(refused));
        }
        table.at.remove(&at);
        table.wake();
        Ok(Outcome::Done(()))
    }

    async fn load(&self, at: Address<'_>) -> Result<Option<Row>, Infallible> {
        rest().await;
        let row = self.table().at.get(&self.at(at)).map(Stored::row);
        let is_not_seen = self.is(Broken::ClaimIsNotSeen);
        Ok(row.map(|row| Row { is_claimed: row.is_claimed && !is_not_seen, ..row }))
    }

    async fn keys(
        &self,
        machine: &'static str,
        states: &[&str],
        limit: usize,
    ) -> Result<Vec<Key>, Infallible> {
        let limit = if self.is(Broken::KeysIgnoreLimit) { usize::MAX } else { limit };
        let ignores = [Broken::KeysIgnoreState, Broken::KeysIgnoreClaims];
        let table = self.table();
        let of = table.at.iter().filter(|((of, _), _)| *of == machine);
        let free = of.filter(|(_, row)| self.refuses(Some(row), states, ignores).is_none());
        Ok(free.map(|((_, key), _)| key.clone()).take(limit).collect())
    }

    async fn step(
        &self,
        at: Address<'_>,
        from: &[&str],
        to: Value<'_>,
        wants_old: bool,
    ) -> Result<Outcome<Option<Row>>, Infallible> {
        let at = self.at(at);
        let ignores = [Broken::StepIgnoresState, Broken::StepIgnoresClaim];
        let refused = self.refuses(self.table().at.get(&at), from, ignores);
        if self.is(Broken::StepLooksFirst) && refused.is_none() {
            rest().await;
        } else if let Some(refused) = self.refuses(self.table().at.get(&at), from, ignores) {
            return Ok(Outcome::Refused(refused));
        }
        let mut table = self.table();
        let Some(row) = table.at.get_mut(&at) else { return Ok(Outcome::Refused(None)) };
        let mut old = row.row();
        to.state.clone_into(&mut row.state);
        if to.data.is_some() || !self.is(Broken::StepKeepsData) {
            row.data = to.data.map(str::to_owned);
        }
        row.version += u64::from(!self.is(Broken::StepKeepsVersion));
        if self.is(Broken::StepGivesNew) {
            old = row.row();
        }
        if !self.is(Broken::WaitMissesMoves) {
            table.wake();
        }
        Ok(Outcome::Done(wants_old.then_some(old)))
    }

    async fn claim(
        &self,
        at: Address<'_>,
        from: &[&str],
    ) -> Result<Outcome<FakeClaim>, Infallible> {
        let at = self.at(at);
        let ignores = [Broken::ClaimIgnoresState, Broken::ClaimIgnoresClaim];
        let refused = self.refuses(self.table().at.get(&at), from, ignores);
        if self.is(Broken::ClaimLooksFirst) && refused.is_none() {
            rest().await;
        } else if let Some(refused) = self.refuses(self.table().at.get(&at), from, ignores) {
            return Ok(Outcome::Refused(refused));
        }
        let (id, row) = {
            let mut table = self.table();
            table.claims += 1;
            let id = table.claims;
            let Some(row) = table.at.get_mut(&at) else { return Ok(Outcome::Refused(None)) };
            row.version += u64::from(!self.is(Broken::ClaimKeepsVersion));
            row.claim = Some((id, self.id));
            let row = row.row();
            table.wake();
            (id, row)
        };
        if self.is(Broken::ClaimLeaks) {
            rest().await;
        }
        let claim = FakeClaim { store: self.clone(), at, id, row, is_over: false };
        rest().await;
        Ok(Outcome::Done(claim))
    }

    async fn wait(
        &self,
        at: Address<'_>,
        seen: &Row,
        limit: Option<Duration>,
    ) -> Result<(), Infallible> {
        let at = self.at(at);
        let now = || self.table().at.get(&at).map(Stored::row);
        let seen = if self.is(Broken::WaitMissesWhatWas) { now() } else { Some(seen.clone()) };
        let changed = poll_fn(|cx| {
            if now() != seen {
                return Poll::Ready(());
            }
            self.table().waiting.push(cx.waker().clone());
            Poll::Pending
        });
        match limit.filter(|_| !self.is(Broken::WaitIgnoresLimit)) {
            Some(limit) => {
                within(limit, changed).await;
            }
            None => changed.await,
        }
        Ok(())
    }
}

impl FakeClaim {
    /// The row, if the claim on it is this one.
    fn end(&mut self, ignores: Broken, ends: impl FnOnce(&mut Stored)) -> bool {
        self.is_over = true;
        let mut table = self.store.table();
        let Some(row) = table.at.get_mut(&self.at) else { return false };
        let is_ours = row.claim.is_some_and(|(id, _)| id == self.id);
        if !is_ours && !self.store.is(ignores) {
            return false;
        }
        ends(row);
        true
    }

    fn wake(&self) {
        self.store.table().wake();
    }
}

impl Claim for FakeClaim {
    type Error = Infallible;

    fn row(&self) -> &Row {
        &self.row
    }

    async fn lost(&self) {
        if !self.store.is(Broken::ClaimIsLost) {
            pending().await
        }
    }

    async fn commit(mut self, to: Value<'_>) -> Result<Committed, Infallible> {
        let store = self.store.clone();
        store.table().commits += 1;
        let is_forgotten =
            store.is(Broken::CommitIsForgotten) && store.table().commits.is_multiple_of(20);
        let is_done = self.end(Broken::CommitIgnoresToken, |row| {
            if !is_forgotten {
                to.state.clone_into(&mut row.state);
                row.data =
                    to.data.filter(|_| !store.is(Broken::CommitLosesData)).map(str::to_owned);
            }
            row.version += u64::from(!store.is(Broken::CommitKeepsVersion));
            row.claim = row.claim.filter(|_| store.is(Broken::CommitKeepsClaim));
        });
        self.wake();
        Ok(if is_done { Committed::Done } else { Committed::Lost })
    }

    async fn rollback(mut self) -> Result<(), Infallible> {
        let store = self.store.clone();
        self.end(Broken::RollbackIgnoresToken, |row| {
            if !store.is(Broken::RollbackDoesNothing) {
                row.version += u64::from(!store.is(Broken::RollbackKeepsVersion));
                row.claim = None;
            }
        });
        self.wake();
        Ok(())
    }
}

impl Drop for FakeClaim {
    fn drop(&mut self) {
        let store = self.store.clone();
        if self.is_over || store.is(Broken::DropDoesNothing) {
            return;
        }
        self.end(Broken::Nothing, |row| {
            row.version += 1;
            row.claim = None;
        });
        if !store.is(Broken::WaitMissesDrops) {
            self.wake();
        }
    }
}
