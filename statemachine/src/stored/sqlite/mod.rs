//! Machines as rows of an SQLite database: the processes of one host share them, without a server.
//!
//! ```
//! use statemachine::{StateMachine, stored::{Machines, sqlite::Sqlite}};
//!
//! #[derive(StateMachine)]
//! #[machine(stored)]
//! enum Job {
//!     #[state(to(Running))]
//!     Queued,
//!     #[state(to(Done))]
//!     Running,
//!     #[state(terminal)]
//!     Done,
//! }
//!
//! # pollster::block_on(async {
//! let store = Sqlite::in_memory().await?; // or `Sqlite::open("jobs.db")`
//! let jobs = Machines::<Job, _>::open(store).await?;
//! jobs.insert(42, Job::Queued).await?;
//! let job = jobs.at(42);
//! job.queued_to_running().try_commit().await?;
//!
//! // The work, while nobody else moves the job.
//! let right = job.running_to_done().await?;
//! assert!(job.running_to_done().now().await.is_err());
//! right.commit().await?;
//! assert!(job.is_done().await?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It needs no runtime: any executor will do, and none of the calls blocks its thread. Each store has a
//! thread with the connection to the database, and a second one that sleeps unless somebody waits for a
//! machine, or for the loss of a right.
//!
//! The feature `sqlite` compiles SQLite in, by `rusqlite`. Any of its versions from 0.37 to 0.43 will do, so
//! that a program which uses `rusqlite` too has it once. From 0.41 on `rusqlite` needs Rust 1.89.
#![doc = include_str!("guarantees.md")]

mod claim;
mod connect;
mod error;
mod holder;
mod in_transaction;
mod layout;
mod rows;
mod table;
mod thread;
mod watch;

use std::{
    fmt,
    future::{Future as _, poll_fn},
    path::Path,
    pin::pin,
    sync::{Arc, mpsc},
    task::Poll,
    thread::Builder,
    time::Duration,
};

use futures_channel::oneshot;

pub use self::{claim::Claim, error::Error, table::Table};
use self::{
    connect::{MEMORY, check, connect, file, prepare},
    holder::Holders,
    rows::{Place, To},
    thread::{Desk, Ending, Job, Write},
    watch::Watch,
};
use super::{Address, Key, Outcome, Row, Store, Value};

/// An SQLite database with machines in it.
///
/// Its clones are one store, and cheap. Dropping it does not wait: when the last clone and the last
/// [`Claim`] are gone, its thread does what it was asked before and ends.
///
/// A future that is dropped before it is ready has made its change, or will, or never will: that is known
/// only by another look. A claim that was under way then is let go.
///
/// SQLite has one write lock for each database. While another connection has it, changes wait for ten seconds
/// at most, and then fail with an error that [`is_busy`](Error::is_busy). A limit of
/// [`within`](super::Transition::within) is for the machine, and does not shorten this. What only reads does not
/// wait for the lock.
///
/// Do not use a store in a child that was forked without `exec`: it has no threads there.
///
/// [How it keeps its promises](self#what-is-promised).
#[derive(Clone)]
pub struct Sqlite {
    shared: Arc<Shared>,
}

struct Shared {
    jobs: mpsc::Sender<Job>,
    watch: Arc<Watch>,
    holders: Holders,
    table: Table,
    path: Option<Arc<Path>>,
}

