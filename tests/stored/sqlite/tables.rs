//! Tables of the user's, states of other programs, and transactions of the user's.

use std::{path::Path, thread, time::Duration};

use rusqlite::{Connection, TransactionBehavior::Immediate};
use statemachine::{
    Refused, StateMachine,
    stored::{
        Failed, Key, Machines,
        sqlite::{Sqlite, Table},
    },
};
use statemachine_tests::hang::{LONG, detector};

use super::{Job, Jobs, job, jobs, running};

#[derive(StateMachine, Debug, PartialEq)]
#[machine(stored)]
enum Order {
    #[state(to(Paid), stored = "placed")]
    Placed,
    #[state(to(Placed), stored = "paid")]
    Paid,
}

type Orders = Machines<Order, Sqlite>;

/// A table of the user's with ten orders.
fn shop(path: &Path, table: &Table) -> Connection {
    let shop = Connection::open(path).unwrap();
    shop.busy_timeout(LONG).unwrap();
    let orders =
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT NOT NULL, total INTEGER)";
    shop.execute_batch(orders).unwrap();
    shop.execute_batch(&table.migration()).unwrap();
    for id in 0..10 {
        let order = "INSERT INTO orders (id, status) VALUES (?1, 'placed')";
        shop.execute(order, (id,)).unwrap();
    }
    shop
}

async fn orders(path: &Path, table: Table) -> Orders {
    Orders::open(Sqlite::on(path, table).await.unwrap()).await.unwrap()
}

#[test]
fn a_table_of_the_users() {
    let _hang = detector("a table of the user's");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let table = Table::of("orders", "id", "status").version("revision").by("taken by");
    let shop = shop(&path, &table);
    pollster::block_on(async {
        let orders = orders(&path, table).await;
        assert_eq!(orders.keys_in::<order::Placed>(100).await.unwrap().len(), 10);
        orders.at(7).placed_to_paid().try_commit().await.unwrap();
        let right = orders.at(8).placed_to_paid().now().await.unwrap();
        assert_eq!(right.token(), 1);
        right.commit().await.unwrap();
        let status = "SELECT id, status, revision FROM orders WHERE revision > 0 ORDER BY id";
        let mut rows = shop.prepare(status).unwrap();
        let rows = rows.query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let rows: Vec<(i64, String, i64)> = rows.map(Result::unwrap).collect();
        assert_eq!(rows, [(7, "paid".to_owned(), 1), (8, "paid".to_owned(), 2)]);

        let paid = orders.keys_in::<order::Paid>(100).await.unwrap();
        assert_eq!(paid, [Key::from(7), Key::from(8)]);
        assert!(orders.insert(10, Order::Placed).await.unwrap());
        assert!(!orders.insert(7, Order::Placed).await.unwrap());
        orders.remove_in::<order::Placed>(10).await.unwrap();
        assert!(matches!(orders.at(10).state().await, Err(Failed::Missing)));

        // What others write by hand is seen too.
        let waits = {
            let orders = orders.clone();
            thread::spawn(move || pollster::block_on(orders.at(1).in_paid().within(LONG)))
        };
        thread::sleep(Duration::from_millis(100));
        shop.execute("UPDATE orders SET status = 'paid' WHERE id = 1", ()).unwrap();
        waits.join().unwrap().unwrap();
    });
}

#[test]
fn the_commit_of_a_right_to_a_row_that_was_changed_by_hand_is_refused() {
    let _hang = detector("changed by hand");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let table = Table::of("orders", "id", "status");
    let shop = shop(&path, &table);
    pollster::block_on(async {
        let orders = orders(&path, table).await;
        let right = orders.at(7).placed_to_paid().now().await.unwrap();
        let by_hand =
            "UPDATE orders SET total = 1, machine_version = machine_version + 1 WHERE id = 7";
        shop.execute(by_hand, ()).unwrap();
        let lost = right.commit().await;
        assert!(matches!(lost, Err(Failed::Lost)), "{lost:?}");
        assert_eq!(orders.at(7).state().await.unwrap(), Order::Placed);
        drop(orders.at(7).placed_to_paid().within(LONG).await.unwrap());
    });
}

