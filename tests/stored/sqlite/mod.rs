//! SQLite: the processes are this program itself, run again.

mod child;
mod death;
mod durability;
mod many;
mod promises;
mod race;
mod spoiled;
mod tables;
mod waiting;

use std::path::Path;

use serde::{Deserialize, Serialize};
use statemachine::{
    StateMachine,
    stored::{
        Machines,
        sqlite::{self, Sqlite},
    },
};

#[derive(StateMachine, Serialize, Deserialize, Debug, PartialEq)]
#[machine(stored)]
pub(crate) enum Job {
    #[state(initial, to(Running, Done))]
    Queued,
    #[state(to(Done, Queued))]
    Running { worker: String },
    #[state(terminal)]
    Done(String),
}

type Jobs = Machines<Job, Sqlite>;
type Failed = statemachine::stored::Failed<sqlite::Error>;

/// The jobs of that database, by a store of their own.
async fn jobs(path: &Path) -> Jobs {
    let store = Sqlite::open(path).await.expect("it opens");
    Jobs::open(store).await.expect("it has known states")
}

fn running(worker: impl ToString) -> JobRunning {
    JobRunning { worker: worker.to_string() }
}

/// What the holders of a database have beside it.
fn holders(path: &Path) -> Vec<std::path::PathBuf> {
    let folder = format!("{}-holders", path.display());
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.expect("an entry").path()).collect()
}
