//! The last changes of a machine.

#![allow(missing_docs, reason = "the machine is only moved")]

use std::{
    fmt::{self, Write as _},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use statemachine::{Change, History, StateMachine};

#[derive(StateMachine)]
enum Ring {
    #[state(to(B, C))]
    A,
    #[state(to(C))]
    B(u32),
    #[state(to(A, C))]
    C,
}

fn changes(history: &History<RingKind>) -> Vec<(u64, RingKind, RingKind)> {
    history.changes().into_iter().map(|recorded| plain(recorded.change)).collect()
}

fn plain(change: Change<RingKind>) -> (u64, RingKind, RingKind) {
    (change.sequence, change.from, change.to)
}

use RingKind::{A, B, C};

#[test]
fn a_new_history_is_empty() {
    let machine = RingMachine::new();
    machine.a_to_c().try_commit().unwrap();
    let history = History::of(&machine, 3);
    assert!(history.changes().is_empty());
    assert_eq!(history.to_string(), "");
    assert_eq!(format!("{history:?}"), "[]");
}

#[test]
fn the_last_changes_are_kept_in_order() {
    let machine = RingMachine::new();
    let history = History::of(&machine, 3);
    machine.a_to_b().try_commit_with(1).unwrap();
    machine.b_to_c().try_commit().unwrap();
    assert_eq!(changes(&history), [(1, A, B), (2, B, C)]);
    machine.c_to_c().try_commit().unwrap();
    assert_eq!(changes(&history), [(1, A, B), (2, B, C), (3, C, C)]);
    machine.c_to_a().try_commit().unwrap();
    machine.a_to_c().try_commit().unwrap();
    assert_eq!(changes(&history), [(3, C, C), (4, C, A), (5, A, C)]);
}

#[test]
fn a_roll_back_and_a_refusal_are_no_changes() {
    let machine = RingMachine::new();
    let history = History::of(&machine, 3);
    machine.a_to_b().now().unwrap().rollback();
    assert!(machine.c_to_a().try_commit().is_err());
    assert!(history.changes().is_empty());
}

#[test]
fn each_change_has_its_time() {
    let machine = RingMachine::new();
    let history = History::of(&machine, 10);
    let mut times = vec![Instant::now()];
    for _ in 0..3 {
        machine.a_to_c().try_commit().unwrap();
        times.push(Instant::now());
        machine.c_to_a().try_commit().unwrap();
        times.push(Instant::now());
    }
    let recorded = history.changes();
    assert_eq!(recorded.len(), 6);
    for (recorded, between) in recorded.iter().zip(times.windows(2)) {
        assert!(between[0] <= recorded.at && recorded.at <= between[1]);
    }
}

#[test]
fn it_is_printed_a_line_a_change() {
    let machine = RingMachine::new();
    let history = History::of(&machine, 10);
    machine.a_to_b().try_commit_with(1).unwrap();
    machine.b_to_c().try_commit().unwrap();
    let text = history.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("1: A to B, ") && lines[0].ends_with("s ago"), "{text}");
    assert!(lines[1].starts_with("2: B to C, ") && lines[1].ends_with("s ago"), "{text}");
    assert!(format!("{history:?}").starts_with("[1: A to B, "));
}

/// Takes its time over each piece of text.
struct Slow(String);

impl fmt::Write for Slow {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        thread::sleep(Duration::from_millis(2));
        self.0.push_str(text);
        Ok(())
    }
}

#[test]
fn what_came_first_is_older_however_long_the_printing_takes() {
    let machine = RingMachine::new();
    let history = History::of(&machine, 10);
    machine.a_to_b().try_commit_with(1).unwrap();
    machine.b_to_c().try_commit().unwrap();
    let (mut display, mut debug) = (Slow(String::new()), Slow(String::new()));
    write!(display, "{history}").unwrap();
    write!(debug, "{history:?}").unwrap();
    for text in [display.0, debug.0] {
        let ages = text.split(" ago").filter_map(|line| age(line.rsplit_once(", ")?.1));
        let ages: Vec<f64> = ages.collect();
        assert!(ages.len() == 2 && ages[0] >= ages[1], "{text}");
    }
}

