//! Rights that are taken at once or not at all.

use loom::{sync::Arc, thread};

use super::{DOWN, Link, LinkMachine, UP, assert_idle, explore, explore_from, explore_of};
use crate::{Refused, StateMachine};

/// Three states without data, so that each move is one exchange.
#[derive(StateMachine)]
enum Ring {
    #[state(to(Second))]
    First,
    #[state(to(Third))]
    Second,
    #[state(to(First))]
    Third,
}

#[test]
fn of_two_commits_one_wins() {
    explore("two commits", |link| {
        let other = Arc::clone(&link);
        let theirs = thread::spawn(move || other.down_to_over().try_commit().is_ok());
        let mine = link.down_to_over().try_commit().is_ok();
        assert!(mine ^ theirs.join().unwrap());
        assert_idle(&link, super::OVER);
    });
}

#[test]
fn of_two_that_begin_one_wins_and_the_other_is_told_why() {
    explore("two begin", |link| {
        let other = Arc::clone(&link);
        let attempt = |link: &LinkMachine, data| match link.down_to_up().now() {
            Ok(transition) => {
                transition.commit_with(data);
                true
            }
            Err(Refused::InTransition { .. }) => false,
            Err(Refused::WrongState { actual: "Up", .. }) => false,
            Err(refused) => panic!("{refused}"),
        };
        let theirs = thread::spawn(move || attempt(&other, 1));
        let mine = attempt(&link, 2);
        assert!(mine ^ theirs.join().unwrap());
        let data = *link.in_up().now().unwrap();
        assert_eq!(data, if mine { 2 } else { 1 });
        assert_idle(&link, UP);
    });
}

#[test]
fn a_transition_and_a_hold_exclude_each_other() {
    explore_from(
        "begin against hold",
        || Link::Up(1),
        false,
        |link| {
            let other = Arc::clone(&link);
            let holder = thread::spawn(move || match other.in_up().now() {
                Ok(up) => {
                    // The transition writes the data that is read here.
                    assert!(*up == 1 || *up == 2);
                    assert!(other.up_to_down().now().is_err());
                    true
                }
                Err(_) => false,
            });
            let committed = match link.up_to_up().now() {
                Ok(transition) => {
                    assert!(link.in_up().now().is_err());
                    assert_eq!(transition.commit_with(2), 1);
                    true
                }
                Err(Refused::InUse { holders: 1, .. }) => false,
                Err(refused) => panic!("{refused}"),
            };
            assert!(holder.join().unwrap() || committed);
            assert_idle(&link, UP);
        },
    );
}

#[test]
fn what_was_written_before_a_commit_is_seen_by_who_sees_the_state() {
    explore("publication", |link| {
        let other = Arc::clone(&link);
        let cell = Arc::new(loom::cell::UnsafeCell::new(0));
        let written = Arc::clone(&cell);
        let writer = thread::spawn(move || {
            // SAFETY: The reader reads only after it has seen the commit that follows.
            written.with_mut(|value| unsafe { *value = 1 });
            other.down_to_over().try_commit().unwrap();
        });
        if link.is_over() {
            // SAFETY: The writer has written and committed.
            assert_eq!(cell.with(|value| unsafe { *value }), 1);
        }
        writer.join().unwrap();
    });
}

#[test]
fn what_was_written_before_a_commit_is_seen_by_who_makes_the_next() {
    explore_of(
        "publication to the next commit",
        || RingMachine::from_state(Ring::First),
        |ring| {
            let cell = Arc::new(loom::cell::UnsafeCell::new(0));
            let (other, written) = (Arc::clone(&ring), Arc::clone(&cell));
            let writer = thread::spawn(move || {
                // SAFETY: The reader reads only after it has made the move that follows the commit.
                written.with_mut(|value| unsafe { *value = 1 });
                other.first_to_second().try_commit().unwrap();
            });
            if ring.second_to_third().try_commit().is_ok() {
                // SAFETY: The writer has written and committed.
                assert_eq!(cell.with(|value| unsafe { *value }), 1);
            }
            writer.join().unwrap();
        },
    );
}

#[test]
fn what_was_written_before_a_commit_is_seen_by_who_is_refused_for_it() {
    explore("publication by a refusal", |link| {
        let cell = Arc::new(loom::cell::UnsafeCell::new(0));
        let (other, written) = (Arc::clone(&link), Arc::clone(&cell));
        let writer = thread::spawn(move || {
            // SAFETY: The reader reads only after it has seen the commit that follows.
            written.with_mut(|value| unsafe { *value = 1 });
            drop(other.down_to_over().try_commit());
        });
        if let Err(Refused::WrongState { actual: "Over", .. }) = link.in_down().now() {
            // SAFETY: The writer has written and committed.
            assert_eq!(cell.with(|value| unsafe { *value }), 1);
        }
        writer.join().unwrap();
    });
}

#[test]
fn what_a_holder_did_is_seen_by_the_transition_that_follows() {
    explore("holder's writes", |link| {
        let cell = Arc::new(loom::cell::UnsafeCell::new(0));
        let (other, written) = (Arc::clone(&link), Arc::clone(&cell));
        let holder = thread::spawn(move || {
            let hold = other.in_down().now();
            if hold.is_ok() {
                // SAFETY: The transition that reads it excludes this hold.
                written.with_mut(|value| unsafe { *value = 1 });
            }
        });
        if let Ok(transition) = link.down_to_up().now() {
            // SAFETY: The hold under which it is written excludes this transition.
            assert!(cell.with(|value| unsafe { *value }) <= 1);
            transition.rollback();
        }
        holder.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn a_rollback_leaves_the_state_as_it_was() {
    explore_from(
        "rollback",
        || Link::Up(1),
        false,
        |link| {
            let other = Arc::clone(&link);
            let thread = thread::spawn(move || drop(other.up_to_down().now()));
            if let Ok(up) = link.in_up().now() {
                assert_eq!(*up, 1);
            }
            thread.join().unwrap();
            assert_eq!(link.up_to_down().try_commit().unwrap(), 1);
            assert_idle(&link, DOWN);
        },
    );
}