impl Sqlite {
    /// The database in that file, with the default [`Table`]. Both are made if they are not there.
    ///
    /// Beside the file SQLite makes others, whose names begin with its name. With the first claim the store makes
    /// a folder of that kind too, `jobs.db-holders`. It stays when there are no more claims.
    ///
    /// The path `:memory:` means what it means to all that use SQLite: a database [in memory](Self::in_memory).
    /// URIs (`file:..`) are refused.
    ///
    /// A thread of the store's own opens it. If the future is dropped, that thread ends. What it has made by then
    /// stays.
    ///
    /// # Errors
    ///
    /// If the path is empty or a URI, or if the file cannot be opened, is not a database, or is locked by another
    /// for ten seconds. The error names the file.
    ///
    /// ```
    /// use statemachine::stored::sqlite::Sqlite;
    ///
    /// # pollster::block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("jobs.db");
    /// let store = Sqlite::open(path).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::on(path, Table::default()).await
    }

    /// A new database in memory. Only the clones of this store see it. It is gone when the last clone and the last
    /// [`Claim`] are, or when the future is dropped.
    ///
    /// ```
    /// use statemachine::stored::sqlite::Sqlite;
    ///
    /// # pollster::block_on(async {
    /// let store = Sqlite::in_memory().await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no memory or no thread for it.
    pub async fn in_memory() -> Result<Self, Error> {
        Self::on(MEMORY, Table::default()).await
    }

    /// The database in that file, with a table of another name or of the user's own. If the future is dropped, that
    /// is as for [`open`](Self::open).
    ///
    /// ```
    /// use statemachine::stored::sqlite::{Sqlite, Table};
    ///
    /// # pollster::block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("jobs.db");
    /// let store = Sqlite::on(path, Table::named("jobs")).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open). For a table of the user's also: if it is not there, has no column of one of
    /// the names, or if its key is not unique.
    pub async fn on(path: impl AsRef<Path>, table: Table) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        check(&path)?;
        let (reply, opened) = oneshot::channel();
        let thread = Builder::new().name("statemachine sqlite".to_owned());
        thread.spawn(move || start(&path, table, reply)).map_err(Error::thread)?;
        opened.await.unwrap_or_else(|_| Err(Error::stopped()))
    }

    /// Asks for something that only reads.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Read(Box::new(move |desk| drop(reply.send(work(desk))))));
        self.named(answer.await.unwrap_or_else(|_| Err(Error::stopped())))
    }

    /// Asks for something that may write.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Write(write(work, reply)));
        self.named(answer.await.unwrap_or_else(|_| Err(Error::stopped())))
    }

    /// Asks for the end of a claim. Whoever reads after this sees that it has ended.
    fn release(&self, ending: Ending) -> oneshot::Receiver<Result<(), Error>> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Release(write(move |desk| desk.end(ending), reply)));
        answer
    }

    /// Says in an error which database it is.
    fn named<T>(&self, done: Result<T, Error>) -> Result<T, Error> {
        done.map_err(|error| error.of(self.shared.path.as_ref()))
    }

    fn send(&self, job: Job) {
        // If the thread has ended, the job is dropped, and with it the sender of the reply.
        let _ = self.shared.jobs.send(job);
    }
}

/// A request that may write, and how it is answered.
fn write<T: Send + 'static>(
    work: impl FnOnce(&mut Desk<'_>) -> Result<T, Error> + Send + 'static,
    reply: oneshot::Sender<Result<T, Error>>,
) -> Write {
    Box::new(move |desk| {
        let done = work(desk);
        // If nobody takes the answer, dropping it lets go of what is in it.
        Box::new(move |ended| drop(reply.send(ended.and(done))))
    })
}

/// Opens a store, and is its thread.
fn start(path: &Path, mut table: Table, reply: oneshot::Sender<Result<Sqlite, Error>>) {
    let opened = connect(path).and_then(|mut connection| {
        prepare(&mut connection, path, &mut table)?;
        let file = file(&connection, path)?;
        Ok((connection, file))
    });
    let (connection, path) = match opened {
        Ok(opened) => opened,
        Err(error) => return drop(reply.send(Err(error))),
    };
    let holders = Holders::of(path.clone());
    let watch = Arc::new(Watch::new(path.clone(), table.clone(), holders.clone()));
    let (jobs, asked) = mpsc::channel();
    let shared = Arc::new(Shared {
        jobs,
        watch: Arc::clone(&watch),
        holders: holders.clone(),
        table: table.clone(),
        path,
    });
    drop(reply.send(Ok(Sqlite { shared })));
    thread::run(&connection, &table, &holders, &asked, &watch);
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.watch.close();
    }
}

impl Store for Sqlite {
    type Claim = Claim;
    type Error = Error;

    async fn open(
        &self,
        machine: &'static str,
        has_data: bool,
    ) -> Result<Vec<(String, u64)>, Error> {
        let table = &self.shared.table;
        if has_data && table.data.is_none() {
            let name = &table.name;
            return Err(Error::table(format!(
                "the table `{name}` has no column for the data of {machine}; name it with `Table::data`, or \
                 add it: {}",
                table.migration()
            )));
        }
        self.read(move |desk| desk.rows.count(machine)).await
    }

