use std::{future::IntoFuture, sync::Arc, task::Waker, thread};

use statemachine::{Interrupt, Refused};
use statemachine_tests::{
    hang,
    polling::{Task, Wakes, poll_with},
};

use crate::{DoorMachine, LONG, LinkMachine, SHORT};

#[test]
fn it_is_sticky_until_it_is_cleared() {
    let interrupt = Interrupt::new();
    assert!(!interrupt.is_interrupted());
    interrupt.interrupt();
    interrupt.interrupt();
    assert!(interrupt.is_interrupted());
    let door = DoorMachine::new();
    for _ in 0..2 {
        let refused = door.in_closed().interruptible(&interrupt).within(LONG).unwrap_err();
        assert!(matches!(refused, Refused::Interrupted { machine: "Door", .. }));
        assert_eq!(refused.to_string(), "interrupted while waiting for Door");
    }
    interrupt.clear();
    assert!(!interrupt.is_interrupted());
    let refused = door.in_closed().interruptible(&interrupt).within(SHORT).unwrap_err();
    assert!(matches!(refused, Refused::TimedOut { .. }));
}

#[test]
fn all_clones_are_one() {
    let interrupt = Interrupt::new();
    let clone = interrupt.clone();
    let door = DoorMachine::new();
    let task = Task::waiting(door.in_closed().interruptible(&interrupt));
    clone.interrupt();
    assert!(interrupt.is_interrupted());
    assert!(matches!(task.output(), Err(Refused::Interrupted { .. })));
    interrupt.clear();
    assert!(!clone.is_interrupted());
}

#[test]
fn one_serves_many_machines_and_many_waits() {
    let interrupt = Interrupt::new();
    let (door, link) = (DoorMachine::new(), LinkMachine::new());
    let closed = Task::waiting(door.in_closed().interruptible(&interrupt));
    let locked = Task::waiting(door.closed_to_locked().interruptible(&interrupt));
    let up = Task::waiting(link.in_up().interruptible(&interrupt));
    let other = Task::waiting(link.in_up());
    interrupt.interrupt();
    assert_eq!((closed.wakes(), locked.wakes(), up.wakes(), other.wakes()), (1, 1, 1, 0));
    assert!(matches!(closed.output(), Err(Refused::Interrupted { machine: "Door", .. })));
    assert!(matches!(locked.output(), Err(Refused::Interrupted { machine: "Door", .. })));
    assert!(matches!(up.output(), Err(Refused::Interrupted { machine: "Link", .. })));
}

#[test]
fn dropping_it_interrupts_nobody() {
    let door = DoorMachine::new();
    let interrupt = Interrupt::new();
    let task = Task::waiting(door.in_closed().interruptible(&interrupt));
    drop(interrupt.clone());
    assert_eq!(task.wakes(), 0);
    door.open_to_closed().try_commit().unwrap();
    assert!(task.output().is_ok());
}

#[test]
fn who_was_interrupted_stays_so_though_it_is_cleared_at_once() {
    let door = DoorMachine::new();
    let interrupt = Interrupt::new();
    let task = Task::waiting(door.in_closed().interruptible(&interrupt));
    interrupt.interrupt();
    interrupt.clear();
    assert_eq!(task.wakes(), 1);
    assert!(matches!(task.output(), Err(Refused::Interrupted { .. })));
}

#[test]
fn a_thread_hears_of_it_though_it_is_cleared_at_once() {
    let _hang = hang::detector("interrupt, then clear");
    let door = DoorMachine::new();
    for _ in 0..200 {
        let interrupt = Interrupt::new();
        thread::scope(|scope| {
            let task = Task::waiting(door.in_closed().interruptible(&interrupt));
            let waiter = scope.spawn(|| door.in_closed().interruptible(&interrupt).within(LONG));
            // The waiter may come before or after; until it has heard, it is told again.
            while !waiter.is_finished() {
                interrupt.interrupt();
                interrupt.clear();
                thread::yield_now();
            }
            assert!(matches!(waiter.join().unwrap(), Err(Refused::Interrupted { .. })));
            assert!(matches!(task.output(), Err(Refused::Interrupted { .. })));
        });
    }
}

#[test]
fn who_is_interrupted_passes_the_turn_on() {
    let door = DoorMachine::new();
    let interrupt = Interrupt::new();
    let transition = door.open_to_closed().now().unwrap();
    let first = Task::waiting(door.open_to_closed().interruptible(&interrupt));
    let second = Task::waiting(door.open_to_closed());
    interrupt.interrupt();
    drop(first.output());
    transition.rollback();
    assert_eq!(second.wakes(), 1);
    second.output().unwrap().commit();
}

#[test]
fn who_has_it_already_has_it() {
    let door = DoorMachine::new();
    let interrupt = Interrupt::new();
    let transition = door.open_to_closed().now().unwrap();
    let task = Task::waiting(door.open_to_closed().interruptible(&interrupt));
    transition.rollback();
    interrupt.interrupt();
    // It was given the right before it was interrupted; either answer is true, none may leak it.
    drop(task.output());
    assert!(door.open_to_closed().try_commit().is_ok());
}

#[test]
fn the_hold_that_was_to_be_traded_comes_back() {
    let door = DoorMachine::new();
    let interrupt = Interrupt::new();
    let (mine, other) = (door.in_open().now().unwrap(), door.in_open().now().unwrap());
    let task = Task::waiting(mine.to::<crate::door::Closed>().interruptible(&interrupt));
    interrupt.interrupt();
    let refused = task.output().unwrap_err();
    assert!(matches!(refused.refused, Refused::Interrupted { .. }));
    drop(other);
    let mine = refused.into_data();
    assert!(door.in_open().now().is_ok(), "the door is open again");
    mine.to::<crate::door::Closed>().now().unwrap().commit();
}

#[test]
fn it_wakes_who_polled_last_and_nobody_before() {
    let door = DoorMachine::new();
    let interrupt = Interrupt::new();
    let wakes = [(); 2].map(|()| Arc::new(Wakes::default()));
    let mut wait = Box::pin(door.in_closed().interruptible(&interrupt).into_future());
    for wakes in &wakes {
        assert!(poll_with(&mut wait, &Waker::from(Arc::clone(wakes))).is_none());
    }
    interrupt.interrupt();
    assert_eq!(wakes.each_ref().map(|wakes| wakes.count()), [0, 1]);
}

#[test]
fn it_keeps_nothing_of_a_wait_that_has_ended() {
    let door = DoorMachine::new();
    let interrupt = Interrupt::new();
    let wakes = Arc::new(Wakes::default());
    for gives_up in [true, false] {
        let mut wait = Box::pin(door.in_closed().interruptible(&interrupt).into_future());
        assert!(poll_with(&mut wait, &Waker::from(Arc::clone(&wakes))).is_none());
        if gives_up {
            drop(wait);
        } else {
            door.open_to_closed().try_commit().unwrap();
            assert!(poll_with(&mut wait, &Waker::from(Arc::clone(&wakes))).is_some());
        }
        assert_eq!(Arc::strong_count(&wakes), 1, "a waker is kept: {gives_up}");
    }
}
