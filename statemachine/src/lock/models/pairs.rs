//! Every pair of operations, side by side, while a third thread lets go of what stands in their way.
//!
//! Whatever comes of an operation is allowed; that all of them end, and that all rights are accounted
//! for then, is what is checked. What a pair must come to is in the models beside this one.

use std::future::IntoFuture;

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, LinkMachine, assert_idle, block_on, explore_quietly, link, poll, waker};
use crate::{Interrupt, Joined};

/// What a thread may do with a machine that is down, or comes down again, without being left hanging.
const OPERATIONS: [(&str, fn(&LinkMachine)); 13] = [
    ("begin and roll back", |link| drop(link.down_to_down().now())),
    ("begin and enter", |link| drop(link.down_to_down().now().map(|begun| begun.enter()))),
    ("wait to begin", |link| link.down_to_down().within(LONG).unwrap().commit()),
    ("commit", |link| drop(link.down_to_down().try_commit())),
    ("hold and share", |link| drop(link.in_down().now().map(|hold| (hold.clone(), hold)))),
    ("wait to hold", |link| drop(link.in_down().within(LONG).unwrap())),
    ("join", |link| match link.to_down().or_join().within(LONG).unwrap() {
        Joined::Mine(transition) => drop(transition.enter()),
        Joined::There(hold) => drop(hold),
    }),
    ("watch", |link| {
        link.when(|state| state == super::LinkKind::Down).within(LONG).unwrap();
    }),
    ("trade", |link| {
        if let Ok(hold) = link.in_down().now() {
            drop(hold.to::<link::Down>().within(LONG).map(|transition| transition.commit()));
        }
    }),
    ("drop a future that trades", |link| {
        if let Ok(hold) = link.in_down().now() {
            let mut future = hold.to::<link::Down>().into_future();
            drop(poll(&mut future, &waker()));
        }
    }),
    ("drop a future", |link| {
        let mut future = link.down_to_down().into_future();
        drop(poll(&mut future, &waker()));
    }),
    ("be interrupted", |link| {
        let interrupt = Interrupt::new();
        let mut future = link.down_to_down().interruptible(&interrupt).into_future();
        if poll(&mut future, &waker()).is_pending() {
            interrupt.interrupt();
            drop(block_on(future));
        }
    }),
    ("replace the waker", |link| {
        let mut future = link.in_down().into_future();
        if poll(&mut future, std::task::Waker::noop()).is_pending() {
            drop(block_on(future).unwrap());
        }
    }),
];

/// Every pair, where the third thread does that meanwhile.
fn beside(name: &str, third: fn(&LinkMachine, &dyn Fn())) {
    let mut executions = 0;
    for (i, (a, first)) in OPERATIONS.into_iter().enumerate() {
        for (b, second) in OPERATIONS.into_iter().skip(i) {
            executions += explore_quietly(&format!("{a}, {b}, {name}"), move |link| {
                third(&link, &|| {
                    let other = Arc::clone(&link);
                    let first = thread::spawn(move || first(&other));
                    let other = Arc::clone(&link);
                    let second = thread::spawn(move || second(&other));
                    THREADS.with(|threads| threads.borrow_mut().extend([first, second]));
                });
                let threads = THREADS.with(|threads| threads.take());
                threads.into_iter().for_each(|thread| thread.join().unwrap());
                assert_idle(&link, DOWN);
            });
        }
    }
    let pairs = OPERATIONS.len() * (OPERATIONS.len() + 1) / 2;
    println!("model: {pairs} pairs beside {name}: {executions} executions");
}

std::thread_local! {
    /// The two threads of a pair, from when the third has started them.
    static THREADS: std::cell::RefCell<Vec<thread::JoinHandle<()>>> =
        const { std::cell::RefCell::new(Vec::new()) };
}

#[test]
fn pairs_beside_a_rollback() {
    beside("a rollback", |link, start| {
        let transition = link.down_to_up().now().unwrap();
        start();
        transition.rollback();
    });
}

#[test]
fn pairs_beside_a_holder_that_leaves() {
    beside("a holder that leaves", |link, start| {
        let hold = link.in_down().now().unwrap();
        start();
        drop(hold);
    });
}

#[test]
fn pairs_beside_a_commit_away_and_back() {
    beside("a commit away and back", |link, start| {
        let transition = link.down_to_up().now().unwrap();
        start();
        transition.commit_with(1);
        // One of the two may have joined, and come down already.
        drop(link.to_down().within(LONG).unwrap().commit());
    });
}
