//! A pooler that lends a connection for a transaction only.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use statemachine::stored::{
    Failed,
    postgres::{Postgres, Table},
};
use statemachine_tests::hang;

use crate::{
    Job, Jobs, LEASE, LONG, jobs_at, running,
    server::{self, as_user, free_port, new_folder},
    short,
};

/// PgBouncer in transaction mode, with fewer connections than it has clients.
struct Pooler {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Pooler {
    fn start(settings: &str) -> Self {
        let (folder, port) = (new_folder(), free_port());
        let config = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\npostgres = host=127.0.0.1 port={} user=tester\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = 3\n{settings}\n",
            server::shared().port()
        );
        fs::write(&config, text).unwrap();
        let mut pooler = as_user(Command::new("pgbouncer"));
        // Debian has it where the path of a user that is not root does not lead.
        let path = std::env::var("PATH").unwrap_or_default();
        pooler.arg(&config).env("PATH", format!("{path}:/usr/sbin")).stdin(Stdio::null());
        let child = pooler.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child =
            child.expect("PgBouncer; install it, on Debian with `apt-get install pgbouncer`");
        Self { child, folder, port }
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_but_listening_works_through_a_pooler_in_transaction_mode() {
    let _hang = hang::detector("all_but_listening_works_through_a_pooler_in_transaction_mode");
    let pooler = Pooler::start("");
    let url = server::shared().url_at(pooler.port);
    let options =
        short().connections(8).unprepared().without_listening().poll(Duration::from_millis(20));
    let jobs = jobs_at(&url, "pooled", options).await;
    let mut tasks = Vec::new();
    for key in 0..16 {
        let job = jobs.at(key);
        let waits = tokio::spawn(async move {
            while job.state().await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            job.in_done().within(LONG).await
        });
        let jobs = jobs.clone();
        tasks.push(tokio::spawn(async move {
            jobs.insert(key, Job::Queued).await.unwrap();
            let job = jobs.at(key);
            for _ in 0..10 {
                job.queued_to_running().try_commit_with(running("me")).await.unwrap();
                job.running_to_queued().now().await.unwrap().commit().await.unwrap();
            }
            let right = job.queued_to_running().now().await.unwrap();
            tokio::time::sleep(LEASE * 2).await;
            right.commit_with(running("me")).await.unwrap();
            job.running_to_done().try_commit_with("well".into()).await.unwrap();
            assert_eq!(waits.await.unwrap().unwrap(), "well");
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_behind_a_pooler_listens_past_it() {
    let _hang = hang::detector("a_store_behind_a_pooler_listens_past_it");
    let pooler = Pooler::start("");
    let url = server::shared().url_at(pooler.port);
    let direct = server::shared().url().parse().unwrap();
    let store =
        Postgres::connect(&url, Table::named("past"), short().unprepared().recheck(LONG * 10))
            .await;
    let waiter = Jobs::open(store.unwrap().listening(direct)).await.unwrap();
    waiter.insert(1, Job::Queued).await.unwrap();
    let job = waiter.at(1);
    let waits = tokio::spawn(async move { job.in_running().within(LONG).await });
    let client = crate::client(&server::shared().url()).await;
    while client.query("SELECT 1 FROM past WHERE wanted = 0", &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let right = waiter.at(1).queued_to_running().now().await.unwrap();
    right.commit_with(running("me")).await.unwrap();
    waits.await.unwrap().unwrap();
}

/// PgBouncer says of a statement that takes too long that it failed. The server goes on with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_a_pooler_gives_up_is_not_taken_for_refused() {
    let _hang = hang::detector("a_move_that_a_pooler_gives_up_is_not_taken_for_refused");
    let client = crate::client(&server::shared().url()).await;
    let direct = crate::jobs("given_up").await;
    direct.insert(1, Job::Queued).await.unwrap();
    client
        .batch_execute(
            "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS \
               'BEGIN PERFORM pg_sleep(2); RETURN NEW; END'; \
             CREATE TRIGGER slowly BEFORE UPDATE ON given_up FOR EACH ROW EXECUTE FUNCTION slowly()",
        )
        .await
        .unwrap();
    let pooler = Pooler::start("query_timeout = 1");
    let url = server::shared().url_at(pooler.port);
    let jobs = jobs_at(&url, "given_up", short().unprepared().without_listening()).await;
    let moved = jobs.at(1).queued_to_running().try_commit_with(running("me")).await;
    assert!(matches!(moved, Err(Failed::Unknown)), "{moved:?}");
    while !direct.at(1).is_running().await.unwrap() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
