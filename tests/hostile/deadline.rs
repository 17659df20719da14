//! Deadlines hold whatever a wait meets on its way to sleep.

use std::{
    thread,
    time::{Duration, Instant},
};

use statemachine::{Interrupt, Refused};

use crate::{DoorMachine, foreign::at_allocation, leaked};

const LIMIT: Duration = Duration::from_millis(500);
const HELD_UP: Duration = Duration::from_millis(450);

/// That a wait within the limit ends in time, though it is held up in its first allocation; what is
/// made ready is made anew for each attempt.
#[track_caller]
fn assert_in_time<T>(
    ready: impl Fn(&DoorMachine) -> T,
    wait: impl Fn(&DoorMachine, T) -> Result<(), Refused>,
) {
    let mut took = Vec::new();
    // A thread may come late for reasons of its own, but not each time.
    while took.len() < 5 {
        let door = leaked();
        let made = ready(door);
        let start = Instant::now();
        let refused = at_allocation(0, || thread::sleep(HELD_UP), || wait(door, made));
        let attempt = start.elapsed();
        assert!(matches!(refused, Err(Refused::TimedOut { .. })));
        assert!(attempt >= LIMIT);
        if attempt < LIMIT + HELD_UP * 3 / 4 {
            return;
        }
        took.push(attempt);
    }
    panic!("a wait within {LIMIT:?} took {took:?}");
}

#[test]
fn what_it_takes_to_enter_the_queue_is_not_added_to_the_limit() {
    // The first to wait has the queue made.
    assert_in_time(|_| (), |door, ()| door.in_closed().within(LIMIT).map(drop));
}

#[test]
fn what_it_takes_to_be_enlisted_with_an_interrupt_is_not_added_to_the_limit() {
    assert_in_time(
        |door| {
            // Leaves room in the queue, so that what is allocated is for the interrupt.
            assert!(door.in_closed().within(Duration::from_nanos(1)).is_err());
            Interrupt::new()
        },
        |door, interrupt| door.in_closed().interruptible(&interrupt).within(LIMIT).map(drop),
    );
}