#[test]
fn a_table_that_lacks_columns_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let shop = Connection::open(&path).unwrap();
    let table = Table::of("orders", "id", "status");
    pollster::block_on(async {
        shop.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT)").unwrap();
        let error = Sqlite::on(&path, table.clone()).await.unwrap_err();
        let lacks =
            "the table `orders` has no column `machine_version`; add what is missing: ALTER TABLE";
        assert!(error.to_string().starts_with(lacks), "{error}");

        for column in ["machine_version INTEGER NOT NULL DEFAULT 0", "machine_by TEXT"] {
            shop.execute(&format!("ALTER TABLE orders ADD COLUMN {column}"), ()).unwrap();
        }
        let store = Sqlite::on(&path, table.clone()).await.unwrap();
        Orders::open(store.clone()).await.expect("no state has data");
        let error = Jobs::open(store).await.unwrap_err();
        assert!(error.to_string().contains("has no column for the data of Job"), "{error}");
    });
}

#[test]
fn a_name_that_the_table_does_not_have_is_refused() {
    let _hang = detector("misspelt names");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let right = Table::of("orders", "id", "status");
    let shop = shop(&path, &right);
    let refused = |table: Table| {
        let opened = pollster::block_on(Sqlite::on(&path, table));
        opened.map(drop).unwrap_err().to_string()
    };
    for with_rows in [true, false] {
        let error = refused(Table::of("ordrs", "id", "status"));
        assert!(error.starts_with("there is no table `ordrs`; "), "{error}");
        for (table, column) in [
            (Table::of("orders", "ordr_id", "status"), "ordr_id"),
            (Table::of("orders", "id", "staus"), "staus"),
            (right.clone().data("paylod"), "paylod"),
            (right.clone().version("revison"), "revison"),
            (right.clone().by("takn"), "takn"),
        ] {
            let (error, lacks) =
                (refused(table), format!("the table `orders` has no column `{column}`; "));
            assert!(error.starts_with(&lacks), "{error}");
        }
        let error = refused(Table::named("orders"));
        assert!(error.starts_with("the table `orders` has no column `kind`; "), "{error}");
        if with_rows {
            shop.execute("DELETE FROM orders", ()).unwrap();
        }
    }
    pollster::block_on(Sqlite::on(&path, right)).unwrap();
}

#[test]
fn a_column_that_is_gone_is_told_and_no_row_is_moved() {
    let _hang = detector("a column that is gone");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let table = Table::of("orders", "id", "status");
    let mut shop = shop(&path, &table);
    pollster::block_on(async {
        let orders = orders(&path, table).await;
        shop.execute_batch("ALTER TABLE orders RENAME COLUMN id TO number").unwrap();
        // As text in double quotes, SQLite would take an unknown column for a literal.
        let failed = orders.at("id").placed_to_paid().try_commit().await;
        let Err(Failed::Store(error)) = failed else { panic!("{failed:?}") };
        assert!(error.to_string().contains("no such column"), "{error}");
        let transaction = shop.transaction_with_behavior(Immediate).unwrap();
        let failed = orders.at("id").placed_to_paid().commit_in(&transaction);
        let Err(Failed::Store(error)) = failed else { panic!("{failed:?}") };
        assert!(error.to_string().contains("no such column"), "{error}");
        transaction.commit().unwrap();
        let moved = "SELECT count(*) FROM orders WHERE status != 'placed'";
        assert_eq!(shop.query_row(moved, (), |row| row.get(0)), Ok(0));
    });
}

