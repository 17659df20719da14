//! Why an SQLite store failed.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Why a [`Sqlite`](super::Sqlite) failed. It is cheap to clone: all that were to be written together get
/// the same.
///
/// ```
/// use statemachine::stored::sqlite::Sqlite;
///
/// # pollster::block_on(async {
/// let error = Sqlite::open("no/such/folder/jobs.db").await.unwrap_err();
/// assert!(error.to_string().starts_with("cannot open `no/such/folder/jobs.db`"));
/// assert!(!error.is_busy());
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    cause: Arc<Cause>,
    /// The database, if it is known and no part of the cause.
    file: Option<Arc<Path>>,
}

#[derive(Debug)]
enum Cause {
    Open(PathBuf, rusqlite::Error),
    Sqlite(rusqlite::Error),
    Unclear(rusqlite::Error),
    Holder(PathBuf, io::Error),
    Problem(String),
    Thread(io::Error),
    Stopped,
}

impl Error {
    pub(super) fn open(path: PathBuf, source: rusqlite::Error) -> Self {
        Cause::Open(path, source).into()
    }

    /// A `COMMIT` failed in a way that does not tell whether a restart will find its changes.
    pub(super) fn unclear(source: rusqlite::Error) -> Self {
        Cause::Unclear(source).into()
    }

    pub(super) fn holder(path: PathBuf, source: io::Error) -> Self {
        Cause::Holder(path, source).into()
    }

    pub(super) fn table(problem: String) -> Self {
        Cause::Problem(problem).into()
    }

    /// The path is none that a database of several processes can have.
    pub(super) fn path(path: &Path, problem: &str) -> Self {
        Cause::Problem(format!("cannot open `{}`: {problem}", path.display())).into()
    }

    pub(super) fn thread(source: io::Error) -> Self {
        Cause::Thread(source).into()
    }

    pub(super) fn stopped() -> Self {
        Cause::Stopped.into()
    }

    /// The same, of the database in that file.
    pub(super) fn of(self, file: Option<&Arc<Path>>) -> Self {
        Self { file: file.cloned(), ..self }
    }

    pub(super) fn is_unclear(&self) -> bool {
        matches!(*self.cause, Cause::Unclear(_))
    }

    /// Whether another had the database locked for longer than this store waits, which is ten seconds.
    ///
    /// Nothing was changed then, and it may be tried again.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.sqlite().and_then(rusqlite::Error::sqlite_error_code)
            == Some(rusqlite::ErrorCode::DatabaseBusy)
    }

    /// What SQLite said, if it is SQLite that failed.
    #[must_use]
    pub fn sqlite(&self) -> Option<&rusqlite::Error> {
        match &*self.cause {
            Cause::Open(_, source) | Cause::Sqlite(source) | Cause::Unclear(source) => Some(source),
            _ => None,
        }
    }
}

impl From<Cause> for Error {
    fn from(cause: Cause) -> Self {
        Self { cause: Arc::new(cause), file: None }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(source: rusqlite::Error) -> Self {
        Cause::Sqlite(source).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Cause::Sqlite(_) | Cause::Unclear(_), Some(file)) = (&*self.cause, &self.file) {
            write!(f, "`{}`: ", file.display())?;
        }
        match &*self.cause {
            Cause::Open(path, source) => write!(f, "cannot open `{}`: {source}", path.display()),
            Cause::Sqlite(source) => source.fmt(f),
            Cause::Unclear(source) => {
                write!(f, "it is not known whether the change was made: {source}")
            }
            Cause::Holder(path, source) => {
                write!(f, "cannot make `{}`, the file of a holder: {source}", path.display())
            }
            Cause::Problem(problem) => f.write_str(problem),
            Cause::Thread(source) => write!(f, "cannot start a thread: {source}"),
            Cause::Stopped => f.write_str("the thread of the store has ended"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.cause {
            Cause::Holder(_, source) | Cause::Thread(source) => Some(source),
            _ => self.sqlite().map(|source| source as _),
        }
    }
}
