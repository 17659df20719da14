//! A failure of the one that works answers all that waited for it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use statemachine::{Failures, Joined};
use statemachine_tests::{
    hang::{self, LONG},
    polling::Task,
};

use crate::{Link, LinkMachine};

#[test]
fn one_failure_answers_all_that_waited() {
    let _hang = hang::detector("failures");
    let (link, failures) = (LinkMachine::new(), Failures::new());
    let (asked, works) = (Barrier::new(8), AtomicUsize::new(0));
    let errors: Vec<Arc<String>> = thread::scope(|scope| {
        let caller = || {
            let attempt = failures.attempt();
            asked.wait();
            let joined = link.down_to_up().or_join().within(LONG).unwrap();
            let entered =
                attempt.enter(joined, |()| Err(format!("no {}", works.fetch_add(1, SeqCst))));
            entered.unwrap_err()
        };
        let callers: Vec<_> = (0..8).map(|_| scope.spawn(caller)).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert_eq!(works.into_inner(), 1);
    assert!(errors.iter().all(|error| Arc::ptr_eq(error, &errors[0])));
    assert!(link.is_down());
}

#[test]
fn who_asks_after_the_failure_tries_again_and_is_joined() {
    let (link, failures) = (LinkMachine::new(), Failures::new());
    let early = failures.attempt();
    let joined = link.down_to_up().or_join().now().unwrap();
    let error = failures.attempt().enter(joined, |()| Err("no")).unwrap_err();
    assert_eq!(*error, "no");
    let joined = link.down_to_up().or_join().now().unwrap();
    assert_eq!(*failures.attempt().enter(joined, |()| Ok("5".into())).unwrap(), "5");
    // The work has been done since: what failed before concerns nobody that is there.
    let joined = link.down_to_up().or_join().now().unwrap();
    assert_eq!(*early.enter(joined, |()| panic!("works")).unwrap(), "5");
}

#[test]
fn a_panic_and_a_dropped_future_are_no_failures() {
    let (link, failures) = (LinkMachine::new(), Failures::<String>::new());
    let later = failures.attempt();
    let joined = link.down_to_up().or_join().now().unwrap();
    let attempt = failures.attempt();
    let work = || attempt.enter(joined, |()| panic!("while working"));
    assert!(catch_unwind(AssertUnwindSafe(work)).is_err());
    let joined = link.down_to_up().or_join().now().unwrap();
    let mut working =
        Task::new(failures.attempt().enter_async(joined, async || std::future::pending().await));
    assert!(working.poll().is_none());
    drop(working);
    let joined = link.down_to_up().or_join().now().unwrap();
    assert_eq!(*later.enter(joined, |()| Ok("7".into())).unwrap(), "7");
}

#[test]
fn async_work_shares_its_failure_too() {
    let (link, failures) = (LinkMachine::new(), Failures::new());
    let (one, other) = (failures.attempt(), failures.attempt());
    let joined = link.down_to_up().or_join().now().unwrap();
    let mut waiting = Task::new(link.down_to_up().or_join().into_future());
    assert!(waiting.poll().is_none());
    let mut working = Task::new(one.enter_async(joined, async || Err("no")));
    let error = working.poll().unwrap().unwrap_err();
    let joined = waiting.poll().unwrap().unwrap();
    assert!(matches!(joined, Joined::Mine(_)));
    let mut answered = Task::new(other.enter_async(joined, async || panic!("works")));
    assert!(Arc::ptr_eq(&answered.poll().unwrap().unwrap_err(), &error));
    drop((working, answered, waiting));
    assert_eq!(link.into_state(), Link::Down);
}

#[test]
fn an_error_that_asks_while_it_is_dropped_gets_its_answer() {
    struct Asks(Arc<Failures<Asks>>);
    impl Drop for Asks {
        fn drop(&mut self) {
            let _ = self.0.attempt();
        }
    }
    let _hang = hang::detector("errors that ask");
    let (link, failures) = (LinkMachine::new(), Arc::new(Failures::new()));
    for _ in 0..2 {
        let joined = link.down_to_up().or_join().now().unwrap();
        let fails = |()| Err(Asks(Arc::clone(&failures)));
        assert!(failures.attempt().enter(joined, fails).is_err());
    }
    assert_eq!(format!("{failures:?}"), "Failures { count: 2, .. }");
}
