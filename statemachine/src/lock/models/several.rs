//! Rights on two machines at once.

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, Link, LinkMachine, OVER, assert_idle, explore, poll, waker};
use crate::both;

#[test]
fn two_that_take_both_in_either_order_do_not_deadlock() {
    explore("both against both, the other way round", |one| {
        let two = Arc::new(LinkMachine::from_state(Link::Down));
        let (a, b) = (Arc::clone(&one), Arc::clone(&two));
        let other = thread::spawn(move || {
            let (b, a) = both(b.down_to_down(), a.down_to_down()).within(LONG).unwrap();
            b.commit();
            a.commit();
        });
        let (a, b) = both(one.down_to_down(), two.down_to_down()).within(LONG).unwrap();
        assert!(one.is_in_transition() && two.is_in_transition());
        a.commit();
        b.commit();
        other.join().unwrap();
        assert_idle(&one, DOWN);
        assert_idle(&two, DOWN);
    });
}

#[test]
fn who_takes_both_sees_no_move_without_the_other() {
    explore("two moves against holds of both", |one| {
        let two = Arc::new(LinkMachine::from_state(Link::Down));
        let (a, b) = (Arc::clone(&one), Arc::clone(&two));
        let mover = thread::spawn(move || {
            let (a, b) = both(a.down_to_over(), b.down_to_over()).within(LONG).unwrap();
            a.commit();
            b.commit();
        });
        let (a, b) = both(two.hold(), one.hold()).within(LONG).unwrap();
        assert_eq!(a.kind(), b.kind());
        drop((a, b));
        mover.join().unwrap();
        assert_idle(&one, OVER);
        assert_idle(&two, OVER);
    });
}

#[test]
fn a_wait_for_both_that_is_given_up_gives_all_back() {
    explore("both given up against a holder that leaves", |one| {
        let two = Arc::new(LinkMachine::from_state(Link::Down));
        let hold = two.in_down().now().unwrap();
        let waker = waker();
        let mut waiting = Box::pin(both(one.down_to_over(), two.down_to_over()).into_future());
        assert!(poll(&mut waiting, &waker).is_pending());
        let other = Arc::clone(&one);
        let holder = thread::spawn(move || drop(other.in_down().now()));
        drop(hold);
        drop(poll(&mut waiting, &waker));
        drop(waiting);
        holder.join().unwrap();
        assert_idle(&one, DOWN);
        assert_idle(&two, DOWN);
    });
}
