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
//! A pooler that lends connections for a transaction only, such as PgBouncer in transaction mode, needs
//! [`Options::unprepared`], and [`Options::without_listening`] or a way past it.
//!
//! A call waits while a transaction of another has the row locked, as any `UPDATE` does.
//!
#![doc = include_str!("guarantees.md")]

mod claim;
#[cfg(feature = "postgres")]
mod driver;
mod engine;
mod error;
mod keeper;
mod layout;
mod marks;
mod options;
mod sql;
#[cfg(feature = "sqlx")]
pub mod sqlx;
mod statement;
#[cfg(feature = "postgres")]
mod store;
mod table;
mod topics;
mod transaction;
mod tries;
mod waiting;

use self::error::Fault;
#[cfg(feature = "postgres")]
pub use self::store::{Claim, Postgres};
pub use self::{error::Error, options::Options, table::Table};

/// `Store` for a type whose `engine` does all of it.
macro_rules! store_of_engine {
    ($store:ident, $driver:ty) => {
        impl crate::stored::Store for $store {
            type Error = $crate::stored::postgres::Error;
            type Claim = Claim;

            async fn open(
                &self,
                machine: &'static str,
                has_data: bool,
            ) -> Result<Vec<(String, u64)>, Self::Error> {
                self.engine.open(machine, has_data).await
            }

            async fn insert(
                &self,
                at: crate::stored::Address<'_>,
                value: crate::stored::Value<'_>,
            ) -> Result<bool, Self::Error> {
                self.engine.insert(at, value).await
            }

            async fn remove(
                &self,
                at: crate::stored::Address<'_>,
                from: &[&str],
            ) -> Result<crate::stored::Outcome<()>, Self::Error> {
                self.engine.remove(at, from).await
            }

            async fn load(
                &self,
                at: crate::stored::Address<'_>,
            ) -> Result<Option<crate::stored::Row>, Self::Error> {
                self.engine.load(at).await
            }

            async fn keys(
                &self,
                machine: &'static str,
                states: &[&str],
                limit: usize,
            ) -> Result<Vec<crate::stored::Key>, Self::Error> {
                self.engine.keys(machine, states, limit).await
            }

            async fn step(
                &self,
                at: crate::stored::Address<'_>,
                from: &[&str],
                to: crate::stored::Value<'_>,
                wants_old: bool,
            ) -> Result<crate::stored::Outcome<Option<crate::stored::Row>>, Self::Error> {
                self.engine.step(at, from, to, wants_old).await
            }

            async fn claim(
                &self,
                at: crate::stored::Address<'_>,
                from: &[&str],
            ) -> Result<crate::stored::Outcome<Claim>, Self::Error> {
                use crate::stored::Outcome;
                Ok(match self.engine.claim(at, from).await? {
                    Outcome::Done(claimed) => Outcome::Done(Claim(claimed)),
                    Outcome::Refused(row) => Outcome::Refused(row),
                    Outcome::Unknown => Outcome::Unknown,
                })
            }

            async fn wait(
                &self,
                at: crate::stored::Address<'_>,
                seen: &crate::stored::Row,
                limit: Option<std::time::Duration>,
            ) -> Result<(), Self::Error> {
                self.engine.wait(at, seen, limit).await
            }
        }

        impl std::fmt::Debug for $store {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($store))
                    .field("table", &self.engine.table)
                    .field("options", &self.engine.options)
                    .finish_non_exhaustive()
            }
        }

        #[doc = concat!("The right to a row of a [`", stringify!($store), "`], which lives as long as it is renewed.")]
        #[must_use = "dropping it lets go of the row"]
        pub struct Claim($crate::stored::postgres::claim::Claimed<$driver>);

        impl crate::stored::Claim for Claim {
            type Error = $crate::stored::postgres::Error;

            fn row(&self) -> &crate::stored::Row {
                self.0.row()
            }

            async fn lost(&self) {
                self.0.lost().await;
            }

            async fn commit(
                self,
                to: crate::stored::Value<'_>,
            ) -> Result<crate::stored::Committed, Self::Error> {
                self.0.commit(to).await
            }

            async fn rollback(self) -> Result<(), Self::Error> {
                self.0.rollback().await
            }
        }

        impl std::fmt::Debug for Claim {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct("Claim").field("row", self.0.row()).finish_non_exhaustive()
            }
        }
    };
}

use store_of_engine;
