//! Threads that wait, against what makes them go on.

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, Link, OVER, UP, assert_idle, explore, explore_from};
use crate::{Joined, Refused};

#[test]
fn a_commit_wakes_who_goes_to_sleep_for_the_new_state() {
    explore("commit against going to sleep", |link| {
        let other = Arc::clone(&link);
        let waiter = thread::spawn(move || *other.in_up().within(LONG).unwrap());
        link.down_to_up().try_commit_with(7).unwrap();
        assert_eq!(waiter.join().unwrap(), 7);
        assert_idle(&link, UP);
    });
}

#[test]
fn a_leap_wakes_who_goes_to_sleep_for_the_new_state() {
    explore("leap against going to sleep", |link| {
        let other = Arc::clone(&link);
        let waiter = thread::spawn(move || drop(other.in_over().within(LONG).unwrap()));
        link.down_to_over().try_commit().unwrap();
        waiter.join().unwrap();
        assert_idle(&link, OVER);
    });
}

#[test]
fn a_rollback_wakes_who_waits_for_the_old_state() {
    explore("rollback against both", |link| {
        let transition = link.down_to_up().now().unwrap();
        let other = Arc::clone(&link);
        let holder = thread::spawn(move || drop(other.in_down().within(LONG).unwrap()));
        let other = Arc::clone(&link);
        let beginner = thread::spawn(move || other.down_to_up().within(LONG).unwrap().rollback());
        transition.rollback();
        holder.join().unwrap();
        beginner.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn the_last_holder_hands_over_to_a_transition_that_waits() {
    explore("last holder leaves", |link| {
        let hold = link.in_down().now().unwrap();
        let second = hold.clone();
        let other = Arc::clone(&link);
        let waiter = thread::spawn(move || other.down_to_over().within(LONG).unwrap().commit());
        drop(hold);
        drop(second);
        waiter.join().unwrap();
        assert_idle(&link, OVER);
    });
}

#[test]
fn two_holders_that_leave_at_once_hand_over_once() {
    explore("two holders leave", |link| {
        let other = Arc::clone(&link);
        let holder = thread::spawn(move || drop(other.in_down().now()));
        let hold = link.in_down().now();
        let other = Arc::clone(&link);
        let waiter = thread::spawn(move || other.down_to_up().within(LONG).unwrap().rollback());
        drop(hold);
        holder.join().unwrap();
        waiter.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn two_that_wait_to_begin_get_their_turns() {
    explore("two wait to begin", |link| {
        let work = |link: Arc<super::LinkMachine>| {
            move || {
                let transition = link.down_to_down().within(LONG).unwrap();
                assert!(link.is_in_transition());
                transition.commit();
            }
        };
        let a = thread::spawn(work(Arc::clone(&link)));
        let b = thread::spawn(work(Arc::clone(&link)));
        a.join().unwrap();
        b.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn who_commits_without_waiting_does_not_pass_by_a_waiter_for_ever() {
    explore_from(
        "barging",
        || Link::Up(0),
        false,
        |link| {
            let other = Arc::clone(&link);
            let waiter = thread::spawn(move || drop(other.in_down().within(LONG).unwrap()));
            // Whatever the order, `Down` is entered once while the waiter waits, or before it does.
            link.up_to_down().try_commit().unwrap();
            let went_up = link.down_to_up().try_commit_with(1).is_ok();
            if went_up {
                link.up_to_down().try_commit().unwrap();
            }
            waiter.join().unwrap();
            assert_idle(&link, DOWN);
        },
    );
}

#[test]
fn one_who_joins_makes_the_transition_or_finds_it_made() {
    explore("join against commit", |link| {
        let join = |link: Arc<super::LinkMachine>, data| {
            move || match link.down_to_up().or_join().within(LONG).unwrap() {
                Joined::Mine(transition) => (true, *transition.enter_with(data)),
                Joined::There(up) => (false, *up),
            }
        };
        let a = thread::spawn(join(Arc::clone(&link), 1));
        let b = join(Arc::clone(&link), 2)();
        let a = a.join().unwrap();
        assert!(a.0 ^ b.0);
        assert_eq!(a.1, b.1);
        assert_idle(&link, UP);
    });
}

#[test]
fn one_who_joins_takes_over_from_one_who_rolls_back() {
    explore("join against rollback", |link| {
        let other = Arc::clone(&link);
        let failing =
            thread::spawn(move || match other.down_to_up().or_join().within(LONG).unwrap() {
                Joined::Mine(transition) => transition.rollback(),
                Joined::There(_) => {}
            });
        match link.down_to_up().or_join().within(LONG).unwrap() {
            Joined::Mine(transition) => drop(transition.enter_with(1)),
            Joined::There(_) => panic!("nobody else goes up"),
        }
        failing.join().unwrap();
        assert_idle(&link, UP);
    });
}

#[test]
fn who_waits_in_vain_is_told_at_once() {
    explore("unreachable against going to sleep", |link| {
        let other = Arc::clone(&link);
        let waiter = thread::spawn(move || match other.in_up().within(LONG) {
            Err(Refused::Unreachable { actual: "Over", .. }) => {}
            other => panic!("{other:?}"),
        });
        link.down_to_over().try_commit().unwrap();
        waiter.join().unwrap();
        assert_idle(&link, OVER);
    });
}

#[test]
fn who_watches_sees_the_state_though_it_is_left_at_once() {
    explore("when against commit", |link| {
        let other = Arc::clone(&link);
        let watcher =
            thread::spawn(move || other.when(|state| state == super::LinkKind::Up).within(LONG));
        link.down_to_up().try_commit_with(1).unwrap();
        link.up_to_down().try_commit().unwrap();
        link.down_to_up().try_commit_with(2).unwrap();
        assert_eq!(watcher.join().unwrap().unwrap(), super::LinkKind::Up);
        assert_idle(&link, UP);
    });
}

#[test]
fn entering_and_holding_leaves_no_gap() {
    explore("enter against a waiting transition", |link| {
        let other = Arc::clone(&link);
        let waiter = thread::spawn(move || other.up_to_down().within(LONG).unwrap().commit());
        let up = link.down_to_up().now().unwrap().enter_with(3);
        assert!(link.is_up() && !link.is_in_transition());
        assert_eq!(*up, 3);
        drop(up);
        assert_eq!(waiter.join().unwrap(), 3);
        assert_idle(&link, DOWN);
    });
}

#[test]
fn a_hold_and_a_transition_that_wait_both_get_their_turn() {
    explore("a hold and a transition wait", |link| {
        let other = Arc::clone(&link);
        let holder = thread::spawn(move || drop(other.in_up().within(LONG).unwrap()));
        let other = Arc::clone(&link);
        let beginner = thread::spawn(move || other.up_to_up().within(LONG).unwrap().commit_with(2));
        link.down_to_up().try_commit_with(1).unwrap();
        holder.join().unwrap();
        assert_eq!(beginner.join().unwrap(), 1);
        assert_idle(&link, UP);
    });
}
