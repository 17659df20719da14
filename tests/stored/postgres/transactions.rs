//! Moves and holds in transactions of the user's, on tables of the user's.

use std::time::Duration;

use deadpool_postgres::{Manager, Pool};
use statemachine::{
    Refused,
    stored::{
        Failed,
        postgres::{Postgres, Table},
    },
};
use statemachine_tests::hang;
use tokio_postgres::NoTls;

use crate::{
    Job, Jobs, LEASE, LONG, client, jobs_at,
    proxy::{Cut, Proxy},
    running, server, short,
};

fn pool(size: usize) -> Pool {
    let manager = Manager::new(server::shared().url().parse().unwrap(), NoTls);
    Pool::builder(manager).max_size(size).build().unwrap()
}

/// The user's own table of that name, with all columns, and a pool of the user's own.
async fn on_own_table(name: &str, size: usize) -> (Jobs, Pool) {
    let table = Table::of(name, "id", "status");
    let client = client(&server::shared().url()).await;
    let make = format!(
        "CREATE TABLE {name} (id bigint PRIMARY KEY, status text NOT NULL, note text); {}",
        table.migration()
    );
    client.batch_execute(&make).await.unwrap();
    let pool = pool(size);
    let store = Postgres::on(pool.clone(), table).with(short().poll(Duration::from_millis(20)));
    (Jobs::open(store).await.unwrap(), pool)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_and_the_users_rows_change_together_or_not_at_all() {
    let _hang = hang::detector("a_move_and_the_users_rows_change_together_or_not_at_all");
    let (jobs, pool) = on_own_table("together", 4).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let job = jobs.at(1);
    let mut client = pool.get().await.unwrap();
    let note = "UPDATE together SET note = 'noted' WHERE id = 1";

    let tx = client.transaction().await.unwrap();
    tx.batch_execute(note).await.unwrap();
    job.queued_to_running().commit_with_in(&tx, running("me")).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(job.is_queued().await.unwrap());

    let tx = client.transaction().await.unwrap();
    tx.batch_execute(note).await.unwrap();
    job.queued_to_running().commit_with_in(&tx, running("me")).await.unwrap();
    // In this transaction it has moved, and for others not yet.
    assert_eq!(job.running_to_queued().commit_in(&tx).await.unwrap().worker, "me");
    job.queued_to_running().commit_with_in(&tx, running("me again")).await.unwrap();
    assert!(job.is_queued().await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(job.in_running().now().await.unwrap().worker, "me again");
    let row = client.query_one("SELECT note, status FROM together", &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), ("noted", "Running"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_refused_leaves_the_transaction_as_it_was() {
    let _hang = hang::detector("a_move_that_is_refused_leaves_the_transaction_as_it_was");
    let (jobs, pool) = on_own_table("refused_in", 4).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let job = jobs.at(1);
    let mut client = pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let refused = job.running_to_queued().commit_in(&tx).await.unwrap_err();
    assert!(
        matches!(refused, Failed::Refused(Refused::WrongState { actual: "Queued", .. })),
        "{refused:?}"
    );
    let right = job.queued_to_running().now().await.unwrap();
    let refused = job.queued_to_running().commit_with_in(&tx, running("me")).await.unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refused::InTransition { .. })), "{refused:?}");
    let refused = job.in_queued().hold_in(&tx).await.unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refused::InTransition { .. })), "{refused:?}");
    let missing = jobs.at(2).in_queued().hold_in(&tx).await.unwrap_err();
    assert!(matches!(missing, Failed::Missing), "{missing:?}");
    // Nothing is locked, so nobody waits for the transaction.
    right.commit_with(running("me")).await.unwrap();
    tx.batch_execute("UPDATE refused_in SET note = 'goes on'").await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_leaves_a_state_that_a_transaction_holds() {
    let _hang = hang::detector("nobody_leaves_a_state_that_a_transaction_holds");
    let (jobs, pool) = on_own_table("held_in", 8).await;
    jobs.insert(1, Job::Running { worker: "me".into() }).await.unwrap();
    let job = jobs.at(1);
    let (mut first, mut second) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    let (one, other) = (first.transaction().await.unwrap(), second.transaction().await.unwrap());
    assert_eq!(job.in_running().hold_in(&one).await.unwrap().worker, "me");
    assert_eq!(job.hold().hold_in(&other).await.unwrap(), Job::Running { worker: "me".into() });
    let steps = tokio::spawn({
        let job = job.clone();
        async move { job.running_to_queued().try_commit().await }
    });
    let claims = tokio::spawn({
        let job = job.clone();
        async move { job.running_to_queued().now().await }
    });
    one.commit().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(job.is_running().await.unwrap() && !job.is_in_transition().await.unwrap());
    assert!(!steps.is_finished() && !claims.is_finished());
    other.commit().await.unwrap();
    let (stepped, claimed) = (steps.await.unwrap(), claims.await.unwrap());
    assert!(stepped.is_ok() ^ claimed.is_ok(), "{stepped:?}, {claimed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_is_used_in_a_transaction() {
    let _hang = hang::detector("a_right_is_used_in_a_transaction");
    let (jobs, pool) = on_own_table("used_in", 8).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let job = jobs.at(1);
    let mut client = pool.get().await.unwrap();

    let right = job.queued_to_running().now().await.unwrap();
    let tx = client.transaction().await.unwrap();
    right.commit_with_in(&tx, running("me")).await.unwrap();
    assert!(job.is_in_transition().await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(job.in_running().now().await.unwrap().worker, "me");

    // A transaction that rolls back leaves the right, which nobody renews.
    let right = job.running_to_done().now().await.unwrap();
    let tx = client.transaction().await.unwrap();
    right.commit_with_in(&tx, "no".into()).await.unwrap();
    tx.rollback().await.unwrap();
    let right = job.running_to_done().within(LONG).await.unwrap();

    // One that is lost changes nothing.
    client.batch_execute("UPDATE used_in SET machine_version = machine_version + 1").await.unwrap();
    let tx = client.transaction().await.unwrap();
    let lost = right.commit_with_in(&tx, "no".into()).await.unwrap_err();
    assert!(matches!(lost, Failed::Lost), "{lost:?}");
    tx.commit().await.unwrap();
    assert!(job.is_running().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_wait_are_told_when_the_transaction_commits() {
    let _hang = hang::detector("those_that_wait_are_told_when_the_transaction_commits");
    let (jobs, pool) = on_own_table("told_by", 4).await;
    let store = jobs.store().clone().with(short().poll(LONG * 10).recheck(LONG * 10));
    let waiter =
        Jobs::open(store.listening(server::shared().url().parse().unwrap())).await.unwrap();
    jobs.insert("007", Job::Queued).await.unwrap();
    let mut client = pool.get().await.unwrap();
    for key in ["7", "007"] {
        // The key is spelled as the caller does, and not as the database.
        let job = waiter.at(key);
        let waits = tokio::spawn(async move { job.in_running().within(LONG).await });
        let wish = "SELECT 1 FROM told_by WHERE machine_wanted = machine_version";
        while client.query(wish, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let tx = client.transaction().await.unwrap();
        jobs.at("0007").queued_to_running().commit_with_in(&tx, running("me")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!waits.is_finished());
        tx.commit().await.unwrap();
        waits.await.unwrap().unwrap();
        jobs.at(7).running_to_queued().try_commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_are_kept_while_the_pool_is_exhausted() {
    let _hang = hang::detector("rights_are_kept_while_the_pool_is_exhausted");
    let (jobs, pool) = on_own_table("exhausted", 3).await;
    let listens = jobs.store().clone().listening(server::shared().url().parse().unwrap());
    let listens = Jobs::open(listens).await.unwrap();
    for (name, jobs) in [("taken", &jobs), ("made", &listens)] {
        let mut rights = Vec::new();
        for key in 0..20 {
            jobs.insert(key, Job::Queued).await.unwrap();
            rights.push(jobs.at(key).queued_to_running().now().await.unwrap());
        }
        let all = [pool.get().await, pool.get().await, pool.get().await].map(Result::unwrap);
        tokio::time::sleep(LEASE * 4).await;
        let client = client(&server::shared().url()).await;
        let alive = "SELECT 1 FROM exhausted WHERE machine_until > clock_timestamp()";
        assert_eq!(client.query(alive, &[]).await.unwrap().len(), 20, "{name}");
        drop(all);
        for right in rights {
            right.commit_with(running("me")).await.unwrap();
        }
        client.batch_execute("DELETE FROM exhausted").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_are_kept_while_a_transaction_has_one_of_the_rows_locked() {
    let _hang = hang::detector("rights_are_kept_while_a_transaction_has_one_of_the_rows_locked");
    let (jobs, pool) = on_own_table("passed_over", 4).await;
    let mut rights = Vec::new();
    for key in 0..3 {
        jobs.insert(key, Job::Queued).await.unwrap();
        rights.push(jobs.at(key).queued_to_running().now().await.unwrap());
    }
    let mut client = pool.get().await.unwrap();
    let tx = client.transaction().await.unwrap();
    tx.batch_execute("SELECT 1 FROM passed_over WHERE id = 1 FOR UPDATE").await.unwrap();
    let locked = rights.remove(1);
    for right in &rights {
        tokio::select! {
            () = right.lost() => panic!("the right to {} is lost", right.key()),
            () = tokio::time::sleep(LEASE * 2) => {}
        }
    }
    // Nobody else can have taken it, but this process cannot know.
    locked.lost().await;
    tx.commit().await.unwrap();
    locked.commit_with(running("me")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_leaves_no_waiting_connection_to_others() {
    let _hang = hang::detector("a_call_that_is_dropped_leaves_no_waiting_connection_to_others");
    let url = server::shared().url();
    let (mut client, observer) = (client(&url).await, client(&url).await);
    let jobs = jobs_at(&url, "dropped_call", short().connections(1)).await;
    for key in [1, 2] {
        jobs.insert(key, Job::Queued).await.unwrap();
    }
    let tx = client.transaction().await.unwrap();
    tx.execute("SELECT FROM dropped_call WHERE key = '1' FOR UPDATE", &[]).await.unwrap();
    let locked = jobs.at(1).queued_to_running().try_commit_with(running("me"));
    assert!(tokio::time::timeout(LEASE / 4, locked).await.is_err());
    let other = jobs.at(2).queued_to_running().try_commit_with(running("me"));
    tokio::time::timeout(LONG / 6, other).await.unwrap().unwrap();
    // The statement has not only lost its caller.
    let waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%dropped_call%'";
    while !observer.query(waits, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(LEASE / 20).await;
    }
    tx.commit().await.unwrap();
    assert!(jobs.at(1).is_queued().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_that_are_dropped_leave_the_connections_to_other_rows() {
    let _hang = hang::detector("claims_that_are_dropped_leave_the_connections_to_other_rows");
    let url = server::shared().url();
    let (mut client, observer) = (client(&url).await, client(&url).await);
    // What is not let go of does not end with its lease while this runs.
    let options = short().connections(2).lease(LONG * 10);
    let jobs = jobs_at(&url, "dropped_claim", options).await;
    for key in [1, 2] {
        jobs.insert(key, Job::Queued).await.unwrap();
    }
    let tx = client.transaction().await.unwrap();
    tx.execute("SELECT FROM dropped_claim WHERE key = '1' FOR UPDATE", &[]).await.unwrap();
    for _ in 0..6 {
        let locked = jobs.at(1).queued_to_running().within(LONG);
        assert!(tokio::time::timeout(LEASE / 6, locked).await.is_err());
    }
    let other = jobs.at(2).queued_to_running().now();
    tokio::time::timeout(LONG / 6, other).await.unwrap().unwrap().rollback().await.unwrap();
    let waits = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%dropped_claim%'";
    while !observer.query(waits, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(LEASE / 20).await;
    }
    tx.commit().await.unwrap();
    let right = jobs.at(1).queued_to_running().now().await.unwrap();
    assert_eq!(right.token(), 1);
}

/// The message by which a client asks a server to cancel what another connection does has this in it.
const CANCEL: &str = "\u{16}.";

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_cannot_be_cancelled_is_let_go_of_when_it_is_made() {
    let _hang = hang::detector("a_claim_that_cannot_be_cancelled_is_let_go_of_when_it_is_made");
    let mut client = client(&server::shared().url()).await;
    let proxy = Proxy::start(server::shared().port()).await;
    let url = server::shared().url_at(proxy.port);
    let jobs = jobs_at(&url, "not_cancelled", short().lease(LONG * 10)).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let tx = client.transaction().await.unwrap();
    tx.execute("SELECT FROM not_cancelled FOR UPDATE", &[]).await.unwrap();
    let cuts = [Cut::Before; 100];
    proxy.order(CANCEL, &cuts);
    let locked = jobs.at(1).queued_to_running().within(LONG);
    assert!(tokio::time::timeout(LEASE / 2, locked).await.is_err());
    tokio::time::sleep(LEASE / 2).await;
    tx.commit().await.unwrap();
    let right = jobs.at(1).queued_to_running().within(LONG).await.unwrap();
    // The claim, its end, and this claim.
    assert_eq!(right.token(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_stays_exhausted_is_an_error_after_a_while() {
    let _hang = hang::detector("a_pool_that_stays_exhausted_is_an_error_after_a_while");
    let (jobs, pool) = on_own_table("exhausted_pool", 1).await;
    let store = jobs.store().clone().with(short().patience(LEASE / 4));
    let jobs = Jobs::open(store).await.unwrap();
    let _taken = pool.get().await.unwrap();
    let failed = jobs.at(1).state().await.unwrap_err();
    assert!(failed.to_string().contains("no connection of the pool"), "{failed}");
}
