//! Machines that are rows of a PostgreSQL table, which hosts share.
//!
//! # In a table of the store's own
//!
//! ```no_run
//! use std::time::Duration;
//! use statemachine::{
//!     StateMachine,
//!     stored::{Machines, postgres::{Options, Postgres, Table}},
//! };
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(StateMachine, Serialize, Deserialize)]
//! #[machine(stored)]
//! enum Job {
//!     #[state(to(Running))]
//!     Queued,
//!     #[state(to(Done))]
//!     Running { worker: String },
//!     #[state(terminal)]
//!     Done(String),
//! }
//!
//! # async fn work() -> Result<(), Box<dyn std::error::Error>> {
//! let url = "postgres://user:password@localhost/jobs";
//! let store = Postgres::connect(url, Table::default(), Options::default()).await?;
//! let jobs = Machines::<Job, _>::open(store).await?;
//! jobs.insert(42, Job::Queued).await?;
//! let job = jobs.at(42);
//!
//! // One statement:
//! job.queued_to_running().try_commit_with(JobRunning { worker: "me".into() }).await?;
//! // A right that lives as long as this process, and a lease longer at most:
//! let right = job.running_to_done().within(Duration::from_secs(5)).await?;
//! right.commit_with("well".into()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # In the user's own table, with the user's own rows
//!
//! [`Table::of`] names a table that is there. A move can be part of a transaction, so that the state and what
//! belongs to it change together, and a state can be held until a transaction ends.
//!
//! ```no_run
//! use statemachine::{StateMachine, stored::{Machines, postgres::{Postgres, Table}}};
//!
//! #[derive(StateMachine)]
//! #[machine(stored)]
//! enum Order {
//!     #[state(to(Paid))]
//!     Placed,
//!     #[state(terminal)]
//!     Paid,
//! }
//!
//! # async fn pay(pool: deadpool_postgres::Pool) -> Result<(), Box<dyn std::error::Error>> {
//! let store = Postgres::on(pool.clone(), Table::of("orders", "id", "status"));
//! let orders = Machines::<Order, _>::open(store).await?;
//!
//! let mut client = pool.get().await?;
//! let tx = client.transaction().await?;
//! tx.execute("INSERT INTO payments (order_id) VALUES ($1)", &[&7_i64]).await?;
//! orders.at(7).placed_to_paid().commit_in(&tx).await?;
//! tx.commit().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it needs
//!
//! PostgreSQL 12 or later. A `tokio` runtime with time and I/O: each call panics outside of one. The store
//! works at every isolation level that is the database's default. It repeats what fails to serialize, except
//! in the user's transactions.
//!
//! A call waits while a transaction of another has the row locked, as any `UPDATE` does.
//!
#![doc = include_str!("guarantees.md")]

mod claim;
mod driver;
mod engine;
mod error;
mod keeper;
mod layout;
mod marks;
mod options;
mod sql;
mod statement;
mod table;
mod topics;
mod transaction;
mod tries;
mod waiting;

use std::{fmt, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, Pool};
use tokio_postgres::{
    Config, NoTls, Socket,
    tls::{MakeTlsConnect, TlsConnect},
};

use self::{
    claim::Claimed,
    driver::{Pooled, connector},
    engine::Engine,
    error::Fault,
};
pub use self::{error::Error, options::Options, table::Table};
use crate::stored::{self, Address, Committed, Key, Outcome, Row, Store, Value};

/// A PostgreSQL table as a [`Store`].
///
/// It is cheap to clone. [The module](self) has examples, and what it guarantees.
#[derive(Clone)]
pub struct Postgres {
    engine: Arc<Engine<Pooled>>,
}

impl Postgres {
    /// Connects to a server, without TLS. [`on`](Self::on) is for a pool that uses TLS.
    ///
    /// `url` is as `tokio-postgres` reads it: `postgres://user:password@host/database`, or
    /// `host=.. user=.. dbname=..`.
    ///
    /// # Errors
    ///
    /// If the address cannot be read, if the server refuses the connection, or if it cannot be reached for as
    /// long as [`Options::patience`] says.
    ///
    /// # Panics
    ///
    /// Outside of a `tokio` runtime.
    pub async fn connect(url: &str, table: Table, options: Options) -> Result<Self, Error> {
        let config: Config =
            url.parse().map_err(|error: tokio_postgres::Error| Error::Connection(error.into()))?;
        let config = watchful(config, options.patience);
        let pool = Pool::builder(Manager::new(config.clone(), NoTls))
            .max_size(options.connections)
            .build()
            .map_err(|error| Error::Connection(error.into()))?;
        let driver = Pooled { pool, listening: Some(connector(config, NoTls)) };
        let store = Self { engine: Arc::new(Engine::new(driver, table, options)) };
        store.engine.reach().await?;
        Ok(store)
    }

