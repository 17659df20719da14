//! Machines in PostgreSQL: servers of the tests' own, which die, restart and are promoted; processes that
//! are killed and stopped; and a network that loses replies.

mod basics;
mod child;
mod clocks;
mod conforming;
mod deaths;
mod isolation;
mod many;
#[cfg(feature = "sqlx")]
mod over_sqlx;
mod parts;
mod poolers;
mod proxy;
mod replies;
mod restarts;
mod server;
mod tables;
mod transactions;
mod waiting;
mod winners;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use statemachine::{
    StateMachine,
    stored::{
        Machines,
        postgres::{Options, Postgres, Table},
    },
};

#[derive(StateMachine, Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[machine(stored)]
pub(crate) enum Job {
    #[state(to(Running))]
    Queued,
    #[state(to(Done, Queued))]
    Running { worker: String },
    #[state(to(Queued))]
    Done(String),
}

type Jobs = Machines<Job, Postgres>;

/// Longer than anything takes that does not hang.
const LONG: Duration = Duration::from_secs(30);

/// A lease that tests can wait for.
const LEASE: Duration = Duration::from_millis(600);

fn short() -> Options {
    Options::default().lease(LEASE).connections(4)
}

/// The jobs in a table of that name, at that server.
async fn jobs_at(url: &str, table: &str, options: Options) -> Jobs {
    let store = Postgres::connect(url, Table::named(table), options).await.unwrap();
    Machines::open(store).await.unwrap()
}

/// The jobs in a table of that name, at the server that tests share.
async fn jobs(table: &str) -> Jobs {
    jobs_at(&server::shared().url(), table, short()).await
}

/// A connection without the library.
async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn running(worker: &str) -> JobRunning {
    JobRunning { worker: worker.into() }
}
