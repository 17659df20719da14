//! Rows that cannot be written or read, and databases that stay locked: what the other rows notice of it.

use std::{
    future::Future as _,
    path::Path,
    pin::pin,
    task::{Context, Waker},
    thread,
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior::Immediate};
use statemachine::{
    Refused, StateMachine,
    stored::{
        Address, Failed, Key, Machines, Store as _,
        sqlite::{Error, Sqlite, Table},
    },
};
use statemachine_tests::hang::{LONG, detector};

#[derive(StateMachine, Debug, PartialEq)]
#[machine(stored)]
enum Order {
    #[state(to(Paid))]
    Placed,
    #[state(to(Placed))]
    Paid,
}

type Orders = Machines<Order, Sqlite>;

/// A table with ten orders, and a connection of another to it.
async fn shop(path: &Path) -> (Orders, Connection) {
    let table = Table::of("orders", "id", "status");
    let shop = Connection::open(path).unwrap();
    shop.busy_timeout(LONG).unwrap();
    let orders = "CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT, is_frozen INTEGER)";
    shop.execute_batch(orders).unwrap();
    shop.execute_batch(&table.migration()).unwrap();
    for id in 0..10 {
        shop.execute("INSERT INTO orders (id, status) VALUES (?1, 'Placed')", (id,)).unwrap();
    }
    (Orders::open(Sqlite::on(path, table).await.unwrap()).await.unwrap(), shop)
}

/// From now on each change of a frozen row fails, before or after it is made, and more or less is undone.
fn freezes(shop: &Connection, when: &str, undoes: &str) {
    let trigger = format!(
        "CREATE TRIGGER freezer {when} UPDATE ON orders WHEN OLD.is_frozen AND NEW.is_frozen
         BEGIN SELECT RAISE({undoes}, 'it is frozen'); END"
    );
    shop.execute_batch(&trigger).unwrap();
}

fn freeze(shop: &Connection, id: i64) {
    shop.execute("UPDATE orders SET is_frozen = 1 WHERE id = ?1", (id,)).unwrap();
}

fn thaw(shop: &Connection) {
    shop.execute("UPDATE orders SET is_frozen = 0", ()).unwrap();
}

fn store_error<T: std::fmt::Debug>(done: Result<T, Failed<Error>>) -> String {
    let Err(Failed::Store(error)) = done else { panic!("{done:?}") };
    error.to_string()
}

#[test]
fn a_roll_back_that_fails_is_made_later_and_stops_nobody() {
    let _hang = detector("roll-backs that fail");
    for undoes in ["ABORT", "ROLLBACK"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        pollster::block_on(async {
            let (orders, shop) = shop(&path).await;
            freezes(&shop, "BEFORE", undoes);
            let mut rights = Vec::new();
            for id in [0, 3, 4, 6, 1, 2] {
                rights.push(orders.at(id).placed_to_paid().now().await.unwrap());
                freeze(&shop, id);
            }
            let failed = store_error(rights.pop().unwrap().rollback().await);
            assert!(failed.contains("it is frozen"), "{failed}");
            let failed = store_error(rights.pop().unwrap().commit().await);
            assert!(failed.contains("it is frozen"), "{failed}");
            drop(rights);
            // Answered after the roll-back was tried for the first time, perhaps together with others.
            assert!(orders.at(0).is_placed().await.unwrap());
            for _ in 0..20 {
                orders.at(5).placed_to_paid().try_commit().await.unwrap();
                orders.at(5).paid_to_placed().try_commit().await.unwrap();
                thread::sleep(Duration::from_millis(11));
            }
            let now = orders.at(0).placed_to_paid().now().await;
            assert!(matches!(now, Err(Failed::Refused(Refused::InTransition { .. }))), "{now:?}");

            // One of them thaws, and does not wait for the others.
            shop.execute("UPDATE orders SET is_frozen = 0 WHERE id = 3", ()).unwrap();
            let within = Duration::from_secs(20);
            drop(orders.at(3).placed_to_paid().within(within).await.unwrap());
            thaw(&shop);
            for id in [0, 1, 2, 4, 6] {
                drop(orders.at(id).placed_to_paid().within(within).await.unwrap());
            }
        });
    }
}

