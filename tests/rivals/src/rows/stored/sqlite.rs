use std::path::PathBuf;

use parking_lot::Mutex;
use rusqlite::{Connection, params};
use statemachine::stored::sqlite::Sqlite;
use tempfile::TempDir;
use tokio::task::block_in_place;

use super::{CALLERS, MEASURES, Moves, ROUNDS, RUNTIME, Rights, Steps, contestant, switches};
use crate::contest::{Contest, Role};

pub fn contest() -> Contest {
    let store = || RUNTIME.block_on(Folder::new().switches());
    Contest {
        id: "sqlite",
        title: "Rows of SQLite: moves a second, where more is better",
        about: "Each caller moves a row of its own, and each commit is on the disk before it is confirmed. By \
                hand there is a connection for each caller, and prepared statements.",
        measures: MEASURES,
        charted: 0,
        rounds: ROUNDS,
        contestants: vec![
            contestant("`UPDATE .. WHERE state = ..` by hand", Role::Limit, ByHand::new(1)),
            contestant("statemachine, a move in one step", Role::Ours, Steps(store())),
            contestant("two such statements by hand", Role::Limit, ByHand::new(2)),
            contestant("statemachine, the right taken first", Role::Ours, Rights(store())),
        ],
    }
}

/// Where a database is as long as the program runs.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("there is a place for temporary files"))
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("switches.db")
    }

    async fn switches(self) -> super::Switches<Sqlite> {
        let store = Sqlite::open(self.database()).await.expect("the file can be made");
        switches(store, Some(self.0)).await
    }
}

/// Connections, one for each caller.
struct ByHand {
    connections: Vec<Mutex<Connection>>,
    statements: usize,
    _folder: Folder,
}

impl ByHand {
    fn new(statements: usize) -> Self {
        let folder = Folder::new();
        let connections: Vec<_> =
            (0..CALLERS[2]).map(|_| Mutex::new(connection(&folder))).collect();
        for row in 0..CALLERS[2] {
            let first = connections[0].lock();
            first
                .execute("INSERT INTO switch VALUES (?1, 'Off', 0)", params![row.to_string()])
                .expect("the row is new");
        }
        Self { connections, statements, _folder: folder }
    }

    fn change(&self, row: usize, from: &str, to: &str) {
        let connection = self.connections[row].lock();
        let run = |text: &str, values: &[&str]| {
            let mut statement = connection.prepare_cached(text).expect("it is right");
            statement
                .execute(rusqlite::params_from_iter(values))
                .expect("the lock is taken in time")
        };
        let key = row.to_string();
        for statement in 1..=self.statements {
            let state = if statement == self.statements { to } else { from };
            run("BEGIN IMMEDIATE", &[]);
            let moved = run(
                "UPDATE switch SET state = ?1, version = version + 1 WHERE id = ?2 AND state = ?3",
                &[state, &key, from],
            );
            assert_eq!(moved, 1);
            run("COMMIT", &[]);
        }
    }
}

fn connection(folder: &Folder) -> Connection {
    let connection = Connection::open(folder.database()).expect("the file can be made");
    connection
        .execute_batch(
            "PRAGMA busy_timeout = 60000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS switch
                 (id TEXT PRIMARY KEY, state TEXT NOT NULL, version INTEGER NOT NULL);",
        )
        .expect("the table can be made");
    connection
}

impl Moves for ByHand {
    async fn there_and_back(&self, row: usize) {
        block_in_place(|| {
            self.change(row, "Off", "On");
            self.change(row, "On", "Off");
        });
    }
}
