//! Handlers that are registered while commits are made, and the numbers of these.

use std::{
    pin::pin,
    sync::{Arc as StdArc, Mutex as StdMutex},
};

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, LinkMachine, OVER, explore, poll, waker};
use crate::graph::StateId;

/// The numbers that an observer heard, in the order in which it heard them.
#[derive(Clone, Default)]
struct Heard(StdArc<StdMutex<Vec<u64>>>);

impl Heard {
    /// Registers an observer.
    fn of(link: &LinkMachine) -> Self {
        let heard = Self::default();
        let numbers = heard.clone();
        link.observe(move |change| numbers.0.lock().unwrap().push(change.sequence));
        heard
    }

    fn numbers(&self) -> Vec<u64> {
        self.0.lock().unwrap().clone()
    }
}

/// Registers an observer beside a thread that goes to `Over`: it hears of that, as the first commit,
/// or the machine was there before the observer was.
fn registration_against(link: &LinkMachine, committer: thread::JoinHandle<()>) {
    let heard = Heard::of(link);
    let was_over = link.is_over();
    committer.join().unwrap();
    match heard.numbers()[..] {
        [] => assert!(was_over, "registered before the commit, and not told"),
        [1] => {}
        ref numbers => panic!("one commit was numbered {numbers:?}"),
    }
}

#[test]
fn a_handler_hears_of_each_commit_after_it_was_registered() {
    explore("registration against commit", |link| {
        let other = Arc::clone(&link);
        let committer = thread::spawn(move || other.down_to_over().try_commit().unwrap());
        registration_against(&link, committer);
        assert_idle_but_for_handlers(&link, OVER);
    });
}

#[test]
fn a_handler_hears_of_a_commit_whose_transition_had_begun_before() {
    explore("registration against the end of a transition", |link| {
        let other = Arc::clone(&link);
        let committer = thread::spawn(move || {
            let transition = other.down_to_over().now().unwrap();
            transition.commit();
        });
        registration_against(&link, committer);
        assert_idle_but_for_handlers(&link, OVER);
    });
}

#[test]
fn a_handler_hears_of_a_commit_beside_one_that_waits() {
    explore("registration against commit beside a waiter", |link| {
        let waker = waker();
        let mut waiter = pin!(link.in_up().into_future());
        assert!(poll(&mut waiter, &waker).is_pending());
        let other = Arc::clone(&link);
        let committer = thread::spawn(move || other.down_to_over().try_commit().unwrap());
        registration_against(&link, committer);
    });
}

#[test]
fn a_handler_hears_of_a_slow_commit_beside_one_that_begins_to_wait() {
    explore("registration against commit and waiter", |link| {
        let other = Arc::clone(&link);
        let committer = thread::spawn(move || other.down_to_over().try_commit().unwrap());
        let other = Arc::clone(&link);
        let waiter = thread::spawn(move || assert!(other.in_up().within(LONG).is_err()));
        registration_against(&link, committer);
        waiter.join().unwrap();
        assert_idle_but_for_handlers(&link, OVER);
    });
}

#[test]
fn numbers_have_no_gap_though_others_begin_to_wait() {
    explore("numbers against one who comes and goes", |link| {
        let heard = Heard::of(&link);
        let other = Arc::clone(&link);
        let visitor = thread::spawn(move || {
            let waker = waker();
            for _ in 0..2 {
                let mut wait = pin!(other.in_up().into_future());
                assert!(poll(&mut wait, &waker).is_pending());
            }
        });
        link.down_to_down().try_commit().unwrap();
        link.down_to_down().try_commit().unwrap();
        visitor.join().unwrap();
        assert_eq!(heard.numbers(), [1, 2]);
        assert_idle_but_for_handlers(&link, DOWN);
    });
}

#[test]
fn what_a_handler_hears_of_is_numbered_from_1_without_a_gap() {
    explore("registration against two commits", |link| {
        let other = Arc::clone(&link);
        let committer = thread::spawn(move || {
            other.down_to_down().try_commit().unwrap();
            other.down_to_down().try_commit().unwrap();
        });
        let heard = Heard::of(&link);
        committer.join().unwrap();
        let numbers = heard.numbers();
        let count = numbers.len() as u64;
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
        assert_idle_but_for_handlers(&link, DOWN);
    });
}

/// Like [`assert_idle`](super::assert_idle), where handlers are registered.
fn assert_idle_but_for_handlers(link: &LinkMachine, state: StateId) {
    let word = link.lock().look();
    assert!(word.has_handlers());
    assert!(word.state() == state && word.is_free() && !word.has_waiters() && !word.is_door_shut());
}
