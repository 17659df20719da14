//! Connections to the database.

use std::{
    cell::Cell,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::{Error, table::Table};

/// How long a connection waits for others to unlock the database.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long it sleeps between two tries. SQLite's own handler would sleep for up to a tenth of a second.
pub(super) const NAP: Duration = Duration::from_millis(1);

/// A connection to that file.
pub(super) fn connect(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let mut connection = Connection::open_with_flags(path, flags)?;
        // Some versions of it take `&mut self` and others `&self`.
        let handled: &mut Connection = &mut connection;
        handled.busy_handler(Some(nap as fn(i32) -> bool))?;
        // The change to it does not ask the busy handler.
        let start = Instant::now();
        loop {
            let mode = connection.pragma_update(None, "journal_mode", "WAL");
            let error = mode.as_ref().err().and_then(rusqlite::Error::sqlite_error_code);
            if error != Some(ErrorCode::DatabaseBusy) || start.elapsed() > PATIENCE {
                mode?;
                break;
            }
            thread::sleep(NAP);
        }
        // What was confirmed must outlive a power cut, as far as the disk's promises go.
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(connection)
    };
    open().map_err(|error| Error::open(path.to_owned(), error))
}

thread_local! {
    /// Whether this thread does something else while another has the database locked.
    static IS_BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Sleeps before the next try, if there is to be one.
fn nap(tries: i32) -> bool {
    if IS_BUSY.get() || u128::from(tries.unsigned_abs()) >= PATIENCE.as_millis() {
        return false;
    }
    thread::sleep(NAP);
    true
}

/// Does something that fails at once if another has the database locked.
pub(super) fn without_nap<T>(does: impl FnOnce() -> T) -> T {
    IS_BUSY.set(true);
    let done = does();
    IS_BUSY.set(false);
    done
}

/// Makes the table, or finds out what the user's has.
pub(super) fn prepare(connection: &mut Connection, table: &mut Table) -> Result<(), Error> {
    if table.is_ours {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(&table.migration())?;
        transaction.commit()?;
        return Ok(());
    }
    let mut columns = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let columns = columns.query_map((&table.name,), |row| row.get(0))?;
    let columns = columns.collect::<Result<Vec<String>, _>>()?;
    let has = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
    table.data = table.data.take().filter(|data| has(data));
    match [&table.version, &table.by].into_iter().find(|column| !has(column)) {
        None => Ok(()),
        Some(column) => Err(Error::table(format!(
            "the table `{}` has no column `{column}`; add what is missing: {}",
            table.name,
            table.migration()
        ))),
    }
}