    /// A table in the database of the user's own pool.
    ///
    /// A pool hands out connections for what is asked, and cannot say what a connection hears. So callers that
    /// wait look again and again, unless [`listening`](Self::listening) says how to make a connection that
    /// listens.
    ///
    /// The connection that renews rights is taken from the pool when the first right is asked for, and the
    /// pool may make another in its place. If it breaks while the pool is exhausted, no right can be renewed.
    /// With [`listening`](Self::listening) the store makes that connection by itself.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use statemachine::stored::postgres::{Options, Postgres, Table};
    ///
    /// # fn store(pool: deadpool_postgres::Pool) -> Result<Postgres, tokio_postgres::Error> {
    /// let store = Postgres::on(pool, Table::of("orders", "id", "status"))
    ///     .with(Options::default().lease(Duration::from_secs(30)))
    ///     .listening("host=localhost user=shop".parse()?);
    /// # Ok(store)
    /// # }
    /// ```
    #[must_use]
    pub fn on(pool: Pool, table: Table) -> Self {
        let driver = Pooled { pool, listening: None };
        Self { engine: Arc::new(Engine::new(driver, table, Options::default())) }
    }

    /// A store that is as this one, with these options. [`Options::connections`] is the pool's to say.
    #[must_use]
    pub fn with(self, options: Options) -> Self {
        Self { engine: self.engine.with(|_, old| *old = options) }
    }

    /// A store that is as this one, and makes connections of its own as `config` says, without TLS: one that
    /// listens, and one that renews rights.
    ///
    /// Behind a pooler that lends connections for a transaction only, this must lead past the pooler.
    #[must_use]
    pub fn listening(self, config: Config) -> Self {
        self.listening_with(config, NoTls)
    }

    /// [`listening`](Self::listening), with TLS.
    #[must_use]
    pub fn listening_with<T>(self, config: Config, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + Sync + 'static,
        T::TlsConnect: Send + Sync,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let config = watchful(config, self.engine.options.patience);
        let listening = Some(connector(config, tls));
        Self { engine: self.engine.with(|driver, _| driver.listening = listening) }
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.engine.table
    }
}

/// A connection that notices within that time that its peer is gone, unless the user has said otherwise.
fn watchful(mut config: Config, patience: Duration) -> Config {
    // The kernel counts in whole seconds, and not for ever.
    let patience = patience.clamp(Duration::from_secs(2), Duration::from_secs(3600));
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(patience);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(patience);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_idle(patience).keepalives_interval(patience / 2);
    }
    config
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("table", &self.engine.table)
            .field("options", &self.engine.options)
            .finish_non_exhaustive()
    }
}

impl Store for Postgres {
    type Error = Error;
    type Claim = Claim;

    async fn open(
        &self,
        machine: &'static str,
        has_data: bool,
    ) -> Result<Vec<(String, u64)>, Error> {
        self.engine.open(machine, has_data).await
    }

    async fn insert(&self, at: Address<'_>, value: Value<'_>) -> Result<bool, Error> {
        self.engine.insert(at, value).await
    }

    async fn remove(&self, at: Address<'_>, from: &[&str]) -> Result<Outcome<()>, Error> {
        self.engine.remove(at, from).await
    }

    async fn load(&self, at: Address<'_>) -> Result<Option<Row>, Error> {
        self.engine.load(at).await
    }

    async fn keys(
        &self,
        machine: &'static str,
        states: &[&str],
        limit: usize,
    ) -> Result<Vec<Key>, Error> {
        self.engine.keys(machine, states, limit).await
    }

    async fn step(
        &self,
        at: Address<'_>,
        from: &[&str],
        to: Value<'_>,
        wants_old: bool,
    ) -> Result<Outcome<Option<Row>>, Error> {
        self.engine.step(at, from, to, wants_old).await
    }

    async fn claim(&self, at: Address<'_>, from: &[&str]) -> Result<Outcome<Claim>, Error> {
        Ok(match self.engine.claim(at, from).await? {
            Outcome::Done(claimed) => Outcome::Done(Claim(claimed)),
            Outcome::Refused(row) => Outcome::Refused(row),
            Outcome::Unknown => Outcome::Unknown,
        })
    }

    async fn wait(
        &self,
        at: Address<'_>,
        seen: &Row,
        limit: Option<Duration>,
    ) -> Result<(), Error> {
        self.engine.wait(at, seen, limit).await
    }
}

/// The right to a row of a [`Postgres`], which lives as long as it is renewed.
#[must_use = "dropping it lets go of the row"]
pub struct Claim(Claimed<Pooled>);

impl stored::Claim for Claim {
    type Error = Error;

    fn row(&self) -> &Row {
        self.0.row()
    }

    async fn lost(&self) {
        self.0.lost().await;
    }

    async fn commit(self, to: Value<'_>) -> Result<Committed, Error> {
        self.0.commit(to).await
    }

    async fn rollback(self) -> Result<(), Error> {
        self.0.rollback().await
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("row", self.0.row()).finish_non_exhaustive()
    }
}
