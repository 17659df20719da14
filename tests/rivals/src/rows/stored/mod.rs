//! Machines that are rows of a database, beside the statements that one would write by hand.

mod postgres;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../../../stored/postgres/server.rs"]
mod server;
mod sqlite;

use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use statemachine::{
    StateMachine,
    stored::{Machines, Store},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::contest::{Contestant, Role};

pub use self::{postgres::contest as postgres, sqlite::contest as sqlite};

/// How many callers move rows at once, each a row of its own.
const CALLERS: [usize; 3] = [1, 8, 64];

/// The same as measures.
const MEASURES: &[&str] = &["/s, 1 caller", "/s, 8 callers", "/s, 64 callers"];

/// Long enough for hundreds of commits.
const WINDOW: Duration = Duration::from_millis(500);

/// So many rounds take a minute.
const ROUNDS: Option<usize> = Some(7);

#[derive(StateMachine)]
#[machine(stored)]
enum Switch {
    #[state(to(On))]
    Off,
    #[state(to(Off))]
    On,
}

/// Moves a row.
trait Moves: Send + Sync + 'static {
    /// From `Off` to `On` and back.
    fn there_and_back(&self, row: usize) -> impl Future<Output = ()> + Send;
}

/// Where all of it runs.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("there are threads to be had"));

/// Moves a second, by so many callers together.
fn contestant(name: &'static str, role: Role, moves: impl Moves) -> Contestant {
    let moves = Arc::new(moves);
    Contestant::new(name, role, move || {
        CALLERS.map(|callers| RUNTIME.block_on(rate(&moves, callers))).into()
    })
}

async fn rate(moves: &Arc<impl Moves>, callers: usize) -> f64 {
    let begin = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|row| {
            let moves = Arc::clone(moves);
            tokio::spawn(async move {
                let mut made = 0_u32;
                while begin.elapsed() < WINDOW {
                    moves.there_and_back(row).await;
                    made += 2;
                }
                made
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        made += task.await.expect("it ends");
    }
    f64::from(made) / begin.elapsed().as_secs_f64()
}

/// Machines, and the folder that they are in.
#[derive(Clone)]
struct Switches<St> {
    machines: Machines<Switch, St>,
    _folder: Option<Arc<TempDir>>,
}

/// Each move in one step.
struct Steps<St>(Switches<St>);

/// For each move, the right first.
struct Rights<St>(Switches<St>);

/// New machines, all of them in `Off`.
async fn switches<St: Store>(store: St, folder: Option<TempDir>) -> Switches<St> {
    let machines = Machines::open(store).await.expect("the table is new");
    for row in 0..CALLERS[2] {
        assert!(machines.insert(row, Switch::Off).await.expect("the store works"));
    }
    Switches { machines, _folder: folder.map(Arc::new) }
}

impl<St: Store> Moves for Steps<St> {
    async fn there_and_back(&self, row: usize) {
        let switch = self.0.machines.at(row);
        switch.off_to_on().try_commit().await.expect("it is off");
        switch.on_to_off().try_commit().await.expect("it is on");
    }
}

impl<St: Store> Moves for Rights<St> {
    async fn there_and_back(&self, row: usize) {
        let switch = self.0.machines.at(row);
        let right = switch.off_to_on().now().await.expect("it is off");
        right.commit().await.expect("the right lives");
        let right = switch.on_to_off().now().await.expect("it is on");
        right.commit().await.expect("the right lives");
    }
}
