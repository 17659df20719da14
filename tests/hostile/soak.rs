//! Races that foreign code cannot force, tried for a while: for `STATEMACHINE_SOAK_SECONDS`, or else
//! for as long as finds the plain ones.

use std::{
    env,
    future::IntoFuture,
    hint,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    task::Waker,
    thread,
    time::{Duration, Instant},
};

use statemachine::Refused;
use statemachine_tests::{
    hang,
    polling::{Task, poll_with},
};

use crate::{Door, DoorMachine, leaked};

fn soak() -> Duration {
    let seconds = env::var("STATEMACHINE_SOAK_SECONDS").ok();
    let seconds = seconds.map(|seconds| seconds.parse().expect("a number of seconds"));
    seconds.map_or(Duration::from_millis(800), Duration::from_secs)
}

fn watch_for_hangs(what: &'static str) -> hang::Detector {
    hang::detector_of(what, soak() + hang::LONG)
}

fn spin(duration: Duration, is_over: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_over() && start.elapsed() < duration {
        hint::spin_loop();
    }
}

/// Commits once and registers once, at the same time; for each machine whether the registration had
/// returned while the machine was still in the old state, and how often the handler was called.
fn race_registrations(with_waiter: bool) -> (usize, usize) {
    const MACHINES: usize = 500;
    let (mut before, mut lost) = (0, 0);
    let start = Instant::now();
    while start.elapsed() < soak() {
        let doors: Vec<_> = (0..MACHINES).map(|_| DoorMachine::new()).collect();
        let heard: Vec<Arc<AtomicUsize>> = doors.iter().map(|_| Arc::default()).collect();
        let waits: Vec<_> = doors
            .iter()
            .filter(|_| with_waiter)
            .map(|door| Task::waiting(door.closed_to_open()))
            .collect();
        let gates: Vec<AtomicUsize> = doors.iter().map(|_| AtomicUsize::new(0)).collect();
        let meet = |gate: &AtomicUsize| {
            gate.fetch_add(1, SeqCst);
            spin(Duration::from_micros(50), || gate.load(SeqCst) == 2);
        };
        let barrier = Barrier::new(2);
        let were_open: Vec<bool> = thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                for (door, gate) in doors.iter().zip(&gates) {
                    meet(gate);
                    door.open_to_closed().try_commit().unwrap();
                }
            });
            barrier.wait();
            let each = doors.iter().zip(&gates).zip(&heard);
            each.map(|((door, gate), heard)| {
                meet(gate);
                let heard = Arc::clone(heard);
                door.observe(move |_| _ = heard.fetch_add(1, SeqCst));
                door.is_open()
            })
            .collect()
        });
        for (was_open, heard) in were_open.into_iter().zip(&heard) {
            before += usize::from(was_open);
            lost += usize::from(was_open && heard.load(SeqCst) == 0);
        }
        drop(waits);
    }
    (before, lost)
}

#[test]
fn a_handler_hears_of_a_commit_that_races_with_its_registration() {
    let _hang = watch_for_hangs("registrations");
    let (before, lost) = race_registrations(false);
    assert_eq!(lost, 0, "of {before}");
}

#[test]
fn a_handler_hears_of_a_commit_that_races_with_its_registration_beside_a_waiter() {
    let _hang = watch_for_hangs("registrations beside a waiter");
    let (before, lost) = race_registrations(true);
    assert_eq!(lost, 0, "of {before}");
}

#[test]
fn the_numbers_of_commits_have_no_gaps_beside_one_who_enters_and_leaves_the_queue() {
    let _hang = watch_for_hangs("numbers");
    let (door, last, is_over) = (leaked(), Arc::new(AtomicU64::new(0)), AtomicBool::new(false));
    let number = Arc::clone(&last);
    door.observe(move |change| {
        assert_eq!(number.swap(change.sequence, SeqCst) + 1, change.sequence)
    });
    let commits = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(SeqCst) {
                let mut wait = door.open_to_closed().into_future();
                drop(poll_with(&mut wait, Waker::noop()));
            }
        });
        let (start, mut commits) = (Instant::now(), 0);
        while start.elapsed() < soak() {
            commits += u64::from(door.open_to_closed().try_commit().is_ok());
            commits += u64::from(door.closed_to_open().try_commit().is_ok());
        }
        is_over.store(true, SeqCst);
        commits
    });
    assert_eq!(last.load(SeqCst), commits);
}

#[test]
fn no_wait_times_out_in_the_state_that_it_watches_for() {
    let _hang = watch_for_hangs("time-outs");
    let (door, is_over) = (leaked(), AtomicBool::new(false));
    let (timed_out, wrong) = thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(SeqCst) {
                _ = door.open_to_closed().try_commit();
                spin(Duration::from_micros(3), || false);
                _ = door.closed_to_open().try_commit();
                spin(Duration::from_micros(60), || false);
            }
        });
        let (start, mut timed_out, mut wrong) = (Instant::now(), 0, 0);
        while start.elapsed() < soak() {
            let closed = door.when(|state| state == Door::Closed);
            if let Err(Refused::TimedOut { actual, .. }) = closed.within(Duration::from_nanos(200))
            {
                timed_out += 1;
                wrong += usize::from(actual == "Closed");
            }
        }
        is_over.store(true, SeqCst);
        (timed_out, wrong)
    });
    assert_eq!(wrong, 0, "of {timed_out}");
}
