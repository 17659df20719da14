//! Tasks that wait, are dropped, interrupted, or woken another way than they said first.

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, UP, assert_idle, block_on, explore, poll, waker};
use crate::{Interrupt, Refused};

#[test]
fn a_commit_wakes_a_task() {
    explore("commit against a poll", |link| {
        let other = Arc::clone(&link);
        let task = thread::spawn(move || *block_on(other.in_up().into_future()).unwrap());
        link.down_to_up().try_commit_with(7).unwrap();
        assert_eq!(task.join().unwrap(), 7);
        assert_idle(&link, UP);
    });
}

#[test]
fn a_future_dropped_against_being_chosen_passes_its_turn_on() {
    explore("dropped future passes the turn on", |link| {
        let transition = link.down_to_up().now().unwrap();
        let other = Arc::clone(&link);
        let dropped = thread::spawn(move || {
            let mut future = other.down_to_down().into_future();
            drop(poll(&mut future, &waker()));
            drop(future);
        });
        let other = Arc::clone(&link);
        let patient = thread::spawn(move || other.down_to_down().within(LONG).unwrap().commit());
        transition.rollback();
        dropped.join().unwrap();
        patient.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn a_dropped_future_that_traded_a_hold_lets_go_of_it_once() {
    explore("dropped future that trades", |link| {
        let mine = link.in_down().now().unwrap();
        let theirs = mine.clone();
        let machine = Arc::clone(&link);
        let mut future = mine.to::<super::link::Over>().into_future();
        assert!(poll(&mut future, &waker()).is_pending());
        let dropper = thread::spawn({
            let machine = Arc::clone(&machine);
            move || drop(machine.in_down().now())
        });
        drop(theirs);
        drop(future);
        dropper.join().unwrap();
        assert_idle(&machine, DOWN);
    });
}

#[test]
fn a_waker_replaced_against_being_chosen() {
    explore("waker replaced between polls", |link| {
        let other = Arc::clone(&link);
        let task = thread::spawn(move || {
            let mut future = other.in_up().into_future();
            let first = std::task::Waker::noop();
            if let std::task::Poll::Ready(up) = poll(&mut future, first) {
                return *up.unwrap();
            }
            *block_on(future).unwrap()
        });
        link.down_to_up().try_commit_with(7).unwrap();
        assert_eq!(task.join().unwrap(), 7);
        assert_idle(&link, UP);
    });
}

#[test]
fn an_interrupt_ends_a_wait_or_comes_too_late() {
    explore("interrupt against a commit, thread", |link| {
        let interrupt = Interrupt::new();
        let other = (Arc::clone(&link), interrupt.clone());
        let waiter =
            thread::spawn(move || match other.0.in_up().interruptible(&other.1).within(LONG) {
                Ok(up) => assert_eq!(*up, 1),
                Err(refused) => assert!(matches!(refused, Refused::Interrupted { .. })),
            });
        let interrupter = thread::spawn(move || interrupt.interrupt());
        link.down_to_up().try_commit_with(1).unwrap();
        interrupter.join().unwrap();
        waiter.join().unwrap();
        assert_idle(&link, UP);
    });
}

#[test]
fn an_interrupt_ends_a_wait_that_nothing_else_would() {
    for is_task in [false, true] {
        explore("interrupt against going to sleep", move |link| {
            let interrupt = Interrupt::new();
            let other = (Arc::clone(&link), interrupt.clone());
            let waiter = thread::spawn(move || {
                let wait = other.0.in_up().interruptible(&other.1);
                let had = if is_task { block_on(wait.into_future()) } else { wait.within(LONG) };
                assert!(matches!(had, Err(Refused::Interrupted { .. })));
            });
            interrupt.interrupt();
            waiter.join().unwrap();
            assert_idle(&link, DOWN);
        });
    }
}

#[test]
fn an_interrupt_that_is_cleared_at_once_still_ends_the_wait_of_a_task() {
    explore("interrupt against a poll", |link| {
        let interrupt = Interrupt::new();
        let mut future = link.in_up().interruptible(&interrupt).into_future();
        assert!(poll(&mut future, &waker()).is_pending());
        let other = interrupt.clone();
        let interrupter = thread::spawn(move || {
            other.interrupt();
            other.clear();
        });
        assert!(matches!(block_on(future), Err(Refused::Interrupted { .. })));
        interrupter.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn an_interrupt_passes_the_turn_on() {
    explore("interrupt passes the turn on", |link| {
        let transition = link.down_to_up().now().unwrap();
        let interrupt = Interrupt::new();
        let other = (Arc::clone(&link), interrupt.clone());
        let interrupted = thread::spawn(move || {
            other.0.down_to_down().interruptible(&other.1).within(LONG).map(|t| t.commit()).is_ok()
        });
        let other = Arc::clone(&link);
        let patient = thread::spawn(move || other.down_to_down().within(LONG).unwrap().commit());
        interrupt.interrupt();
        transition.rollback();
        interrupted.join().unwrap();
        patient.join().unwrap();
        assert_idle(&link, DOWN);
    });
}
