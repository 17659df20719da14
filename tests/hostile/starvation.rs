//! Who waits is served, though others never let go of their own accord.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use statemachine_tests::{hang, polling::Task};

use crate::{DoorMachine, door, foreign::wait_for, leaked};

/// Longer than anybody who is served at all waits.
const LONG: Duration = Duration::from_secs(20);
const SOON: Duration = Duration::from_millis(100);

/// Enters, holds and trades on, round and round; lets go where that is refused.
fn trade_on(door: &DoorMachine, is_over: &AtomicBool, rounds: &AtomicUsize) {
    while !is_over.load(SeqCst) {
        let Ok(closing) = door.open_to_closed().within(SOON) else {
            _ = door.closed_to_open().try_commit();
            continue;
        };
        let mut closed = closing.enter();
        while !is_over.load(SeqCst) {
            let Ok(opening) = closed.to::<door::Open>().within(SOON) else { break };
            let open = opening.enter();
            let Ok(closing) = open.to::<door::Closed>().within(SOON) else { break };
            closed = closing.enter();
            rounds.fetch_add(1, SeqCst);
        }
    }
}

#[test]
fn one_who_trades_on_and_on_starves_nobody_who_waits() {
    let _hang = hang::detector("trades");
    let (door, is_over, rounds) = (leaked(), AtomicBool::new(false), AtomicUsize::new(0));
    let (closed, held) = thread::scope(|scope| {
        scope.spawn(|| trade_on(door, &is_over, &rounds));
        wait_for(|| rounds.load(SeqCst) > 100);
        let closes = scope.spawn(|| door.open_to_closed().within(LONG).map(|right| right.commit()));
        wait_for(|| closes.is_finished() || !door.waiting().waiters.is_empty());
        let holds = scope.spawn(|| door.in_open().within(LONG).map(drop));
        let answers = (closes.join().unwrap(), holds.join().unwrap());
        is_over.store(true, SeqCst);
        answers
    });
    assert!(closed.is_ok() && held.is_ok(), "the transition: {closed:?}; the hold: {held:?}");
}

/// Polls once and lets go of what was had.
fn is_had<F: Future>(task: &mut Task<F>) -> bool {
    task.poll().is_some()
}

/// Whether the task is served at all.
fn served<F: Future>(task: &mut Task<F>) -> bool {
    let start = Instant::now();
    while !is_had(task) {
        if start.elapsed() > LONG {
            return false;
        }
        thread::yield_now();
    }
    true
}

#[test]
fn one_who_trades_on_and_on_starves_no_task() {
    let _hang = hang::detector("trades");
    let (door, is_over, rounds) = (leaked(), AtomicBool::new(false), AtomicUsize::new(0));
    let is_served = thread::scope(|scope| {
        scope.spawn(|| trade_on(door, &is_over, &rounds));
        wait_for(|| rounds.load(SeqCst) > 100);
        // The second stands behind the first, which has shut the door.
        let (mut closes, mut holds) = (Task::new(door.open_to_closed()), Task::new(door.in_open()));
        let (closing, holding) = (is_had(&mut closes), is_had(&mut holds));
        let is_served = (closing || served(&mut closes)) && (holding || served(&mut holds));
        drop((closes, holds));
        is_over.store(true, SeqCst);
        is_served
    });
    assert!(is_served);
}
