use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use statemachine::{Joined, Refused};
use statemachine_tests::{hang, polling::Task};

use crate::{Door, DoorMachine, LONG, LinkMachine, door, up};

#[test]
fn of_many_that_try_at_once_exactly_one_begins() {
    let (door, barrier) = (DoorMachine::new(), Barrier::new(4));
    for _ in 0..200 {
        let won = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    let right = door.open_to_closed().now();
                    barrier.wait();
                    match right {
                        Ok(transition) => {
                            won.fetch_add(1, Relaxed);
                            transition.rollback();
                        }
                        Err(Refused::InTransition { .. }) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                });
            }
        });
        assert_eq!(won.into_inner(), 1);
    }
}

#[test]
fn a_transition_that_waits_has_shut_the_door() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    let waiting = Task::waiting(door.open_to_closed());
    assert!(matches!(door.in_open().now(), Err(Refused::InTransition { .. })));
    assert!(matches!(door.hold().now(), Err(Refused::InTransition { .. })));
    // Nothing else has changed.
    assert!(!door.is_in_transition());
    assert!(matches!(door.open_to_closed().now(), Err(Refused::InUse { holders: 1, .. })));
    drop(held);
    assert!(door.is_in_transition(), "the right is handed over");
    drop(waiting);
}

#[test]
fn new_holders_queue_behind_a_transition_that_waits() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    let transition = Task::waiting(door.open_to_closed());
    let (behind, any) = (Task::waiting(door.in_open()), Task::waiting(door.hold()));
    drop(held);
    assert_eq!((transition.wakes(), behind.wakes(), any.wakes()), (1, 0, 0));
    transition.output().unwrap().rollback();
    assert_eq!((behind.wakes(), any.wakes()), (1, 1));
    assert!(behind.output().is_ok() && any.output().is_ok());
}

#[test]
fn one_that_gives_up_opens_the_door_again() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    let waiting = Task::waiting(door.open_to_closed());
    let behind = Task::waiting(door.in_open());
    drop(waiting);
    assert_eq!(behind.wakes(), 1);
    assert!(behind.output().is_ok());
    assert!(door.in_open().now().is_ok());
    assert!(matches!(door.open_to_closed().within(crate::SHORT), Err(Refused::TimedOut { .. })));
    assert!(door.in_open().now().is_ok());
    drop(held);
}

#[test]
fn the_door_opens_again_though_a_holder_left_before_the_one_who_waited() {
    let door = DoorMachine::new();
    for way in 0..3 {
        let held = door.in_open().now().unwrap();
        let waiting = Task::waiting(door.open_to_closed());
        let transition = held.to::<door::Closed>().now().unwrap();
        drop(waiting);
        match way {
            0 => transition.rollback(),
            1 => transition.commit(),
            _ => drop(transition.enter()),
        }
        assert!(door.hold().now().is_ok(), "nobody waits any more");
        door.reset().try_commit().unwrap();
    }
}

#[test]
fn the_door_is_shut_only_by_who_waits_to_leave_the_state() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    let elsewhere = Task::waiting(door.closed_to_locked());
    assert!(door.in_open().now().is_ok());
    drop(held);
    door.open_to_closed().try_commit().unwrap();
    assert!(door.is_in_transition(), "it was handed over at once");
    elsewhere.output().unwrap().commit();
    assert!(door.is_locked());
}

#[test]
fn who_waits_is_served_in_order_of_arrival() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    let first = Task::waiting(door.open_to_closed());
    let second = Task::waiting(door.in_open());
    let third = Task::waiting(door.in_open());
    let fourth = Task::waiting(door.to_closed());
    let fifth = Task::waiting(door.hold());
    drop(held);
    assert_eq!((first.wakes(), second.wakes(), third.wakes(), fourth.wakes()), (1, 0, 0, 0));
    first.output().unwrap().rollback();
    assert_eq!((second.wakes(), third.wakes(), fourth.wakes(), fifth.wakes()), (1, 1, 0, 0));
    drop(second.output());
    assert_eq!(fourth.wakes(), 0);
    drop(third.output());
    assert_eq!((fourth.wakes(), fifth.wakes()), (1, 0));
    fourth.output().unwrap().commit();
    assert_eq!(fifth.wakes(), 1);
    assert_eq!(*fifth.output().unwrap(), Door::Closed);
}

