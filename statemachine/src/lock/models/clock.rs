//! Deadlines that pass while something else happens.

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, Link, LinkKind, UP, assert_idle, explore_from};
use crate::{Refused, sync::advance_clock};

#[test]
fn a_deadline_against_being_chosen() {
    explore_from(
        "time-out against a commit",
        || Link::Down,
        true,
        |link| {
            let other = Arc::clone(&link);
            let waiter = thread::spawn(move || match other.in_up().within(LONG) {
                Ok(up) => assert_eq!(*up, 1),
                Err(refused) => assert!(matches!(refused, Refused::TimedOut { .. })),
            });
            let clock = thread::spawn(advance_clock);
            link.down_to_up().try_commit_with(1).unwrap();
            clock.join().unwrap();
            waiter.join().unwrap();
            assert_idle(&link, UP);
        },
    );
}

#[test]
fn a_transition_that_gives_up_opens_the_door_again() {
    explore_from(
        "time-out against a holder behind the door",
        || Link::Down,
        true,
        |link| {
            let hold = link.in_down().now().unwrap();
            let other = Arc::clone(&link);
            let waiter = thread::spawn(move || other.down_to_up().within(LONG).is_ok());
            let other = Arc::clone(&link);
            let second = thread::spawn(move || drop(other.in_down().within(LONG * 2).unwrap()));
            advance_clock();
            drop(hold);
            second.join().unwrap();
            waiter.join().unwrap();
            assert_idle(&link, DOWN);
        },
    );
}

#[test]
fn a_deadline_against_the_last_holder_leaving() {
    explore_from(
        "time-out against the last holder",
        || Link::Down,
        true,
        |link| {
            let hold = link.in_down().now().unwrap();
            let other = Arc::clone(&link);
            let waiter = thread::spawn(move || match other.down_to_down().within(LONG) {
                Ok(transition) => transition.commit(),
                Err(refused) => assert!(matches!(refused, Refused::TimedOut { .. })),
            });
            let clock = thread::spawn(advance_clock);
            drop(hold);
            clock.join().unwrap();
            waiter.join().unwrap();
            assert_idle(&link, DOWN);
        },
    );
}

#[test]
fn one_of_two_gives_up_and_the_other_gets_its_turn() {
    explore_from(
        "time-out passes the turn on",
        || Link::Down,
        true,
        |link| {
            let transition = link.down_to_up().now().unwrap();
            let other = Arc::clone(&link);
            let impatient = thread::spawn(move || {
                other.down_to_down().within(LONG).map(|t| t.commit()).is_ok()
            });
            let other = Arc::clone(&link);
            let patient =
                thread::spawn(move || other.down_to_down().within(LONG * 9).unwrap().commit());
            advance_clock();
            transition.rollback();
            impatient.join().unwrap();
            patient.join().unwrap();
            assert_idle(&link, DOWN);
        },
    );
}

#[test]
fn a_deadline_of_a_watcher_against_the_state_that_it_watches_for() {
    explore_from(
        "time-out against what is watched for",
        || Link::Down,
        true,
        |link| {
            let other = Arc::clone(&link);
            let watcher = thread::spawn(move || {
                match other.when(|state| state == LinkKind::Up).within(LONG) {
                    Ok(state) => assert_eq!(state, LinkKind::Up),
                    // It says what the machine was in at the deadline, and that was not `Up`: who
                    // watches for a state and finds the machine there has seen it.
                    Err(Refused::TimedOut { actual, .. }) => assert_eq!(actual, "Down"),
                    Err(refused) => panic!("{refused}"),
                }
            });
            let clock = thread::spawn(advance_clock);
            link.down_to_up().try_commit_with(1).unwrap();
            clock.join().unwrap();
            watcher.join().unwrap();
            assert_idle(&link, UP);
        },
    );
}
