//! What is done with rows, within a transaction of the caller's.
//!
//! Each change is one statement: if that fails, the others of the transaction stand.

use std::{
    array,
    collections::HashMap,
    ops::RangeInclusive,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};

use super::{
    Error,
    connect::without_nap,
    holder::{Holders, holder_of},
    table::{Statement, Table},
};
use crate::stored::{Address, Committed, Key, Outcome, Row};

/// The rows of a table, as seen by one connection.
pub(super) struct Rows<'c> {
    connection: &'c Connection,
    table: &'c Table,
    holders: &'c Holders,
    statements: [Option<rusqlite::Statement<'c>>; Statement::NUMBER],
    /// A holder that was seen alive, and when.
    alive: Option<(String, Instant)>,
}

/// How long a holder is taken to be alive when it was seen so: a herd of waiters asks for the same one.
const STILL_ALIVE: Duration = Duration::from_millis(10);

/// The versions of rows that can be changed. Less is no token. A claim and its end add one each, and beyond the
/// greatest integer SQLite would go on with fractions.
const VERSIONS: RangeInclusive<i64> = 0..=i64::MAX - 2;

/// Where a row is, owned.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Place {
    pub(super) machine: &'static str,
    pub(super) key: Key,
}

impl From<Address<'_>> for Place {
    fn from(at: Address<'_>) -> Self {
        Self { machine: at.machine, key: at.key.clone() }
    }
}

/// A state to write, owned.
pub(super) struct To {
    pub(super) state: String,
    pub(super) data: Option<String>,
}

/// A row with the name of the claim on it, dead or alive.
pub(super) struct Found {
    state: String,
    data: Option<String>,
    version: i64,
    pub(super) by: Option<String>,
}

impl Found {
    /// Whether nothing has happened to the row since it was seen like that.
    pub(super) fn is_as(&self, seen: &Row) -> bool {
        self.version.unsigned_abs() == seen.version && self.state == seen.state
    }
}

impl<'c> Rows<'c> {
    pub(super) fn new(connection: &'c Connection, table: &'c Table, holders: &'c Holders) -> Self {
        Self { connection, table, holders, statements: array::from_fn(|_| None), alive: None }
    }

    /// Starts a transaction that no other writes beside, and does not wait for others.
    pub(super) fn begin(&mut self) -> Result<(), Error> {
        without_nap(|| self.execute(Statement::Begin, ()))?;
        Ok(())
    }

    /// Ends the transaction.
    pub(super) fn commit_all(&mut self) -> Result<(), Error> {
        use rusqlite::ErrorCode::{DatabaseBusy, DiskFull};
        let Err(error) = self.statement(Statement::Commit)?.execute(()) else { return Ok(()) };
        // These come before anything that a restart could take for a commit.
        let is_clear = matches!(error.sqlite_error_code(), Some(DatabaseBusy | DiskFull));
        self.roll_back_all();
        Err(if is_clear { error.into() } else { Error::unclear(error) })
    }

