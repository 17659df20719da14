//! What is allocated, counted by an allocator of its own.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    future::IntoFuture,
    task::Waker,
    time::Duration,
};

use statemachine::{Interrupt, Joined, StateMachine};
use statemachine_tests::polling::poll_with;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending allocates too, when nobody looks any more.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: All is passed on to the system's allocator as it came; what is counted is thread-local,
// has no destructor and is initialized without allocating.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: As the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: As the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: As the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread allocates in the course of it.
fn allocations<R>(work: impl FnOnce() -> R) -> usize {
    let before = ALLOCATIONS.get();
    drop(work());
    ALLOCATIONS.get() - before
}

#[derive(StateMachine, Debug, Clone, Copy, PartialEq, Eq)]
#[machine(reset)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

#[derive(StateMachine)]
enum Slot {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty, Full))]
    Full([u64; 8]),
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| Box::new(1)), 1);
    assert_eq!(allocations(|| ()), 0);
}

#[test]
fn a_machine_allocates_nothing_when_it_is_made() {
    assert_eq!(allocations(DoorMachine::new), 0);
    assert_eq!(allocations(|| SlotMachine::from_state(Slot::Full([0; 8])).into_state()), 0);
}

#[test]
fn what_needs_no_waiting_allocates_nothing() {
    let door = DoorMachine::new();
    let count = allocations(|| {
        let _ = (door.state(), door.is_open(), door.is_in_transition());
        door.open_to_closed().try_commit().unwrap();
        door.closed_to_open().now().unwrap().commit();
        door.open_to_closed().now().unwrap().rollback();
        door.to_closed().within(Duration::MAX).unwrap().commit();
        door.reset().try_commit().unwrap();
        let open = door.in_open().now().unwrap();
        drop((open.clone(), door.hold().now().unwrap()));
        drop(open.to::<door::Closed>().now().unwrap().enter());
        door.when(|state| state == Door::Closed).now().unwrap();
        assert!(matches!(door.open_to_closed().or_join().now(), Ok(Joined::There(_))));
        door.closed_to_open().perform().unwrap();
        let mut wait = door.open_to_closed().into_future();
        poll_with(&mut wait, Waker::noop()).unwrap().unwrap().commit();
    });
    assert_eq!(count, 0);
}

#[test]
fn data_moves_without_an_allocation() {
    let slot = SlotMachine::new();
    let count = allocations(|| {
        slot.empty_to_full().try_commit_with([1; 8]).unwrap();
        slot.full_to_full().now().unwrap().run(|old| Ok::<_, ()>(old.map(|n| n + 1))).unwrap();
        assert_eq!(*slot.in_full().now().unwrap(), [2; 8]);
        slot.to_full().now().unwrap().commit_with([3; 8]);
        assert_eq!(slot.full_to_empty().try_commit().unwrap(), [3; 8]);
    });
    assert_eq!(count, 0);
}

#[test]
fn a_refusal_allocates_nothing() {
    let (door, slot) = (DoorMachine::new(), SlotMachine::new());
    let held = door.in_open().now().unwrap();
    let count = allocations(|| {
        assert!(door.closed_to_open().try_commit().is_err());
        assert!(door.open_to_closed().now().is_err());
        assert!(door.reset().try_commit().is_err());
        assert!(door.in_closed().now().is_err());
        assert!(door.in_closed().within(Duration::ZERO).is_err());
        assert!(door.when(|_| false).now().is_err());
        assert!(slot.full_to_full().try_commit_with([0; 8]).is_err());
        let second = door.in_open().now().unwrap();
        assert!(second.to::<door::Closed>().now().is_err());
    });
    drop(held);
    assert_eq!(count, 0);
}

#[test]
fn who_does_not_sleep_does_not_allocate_for_an_interrupt() {
    let (door, interrupt) = (DoorMachine::new(), Interrupt::new());
    // What an interrupt allocates, it does when it is first raised, slept for or cloned; and what a
    // thread needs to sleep, when it first may have to.
    drop(interrupt.clone());
    assert!(door.in_closed().within(Duration::from_nanos(1)).is_err());
    let count = allocations(|| {
        drop(door.in_open().interruptible(&interrupt).within(Duration::MAX).unwrap());
        interrupt.interrupt();
        assert!(door.in_closed().interruptible(&interrupt).within(Duration::MAX).is_err());
        interrupt.clear();
    });
    assert_eq!(count, 0);
}

#[test]
fn who_waits_again_allocates_no_more() {
    let door = DoorMachine::new();
    let wait = || drop(door.in_closed().within(Duration::from_nanos(1)));
    assert!(allocations(wait) > 0, "the queue is made for the first who waits");
    assert_eq!(allocations(|| (0..10).for_each(|_| wait())), 0);
}

#[test]
fn who_commits_allocates_nothing_for_those_who_wait() {
    let door = DoorMachine::new();
    let mut waits = Box::pin(door.closed_to_open().into_future());
    assert!(poll_with(&mut waits, Waker::noop()).is_none());
    assert_eq!(allocations(|| door.open_to_closed().try_commit().unwrap()), 0);
    assert!(door.is_in_transition(), "the right is handed over");
}

#[test]
fn a_handler_that_is_called_costs_no_allocation() {
    let door = DoorMachine::new();
    door.observe(|_| {});
    door.open_to_closed().before(|()| Ok::<_, String>(()));
    let round_trip = || {
        door.open_to_closed().try_commit().unwrap();
        door.closed_to_open().now().unwrap().commit();
    };
    assert!(allocations(round_trip) > 0, "what is to be run for each transition is found out once");
    assert_eq!(allocations(round_trip), 0);
}
