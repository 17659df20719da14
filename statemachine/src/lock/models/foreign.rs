//! Wakers that do more than wake, in the middle of somebody else's wait.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc as StdArc,
    task::Wake,
};

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, Link, LinkMachine, UP, assert_idle, explore, poll};

/// Panics instead of waking, without a message.
struct Panicking;

impl Wake for Panicking {
    fn wake(self: StdArc<Self>) {
        resume_unwind(Box::new("a waker"));
    }
}

#[test]
fn a_waker_that_panics_costs_the_one_that_woke_it_no_place() {
    explore("a newcomer that hands over to a waker that panics", |link| {
        let hold = link.in_down().now().unwrap();
        let mut transition = Box::pin(link.down_to_up().into_future());
        assert!(poll(&mut transition, &StdArc::new(Panicking).into()).is_pending());
        let other = Arc::clone(&link);
        // Comes between the last holder's leaving and its handing over, or not.
        let newcomer = thread::spawn(move || {
            let hold = AssertUnwindSafe(|| drop(other.in_down().within(LONG).unwrap()));
            drop(catch_unwind(hold));
        });
        drop(catch_unwind(AssertUnwindSafe(|| drop(hold))));
        drop(transition);
        newcomer.join().unwrap();
        assert_idle(&link, DOWN);
    });
}

/// Blocks until another machine is up.
struct Blocking(Arc<LinkMachine>);

impl Wake for Blocking {
    fn wake(self: StdArc<Self>) {
        drop(self.0.in_up().within(LONG).unwrap());
    }
}

#[test]
fn a_waker_that_blocks_does_not_use_up_the_wake_up_of_the_one_that_woke_it() {
    explore("a newcomer that hands over to a waker that blocks", |link| {
        let second = Arc::new(LinkMachine::from_state(Link::Down));
        let hold = link.in_down().now().unwrap();
        let mut transition = Box::pin(link.down_to_up().into_future());
        let waker = StdArc::new(Blocking(Arc::clone(&second))).into();
        assert!(poll(&mut transition, &waker).is_pending());
        let other = Arc::clone(&link);
        let newcomer = thread::spawn(move || drop(other.in_down().within(LONG).unwrap()));
        let other = Arc::clone(&second);
        let opener = thread::spawn(move || drop(other.down_to_up().try_commit_with(1)));
        drop(hold);
        drop(transition);
        newcomer.join().unwrap();
        opener.join().unwrap();
        assert_idle(&link, DOWN);
        assert_idle(&second, UP);
    });
}