    pub(super) fn roll_back_all(&self) {
        if !self.is_ended() {
            // If even that fails, the next transaction cannot begin, and says so.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    /// Whether the transaction has ended: some errors end it.
    pub(super) fn is_ended(&self) -> bool {
        self.connection.is_autocommit()
    }

    pub(super) fn count(&mut self, machine: &'static str) -> Result<Vec<(String, u64)>, Error> {
        let states = self
            .statement(Statement::Count)?
            .query_map((machine,), |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(states.collect::<Result<_, _>>()?)
    }

    pub(super) fn keys(
        &mut self,
        machine: &'static str,
        states: &[String],
        limit: usize,
    ) -> Result<Vec<Key>, Error> {
        let holders = self.holders;
        let states = serde_json::Value::from(states).to_string();
        let mut rows = self.statement(Statement::Keys)?.query((machine, states))?;
        let (mut keys, mut known) = (Vec::new(), HashMap::new());
        while keys.len() < limit
            && let Some(row) = rows.next()?
        {
            // A row whose key or claim cannot be read is not listed, and hides no others.
            let (Ok(key), Ok(by)) = (row.get_ref(0)?.as_str(), row.get_ref(1)?.as_str_or_null())
            else {
                continue;
            };
            let is_claimed = by.is_some_and(|by| {
                let holder = known.entry(holder_of(by).to_owned());
                *holder.or_insert_with(|| holders.is_alive(by))
            });
            if !is_claimed {
                keys.push(Key::from(key));
            }
        }
        Ok(keys)
    }

    pub(super) fn load(&mut self, at: &Place) -> Result<Option<Row>, Error> {
        let found = self.look(at)?;
        Ok(found.map(|found| self.row(found)))
    }

    pub(super) fn insert(&mut self, at: &Place, to: &To) -> Result<bool, Error> {
        let row = params![at.machine, at.key.as_str(), to.state, to.data];
        Ok(self.execute(Statement::Insert, row)? == 1)
    }

    pub(super) fn remove(&mut self, at: &Place, from: &[String]) -> Result<Outcome<()>, Error> {
        let found = match self.free(at, from)? {
            Ok(found) => found,
            Err(row) => return Ok(Outcome::Refused(row)),
        };
        self.execute(Statement::Remove, params![at.machine, at.key.as_str(), found.version])?;
        Ok(Outcome::Done(()))
    }

    pub(super) fn step(
        &mut self,
        at: &Place,
        from: &[String],
        to: &To,
    ) -> Result<Outcome<Row>, Error> {
        let found = match self.free(at, from)? {
            Ok(found) => found,
            Err(row) => return Ok(Outcome::Refused(row)),
        };
        self.write(at, to, found.version, found.by.as_deref())?;
        Ok(Outcome::Done(Row { is_claimed: false, ..plain(found) }))
    }

    /// Claims the row by a name that is made if the row is free, and gives both.
    pub(super) fn claim(
        &mut self,
        at: &Place,
        from: &[String],
        name: impl FnOnce() -> Result<String, Error>,
    ) -> Result<Outcome<(String, Row)>, Error> {
        let found = match self.free(at, from)? {
            Ok(found) => found,
            Err(row) => return Ok(Outcome::Refused(row)),
        };
        let by = name()?;
        self.execute(Statement::Claim, params![at.machine, at.key.as_str(), found.version, by])?;
        let row = plain(found);
        Ok(Outcome::Done((by, Row { version: row.version + 1, is_claimed: true, ..row })))
    }

    /// Ends a claim with a move.
    pub(super) fn commit(
        &mut self,
        at: &Place,
        to: &To,
        token: u64,
        by: &str,
    ) -> Result<Committed, Error> {
        let is_done = self.write(at, to, token.cast_signed(), Some(by))?;
        Ok(if is_done { Committed::Done } else { Committed::Lost })
    }

    /// Whether the claim can still be committed, and others can see that its holder is alive.
    pub(super) fn has(&mut self, at: &Place, by: &str, token: u64) -> Result<bool, Error> {
        let is_as_claimed = self.look(at)?.is_some_and(|found| {
            found.version.unsigned_abs() == token && found.by.as_deref() == Some(by)
        });
        Ok(is_as_claimed && self.holders.is_alive(by))
    }

    /// Ends a claim, if it has not ended. It goes by its name alone, in case somebody has changed the row by
    /// hand.
    pub(super) fn release(&mut self, at: &Place, by: &str) -> Result<(), Error> {
        self.execute(Statement::Release, params![at.machine, at.key.as_str(), by])?;
        Ok(())
    }

    /// Takes the database's write lock, in a transaction that may have read only.
    pub(super) fn touch(&mut self, at: &Place) -> Result<(), Error> {
        self.execute(Statement::Touch, params![at.machine, at.key.as_str()])?;
        Ok(())
    }

    /// The row if it is in one of these states and not claimed; else why not.
    fn free(&mut self, at: &Place, from: &[String]) -> Result<Result<Found, Option<Row>>, Error> {
        let Some(found) = self.look(at)? else { return Ok(Err(None)) };
        if !VERSIONS.contains(&found.version) {
            return Err(self.out_of_range(at, found.version));
        }
        if !from.contains(&found.state) {
            return Ok(Err(Some(self.row(found))));
        }
        if let Some(by) = &found.by {
            if self.is_alive(by) {
                return Ok(Err(Some(Row { is_claimed: true, ..plain(found) })));
            }
            self.holders.bury(by);
        }
        Ok(Ok(found))
    }

    fn out_of_range(&self, at: &Place, version: i64) -> Error {
        let (Place { machine, key }, Table { name, version: column, .. }) = (at, self.table);
        let (first, last) = VERSIONS.into_inner();
        Error::table(format!(
            "the row `{key}` of {machine} in the table `{name}` has the version {version}; write a number \
             from {first} to {last} into its column `{column}`"
        ))
    }

    pub(super) fn look(&mut self, at: &Place) -> Result<Option<Found>, Error> {
        let statement = self.statement(Statement::Look)?;
        let mut rows = statement.query((at.machine, at.key.as_str()))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Found {
            state: row.get(0)?,
            data: row.get(1)?,
            version: row.get(2)?,
            by: row.get(3)?,
        }))
    }

    /// The row as others see it.
    fn row(&mut self, found: Found) -> Row {
        let is_claimed = found.by.as_deref().is_some_and(|by| self.is_alive(by));
        Row { is_claimed, ..plain(found) }
    }

    /// Whether the holder with this claim is alive.
    fn is_alive(&mut self, by: &str) -> bool {
        let holder = holder_of(by);
        let is_fresh =
            |(alive, seen): &(String, Instant)| alive == holder && seen.elapsed() < STILL_ALIVE;
        if self.alive.as_ref().is_some_and(is_fresh) {
            return true;
        }
        let is_alive = self.holders.is_alive(by);
        self.alive = is_alive.then(|| (holder.to_owned(), Instant::now()));
        is_alive
    }

    /// Writes a state over that version of the row.
    fn write(
        &mut self,
        at: &Place,
        to: &To,
        version: i64,
        by: Option<&str>,
    ) -> Result<bool, Error> {
        let row = params![at.machine, at.key.as_str(), to.state, to.data, version, by];
        Ok(self.execute(Statement::Move, row)? == 1)
    }

    fn execute(
        &mut self,
        statement: Statement,
        params: impl rusqlite::Params,
    ) -> Result<usize, Error> {
        Ok(self.statement(statement)?.execute(params)?)
    }

    fn statement(
        &mut self,
        statement: Statement,
    ) -> Result<&mut rusqlite::Statement<'c>, rusqlite::Error> {
        let prepared = &mut self.statements[statement as usize];
        match prepared {
            Some(prepared) => Ok(prepared),
            None => Ok(prepared.insert(self.connection.prepare(&self.table.sql(statement))?)),
        }
    }
}

/// A row without what is told of its claim.
fn plain(found: Found) -> Row {
    let Found { state, data, version, by: _ } = found;
    Row { state, data, version: version.unsigned_abs(), is_claimed: false }
}