#[test]
fn who_was_chosen_and_gives_up_passes_the_turn_on() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    let (first, second, third) = (
        Task::waiting(door.open_to_closed()),
        Task::waiting(door.open_to_closed().or_join()),
        Task::waiting(door.reset()),
    );
    drop(held);
    assert_eq!((first.wakes(), second.wakes(), third.wakes()), (1, 0, 0));
    drop(first);
    assert_eq!((second.wakes(), third.wakes()), (1, 0));
    let second = second.output();
    assert!(matches!(second, Ok(Joined::Mine(_))));
    drop(second);
    assert_eq!(third.wakes(), 1);
    drop(third.output().unwrap());
    assert!(door.hold().now().is_ok());
}

#[test]
fn a_waiter_is_woken_only_for_a_state_it_waits_for() {
    let door = DoorMachine::new();
    let locked = Task::waiting(door.in_locked());
    let leaving = Task::waiting(door.locked_to_closed());
    let when = Task::waiting(door.when(|state| state == Door::Locked));
    for _ in 0..3 {
        door.open_to_closed().try_commit().unwrap();
        door.closed_to_open().now().unwrap().commit();
        door.open_to_closed().now().unwrap().rollback();
        drop(door.in_open().now().unwrap());
    }
    assert_eq!((locked.wakes(), leaving.wakes(), when.wakes()), (0, 0, 0));
    door.open_to_closed().try_commit().unwrap();
    door.closed_to_locked().try_commit().unwrap();
    assert_eq!((locked.wakes(), leaving.wakes(), when.wakes()), (1, 0, 1));
    drop(locked.output());
    assert_eq!(leaving.wakes(), 1);
    drop(leaving.output());
    assert_eq!(when.output().unwrap(), Door::Locked);
}

#[test]
fn what_a_thread_wrote_before_it_committed_the_next_holder_sees() {
    let _hang = hang::detector("visibility");
    let (door, written) = (DoorMachine::new(), AtomicU64::new(0));
    const ROUNDS: u64 = 20_000;
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..=ROUNDS {
                let transition = door.open_to_closed().within(LONG).unwrap();
                written.store(round, Relaxed);
                transition.commit();
            }
        });
        for round in 1..=ROUNDS {
            let closed = door.in_closed().within(LONG).unwrap();
            assert_eq!(written.load(Relaxed), round);
            closed.to::<door::Open>().within(LONG).unwrap().commit();
        }
    });
}

#[test]
fn who_only_looks_sees_what_was_written_before() {
    let (door, written) = (DoorMachine::new(), AtomicBool::new(false));
    for _ in 0..500 {
        written.store(false, Relaxed);
        thread::scope(|scope| {
            scope.spawn(|| {
                written.store(true, Relaxed);
                door.open_to_closed().try_commit().unwrap();
            });
            while !door.is_closed() {
                thread::yield_now();
            }
            assert!(written.load(Relaxed));
        });
        door.closed_to_open().try_commit().unwrap();
    }
}

#[test]
fn there_is_no_poisoning() {
    let link = up("data");
    for _ in 0..3 {
        let panicked = thread::scope(|scope| {
            scope
                .spawn(|| {
                    let _transition = link.up_to_up().now().unwrap();
                    panic!("in the middle");
                })
                .join()
                .is_err()
        });
        assert!(panicked);
    }
    assert_eq!(link.up_to_up().try_commit_with("new".to_owned()).unwrap(), "data");
}

#[test]
fn a_machine_may_be_dropped_with_a_forgotten_waiter() {
    let link = Arc::new(LinkMachine::new());
    let token = Arc::clone(&link);
    let wait = Task::waiting(token.in_up());
    std::mem::forget(wait);
    link.down_to_up().try_commit_with("data".to_owned()).unwrap();
    // The forgotten waiter was given a hold, which it keeps.
    assert!(matches!(link.up_to_down().now(), Err(Refused::InUse { holders: 1, .. })));
    assert_eq!(*link.in_up().now().unwrap(), "data");
}
