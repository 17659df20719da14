//! A failure that is shared.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use loom::{sync::Arc, thread};

use super::{DOWN, LONG, assert_idle, explore};
use crate::Failures;

#[test]
fn who_asked_before_a_failure_does_not_work_after_it() {
    explore("a failure against one that waits", |link| {
        let other = Arc::clone(&link);
        // Loom's threads cannot borrow; it looks for leaks of its own `Arc` only.
        let failures: &_ = Box::leak(Box::new(Failures::new()));
        // Not loom's: it counts, and orders nothing.
        let works: &AtomicUsize = Box::leak(Box::new(AtomicUsize::new(0)));
        let work = |()| Err(works.fetch_add(1, Relaxed));
        let (one, two) = (failures.attempt(), failures.attempt());
        let second = thread::spawn(move || {
            let joined = other.down_to_up().or_join().within(LONG).unwrap();
            *two.enter(joined, work).unwrap_err()
        });
        let joined = link.down_to_up().or_join().within(LONG).unwrap();
        assert_eq!(*one.enter(joined, work).unwrap_err(), 0);
        assert_eq!(second.join().unwrap(), 0);
        assert_eq!(works.load(Relaxed), 1);
        assert_idle(&link, DOWN);
    });
}
