//! Exclusive holds, and guards that own their machine.

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, Link, LinkMachine, UP, assert_idle, explore, explore_from, poll, waker};
use crate::Refused;

#[test]
fn an_exclusive_hold_excludes_a_hold_and_a_transition() {
    explore_from(
        "exclusive hold against hold and begin",
        || Link::Up(1),
        false,
        |link| {
            let other = Arc::clone(&link);
            let holder = thread::spawn(move || match other.in_up().now() {
                // Whoever holds it reads what nobody writes meanwhile.
                Ok(up) => assert!(*up == 1 || *up == 2),
                Err(refused) => assert!(!matches!(refused, Refused::WrongState { .. })),
            });
            let other = Arc::clone(&link);
            let beginner = thread::spawn(move || drop(other.up_to_up().now()));
            if let Ok(mut up) = link.in_up().exclusive().now() {
                *up += 1;
            }
            holder.join().unwrap();
            beginner.join().unwrap();
            assert_idle(&link, UP);
        },
    );
}

#[test]
fn what_is_written_under_an_exclusive_hold_is_seen_by_the_next() {
    explore_from(
        "exclusive hold against exclusive hold",
        || Link::Up(0),
        false,
        |link| {
            let add = |link: Arc<LinkMachine>| {
                move || *link.in_up().exclusive().within(LONG).unwrap() += 1
            };
            let a = thread::spawn(add(Arc::clone(&link)));
            let b = thread::spawn(add(Arc::clone(&link)));
            a.join().unwrap();
            b.join().unwrap();
            assert_eq!(link.up_to_down().try_commit().unwrap(), 2);
            assert_idle(&link, DOWN);
        },
    );
}

#[test]
fn an_exclusive_hold_that_ends_wakes_those_that_wait_for_the_state() {
    explore("exclusive hold against waiters", |link| {
        let alone = link.in_down().exclusive().now().unwrap();
        let other = Arc::clone(&link);
        let holder = thread::spawn(move || drop(other.in_down().within(LONG).unwrap()));
        let other = Arc::clone(&link);
        let beginner = thread::spawn(move || other.down_to_up().within(LONG).unwrap().rollback());
        drop(alone);
        holder.join().unwrap();
        beginner.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn an_exclusive_hold_gets_its_turn_when_the_last_holder_leaves() {
    explore("exclusive hold against a holder that leaves", |link| {
        let hold = link.in_down().now().unwrap();
        let other = Arc::clone(&link);
        let alone = thread::spawn(move || drop(other.in_down().exclusive().within(LONG).unwrap()));
        drop(hold);
        alone.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn an_exclusive_hold_against_a_trade() {
    explore("exclusive hold against a trade", |link| {
        let hold = link.in_down().now().unwrap();
        let other = Arc::clone(&link);
        let alone = thread::spawn(move || drop(other.in_down().exclusive().within(LONG).unwrap()));
        hold.to::<super::link::Down>().now().unwrap().rollback();
        alone.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn an_exclusive_hold_goes_on_or_is_shared_without_a_gap() {
    explore("exclusive hold that goes on against a waiter", |link| {
        let alone = link.in_down().exclusive().now().unwrap();
        let other = Arc::clone(&link);
        let holder = thread::spawn(move || match other.in_down().within(LONG) {
            Ok(hold) => drop(hold),
            Err(refused) => panic!("{refused}"),
        });
        let going = alone.to::<super::link::Down>().unwrap();
        drop(going.enter());
        holder.join().unwrap();
        let other = Arc::clone(&link);
        let alone = link.in_down().exclusive().now().unwrap();
        let beginner = thread::spawn(move || drop(other.down_to_down().within(LONG).unwrap()));
        drop(alone.share());
        beginner.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn a_wait_for_an_exclusive_hold_that_is_given_up_passes_its_turn_on() {
    explore("exclusive hold given up against a holder", |link| {
        let hold = link.in_down().now().unwrap();
        let waker = waker();
        let mut alone = Box::pin(link.in_down().exclusive().into_future());
        assert!(poll(&mut alone, &waker).is_pending());
        let other = Arc::clone(&link);
        let second = thread::spawn(move || drop(other.in_down().within(LONG).unwrap()));
        drop(alone);
        drop(hold);
        second.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn an_owned_guard_is_the_last_owner_of_its_machine_or_not() {
    explore_from(
        "an owned guard against the other owner",
        || Link::Up(1),
        false,
        |link| {
            // The model's machines lie in the model's `Arc`; a guard owns a `std` one.
            drop(link);
            let link = std::sync::Arc::new(LinkMachine::from_state(Link::Up(1)));
            let owned = link.in_up().now().unwrap().into_owned(std::sync::Arc::clone(&link));
            let other = thread::spawn(move || drop(owned));
            if let Ok(going) = link.up_to_down().within(LONG) {
                assert_eq!(going.commit(), 1);
            }
            drop(link);
            other.join().unwrap();
        },
    );
}
