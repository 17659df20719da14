//! Waiting for what other processes do.

use std::{
    future::Future,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Wake, Waker},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use statemachine::stored::{Address, Key, Store as _};
use statemachine_tests::hang::{LONG, detector};

use super::{
    Job,
    child::{Process, say, told},
    jobs, running,
};

#[test]
fn a_move_of_another_process_wakes() {
    let _hang = detector("waking across processes");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        let mut mover = Process::start("move", &path, "");
        mover.hears("ready");
        let mut latencies = Vec::new();
        for round in 0..20 {
            let key = round.to_string();
            jobs.insert(&key, Job::Queued).await.unwrap();
            let teller = thread::spawn(move || {
                // By turns soon after the wait began and later.
                thread::sleep(Duration::from_millis(10 + 30 * (round % 5)));
                mover.tell(&key);
                mover
            });
            jobs.at(round).in_running().within(LONG).await.unwrap();
            let woken = now();
            mover = teller.join().unwrap();
            let moved: u64 = mover.hears("moved ").parse().unwrap();
            latencies.push(woken.saturating_sub(moved));
        }
        latencies.sort_unstable();
        println!("woken {latencies:?} us after the move was confirmed");
    });
}

#[test]
fn a_thousand_that_wait_for_other_rows_sleep_on() {
    let _hang = detector("sleeping on");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        let store = jobs.store().clone();
        let keys: Vec<_> = (0..1000).map(|key| Key::from(format!("other-{key}"))).collect();
        for key in &keys {
            jobs.insert(key, Job::Queued).await.unwrap();
        }
        let mut rows = Vec::new();
        for key in &keys {
            rows.push(store.load(Address { machine: "Job", key }).await.unwrap().unwrap());
        }
        let counter = Arc::new(Counter::default());
        let waker = Waker::from(Arc::clone(&counter));
        let mut cx = Context::from_waker(&waker);
        let waits = keys.iter().zip(&rows).map(|(key, row)| {
            let store = &store;
            Box::pin(async move { store.wait(Address { machine: "Job", key }, row, None).await })
        });
        let mut waits: Vec<_> = waits.collect();
        // Each looks once. A look that is asked for later is answered later.
        let start = Instant::now();
        for _ in 0..2 {
            assert!(waits.iter_mut().all(|wait| wait.as_mut().poll(&mut cx).is_pending()));
            assert!(jobs.at(&keys[0]).is_queued().await.unwrap());
        }
        println!("1,000 waits began in {:?}", start.elapsed());
        let before = counter.0.load(SeqCst);

        let mut mover = Process::start("move", &path, "");
        mover.hears("ready");
        for key in 0..50 {
            jobs.insert(key, Job::Queued).await.unwrap();
            mover.tell(&key.to_string());
            mover.hears("moved ");
        }
        jobs.at(49).in_running().within(LONG).await.unwrap();
        thread::sleep(Duration::from_millis(100));
        assert_eq!(counter.0.load(SeqCst), before, "they sleep on");

        mover.tell("other-500");
        mover.hears("moved ");
        while counter.0.load(SeqCst) == before {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(waits[500].as_mut().poll(&mut cx).is_ready());
        assert_eq!(counter.0.load(SeqCst), before + 1, "one was woken");
    });
}

#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Moves the rows that it is told.
pub(super) async fn move_rows(path: &Path, name: &str) {
    let jobs = jobs(path).await;
    say("ready");
    while let Some(key) = told() {
        jobs.at(key).queued_to_running().try_commit_with(running(name)).await.unwrap();
        say(&format!("moved {}", now()));
    }
}

/// Microseconds that two processes can compare.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_micros().try_into().unwrap()
}
