use deadpool_postgres::{Manager, Pool};
use statemachine::stored::postgres::{Options, Postgres, Table};
use tokio_postgres::{Config, NoTls};

use super::{
    CALLERS, MEASURES, Moves, ROUNDS, RUNTIME, Rights, Steps, contestant, server, switches,
};
use crate::contest::{Contest, Role};

/// As many as the store has by default.
const CONNECTIONS: usize = 8;

/// The move that one writes by hand, with parameters for the states and the key.
const UPDATE: &str =
    "UPDATE switch SET state = $1, version = version + 1 WHERE id = $2 AND state = $3";

/// The same, and whoever listens is told of it.
const UPDATE_AND_NOTIFY: &str = "UPDATE switch SET state = $1, version = version + 1 WHERE id = $2 AND state = $3 \
     RETURNING pg_notify('switches', id)";

pub fn contest() -> Contest {
    let server = server::Server::start(&["fsync = on"]);
    let url = server.url();
    // It runs as long as the program.
    std::mem::forget(server);
    let store = || {
        RUNTIME.block_on(async {
            let store = Postgres::connect(&url, Table::default(), Options::default()).await;
            store.expect("the server runs")
        })
    };
    let by_hand = |text, statements| ByHand::new(&url, text, statements);
    let machines = RUNTIME.block_on(switches(store(), None));
    Contest {
        id: "postgres",
        title: "Rows of PostgreSQL: moves a second, where more is better",
        about: "Each caller moves a row of its own, and each commit is on the disk before it is confirmed. All \
                have eight connections. By hand the statements are prepared.",
        measures: MEASURES,
        charted: 0,
        rounds: ROUNDS,
        contestants: vec![
            contestant("`UPDATE .. WHERE state = ..` by hand", Role::Limit, by_hand(UPDATE, 1)),
            contestant("statemachine, a move in one step", Role::Ours, Steps(machines.clone())),
            contestant("two such statements by hand", Role::Limit, by_hand(UPDATE, 2)),
            contestant("statemachine, the right taken first", Role::Ours, Rights(machines)),
            contestant(
                "by hand, with `NOTIFY` each time",
                Role::Rival,
                by_hand(UPDATE_AND_NOTIFY, 1),
            ),
        ],
    }
}

struct ByHand {
    pool: Pool,
    text: &'static str,
    statements: usize,
}

impl ByHand {
    fn new(url: &str, text: &'static str, statements: usize) -> Self {
        let config: Config = url.parse().expect("the address is right");
        let pool = Pool::builder(Manager::new(config, NoTls)).max_size(CONNECTIONS);
        let pool = pool.build().expect("it needs no runtime");
        RUNTIME.block_on(async {
            let client = pool.get().await.expect("the server runs");
            client
                .batch_execute(
                    "CREATE TABLE IF NOT EXISTS switch
                     (id text PRIMARY KEY, state text NOT NULL, version bigint NOT NULL)
                     WITH (fillfactor = 50)",
                )
                .await
                .expect("the table can be made");
            for row in 0..CALLERS[2] {
                let insert = "INSERT INTO switch VALUES ($1, 'Off', 0) ON CONFLICT DO NOTHING";
                client.execute(insert, &[&row.to_string()]).await.expect("the row is right");
            }
        });
        Self { pool, text, statements }
    }

    async fn change(&self, row: usize, from: &str, to: &str) {
        for statement in 1..=self.statements {
            let state = if statement == self.statements { to } else { from };
            let client = self.pool.get().await.expect("the server runs");
            let update = client.prepare_cached(self.text).await.expect("it is right");
            let moved = client.execute(&update, &[&state, &row.to_string(), &from]).await;
            assert_eq!(moved.expect("the row can be written"), 1);
        }
    }
}

impl Moves for ByHand {
    async fn there_and_back(&self, row: usize) {
        self.change(row, "Off", "On").await;
        self.change(row, "On", "Off").await;
    }
}
