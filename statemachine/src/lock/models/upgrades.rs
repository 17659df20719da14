//! Holders that trade their hold for a transition.

use std::future::IntoFuture;

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, OVER, assert_idle, explore, link, poll, waker};
use crate::Refused;

#[test]
fn of_two_holders_that_try_at_once_one_is_refused_or_waits_in_vain() {
    explore("two trade at once", |link| {
        let mine = link.in_down().now().unwrap();
        let other = Arc::clone(&link);
        let (ready, go) = loom::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let theirs = other.in_down().now().unwrap();
            ready.send(()).unwrap();
            theirs.to::<link::Over>().now().map(|transition| transition.commit()).is_ok()
        });
        go.recv().unwrap();
        let mine = mine.to::<link::Over>().now().map(|transition| transition.commit()).is_ok();
        let theirs = thread.join().unwrap();
        assert!(!(mine && theirs));
        assert_idle(&link, if mine || theirs { OVER } else { DOWN });
    });
}

#[test]
fn of_two_holders_that_wait_to_trade_one_is_refused_and_the_other_gets_it() {
    explore("two wait to trade", |link| {
        let trade =
            |hold: crate::InState<'_, link::Down>| match hold.to::<link::Over>().within(LONG) {
                Ok(transition) => {
                    transition.commit();
                    true
                }
                Err(refused) => {
                    assert!(matches!(refused.refused, Refused::InUse { holders: 2, .. }));
                    // What comes back is let go of here, which lets the other proceed.
                    drop(refused.into_data());
                    false
                }
            };
        let mine = link.in_down().now().unwrap();
        let other = Arc::clone(&link);
        let (ready, go) = loom::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let theirs = other.in_down().now().unwrap();
            ready.send(()).unwrap();
            trade(theirs)
        });
        go.recv().unwrap();
        let mine = trade(mine);
        let theirs = thread.join().unwrap();
        assert!(mine || theirs);
        assert_idle(&link, OVER);
    });
}

#[test]
fn a_holder_that_waits_to_trade_gets_it_when_the_other_leaves() {
    explore("trade against the other leaving", |link| {
        let mine = link.in_down().now().unwrap();
        let other = Arc::clone(&link);
        let (ready, go) = loom::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let theirs = other.in_down().now().unwrap();
            ready.send(()).unwrap();
            drop(theirs);
        });
        go.recv().unwrap();
        mine.to::<link::Over>().within(LONG).unwrap().commit();
        thread.join().unwrap();
        assert_idle(&link, OVER);
    });
}

#[test]
fn a_holder_that_trades_comes_before_a_transition_that_waits() {
    explore("trade against a waiting transition", |link| {
        let mine = link.in_down().now().unwrap();
        let other = Arc::clone(&link);
        let waiter = thread::spawn(move || match other.down_to_up().within(LONG) {
            Ok(_) => panic!("the holder traded first"),
            Err(refused) => assert!(matches!(refused, Refused::Unreachable { .. })),
        });
        mine.to::<link::Over>().within(LONG).unwrap().commit();
        waiter.join().unwrap();
        assert_idle(&link, OVER);
    });
}

#[test]
fn a_waiting_transition_that_gives_up_during_a_trade_leaves_the_door_open() {
    explore("giving up against a trade", |link| {
        let other = Arc::clone(&link);
        let (ready, go) = loom::sync::mpsc::channel();
        let mut waiting = link.down_to_over().into_future();
        let thread = thread::spawn(move || {
            let hold = other.in_down().now().unwrap();
            ready.send(()).unwrap();
            hold.to::<link::Up>().within(LONG).unwrap().rollback();
        });
        go.recv().unwrap();
        let given_up = poll(&mut waiting, &waker()).is_pending();
        drop(waiting);
        thread.join().unwrap();
        assert!(link.in_down().now().is_ok(), "the door stays shut: {given_up}");
        assert_idle(&link, DOWN);
    });
}

#[test]
fn a_waiting_transition_that_gives_up_during_a_trade_leaves_the_trade_to_happen() {
    explore("giving up beside a trade", |link| {
        let mine = link.in_down().now().unwrap();
        let other = Arc::clone(&link);
        let (ready, go) = loom::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            let theirs = other.in_down().now().unwrap();
            let mut waiting = other.down_to_over().into_future();
            assert!(poll(&mut waiting, &waker()).is_pending());
            ready.send(()).unwrap();
            drop(waiting);
            drop(theirs);
        });
        go.recv().unwrap();
        mine.to::<link::Over>().within(LONG).unwrap().commit();
        thread.join().unwrap();
        assert_idle(&link, OVER);
    });
}
