//! Machines that outlive the process: rows of a database, shared by processes and hosts.
//!
//! `#[machine(stored)]` generates, beside the machine in memory, one for a row: for `enum Job` it is
//! `JobStored`. It has the same methods. A transition that was not declared does not compile, with the same
//! error. Exactly one caller, in whatever process or on whatever host, makes each move.
//!
//! Calls that ask the store are async. With the stores of this crate, none of them blocks its thread.
//!
#![cfg_attr(feature = "sqlite", doc = "```")]
#![cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
//! use std::time::Duration;
//! use serde::{Deserialize, Serialize};
//! use statemachine::{Refused, StateMachine, stored::{Failed, Machines, sqlite::Sqlite}};
//!
//! #[derive(StateMachine, Serialize, Deserialize)]
//! #[machine(stored)]
//! enum Job {
//!     #[state(initial, to(Running))]
//!     Queued,
//!     #[state(to(Done), stored = "in_work")]
//!     Running { worker: String },
//!     #[state(terminal)]
//!     Done(String),
//! }
//!
//! # pollster::block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("jobs.db");
//! let jobs = Machines::<Job, _>::open(Sqlite::open(path).await?).await?;
//! jobs.insert(42, Job::Queued).await?;
//! let job = jobs.at(42);
//!
//! // A move in one step. Of all processes that try, one gets `Ok`.
//! job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
//! let refused = job.queued_to_running().try_commit_with(JobRunning { worker: "w8".to_owned() }).await;
//! assert!(matches!(refused, Err(Failed::Refused(Refused::WrongState { .. }))));
//!
//! // A right that is taken first. While `right` lives, nobody else moves the job. If it is dropped, or if
//! // this process dies, the job is as it was, and another may take the right.
//! let right = job.running_to_done().within(Duration::from_secs(5)).await?;
//! let result = format!("by {}", right.view().worker);
//! right.commit_with(result).await?;
//! assert_eq!(job.in_done().now().await?, "by w7");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Stores
//!
//! | feature | store | for |
//! |---|---|---|
//! | `sqlite` | `sqlite::Sqlite` | processes of one host, without a server |
//! | `postgres` | `postgres::Postgres`, over `tokio-postgres` | many hosts; the user's own tables and transactions |
//! | `sqlx` | `sqlx::Sqlx`, over the user's own pool of `sqlx` | the same |
//! | `stored` | your own [`Store`] | a cluster's key-value store, for example; [`conformance`] checks it |
//!
//! None of them costs anything if its feature is off.
//!
//! # What a row says
//!
//! The state by its name: the variant's, or what `#[state(stored = "..")]` says. The name of the machine: the
//! enum's, or what `#[machine(stored = "..")]` says. The data of a state as JSON, as `serde` writes the enum.
//! An enum without data needs no `serde`.
//!
//! Rows in states that the enum has not are found when the program starts: [`Machines::open`] says which, and
//! how many. Data is not looked at then. A variant that gets a new name in the program keeps its rows if it is
//! `stored` under the old one, and if `serde` reads the old one too (`#[serde(alias = "..")]`). A field that is
//! new needs `#[serde(default)]`.
//!
//! Data is written only if it can be read again: infinite numbers, for example, cannot. What `serde` skips is
//! lost, as in any JSON.
//!
//! # What is as in memory, and what is not
//!
//! | | in memory | stored |
//! |---|---|---|
//! | `a_to_b().now()`, `within`, `until`, `.await` | [`crate::InTransition`] | [`InTransition`], which owns what it needs |
//! | `a_to_b().try_commit()` | one atomic instruction | one statement |
//! | `or_join()` | holds the new state | gives the new state's data |
//! | `in_a()` | holds the state | gives its data, and holds nothing |
//! | `when_a()`, `is_a()`, groups, `reset()` | the same | the same |
//! | `commit()` | cannot fail | fails if the right was lost: [`Failed::Lost`] |
//! | data that was refused | comes back | is dropped |
//! | who is next | the first that came | any of those that wait; all of them look when the row changes |
//! | handlers, `exclusive()`, `both` | yes | no: what must change together changes in one transaction of the database |
//!
//! # What to look out for
//!
//! A process that was paused, or cut off from the store, may have lost its right without knowing it. Nothing
//! that it writes through the right takes effect then. But it may still do other work. Run the work by
//! [`InTransition::run`], which drops it as soon as the right may be lost, and send
//! [`token`](InTransition::token) along to other services.
//!
//! If the connection breaks while a move in one step is under way, the store may not know whether it was
//! made. The error is [`Failed::Unknown`] then, and the move is not made twice. If your program must know,
//! take the right first: its commit is recognised.
//!
//! Dropping a future that has been polled does not take back what was sent to the store.
//!
//! A holder that hangs without having died keeps its right as long as its store says that it lives. Give the
//! work a time limit of its own.
//!
//! A limit, as in `within`, bounds the wait for the machine. A store that does not answer is waited for as long
//! as the store says. Put the runtime's timeout around a call that must return.

/// What is hidden of the examples of single methods: the machine `job` of the enum `Job`, which is `Queued`.
macro_rules! example {
    (before) => {
        "# use std::time::{Duration, Instant};
# use serde::{Deserialize, Serialize};
# use statemachine::{Refused, StateMachine, stored::{Failed, Joined, Key, Machines, sqlite::Sqlite}};
# #[derive(StateMachine, Serialize, Deserialize, Debug)]
# #[machine(stored)]
# enum Job {
#     #[state(to(Running))]
#     Queued,
#     #[state(to(Done, Queued))]
#     Running { worker: String },
#     #[state(terminal)]
#     Done(String),
# }
# pollster::block_on(async {
# let jobs = Machines::<Job, _>::open(Sqlite::in_memory().await?).await?;
# jobs.insert(42, Job::Queued).await?;
# let job = jobs.at(42);"
    };
    (after) => {
        "# Ok::<(), Box<dyn std::error::Error>>(())
# })?;
# Ok::<(), Box<dyn std::error::Error>>(())"
    };
}

mod codec;
mod failed;
pub(crate) mod generated;
mod guard;
mod handle;
mod key;
mod machines;
mod wait;

pub mod conformance;
#[cfg(any(feature = "postgres", feature = "sqlx"))]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod store;

#[cfg(feature = "sqlx")]
pub use self::postgres::sqlx;
pub use self::{
    codec::Stored,
    failed::{Failed, Undecodable, UnknownStates},
    guard::InTransition,
    handle::{BoxFuture, In, Join, Joined, Transition, When},
    key::Key,
    machines::{At, Machines},
    store::{Address, Claim, Committed, Outcome, Row, Store, Value},
};

#[doc(hidden)]
pub use self::codec::{Codec, StoredData};
