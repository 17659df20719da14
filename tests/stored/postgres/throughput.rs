//! How fast moves are, as ratios to the bare statements on the same table.
//!
//! `cargo test --release -p statemachine-tests --test stored_postgres -- --ignored throughput --nocapture`

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use deadpool_postgres::{Manager, Pool};
use statemachine::stored::postgres::{Options, Postgres, Table};
use tokio_postgres::NoTls;

use crate::{Job, Jobs, LONG, jobs_at, running, server::Server};

const FOR: Duration = Duration::from_secs(3);

/// How often all clients together do it in a second. Each has a row of its own.
async fn rate<F: Future<Output = ()> + Send>(
    clients: u32,
    work: impl Fn(u32) -> F + Send + Sync + 'static,
) -> f64 {
    let work = Arc::new(work);
    let since = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let work = work.clone();
            tokio::spawn(async move {
                let mut count = 0_u32;
                while since.elapsed() < FOR {
                    work(client).await;
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut count = 0;
    for task in tasks {
        count += task.await.unwrap();
    }
    f64::from(count) / since.elapsed().as_secs_f64()
}

/// Prints, and asserts nothing.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures, and tests nothing"]
async fn throughput() {
    let server = Server::start(&["fsync = on", "shared_buffers = 128MB"]);
    for (clients, options) in [1, 8, 64].into_iter().flat_map(|clients| {
        [(clients, Options::default()), (clients, Options::default().unprepared())]
    }) {
        let manager = Manager::new(server.url().parse().unwrap(), NoTls);
        let pool = Pool::builder(manager).max_size(clients as usize).build().unwrap();
        let table = Table::named("throughput");
        let store = Postgres::on(pool.clone(), table).with(options.clone());
        let jobs = Jobs::open(store).await.unwrap();
        for key in 0..clients {
            jobs.insert(key, Job::Queued).await.unwrap();
        }
        let pooled = pool.clone();
        let bare = rate(clients, move |key| {
            let pool = pooled.clone();
            async move {
                let client = pool.get().await.unwrap();
                let sql = "UPDATE throughput SET state = 'Queued', version = version + 1 \
                    WHERE kind = 'Job' AND key = $1 AND state = 'Queued'";
                let statement = client.prepare_cached(sql).await.unwrap();
                client.execute(&statement, &[&key.to_string()]).await.unwrap();
            }
        })
        .await;
        let stepping = jobs.clone();
        // Two moves, one without and one with old data.
        let steps = 2.0
            * rate(clients, move |key| {
                let job = stepping.at(key);
                async move {
                    job.queued_to_running().try_commit_with(running("me")).await.unwrap();
                    job.running_to_queued().try_commit().await.unwrap();
                }
            })
            .await;
        let claiming = jobs.clone();
        let rights = 2.0
            * rate(clients, move |key| {
                let job = claiming.at(key);
                async move {
                    let right = job.queued_to_running().now().await.unwrap();
                    right.commit_with(running("me")).await.unwrap();
                    job.running_to_queued().now().await.unwrap().commit().await.unwrap();
                }
            })
            .await;
        println!(
            "{clients} clients, {options:?}: bare {bare:.0}/s, in one step {:.2} of it, by a right {:.2} of half of it",
            steps / bare,
            rights / (bare / 2.0)
        );
    }

    let (waiter, mover) = (
        jobs_at(&server.url(), "wake", Options::default()).await,
        jobs_at(&server.url(), "wake", Options::default()).await,
    );
    mover.insert(1, Job::Queued).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..200 {
        let job = waiter.at(1);
        let waits = tokio::spawn(async move {
            job.in_running().within(LONG).await.unwrap();
            Instant::now()
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        mover.at(1).queued_to_running().try_commit_with(running("me")).await.unwrap();
        let committed = Instant::now();
        times.push(waits.await.unwrap().saturating_duration_since(committed));
        mover.at(1).running_to_queued().try_commit().await.unwrap();
    }
    times.sort();
    println!("woken after the committer's reply: {:?} median, {:?} most", times[100], times[199]);
}
