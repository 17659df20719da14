//! The store over `sqlx`: what its driver does, and that all else is the same.

use sqlx::{PgPool, postgres::PgPoolOptions};
use statemachine::{
    Refused,
    stored::{
        Failed, Machines, conformance,
        sqlx::{Options, Sqlx, Table},
    },
};
use statemachine_tests::hang;

use crate::{
    Job, LEASE, LONG, jobs,
    proxy::{Cut, Proxy},
    running, server, short,
};

type Jobs = Machines<Job, Sqlx>;

async fn pool_at(url: &str) -> PgPool {
    PgPoolOptions::new().max_connections(4).connect(url).await.unwrap()
}

async fn jobs_at(url: &str, table: &str, options: Options) -> (Jobs, PgPool) {
    let pool = pool_at(url).await;
    let store = Sqlx::on(pool.clone(), Table::named(table)).with(options);
    (Jobs::open(store).await.unwrap(), pool)
}

async fn through(table: &str) -> (Jobs, Proxy) {
    let proxy = Proxy::start(server::shared().port()).await;
    (jobs_at(&server::shared().url_at(proxy.port), table, short()).await.0, proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_a_store() {
    let pool = pool_at(&server::shared().url()).await;
    conformance::check(async || Sqlx::on(pool.clone(), Table::named("sqlx_conforming"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_shares_a_table_with_the_other_driver() {
    let _hang = hang::detector("it_shares_a_table_with_the_other_driver");
    let options = short().poll(LONG * 10).recheck(LONG * 10);
    let (ours, _) = jobs_at(&server::shared().url(), "sqlx_shared", options).await;
    let theirs = jobs("sqlx_shared").await;
    ours.insert(1, Job::Queued).await.unwrap();
    let right = ours.at(1).queued_to_running().now().await.unwrap();
    let refused = theirs.at(1).queued_to_running().within(LEASE * 3).await.unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refused::TimedOut { .. })), "{refused:?}");
    right.commit_with(running("me")).await.unwrap();
    let job = ours.at(1);
    let waits = tokio::spawn(async move { job.in_done().within(LONG).await });
    theirs.at(1).running_to_done().now().await.unwrap().commit_with("well".into()).await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap(), "well");
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_and_holds_are_part_of_a_transaction() {
    let _hang = hang::detector("moves_and_holds_are_part_of_a_transaction");
    let (jobs, pool) = jobs_at(&server::shared().url(), "sqlx_in", short()).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let job = jobs.at(1);

    let mut tx = pool.begin().await.unwrap();
    job.queued_to_running().commit_with_in(&mut tx, running("no")).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(job.is_queued().await.unwrap());

    let mut tx = pool.begin().await.unwrap();
    job.in_queued().hold_in(&mut tx).await.unwrap();
    let refused = job.in_running().hold_in(&mut tx).await.map(drop).unwrap_err();
    assert!(matches!(refused, Failed::Refused(Refused::WrongState { .. })), "{refused:?}");
    let moves = tokio::spawn({
        let job = job.clone();
        async move { job.queued_to_running().try_commit_with(running("other")).await }
    });
    tokio::time::sleep(LEASE / 10).await;
    assert!(!moves.is_finished());
    job.queued_to_running().commit_with_in(&mut tx, running("me")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(moves.await.unwrap().is_err());
    assert_eq!(job.in_running().now().await.unwrap().worker, "me");

    let right = job.running_to_queued().now().await.unwrap();
    let mut tx = pool.begin().await.unwrap();
    assert_eq!(right.commit_in(&mut tx).await.unwrap().worker, "me");
    tx.commit().await.unwrap();
    assert!(job.is_queued().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_are_kept_while_the_pool_is_exhausted() {
    let _hang = hang::detector("rights_are_kept_while_the_pool_is_exhausted");
    let (jobs, pool) = jobs_at(&server::shared().url(), "sqlx_exhausted", short()).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let right = jobs.at(1).queued_to_running().now().await.unwrap();
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(pool.acquire().await.unwrap());
    }
    tokio::select! {
        () = right.lost() => panic!("the right is lost"),
        () = tokio::time::sleep(LEASE * 3) => {}
    }
    drop(all);
    right.commit_with(running("me")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_replies_are_recognised() {
    let _hang = hang::detector("lost_replies_are_recognised");
    let (jobs, proxy) = through("sqlx_replies").await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let job = jobs.at(1);
    // The text of a statement is sent when it is prepared, and parameters when it is executed.
    for (text, cuts) in [
        ("\"state\" = CAST", &[Cut::Before, Cut::After][..]),
        ("the parameter", &[Cut::Before, Cut::After]),
        ("the parameter", &[Cut::After, Cut::Before]),
    ] {
        let right = job.queued_to_running().now().await.unwrap();
        let token = right.token();
        proxy.order(text, cuts);
        right.commit_with(running("the parameter")).await.unwrap();
        assert!(proxy.is_done());
        let right = job.running_to_queued().now().await.unwrap();
        assert_eq!(right.token(), token + 2, "the commit was made once");
        right.commit().await.unwrap();
    }
    proxy.order("the parameter", &[Cut::After]);
    job.queued_to_running().try_commit_with(running("the parameter")).await.unwrap();
    assert!(proxy.is_done());
    job.running_to_queued().now().await.unwrap().commit().await.unwrap();
    proxy.order("the parameter", &[Cut::Before]);
    let moved = job.queued_to_running().try_commit_with(running("the parameter")).await;
    assert!(matches!(moved, Err(Failed::Unknown)), "{moved:?}");
    let right = job.queued_to_running().now().await.unwrap();
    proxy.order("SKIP LOCKED", &[Cut::Before, Cut::After]);
    tokio::select! {
        () = right.lost() => panic!("the right is lost"),
        () = tokio::time::sleep(LEASE * 3) => {}
    }
    right.commit_with(running("me")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_to_serialize_are_repeated_and_checks_are_told() {
    let _hang = hang::detector("failures_to_serialize_are_repeated_and_checks_are_told");
    let level = "options=-c%20default_transaction_isolation%3Dserializable";
    let url = format!("{}?{level}", server::shared().url());
    let (jobs, pool) = jobs_at(&url, "sqlx_strict", short()).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let job = jobs.at(1);
        tasks.push(tokio::spawn(async move {
            for _ in 0..20 {
                for failed in [
                    job.queued_to_running().try_commit_with(running("me")).await.err(),
                    job.running_to_queued().try_commit().await.err(),
                ] {
                    assert!(failed.as_ref().is_none_or(|it| it.refused().is_some()), "{failed:?}");
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    sqlx::query("ALTER TABLE sqlx_strict ADD CHECK (state <> 'Done')")
        .execute(&pool)
        .await
        .unwrap();
    jobs.insert(2, Job::Running { worker: "me".into() }).await.unwrap();
    let failed = jobs.at(2).running_to_done().try_commit_with("no".into()).await.unwrap_err();
    let Failed::Store(error) = failed else { panic!("{failed:?}") };
    assert_eq!(error.code(), Some("23514"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_caller_is_gone_is_let_go_of_when_it_is_made() {
    let _hang = hang::detector("a_claim_whose_caller_is_gone_is_let_go_of_when_it_is_made");
    let options = short().lease(LONG * 10);
    let (jobs, pool) = jobs_at(&server::shared().url(), "sqlx_dropped", options).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let mut tx = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM sqlx_dropped FOR UPDATE").execute(&mut *tx).await.unwrap();
    let locked = jobs.at(1).queued_to_running().within(LONG);
    assert!(tokio::time::timeout(LEASE / 2, locked).await.is_err());
    tokio::time::sleep(LEASE * 3).await;
    tx.commit().await.unwrap();
    let right = jobs.at(1).queued_to_running().within(LONG).await.unwrap();
    // The claim, its end, and this claim.
    assert_eq!(right.token(), 3);
}
