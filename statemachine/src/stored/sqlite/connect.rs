//! Connections to the database.

use std::{
    cell::Cell,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::{Error, layout::Layout, table::Table};

/// How long a connection waits for others to unlock the database.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long it sleeps between two tries. SQLite's own handler would sleep for up to a tenth of a second.
pub(super) const NAP: Duration = Duration::from_millis(1);

/// A new database in memory, for all that use SQLite.
pub(super) const MEMORY: &str = ":memory:";

/// Refuses what SQLite would take for something else than a file that others find.
pub(super) fn check(path: &Path) -> Result<(), Error> {
    if path.as_os_str().is_empty() {
        // A database that is deleted when it is closed.
        return Err(Error::path(
            path,
            "the path is empty; for a database in memory use `Sqlite::in_memory`",
        ));
    }
    if path.as_os_str().as_encoded_bytes().starts_with(b"file:") {
        // Its options may turn locks off.
        let problem = "it is a URI and not a path; for a file of that name write `./` before it";
        return Err(Error::path(path, problem));
    }
    Ok(())
}

/// The file of an open database as all processes name it: absolute and without symbolic links. None if it
/// is in memory.
pub(super) fn file(connection: &Connection, path: &Path) -> Result<Option<Arc<Path>>, Error> {
    if path.as_os_str() == MEMORY {
        return Ok(None);
    }
    match connection.path() {
        Some(file) if !file.is_empty() => Ok(Some(Path::new(file).into())),
        // It is not UTF-8.
        _ => {
            let file =
                path.canonicalize().map_err(|error| Error::path(path, &error.to_string()))?;
            Ok(Some(file.into()))
        }
    }
}

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

    /// Since when this thread waits for another to unlock the database.
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Sleeps before the next try, if there is to be one.
fn nap(tries: i32) -> bool {
    if IS_BUSY.get() {
        return false;
    }
    let now = Instant::now();
    let since = SINCE.get().filter(|_| tries > 0).unwrap_or(now);
    SINCE.set(Some(since));
    if now - since >= PATIENCE {
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
pub(super) fn prepare(
    connection: &mut Connection,
    path: &Path,
    table: &mut Table,
) -> Result<(), Error> {
    let failed = |error| Error::open(path.to_owned(), error);
    if !table.is_ours {
        return table.fit(&Layout::of(connection, &table.name).map_err(failed)?);
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let layout = Layout::of(&transaction, &table.name).map_err(failed)?;
    if !layout.columns.is_empty() {
        table.fit(&layout)?;
    }
    transaction.execute_batch(&table.migration()).map_err(failed)?;
    transaction.commit().map_err(failed)
}
