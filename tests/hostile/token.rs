//! A thread's park token has other users than this library.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use statemachine::Refused;
use statemachine_tests::hang;

use crate::{
    DoorMachine, assert_at_rest,
    foreign::{self, hand_over, wait_at_most},
    leaked,
};

/// Far longer than it takes to be woken.
const FAR: Duration = Duration::from_secs(20);

/// Takes the token of this thread; whether there was one.
fn take_token() -> bool {
    let start = Instant::now();
    thread::park_timeout(FAR);
    start.elapsed() < FAR / 2
}

#[test]
fn a_wait_ends_when_it_is_granted_though_a_waker_has_eaten_the_token() {
    let _hang = hang::detector("an eaten token");
    for _ in 0..10 {
        let (door, on) = (leaked(), Arc::new(Mutex::new(None)));
        let (told, is_granted) = (Arc::clone(&on), Arc::new(AtomicBool::new(false)));
        let granted = Arc::clone(&is_granted);
        let waker = foreign::waker(move || {
            *told.lock().unwrap() = Some(thread::current().id());
            foreign::wait_for(|| granted.load(SeqCst));
            thread::park_timeout(Duration::ZERO);
        });
        let wait = || {
            let start = Instant::now();
            drop(door.in_open().within(FAR).expect("it is open"));
            (thread::current().id(), start.elapsed())
        };
        let ((newcomer, took), ()) = hand_over(door, &waker, wait, |closing| {
            foreign::wait_for(|| on.lock().unwrap().is_some());
            // Rolled back, so that the newcomer is given its hold.
            drop(closing);
            is_granted.store(true, SeqCst);
        });
        assert!(took < FAR / 2, "it had the hold and slept for {took:?}");
        assert_at_rest(door);
        if *on.lock().unwrap() == Some(newcomer) {
            return;
        }
    }
}

/// Waits for Closed on another thread, with a token that something else has left for it; whether the
/// token is still there.
fn wait_with_token(door: &DoorMachine, limit: Duration, closes: bool) -> bool {
    thread::scope(|scope| {
        let waiter = scope.spawn(move || {
            thread::current().unpark();
            let closed = door.in_closed().within(limit);
            assert_eq!(closed.is_ok(), closes);
            take_token()
        });
        if closes {
            foreign::wait_for(|| !door.waiting().waiters.is_empty());
            // Long enough for it to fall asleep.
            thread::sleep(Duration::from_millis(50));
            door.open_to_closed().try_commit().unwrap();
        }
        waiter.join().unwrap()
    })
}

#[test]
fn a_token_that_was_there_is_still_there_after_a_wait_that_timed_out() {
    assert!(wait_with_token(leaked(), Duration::from_millis(50), false));
}

#[test]
fn a_token_that_was_there_is_still_there_after_a_wait_that_was_granted() {
    assert!(wait_with_token(leaked(), FAR, true));
}

#[test]
fn a_token_that_comes_in_the_course_of_a_wait_is_there_after_it() {
    let door = leaked();
    let is_kept = thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            drop(door.in_closed().within(FAR).unwrap());
            take_token()
        });
        foreign::wait_for(|| !door.waiting().waiters.is_empty());
        // What an executor does whose task this thread polls: first asleep, then woken by others,
        // and only then served.
        thread::sleep(Duration::from_millis(50));
        waiter.thread().unpark();
        thread::sleep(Duration::from_millis(50));
        door.open_to_closed().try_commit().unwrap();
        waiter.join().unwrap()
    });
    assert!(is_kept);
}

#[test]
fn a_token_that_others_leave_ends_no_wait() {
    let (door, is_over) = (leaked(), AtomicBool::new(false));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let refused = door.in_closed().within(Duration::from_millis(200));
            is_over.store(true, SeqCst);
            refused.map(drop)
        });
        while !wait_at_most(Duration::ZERO, || is_over.load(SeqCst)) {
            waiter.thread().unpark();
        }
        let refused = waiter.join().unwrap();
        let limit = Duration::from_millis(200);
        assert!(matches!(refused, Err(Refused::TimedOut { waited, .. }) if waited >= limit));
    });
}