/// The seconds of a text such as `1.5ms`.
fn age(text: &str) -> Option<f64> {
    let units = [("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)];
    let (number, unit) =
        units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    Some(number.parse::<f64>().unwrap() * unit)
}

#[test]
fn a_history_of_nothing_keeps_nothing() {
    let machine = RingMachine::new();
    let history = History::of(&machine, 0);
    machine.a_to_c().try_commit().unwrap();
    assert!(history.changes().is_empty());
}

#[test]
fn a_clone_is_the_same_history() {
    let machine = RingMachine::new();
    let history = History::of(&machine, 3);
    let clone = history.clone();
    drop(history);
    machine.a_to_c().try_commit().unwrap();
    assert_eq!(changes(&clone), [(1, A, C)]);
}

#[test]
fn removed_or_dropped_it_writes_no_more() {
    let machine = RingMachine::new();
    let history = History::of(&machine, 3);
    machine.a_to_c().try_commit().unwrap();
    assert!(machine.remove_handler(history.id()));
    machine.c_to_a().try_commit().unwrap();
    assert_eq!(changes(&history), [(1, A, C)]);

    let history = History::of(&machine, 3);
    let id = history.id();
    drop(history);
    machine.a_to_c().try_commit().unwrap();
    assert!(machine.remove_handler(id));
}

#[test]
fn two_histories_of_one_machine_are_independent() {
    let machine = RingMachine::new();
    let first = History::of(&machine, 1);
    machine.a_to_c().try_commit().unwrap();
    let second = History::of(&machine, 2);
    machine.c_to_a().try_commit().unwrap();
    assert_eq!(changes(&first), [(2, C, A)]);
    assert_eq!(changes(&second), [(2, C, A)]);
}

#[test]
fn a_change_that_is_told_late_displaces_no_later_one() {
    let machine = Arc::new(RingMachine::new());
    let mine = Arc::clone(&machine);
    machine.observe(move |change| {
        if change.sequence == 1 {
            mine.c_to_c().try_commit().unwrap();
            mine.c_to_a().try_commit().unwrap();
        }
    });
    let history = History::of(&machine, 2);
    machine.a_to_c().try_commit().unwrap();
    assert_eq!(changes(&history), [(2, C, C), (3, C, A)]);
}

#[test]
fn threads_that_commit_at_once_lose_nothing_and_mix_nothing_up() {
    const KEPT: usize = 64;
    let machine = RingMachine::new();
    let history = History::of(&machine, KEPT);
    let log: Arc<Mutex<Vec<Change<RingKind>>>> = Arc::default();
    let all = Arc::clone(&log);
    machine.observe(move |change| all.lock().unwrap().push(*change));
    let is_done = AtomicBool::new(false);
    let looks = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = Vec::new();
            while !is_done.load(SeqCst) {
                let seen = changes(&history);
                assert!(seen.len() <= KEPT);
                assert!(seen.is_sorted_by(|a, b| a.0 < b.0));
                looks.push(seen);
                thread::yield_now();
            }
            looks
        });
        let writers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for number in 0..3_000 {
                        _ = machine.a_to_b().try_commit_with(number);
                        _ = machine.b_to_c().try_commit();
                        _ = machine.c_to_c().try_commit();
                        _ = machine.c_to_a().try_commit();
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        is_done.store(true, SeqCst);
        reader.join().unwrap()
    });
    let mut log: Vec<_> = log.lock().unwrap().drain(..).map(plain).collect();
    log.sort_unstable_by_key(|(sequence, ..)| *sequence);
    assert_eq!(changes(&history), log[log.len() - KEPT..]);
    for seen in looks.iter().flatten() {
        assert_eq!(*seen, log[seen.0 as usize - 1], "what is seen has happened");
    }
}