    async fn insert(&self, at: Address<'_>, value: Value<'_>) -> Result<bool, Error> {
        let (at, to) = (Place::from(at), To::from(value));
        let inserted = self.write(move |desk| {
            let is_new = desk.change(|desk| desk.rows.insert(&at, &to))?;
            if is_new {
                desk.tell(&at);
            }
            Ok(is_new)
        });
        inserted.await
    }

    async fn remove(&self, at: Address<'_>, from: &[&str]) -> Result<Outcome<()>, Error> {
        let (at, from) = (Place::from(at), owned(from));
        let removed = self.write(move |desk| {
            let removed = desk.change(|desk| desk.rows.remove(&at, &from))?;
            if matches!(removed, Outcome::Done(())) {
                desk.tell(&at);
            }
            Ok(removed)
        });
        outcome(removed.await)
    }

    async fn load(&self, at: Address<'_>) -> Result<Option<Row>, Error> {
        let at = Place::from(at);
        self.read(move |desk| desk.rows.load(&at)).await
    }

    async fn keys(
        &self,
        machine: &'static str,
        states: &[&str],
        limit: usize,
    ) -> Result<Vec<Key>, Error> {
        let states = owned(states);
        self.read(move |desk| desk.rows.keys(machine, &states, limit)).await
    }

    async fn step(
        &self,
        at: Address<'_>,
        from: &[&str],
        to: Value<'_>,
        wants_old: bool,
    ) -> Result<Outcome<Option<Row>>, Error> {
        let (at, from, to) = (Place::from(at), owned(from), To::from(to));
        let moved = self.write(move |desk| {
            Ok(match desk.change(|desk| desk.rows.step(&at, &from, &to))? {
                Outcome::Done(old) => {
                    desk.tell(&at);
                    Outcome::Done(wants_old.then_some(old))
                }
                Outcome::Refused(row) => Outcome::Refused(row),
                Outcome::Unknown => Outcome::Unknown,
            })
        });
        outcome(moved.await)
    }

    async fn claim(&self, at: Address<'_>, from: &[&str]) -> Result<Outcome<Claim>, Error> {
        let (at, from, store) = (Place::from(at), owned(from), self.clone());
        let claimed = self.write(move |desk| {
            let claimed = desk.change(|desk| desk.claim(&at, &from))?;
            Ok(match claimed {
                Outcome::Done((by, row)) => {
                    desk.tell(&at);
                    Outcome::Done(Claim::new(store, at, by, row))
                }
                Outcome::Refused(row) => Outcome::Refused(row),
                Outcome::Unknown => Outcome::Unknown,
            })
        });
        outcome(claimed.await)
    }

    async fn wait(
        &self,
        at: Address<'_>,
        seen: &Row,
        limit: Option<Duration>,
    ) -> Result<(), Error> {
        let at = Place::from(at);
        let mut ticket = self.shared.watch.enter(at.clone(), seen.clone(), false, limit)?;
        // From here on every change wakes it. One that came before is seen by this look.
        let mut look = pin!(self.read(move |desk| desk.rows.load(&at)));
        let mut has_looked = false;
        poll_fn(|cx| {
            if let Poll::Ready(woken) = ticket.poll_woken(cx) {
                return Poll::Ready(self.named(woken));
            }
            if has_looked {
                return Poll::Pending;
            }
            let Poll::Ready(row) = look.as_mut().poll(cx) else { return Poll::Pending };
            has_looked = true;
            match row {
                Ok(Some(row)) if row == *seen => Poll::Pending,
                Ok(_) => Poll::Ready(Ok(())),
                Err(error) => Poll::Ready(Err(error)),
            }
        })
        .await
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite")
            .field("path", &self.shared.path)
            .field("table", &self.shared.table.name)
            .finish()
    }
}

impl From<Value<'_>> for To {
    fn from(value: Value<'_>) -> Self {
        Self { state: value.state.to_owned(), data: value.data.map(str::to_owned) }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().copied().map(str::to_owned).collect()
}

/// A change that nobody can tell the end of is that, and not an error.
fn outcome<T>(done: Result<Outcome<T>, Error>) -> Result<Outcome<T>, Error> {
    match done {
        Err(error) if error.is_unclear() => Ok(Outcome::Unknown),
        done => done,
    }
}