#[test]
fn a_claim_that_fails_and_stays_made_is_given_back() {
    let _hang = detector("claims that fail and stay");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    pollster::block_on(async {
        let (orders, shop) = shop(&path).await;
        freezes(&shop, "AFTER", "FAIL");
        freeze(&shop, 1);
        let failed = store_error(orders.at(1).placed_to_paid().now().await);
        assert!(failed.contains("it is frozen"), "{failed}");
        thaw(&shop);
        drop(orders.at(1).placed_to_paid().within(Duration::from_secs(20)).await.unwrap());
    });
}

#[test]
fn each_request_waits_ten_seconds_for_another_and_not_longer() {
    let _hang = detector("a database that stays locked");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (orders, mut other) = shop(&path).await;
        freezes(&other, "BEFORE", "ABORT");
        let right = orders.at(1).placed_to_paid().now().await.unwrap();
        let locked = other.transaction_with_behavior(Immediate).unwrap();
        freeze(&locked, 1);
        drop(right);
        // More than one transaction of the store's would take.
        let inserts: Vec<_> = (100..800)
            .map(|id| {
                let orders = orders.clone();
                tokio::spawn(async move { orders.insert(id, Order::Placed).await })
            })
            .collect();
        let mut inserts = inserts.into_iter();
        let first = inserts.next().unwrap().await.unwrap();
        // Its own ten seconds begin now.
        let last = orders.insert(800, Order::Placed);
        let unlocks = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            locked.commit().unwrap();
        };
        let (last, ()) = tokio::join!(last, unlocks);
        assert!(last.unwrap());
        for insert in [first].into_iter().chain(join(inserts).await) {
            let Err(Failed::Store(error)) = insert else { panic!("{insert:?}") };
            assert!(error.is_busy(), "{error}");
        }

        // The right that was dropped in that time is not forgotten, and stops nobody.
        orders.at(2).placed_to_paid().try_commit().await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        orders.at(2).paid_to_placed().try_commit().await.unwrap();
        thaw(&other);
        drop(orders.at(1).placed_to_paid().within(Duration::from_secs(20)).await.unwrap());
    });
}

async fn join<T>(tasks: impl Iterator<Item = tokio::task::JoinHandle<T>>) -> Vec<T> {
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

#[test]
fn a_row_that_cannot_be_read_fails_those_that_wait_for_it_and_no_others() {
    let _hang = detector("waiting beside a row that cannot be read");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (orders, shop) = shop(&path).await;
        let store = orders.store().clone();
        let mut waits = Vec::new();
        for id in 0..10 {
            let key = Key::from(id);
            let seen = store.load(Address { machine: "Order", key: &key }).await.unwrap().unwrap();
            let store = store.clone();
            waits.push(tokio::spawn(async move {
                store.wait(Address { machine: "Order", key: &key }, &seen, Some(LONG)).await
            }));
        }
        // So long that all have looked, and sleep.
        tokio::time::sleep(Duration::from_millis(300)).await;
        shop.execute_batch(
            "BEGIN;
             UPDATE orders SET status = 'Paid', machine_version = machine_version + 1 WHERE id < 8;
             UPDATE orders SET machine_version = 'no number' WHERE id = 8;
             COMMIT",
        )
        .unwrap();
        let mut waits = waits.into_iter();
        for id in 0..9 {
            let woken = waits.next().unwrap().await.unwrap();
            match woken {
                Err(error) if id == 8 => {
                    let error = error.to_string();
                    assert!(error.contains("Invalid column type Text"), "{error}");
                }
                woken => assert!(woken.is_ok() && id != 8, "{id}: {woken:?}"),
            }
        }
        let last = waits.next().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!last.is_finished(), "its row has not changed");
        orders.at(9).placed_to_paid().try_commit().await.unwrap();
        last.await.unwrap().unwrap();
    });
}

