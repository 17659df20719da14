//! Being wanted, and the urgent.

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, Link, OVER, assert_idle, explore, explore_from, poll, waker};
use crate::{Interrupt, Refused};

#[test]
fn an_urgent_one_is_heard_of_by_who_is_in_the_way() {
    explore("wanted against an urgent transition", |link| {
        let other = Arc::clone(&link);
        let transition = link.down_to_up().now().unwrap();
        let urgent = thread::spawn(move || {
            other.down_to_over().urgent().within(LONG).unwrap().commit();
        });
        transition.wanted().within(LONG).unwrap();
        assert!(transition.is_wanted());
        drop(transition);
        urgent.join().unwrap();
        assert_idle(&link, OVER);
    });
}

#[test]
fn an_urgent_one_that_gives_up_leaves_nothing_behind() {
    explore("wanted against giving up", |link| {
        let transition = link.down_to_up().now().unwrap();
        let other = Arc::clone(&link);
        let urgent = thread::spawn(move || {
            let waker = waker();
            let mut urgent = Box::pin(other.down_to_over().urgent().into_future());
            drop(poll(&mut urgent, &waker));
        });
        let waker = waker();
        let mut wanted = Box::pin(transition.wanted().into_future());
        // Wanted, or not yet, or not any more.
        drop(poll(&mut wanted, &waker));
        drop(wanted);
        drop(transition);
        urgent.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn a_commit_ends_the_waiting_of_an_urgent_one_too() {
    explore("a commit against an urgent transition", |link| {
        let transition = link.down_to_over().now().unwrap();
        let other = Arc::clone(&link);
        let urgent = thread::spawn(move || match other.down_to_up().urgent().within(LONG) {
            Err(Refused::Unreachable { .. } | Refused::WrongState { .. }) => {}
            other => panic!("{other:?}"),
        });
        transition.commit();
        urgent.join().unwrap();
        assert_idle(&link, OVER);
    });
}

#[test]
fn an_urgent_one_goes_before_one_that_came_first() {
    explore("urgent against the order of arrival", |link| {
        let transition = link.down_to_down().now().unwrap();
        let waker = waker();
        let mut first = Box::pin(link.down_to_down().into_future());
        assert!(poll(&mut first, &waker).is_pending());
        let mut urgent = Box::pin(link.down_to_down().urgent().into_future());
        assert!(poll(&mut urgent, &waker).is_pending());
        let other = Arc::clone(&link);
        let newcomer = thread::spawn(move || drop(other.in_down().within(LONG).unwrap()));
        drop(transition);
        // Whatever the newcomer does, the urgent one has it now.
        assert!(poll(&mut first, &waker).is_pending());
        assert!(poll(&mut urgent, &waker).is_ready());
        drop((first, urgent));
        newcomer.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn an_urgent_one_that_joins_is_not_kept_out_by_one_that_shuts_the_door() {
    explore_from(
        "an urgent join against a shut door",
        || Link::Up(1),
        false,
        |link| {
            let hold = link.in_up().now().unwrap();
            let other = Arc::clone(&link);
            let leaving = thread::spawn(move || {
                other.up_to_down().within(LONG).unwrap().commit();
            });
            let waker = waker();
            let mut joining = Box::pin(link.down_to_up().urgent().or_join().into_future());
            // The machine stays where it is while it is held.
            let joined = poll(&mut joining, &waker);
            assert!(joined.is_ready());
            drop((hold, joined));
            leaving.join().unwrap();
            assert_idle(&link, DOWN);
        },
    );
}

#[test]
fn a_holder_hears_that_a_transition_waits() {
    explore("a holder that is wanted", |link| {
        let hold = link.in_down().now().unwrap();
        let other = Arc::clone(&link);
        let waiter = thread::spawn(move || other.down_to_over().within(LONG).unwrap().commit());
        hold.wanted().within(LONG).unwrap();
        drop(hold);
        waiter.join().unwrap();
        assert_idle(&link, OVER);
    });
}

#[test]
fn an_exclusive_holder_hears_that_anybody_waits() {
    explore("an exclusive holder that is wanted", |link| {
        let alone = link.in_down().exclusive().now().unwrap();
        let other = Arc::clone(&link);
        let waiter = thread::spawn(move || drop(other.in_down().within(LONG).unwrap()));
        alone.wanted().within(LONG).unwrap();
        drop(alone);
        waiter.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

#[test]
fn who_sleeps_until_an_interrupt_is_raised_is_woken() {
    explore("raised against going to sleep", |_| {
        let interrupt = Interrupt::new();
        let other = interrupt.clone();
        let raiser = thread::spawn(move || {
            other.interrupt();
            other.clear();
        });
        // Raised while it sleeps, or before: then it would sleep on, since it is clear again.
        let waker = waker();
        let mut raised = Box::pin(interrupt.raised().into_future());
        let was_pending = poll(&mut raised, &waker).is_pending();
        raiser.join().unwrap();
        if was_pending {
            drop(poll(&mut raised, &waker));
        }
        drop(raised);
        let other = interrupt.clone();
        let raiser = thread::spawn(move || other.interrupt());
        interrupt.raised().within(LONG).unwrap();
        raiser.join().unwrap();
    });
}
