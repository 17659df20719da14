//! Tables of the user's: types of columns, and columns that are missing.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use statemachine::{
    StateMachine,
    stored::{
        Failed, Machines,
        postgres::{Error, Options, Postgres, Table},
    },
};
use statemachine_tests::hang;

use crate::{LEASE, LONG, client, running, server, short};

#[derive(StateMachine, PartialEq, Eq, Debug)]
#[machine(stored)]
enum Order {
    #[state(to(Paid))]
    Placed,
    #[state(to(Placed))]
    Paid,
}

async fn make(sql: &str) -> tokio_postgres::Client {
    let client = client(&server::shared().url()).await;
    client.batch_execute(sql).await.unwrap();
    client
}

async fn open<S>(table: Table) -> Result<Machines<S, Postgres>, Failed<Error>>
where
    S: statemachine::stored::Stored,
{
    let store = Postgres::connect(&server::shared().url(), table, short()).await.unwrap();
    Machines::open(store).await
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_states_have_any_type() {
    let _hang = hang::detector("keys_and_states_have_any_type");
    for (position, (key_type, state_type, key)) in [
        ("bigint", "text", "42"),
        ("uuid", "varchar(10)", "6E15D56A-9B7E-4D5C-8F8E-0242AC120002"),
        ("text COLLATE \"C\"", "\"Order State\"", "a key"),
        ("varchar(5)", "short", "12345"),
        ("char(5)", "char(9)", "123"),
        ("numeric", "text", "7.50"),
    ]
    .into_iter()
    .enumerate()
    {
        let table = Table::of(format!("types.Orders {position}"), "the id", "status");
        let name = &table.to_string();
        make(&format!(
            "CREATE SCHEMA IF NOT EXISTS types; \
             DROP TYPE IF EXISTS types.\"Order State\" CASCADE; \
             DROP DOMAIN IF EXISTS types.short CASCADE; \
             SET search_path = types; \
             CREATE TYPE \"Order State\" AS ENUM ('Placed', 'Paid'); \
             CREATE DOMAIN short AS varchar(9); \
             CREATE TABLE {name} (\"the id\" {key_type} PRIMARY KEY, status {state_type}); \
             {}",
            table.migration()
        ))
        .await;
        let orders = open::<Order>(table).await.unwrap();
        assert!(orders.insert(key, Order::Placed).await.unwrap());
        assert!(!orders.insert(key, Order::Placed).await.unwrap());
        let order = orders.at(key);
        order.placed_to_paid().try_commit().await.unwrap();
        let right = order.paid_to_placed().now().await.unwrap();
        tokio::time::sleep(LEASE * 2).await;
        right.commit().await.unwrap();
        assert_eq!(orders.keys_in::<order::Placed>(2).await.unwrap().len(), 1);
        let waits = order.in_paid().within(LEASE / 4).await;
        assert!(waits.is_err(), "{waits:?}");
        orders.remove_in::<order::Placed>(key).await.unwrap();
    }
}

/// An explicit cast to `varchar(5)` cuts what is too long, and would find another row.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_too_long_is_not_cut() {
    let _hang = hang::detector("a_key_that_is_too_long_is_not_cut");
    make("CREATE TABLE cut_keys (id varchar(5) PRIMARY KEY, status text)").await;
    let orders = open::<Order>(Table::of("cut_keys", "id", "status")).await.unwrap();
    orders.insert("12345", Order::Placed).await.unwrap();
    let missing = orders.at("123456").placed_to_paid().try_commit().await.unwrap_err();
    assert!(matches!(missing, Failed::Missing), "{missing:?}");
    let failed = orders.insert("123456", Order::Placed).await.unwrap_err();
    let Failed::Store(error) = failed else { panic!("{failed:?}") };
    assert_eq!(error.code(), Some("22001"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_columns_are_enough_for_moves_and_waits() {
    let _hang = hang::detector("two_columns_are_enough_for_moves_and_waits");
    let mut client =
        make("CREATE TABLE two_columns (id int PRIMARY KEY, status text NOT NULL)").await;
    let orders = open::<Order>(Table::of("two_columns", "id", "status")).await.unwrap();
    orders.insert(1, Order::Placed).await.unwrap();
    let order = orders.at(1);
    let waits = tokio::spawn({
        let order = order.clone();
        async move { order.when_paid().within(LONG).await }
    });
    tokio::time::sleep(LEASE / 10).await;
    let tx = client.transaction().await.unwrap();
    order.in_placed().hold_in(&tx).await.unwrap();
    order.placed_to_paid().commit_in(&tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap(), OrderKind::Paid);
    order.paid_to_placed().try_commit().await.unwrap();
    orders.remove_in::<order::Placed>(1).await.unwrap();

    orders.insert(1, Order::Placed).await.unwrap();
    let failed = order.placed_to_paid().now().await.unwrap_err();
    let Failed::Store(Error::Table(problem)) = failed else { panic!("{failed:?}") };
    let (_, remedy) = problem.split_once("add them: ").unwrap();
    client.batch_execute(remedy).await.unwrap();
    let orders = open::<Order>(Table::of("two_columns", "id", "status")).await.unwrap();
    orders.at(1).placed_to_paid().now().await.unwrap().commit().await.unwrap();
}

#[derive(StateMachine, Serialize, Deserialize, Debug)]
#[machine(stored)]
enum Parcel {
    #[state(to(Sent))]
    Packed,
    #[state(to(Packed))]
    Sent { worker: String },
}

#[tokio::test(flavor = "multi_thread")]
async fn data_has_a_column_of_the_users_choice() {
    let _hang = hang::detector("data_has_a_column_of_the_users_choice");
    let create = "CREATE TABLE parcels (id int PRIMARY KEY, status text, extra";
    for data_type in ["jsonb", "json", "text"] {
        make(&format!("DROP TABLE IF EXISTS parcels; {create} {data_type})")).await;
        let table = Table::of("parcels", "id", "status");
        let failed = open::<Parcel>(table.clone()).await.unwrap_err();
        assert!(failed.to_string().contains("has no column for the data of states"), "{failed}");
        let parcels = open::<Parcel>(table.data("extra")).await.unwrap();
        parcels.insert(1, Parcel::Packed).await.unwrap();
        let parcel = parcels.at(1);
        let sent = ParcelSent { worker: running("m\u{e9}").worker };
        parcel.packed_to_sent().try_commit_with(sent).await.unwrap();
        assert_eq!(parcel.in_sent().now().await.unwrap().worker, "m\u{e9}");
        assert_eq!(parcel.sent_to_packed().try_commit().await.unwrap().worker, "m\u{e9}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_do_not_fit_are_refused_at_the_start() {
    let _hang = hang::detector("tables_that_do_not_fit_are_refused_at_the_start");
    make("CREATE TABLE unfit (id int, status text)").await;
    for (table, problem) in [
        (Table::of("nowhere", "id", "status"), r#"there is no table "nowhere""#),
        (Table::of("unfit", "key", "status"), r#"the table "unfit" has no column "key""#),
        (Table::of("unfit", "id", "state"), r#"the table "unfit" has no column "state""#),
        (
            Table::of("unfit", "id", "status"),
            r#"more than one row of the table "unfit" may have the same "id"; make it unique: ALTER TABLE "unfit" ADD UNIQUE ("id")"#,
        ),
    ] {
        let failed = open::<Order>(table).await.unwrap_err();
        assert_eq!(failed.to_string(), format!("the store failed: {problem}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_the_users_refuses_a_move() {
    let _hang = hang::detector("a_check_of_the_users_refuses_a_move");
    let table = Table::of("checked", "id", "status");
    make(&format!(
        "CREATE TABLE checked (id int PRIMARY KEY, status text CHECK (status <> 'Paid')); {}",
        table.migration()
    ))
    .await;
    let orders = open::<Order>(table).await.unwrap();
    orders.insert(1, Order::Placed).await.unwrap();
    let order = orders.at(1);
    let failed = order.placed_to_paid().try_commit().await.unwrap_err();
    assert!(failed.to_string().contains("violates check constraint"), "{failed}");
    let right = order.placed_to_paid().now().await.unwrap();
    let failed = right.commit().await.unwrap_err();
    let Failed::Store(error) = failed else { panic!("{failed:?}") };
    assert_eq!(error.code(), Some("23514"));
    // The right is let go of.
    order.placed_to_paid().within(LONG).await.unwrap().rollback().await.unwrap();
    assert!(order.is_placed().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_programs_make_the_table_at_once() {
    let _hang = hang::detector("many_programs_make_the_table_at_once");
    for round in 0..5 {
        let table = Table::named(format!("made at once {round}"));
        let opens: Vec<_> = (0..8).map(|_| tokio::spawn(open::<Order>(table.clone()))).collect();
        for opened in opens {
            opened.await.unwrap().unwrap();
        }
    }
}

/// A table with the columns of rights, and one row that has been placed.
async fn with_rights(
    name: &str,
    columns: &str,
) -> (Machines<Order, Postgres>, tokio_postgres::Client) {
    let table = Table::of(name, "id", "status");
    let client = make(&format!("CREATE TABLE {name} ({columns}); {}", table.migration())).await;
    let orders = open::<Order>(table).await.unwrap();
    orders.insert(1, Order::Placed).await.unwrap();
    (orders, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_database_does_not_change_is_an_error() {
    let _hang = hang::detector("a_row_that_the_database_does_not_change_is_an_error");
    let (orders, mut client) = with_rights("unmoved", "id int PRIMARY KEY, status text").await;
    let trigger = "CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TRIGGER stay BEFORE UPDATE OR DELETE ON unmoved FOR EACH ROW EXECUTE FUNCTION stay()";
    client.batch_execute(trigger).await.unwrap();
    let order = orders.at(1);
    let tx = client.transaction().await.unwrap();
    for failed in [
        order.placed_to_paid().try_commit().await.unwrap_err(),
        order.placed_to_paid().now().await.map(drop).unwrap_err(),
        order.placed_to_paid().within(LONG).await.map(drop).unwrap_err(),
        orders.remove_in::<order::Placed>(1).await.unwrap_err(),
        // The transaction keeps the row locked.
        order.placed_to_paid().commit_in(&tx).await.unwrap_err(),
    ] {
        assert_eq!(
            failed.to_string(),
            "the store failed: the row `1` of the table \"unmoved\" fits, but the database does not \
             change it; look for a trigger, a rule or a policy of the table"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_whose_row_was_locked_for_longer_than_the_lease_is_given_alive() {
    let _hang =
        hang::detector("a_right_whose_row_was_locked_for_longer_than_the_lease_is_given_alive");
    let (orders, mut client) = with_rights("late", "id int PRIMARY KEY, status text").await;
    let tx = client.transaction().await.unwrap();
    tx.execute("SELECT FROM late FOR UPDATE", &[]).await.unwrap();
    let order = orders.at(1);
    let asked = tokio::spawn(async move { order.placed_to_paid().now().await });
    tokio::time::sleep(LEASE * 2).await;
    tx.commit().await.unwrap();
    let right = asked.await.unwrap().unwrap();
    let lost = tokio::time::timeout(LEASE * 2, right.lost()).await;
    assert!(lost.is_err());
    right.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn times_without_end_are_times_that_are_long() {
    let _hang = hang::detector("times_without_end_are_times_that_are_long");
    let (_, _client) = with_rights("endless", "id int PRIMARY KEY, status text").await;
    let table = Table::of("endless", "id", "status");
    let max = Duration::MAX;
    let options = || Options::default().lease(max).poll(max).recheck(max).patience(max);
    for options in [options(), options().without_listening()] {
        let url = server::shared().url();
        let store = Postgres::connect(&url, table.clone(), options).await.unwrap();
        let orders = Machines::<Order, _>::open(store).await.unwrap();
        let order = orders.at(1);
        let right = order.placed_to_paid().now().await.unwrap();
        assert!(order.in_paid().within(LEASE / 4).await.is_err());
        right.rollback().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_of_rights_that_do_not_fit_are_refused_at_the_start() {
    let _hang = hang::detector("columns_of_rights_that_do_not_fit_are_refused_at_the_start");
    for (position, (columns, problem)) in [
        (
            "machine_until timestamp",
            "the column \"machine_until\" of the table TABLE is of the type timestamp without time zone; \
             change it: ALTER TABLE TABLE ALTER COLUMN \"machine_until\" TYPE timestamptz",
        ),
        (
            "machine_version numeric NOT NULL DEFAULT 0",
            "the column \"machine_version\" of the table TABLE is of the type numeric; \
             change it: ALTER TABLE TABLE ALTER COLUMN \"machine_version\" TYPE bigint",
        ),
        (
            "machine_by varchar(8)",
            "the column \"machine_by\" of the table TABLE is of the type character varying(8); \
             change it: ALTER TABLE TABLE ALTER COLUMN \"machine_by\" TYPE text",
        ),
        (
            "machine_wanted numeric",
            "the column \"machine_wanted\" of the table TABLE is of the type numeric; \
             change it: ALTER TABLE TABLE ALTER COLUMN \"machine_wanted\" TYPE bigint",
        ),
        (
            "machine_version bigint",
            "the column \"machine_version\" of the table TABLE may be NULL; change it: \
             ALTER TABLE TABLE ALTER COLUMN \"machine_version\" SET DEFAULT 0; \
             UPDATE TABLE SET \"machine_version\" = 0 WHERE \"machine_version\" IS NULL; \
             ALTER TABLE TABLE ALTER COLUMN \"machine_version\" SET NOT NULL",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("unfit_{position}");
        let table = Table::of(&name, "id", "status");
        let client = make(&format!(
            "CREATE TABLE {name} (id int PRIMARY KEY, status text, {columns}); {}",
            table.migration()
        ))
        .await;
        let failed = open::<Order>(table.clone()).await.unwrap_err();
        let problem = problem.replace("TABLE TABLE", &format!("TABLE {table}"));
        let problem = problem.replace("table TABLE", &format!("table {table}"));
        let problem = problem.replace("UPDATE TABLE", &format!("UPDATE {table}"));
        assert_eq!(failed.to_string(), format!("the store failed: {problem}"));
        let (_, remedy) = problem.split_once("change it: ").unwrap();
        client.batch_execute(remedy).await.unwrap();
        open::<Order>(table).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_may_be_of_a_domain_over_an_enum() {
    let _hang = hang::detector("a_state_may_be_of_a_domain_over_an_enum");
    make(
        "CREATE TYPE order_state AS ENUM ('Placed', 'Paid'); \
         CREATE DOMAIN order_domain AS order_state",
    )
    .await;
    let columns = "id int PRIMARY KEY, status order_domain";
    let (orders, mut client) = with_rights("of_domain", columns).await;
    let order = orders.at(1);
    order.placed_to_paid().try_commit().await.unwrap();
    order.paid_to_placed().now().await.unwrap().commit().await.unwrap();
    assert_eq!(orders.keys_in::<order::Placed>(2).await.unwrap().len(), 1);
    let tx = client.transaction().await.unwrap();
    order.in_placed().hold_in(&tx).await.unwrap();
    tx.commit().await.unwrap();
    orders.remove_in::<order::Placed>(1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_refuses_to_be_renewed_takes_no_other_right_with_it() {
    let _hang = hang::detector("a_row_that_refuses_to_be_renewed_takes_no_other_right_with_it");
    make(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN RAISE EXCEPTION USING ERRCODE = TG_ARGV[0]; END'",
    )
    .await;
    let by_trigger = |code| {
        format!(
            "CREATE TRIGGER refuse BEFORE UPDATE ON THE_TABLE FOR EACH ROW WHEN (OLD.id = 1) \
             EXECUTE FUNCTION refuse('{code}')"
        )
    };
    for (name, refuse) in [
        ("check", "ALTER TABLE THE_TABLE ADD CHECK (id <> 1) NOT VALID".to_owned()),
        ("error", by_trigger("P0001")),
        // These mean that another try or another connection is worth it, if not a trigger says so.
        ("conflict", by_trigger("40001")),
        ("trouble", by_trigger("XX001")),
    ] {
        let table = format!("refuses_{name}");
        let (orders, client) = with_rights(&table, "id int PRIMARY KEY, status text").await;
        let mut rights = Vec::new();
        for key in 1..=5 {
            orders.insert(key, Order::Placed).await.unwrap();
            rights.push(orders.at(key).placed_to_paid().now().await.unwrap());
        }
        client.batch_execute(&refuse.replace("THE_TABLE", &table)).await.unwrap();
        let refuses = rights.remove(0);
        refuses.lost().await;
        tokio::time::sleep(LEASE * 2).await;
        for right in rights {
            let lost = tokio::time::timeout(Duration::ZERO, right.lost()).await;
            assert!(lost.is_err(), "{name}: the right to {} is lost", right.key());
            right.commit().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_policy_keeps_takes_no_other_right_with_it() {
    let _hang = hang::detector("a_row_that_a_policy_keeps_takes_no_other_right_with_it");
    let (orders, client) = with_rights("kept_by_policy", "id int PRIMARY KEY, status text").await;
    orders.insert(2, Order::Placed).await.unwrap();
    let grant = "CREATE ROLE shop LOGIN; GRANT ALL ON kept_by_policy TO shop; \
        ALTER TABLE kept_by_policy ENABLE ROW LEVEL SECURITY; \
        CREATE POLICY shop ON kept_by_policy TO shop USING (true)";
    client.batch_execute(grant).await.unwrap();
    let url = server::shared().url().replace("tester", "shop");
    let table = Table::of("kept_by_policy", "id", "status");
    let store = Postgres::connect(&url, table, short()).await.unwrap();
    let orders = Machines::<Order, _>::open(store).await.unwrap();
    let kept = orders.at(1).placed_to_paid().now().await.unwrap();
    let right = orders.at(2).placed_to_paid().now().await.unwrap();
    let keep = "ALTER POLICY shop ON kept_by_policy USING (true) WITH CHECK (id <> 1)";
    client.batch_execute(keep).await.unwrap();
    kept.lost().await;
    let lost = tokio::time::timeout(LEASE * 2, right.lost()).await;
    assert!(lost.is_err());
    right.commit().await.unwrap();
}
