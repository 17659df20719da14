//! Wakers that use the machine or panic when they are cloned, used or dropped.

use std::{
    future::IntoFuture,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::Waker,
    thread,
};

use statemachine::{InState, Interrupt, RefusedWith};
use statemachine_tests::{
    hang,
    hooks::Hooks,
    polling::{Task, poll_with},
};

use crate::{
    Slot, SlotMachine, assert_at_rest,
    foreign::{self, forget_all, hand_over, panic_of, wait_for},
    leaked, slot,
};

/// A waker that does that once when it is cloned, if it is armed, and then panics once when it is
/// dropped.
fn meddler(armed: &Arc<AtomicBool>, act: impl Fn() + Send + Sync + 'static) -> Waker {
    let (clones, drops) = (Arc::clone(armed), Arc::clone(armed));
    Hooks {
        clone: Box::new(move || {
            if clones.load(SeqCst) {
                act();
            }
        }),
        drop: Box::new(move || {
            if drops.swap(false, SeqCst) {
                panic!("a waker's drop");
            }
        }),
        ..Hooks::default()
    }
    .waker()
}

#[test]
fn a_waker_whose_drop_panics_in_poll_leaves_no_hold_behind() {
    let (door, armed) = (leaked(), Arc::new(AtomicBool::new(false)));
    let waker = meddler(&armed, || door.open_to_closed().try_commit().unwrap());
    let mut wait = door.in_closed().into_future();
    assert!(poll_with(&mut wait, Waker::noop()).is_none());
    armed.store(true, SeqCst);
    assert!(panic_of(|| poll_with(&mut wait, &waker)).is_some(), "the panic goes on");
    drop(wait);
    assert_at_rest(door);
}

#[test]
fn a_waker_whose_drop_panics_in_poll_leaves_no_transition_behind() {
    let (door, armed) = (leaked(), Arc::new(AtomicBool::new(false)));
    let waker = meddler(&armed, || door.open_to_closed().try_commit().unwrap());
    let mut wait = door.closed_to_open().into_future();
    assert!(poll_with(&mut wait, Waker::noop()).is_none());
    armed.store(true, SeqCst);
    assert!(panic_of(|| poll_with(&mut wait, &waker)).is_some(), "the panic goes on");
    drop(wait);
    assert_at_rest(door);
}

#[test]
fn a_waker_whose_drop_panics_on_the_way_into_the_queue_leaves_no_hold_behind() {
    // Cloned for the queue after it was seen that the door is open, and then not needed.
    let (door, armed) = (leaked(), Arc::new(AtomicBool::new(true)));
    let waker = meddler(&armed, || door.open_to_closed().try_commit().unwrap());
    let mut wait = door.in_closed().into_future();
    assert!(panic_of(|| poll_with(&mut wait, &waker)).is_some(), "the panic goes on");
    drop(wait);
    assert_at_rest(door);
}

#[test]
fn a_waker_whose_drop_panics_on_the_way_into_the_queue_leaves_no_transition_behind() {
    let (door, armed) = (leaked(), Arc::new(AtomicBool::new(true)));
    let waker = meddler(&armed, || door.open_to_closed().try_commit().unwrap());
    let mut wait = door.closed_to_open().into_future();
    assert!(panic_of(|| poll_with(&mut wait, &waker)).is_some(), "the panic goes on");
    drop(wait);
    assert_at_rest(door);
}

#[test]
fn a_hold_that_was_traded_in_a_poll_that_panics_does_not_come_back() {
    type Others = Arc<Mutex<Option<InState<'static, slot::Full>>>>;
    let full = Slot::Full("a text on the heap".to_owned());
    let slot: &'static SlotMachine = Box::leak(Box::new(SlotMachine::from_state(full)));
    let interrupt: &'static Interrupt = Box::leak(Box::default());
    let (armed, other) = (Arc::new(AtomicBool::new(false)), Others::default());
    *other.lock().unwrap() = Some(slot.in_full().now().unwrap());
    let held = slot.in_full().now().unwrap();
    let mut trade = held.to::<slot::Empty>().interruptible(interrupt).into_future();
    assert!(poll_with(&mut trade, Waker::noop()).is_none());
    // The other holder leaves while the waker is replaced, so that the trade is granted.
    let waker = meddler(&armed, move || drop(other.lock().unwrap().take()));
    armed.store(true, SeqCst);
    assert!(panic_of(|| poll_with(&mut trade, &waker)).is_some(), "the panic goes on");

    interrupt.interrupt();
    let mut answer = None;
    // Whether it may be polled after its panic is not said.
    let repolled = panic_of(|| answer = poll_with(&mut trade, Waker::noop()));
    if let Some(Err(RefusedWith { data: hold, .. })) = answer {
        let seen = slot.waiting();
        if seen.in_transition || seen.holders != 1 {
            // What is not counted must not be let go of either.
            forget_all([hold]);
            panic!("a hold has come back beside: {seen}");
        }
        let clone = hold.clone();
        let traded = clone.to::<slot::Empty>().now();
        assert!(traded.is_err(), "the right to leave beside a hold");
    } else {
        drop(answer);
    }
    drop((trade, repolled));
    assert_eq!(slot.full_to_empty().try_commit().unwrap(), "a text on the heap");
}