#[test]
fn a_key_that_is_not_unique_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let shop = Connection::open(&path).unwrap();
    let columns = "status TEXT, machine_version INTEGER NOT NULL DEFAULT 0, machine_by TEXT";
    for (key, is_unique) in [
        ("id TEXT, {}", false),
        ("id INTEGER PRIMARY KEY, {}", true),
        ("id TEXT PRIMARY KEY, {}", true),
        ("id TEXT NOT NULL PRIMARY KEY, {}) WITHOUT ROWID --", true),
        ("id TEXT UNIQUE, {}", true),
        ("id TEXT, {}, UNIQUE (id, status)", false),
        ("id TEXT, {}, PRIMARY KEY (id, status)", false),
        ("id TEXT, {}); CREATE INDEX ids ON orders (id) --", false),
        ("id TEXT, {}); CREATE UNIQUE INDEX ids ON orders (id) WHERE id > 5 --", false),
        ("id TEXT, {}); CREATE UNIQUE INDEX ids ON orders (lower(id)) --", false),
        ("id TEXT, {}); CREATE UNIQUE INDEX ids ON orders (ID) --", true),
    ] {
        let (key, end) = (key.replace("{}", columns), if key.ends_with("--") { "" } else { ");" });
        shop.execute_batch(&format!("CREATE TABLE orders ({key}{end}")).unwrap();
        let opened = pollster::block_on(Sqlite::on(&path, Table::of("orders", "id", "status")));
        match opened {
            Ok(_) => assert!(is_unique, "{key}"),
            Err(error) => {
                assert!(!is_unique, "{key}: {error}");
                let error = error.to_string();
                let says = "more than one row of the table `orders` may have the same `id`; make it \
                            unique: CREATE UNIQUE INDEX";
                assert!(error.starts_with(says), "{error}");
            }
        }
        shop.execute_batch("DROP TABLE orders").unwrap();
    }
}

#[test]
fn columns_that_are_null_do_no_harm() {
    let _hang = detector("nulls");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let shop = Connection::open(&path).unwrap();
    // So are columns that somebody added by hand.
    shop.execute_batch(
        "CREATE TABLE orders (id TEXT PRIMARY KEY, status TEXT, machine_version INTEGER, machine_by TEXT);
         INSERT INTO orders (id, status) VALUES ('7', NULL), ('8', 'placed'), (NULL, 'placed')",
    )
    .unwrap();
    pollster::block_on(async {
        let store = Sqlite::on(&path, Table::of("orders", "id", "status")).await.unwrap();
        let opened = Orders::open(store.clone()).await;
        let Err(Failed::UnknownStates(unknown)) = opened else { panic!("{opened:?}") };
        assert_eq!(unknown.states(), [("NULL".to_owned(), 1)]);
        shop.execute("UPDATE orders SET status = 'placed' WHERE id = '7'", ()).unwrap();
        let orders = Orders::open(store).await.unwrap();
        assert_eq!(orders.keys_in::<order::Placed>(9).await.unwrap(), ["7".into(), "8".into()]);
        orders.at("7").placed_to_paid().try_commit().await.unwrap();
        let right = orders.at("8").placed_to_paid().now().await.unwrap();
        assert_eq!(right.token(), 1);
        right.commit().await.unwrap();
        shop.execute("UPDATE orders SET status = NULL WHERE id = '8'", ()).unwrap();
        let state = orders.at("8").state().await;
        assert!(matches!(state, Err(Failed::UnknownStates(_))), "{state:?}");
    });
}

#[test]
fn unknown_states_are_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        drop(jobs(&path).await);
        let database = Connection::open(&path).unwrap();
        for (key, state) in [("1", "Lost"), ("2", "Lost"), ("3", "queued"), ("4", "Queued")] {
            let row =
                "INSERT INTO statemachine (kind, key, state, version) VALUES ('Job', ?1, ?2, 1)";
            database.execute(row, (key, state)).unwrap();
        }
        let opened = Jobs::open(Sqlite::open(&path).await.unwrap()).await;
        let Err(Failed::UnknownStates(unknown)) = opened else { panic!("{opened:?}") };
        assert_eq!(unknown.states(), [("Lost".to_owned(), 2), ("queued".to_owned(), 1)]);
    });
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "not a database, but long enough to be one. ".repeat(50)).unwrap();
    let error = pollster::block_on(Sqlite::open(&path)).unwrap_err();
    assert!(error.to_string().contains("file is not a database"), "{error}");
}