#[test]
fn a_right_whose_row_could_not_be_read_for_some_time_tells_that_it_is_lost() {
    let _hang = detector("a right to a row that cannot be read");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    pollster::block_on(async {
        let (orders, shop) = shop(&path).await;
        let right = orders.at(1).placed_to_paid().now().await.unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let mut lost = pin!(right.lost());
        for _ in 0..2 {
            assert!(lost.as_mut().poll(&mut cx).is_pending());
            // A look that is asked for later is answered later.
            assert!(orders.at(1).is_placed().await.unwrap());
        }
        shop.execute("UPDATE orders SET machine_version = 'no number' WHERE id = 1", ()).unwrap();
        let mut begun_late = pin!(right.lost());
        for _ in 0..30 {
            assert!(lost.as_mut().poll(&mut cx).is_pending());
            assert!(begun_late.as_mut().poll(&mut cx).is_pending());
            thread::sleep(Duration::from_millis(11));
        }
        shop.execute("UPDATE orders SET machine_version = 9 WHERE id = 1", ()).unwrap();
        lost.await;
        begun_late.await;
    });
}

#[test]
fn a_row_whose_key_or_claim_cannot_be_read_is_not_listed_and_hides_no_others() {
    let _hang = detector("keys beside a row that cannot be read");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    pollster::block_on(async {
        let (orders, shop) = shop(&path).await;
        shop.execute_batch(
            "DELETE FROM orders WHERE id > 4;
             UPDATE orders SET machine_by = X'00FF' WHERE id = 1;
             UPDATE orders SET machine_by = CAST(X'00FF' AS TEXT) WHERE id = 2;
             UPDATE orders SET machine_by = 'nobody' WHERE id = 3;",
        )
        .unwrap();
        let keys = orders.keys_in::<order::Placed>(100).await.unwrap();
        assert_eq!(keys, [0, 4].map(Key::from));
    });
    pollster::block_on(async {
        // A key that no `Key` can be.
        let path = folder.path().join("other.db");
        let other = Connection::open(&path).unwrap();
        let table = Table::of("orders", "id", "status");
        other.execute_batch("CREATE TABLE orders (id TEXT PRIMARY KEY, status TEXT)").unwrap();
        other.execute_batch(&table.migration()).unwrap();
        let row = "INSERT INTO orders (id, status) VALUES
                   (CAST(X'FF' AS TEXT), 'Placed'), ('good', 'Placed')";
        other.execute(row, ()).unwrap();
        let orders = Orders::open(Sqlite::on(&path, table).await.unwrap()).await.unwrap();
        assert_eq!(orders.keys_in::<order::Placed>(100).await.unwrap(), [Key::from("good")]);
    });
}

#[test]
fn a_row_whose_version_is_no_token_is_left_alone_and_says_so() {
    let _hang = detector("versions out of range");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    pollster::block_on(async {
        let (orders, mut shop) = shop(&path).await;
        for version in [-5, -1, i64::MAX - 1, i64::MAX] {
            let by_hand = "UPDATE orders SET machine_version = ?1 WHERE id = 1";
            shop.execute(by_hand, (version,)).unwrap();
            let order = orders.at(1);
            let says =
                format!("the row `1` of Order in the table `orders` has the version {version}; ");
            let error = store_error(order.placed_to_paid().now().await);
            assert!(error.contains(&says), "{error}");
            let error = store_error(order.placed_to_paid().try_commit().await);
            assert!(error.contains(&says), "{error}");
            let transaction = shop.transaction_with_behavior(Immediate).unwrap();
            let error = store_error(order.placed_to_paid().commit_in(&transaction));
            assert!(error.contains(&says), "{error}");
            transaction.commit().unwrap();
            let read = "SELECT status, machine_version, machine_by FROM orders WHERE id = 1";
            let read = shop.query_row(read, (), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            assert_eq!(read.unwrap(), ("Placed".to_owned(), version, None::<String>));
        }
        shop.execute("UPDATE orders SET machine_version = ?1 WHERE id = 1", (i64::MAX - 2,))
            .unwrap();
        let right = orders.at(1).placed_to_paid().now().await.unwrap();
        assert_eq!(right.token(), i64::MAX.unsigned_abs() - 1);
        right.commit().await.unwrap();
        assert!(orders.at(1).is_paid().await.unwrap());
    });
}