/// How often the order of threads that a test is for is tried for.
const ROUNDS: usize = 10;

/// A waker that panics on whatever thread it is used, and says which it was.
fn panics_and_tells() -> (Waker, Arc<Mutex<Option<thread::ThreadId>>>) {
    let on = Arc::new(Mutex::new(None));
    let told = Arc::clone(&on);
    let waker = foreign::waker(move || {
        *told.lock().unwrap() = Some(thread::current().id());
        panic!("a waker");
    });
    (waker, on)
}

#[test]
fn a_waker_that_panics_on_a_tasks_way_into_the_queue_costs_the_task_no_place() {
    let _hang = hang::detector("a task's place");
    for _ in 0..ROUNDS {
        let (door, (waker, on)) = (leaked(), panics_and_tells());
        let mut wait = door.in_open().into_future();
        let poll = || {
            _ = panic_of(|| poll_with(&mut wait, Waker::noop()).map(drop));
            thread::current().id()
        };
        let (newcomer, ()) = hand_over(door, &waker, poll, |closing| {
            wait_for(|| on.lock().unwrap().is_some());
            drop(closing);
        });
        // The poll that panicked may have had the hold itself.
        if panic_of(|| drop(poll_with(&mut wait, Waker::noop()).expect("it is its turn"))).is_some()
        {
            assert!(*on.lock().unwrap() == Some(newcomer), "only then");
        }
        drop(wait);
        assert_at_rest(door);
        if *on.lock().unwrap() == Some(newcomer) {
            return;
        }
    }
}

#[test]
fn a_waker_that_panics_on_a_threads_way_into_the_queue_leaves_no_hold_behind() {
    let _hang = hang::detector("a thread's place");
    for _ in 0..ROUNDS {
        let (door, (waker, on)) = (leaked(), panics_and_tells());
        let wait = || {
            _ = panic_of(|| door.in_open().within(hang::LONG).map(drop));
            thread::current().id()
        };
        let (newcomer, ()) = hand_over(door, &waker, wait, |closing| {
            wait_for(|| on.lock().unwrap().is_some());
            drop(closing);
        });
        assert_at_rest(door);
        if *on.lock().unwrap() == Some(newcomer) {
            return;
        }
    }
}

#[test]
fn a_waker_whose_drop_panics_where_its_task_gives_up_costs_nobody_the_wake_up() {
    let door = leaked();
    let _hold = door.in_open().now().unwrap();
    let waker = foreign::waker_that_panics_when_dropped();
    let mut closing = door.open_to_closed().into_future();
    assert!(poll_with(&mut closing, &waker).is_none());
    drop(waker);
    let behind = Task::waiting(door.in_open());
    assert!(panic_of(|| drop(closing)).is_some(), "the panic goes on");
    assert_eq!(door.waiting().holders, 2);
    assert!(behind.wakes() > 0, "it has the hold and sleeps on");
    drop(behind.output().unwrap());
}

#[test]
fn a_waker_whose_drop_panics_where_its_task_gives_up_costs_no_thread_the_wake_up() {
    let _hang = hang::detector("a thread behind a task that gives up");
    let door = leaked();
    let hold = door.in_open().now().unwrap();
    let waker = foreign::waker_that_panics_when_dropped();
    let mut closing = door.open_to_closed().into_future();
    assert!(poll_with(&mut closing, &waker).is_none());
    drop(waker);
    let served = AtomicUsize::new(0);
    thread::scope(|scope| {
        let behind = scope.spawn(|| {
            let held = door.in_open().within(hang::LONG / 6);
            served.fetch_add(1, SeqCst);
            held.map(drop)
        });
        wait_for(|| door.waiting().waiters.len() == 2);
        assert!(panic_of(|| drop(closing)).is_some(), "the panic goes on");
        let soon = foreign::wait_at_most(hang::LONG / 12, || served.load(SeqCst) == 1);
        assert!(behind.join().unwrap().is_ok());
        assert!(soon, "it had the hold and slept to its deadline");
    });
    drop(hold);
    assert_at_rest(door);
}