#[test]
fn a_move_is_part_of_the_users_transaction() {
    let _hang = detector("commit_in");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let table = Table::of("orders", "id", "status");
    let mut shop = shop(&path, &table);
    pollster::block_on(async {
        let orders = orders(&path, table).await;
        let order = orders.at(7);

        let transaction = shop.transaction_with_behavior(Immediate).unwrap();
        order.placed_to_paid().commit_in(&transaction).unwrap();
        assert_eq!(order.state().await.unwrap(), Order::Placed, "not yet");
        transaction.rollback().unwrap();
        assert_eq!(order.state().await.unwrap(), Order::Placed, "it was rolled back");

        let transaction = shop.transaction().unwrap();
        order.placed_to_paid().commit_in(&transaction).unwrap();
        let again = order.placed_to_paid().commit_in(&transaction);
        assert!(matches!(again, Err(Failed::Refused(Refused::WrongState { .. }))), "{again:?}");
        transaction.execute("UPDATE orders SET total = 100 WHERE id = 7", ()).unwrap();
        transaction.commit().unwrap();
        assert_eq!(order.state().await.unwrap(), Order::Paid);

        let right = orders.at(8).placed_to_paid().now().await.unwrap();
        let transaction = shop.transaction_with_behavior(Immediate).unwrap();
        let refused = orders.at(8).placed_to_paid().commit_in(&transaction);
        assert!(
            matches!(refused, Err(Failed::Refused(Refused::InTransition { .. }))),
            "{refused:?}"
        );
        let missing = orders.at(99).placed_to_paid().commit_in(&transaction);
        assert!(matches!(missing, Err(Failed::Missing)), "{missing:?}");
        transaction.commit().unwrap();
        right.commit().await.unwrap();
    });
}

#[test]
fn a_held_state_is_not_left() {
    let _hang = detector("hold_in");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let mut shop = Connection::open(&path).unwrap();
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        jobs.insert(1, Job::Running { worker: "w".to_owned() }).await.unwrap();
        let transaction = shop.transaction().unwrap();
        assert_eq!(jobs.at(1).in_running().hold_in(&transaction).unwrap(), running("w"));
        let wrong = jobs.at(1).in_queued().hold_in(&transaction);
        assert!(matches!(wrong, Err(Failed::Refused(Refused::WrongState { .. }))), "{wrong:?}");
        let leaves = {
            let jobs = jobs.clone();
            thread::spawn(move || {
                pollster::block_on(jobs.at(1).running_to_queued().try_commit()).unwrap();
            })
        };
        thread::sleep(Duration::from_millis(200));
        assert!(!leaves.is_finished(), "it is held");
        assert_eq!(jobs.keys_in::<job::Running>(1).await.unwrap().len(), 1, "readers go on");
        transaction.commit().unwrap();
        leaves.join().unwrap();
        assert!(jobs.at(1).is_queued().await.unwrap());

        let right = jobs.at(1).queued_to_done().now().await.unwrap();
        let transaction = shop.transaction().unwrap();
        let refused = jobs.at(1).in_queued().hold_in(&transaction);
        assert!(
            matches!(refused, Err(Failed::Refused(Refused::InTransition { .. }))),
            "{refused:?}"
        );
        drop(transaction);
        drop(right);
    });
}

#[test]
fn a_write_of_another_that_never_ends_is_told() {
    let _hang = detector("a locked database");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        jobs.insert(1, Job::Queued).await.unwrap();
        let right = jobs.at(1).queued_to_done().now().await.unwrap();
        let mut other = Connection::open(&path).unwrap();
        let transaction = other.transaction_with_behavior(Immediate).unwrap();
        let rolls_back = thread::spawn(|| pollster::block_on(right.rollback()));
        thread::sleep(Duration::from_millis(100));
        assert!(jobs.at(1).is_queued().await.unwrap());
        thread::sleep(Duration::from_millis(100));
        assert!(!rolls_back.is_finished(), "readers do not wait for it");
        let failed = jobs.at(1).queued_to_running().try_commit_with(running("w")).await;
        let Err(Failed::Store(error)) = failed else { panic!("{failed:?}") };
        assert!(error.is_busy(), "{error}");
        assert!(error.to_string().contains("jobs.db`: database is locked"), "{error}");
        // A roll-back that could not be made is made later.
        rolls_back.join().unwrap().unwrap_err();
        let error = Sqlite::open(&path).await.unwrap_err();
        assert!(error.is_busy(), "{error}");
        assert!(error.to_string().starts_with("cannot open `"), "{error}");
        transaction.rollback().unwrap();
        drop(jobs.at(1).queued_to_done().within(LONG).await.unwrap());
    });
}
