//! Locked instructions and system calls.

use std::{
    fs,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use nix::{
    libc,
    unistd::{Pid, gettid},
};
use statemachine::{Interrupt, Joined};

use super::{
    machines::{LinkMachine, Session, SessionMachine, Slot, SlotMachine, link, slot},
    stepping::steps,
    waiter::waiter,
};

const FUTEX: u64 = libc::SYS_futex as u64;

/// More than anything here takes.
const LONG: Duration = Duration::from_secs(600);

/// That the operation executes so many atomic read-modify-writes, and no system call.
#[track_caller]
fn assert_locked<T>(expected: u64, operation: impl FnOnce() -> T) {
    let steps = steps(operation);
    assert!(steps.system_calls.is_empty(), "{steps:?}");
    assert_eq!(steps.locked, expected, "locked instructions");
}

#[test]
fn a_look_takes_no_locked_instruction() {
    let link = LinkMachine::new();
    assert_locked(0, || link.state());
    assert_locked(0, || link.is_disconnected());
    assert_locked(0, || link.is_connected());
    assert_locked(0, || link.is_in_transition());
    assert_locked(0, || link.when(|_| true).now());
}

#[test]
fn a_commit_takes_one() {
    let link = LinkMachine::new();
    assert_locked(1, || link.disconnected_to_connecting().try_commit());
}

#[test]
fn a_refusal_of_a_transition_takes_one() {
    let link = LinkMachine::new();
    assert_locked(1, || link.connected_to_disconnected().try_commit());
    assert_locked(1, || link.connected_to_disconnected().now());
    let held = link.in_disconnected().now().unwrap();
    assert_locked(1, || link.disconnected_to_connecting().try_commit());
    drop(held);
    let begun = link.disconnected_to_connecting().now().unwrap();
    assert_locked(1, || link.disconnected_to_connecting().try_commit());
    drop(begun);
}

#[test]
fn a_refusal_of_a_hold_takes_none() {
    let link = LinkMachine::new();
    assert_locked(0, || link.in_connected().now());
    let begun = link.disconnected_to_connecting().now().unwrap();
    assert_locked(0, || link.in_disconnected().now());
    drop(begun);
}

#[test]
fn a_transition_with_work_takes_two() {
    let link = LinkMachine::new();
    assert_locked(2, || link.disconnected_to_connecting().now().unwrap().commit());
    assert_locked(2, || link.disconnected_to_connecting().now().unwrap().rollback());
    assert_locked(2, || drop(link.disconnected_to_connecting().now().unwrap()));
    assert_locked(2, || {
        link.disconnected_to_connecting().within(Duration::from_secs(1)).unwrap().commit();
    });
    assert_locked(2, || {
        link.disconnected_to_connecting().now().unwrap().run(|()| Ok::<_, ()>(())).unwrap();
    });
    assert_locked(2, || link.to_connecting().now().unwrap().commit());
}

#[test]
fn data_costs_no_locked_instruction_more() {
    let empty = SlotMachine::new();
    assert_locked(2, || empty.empty_to_full().try_commit_with(1).unwrap());
    assert_locked(2, || empty.empty_to_full().now().unwrap().commit_with(1));
    let full = SlotMachine::from_state(Slot::Full(1));
    assert_locked(2, || full.full_to_full().try_commit_with(2));
    assert_locked(2, || full.full_to_empty().try_commit());
}

#[test]
fn a_hold_takes_two() {
    let link = LinkMachine::new();
    assert_locked(2, || drop(link.in_disconnected().now().unwrap()));
    assert_locked(2, || drop(link.hold().now().unwrap()));
    let full = SlotMachine::from_state(Slot::Full(1));
    assert_locked(2, || assert_eq!(*full.in_full().now().unwrap(), 1));
}

#[test]
fn several_states_cost_what_one_does() {
    let session = SessionMachine::new();
    assert_locked(0, || assert!(session.is_live()));
    assert_locked(0, || session.when_live().now().unwrap());
    assert_locked(2, || drop(session.in_live().now().unwrap()));
    assert_locked(2, || drop(session.in_any(|_| true).now().unwrap()));
    // As from whichever source: where it begins is known only when the right is had.
    assert_locked(2, || session.to_closed().try_commit().unwrap());
    assert_locked(2, || session.live_to_closed().try_commit().unwrap());
    let session = SessionMachine::from_state(Session::Closed);
    assert_locked(0, || session.in_live().now().unwrap_err());
    assert_locked(0, || session.in_any(|_| false).now().unwrap_err());
}

#[test]
fn an_exclusive_hold_takes_two_and_goes_on_for_one() {
    let full = SlotMachine::from_state(Slot::Full(1));
    assert_locked(2, || *full.in_full().exclusive().now().unwrap() += 1);
    // Held alone; a transition; ended.
    assert_locked(3, || {
        full.in_full().exclusive().now().unwrap().to::<slot::Full>().unwrap().commit_with(2)
    });
    // Held alone; shared; let go of.
    assert_locked(3, || drop(full.in_full().exclusive().now().unwrap().share()));
}

#[test]
fn data_that_moves_on_costs_what_data_costs_that_is_replaced() {
    let full = SlotMachine::from_state(Slot::Full(1));
    assert_locked(2, || full.full_to_full().now().unwrap().commit_map(|number| number + 1));
    assert_locked(2, || full.full_to_full().try_commit_map(|number| number + 1).unwrap());
    assert_locked(3, || drop(full.full_to_full().now().unwrap().enter_map(|number| number)));
}

#[test]
fn one_holder_among_others_takes_as_many() {
    let link = LinkMachine::new();
    let held = link.in_disconnected().now().unwrap();
    assert_locked(2, || drop(held.clone()));
    assert_locked(2, || drop(link.in_disconnected().now().unwrap()));
    drop(held);
}

#[test]
fn each_trade_of_one_right_for_another_takes_one() {
    let link = LinkMachine::new();
    // Begin; end and hold in one step; let go.
    assert_locked(3, || drop(link.disconnected_to_connecting().now().unwrap().enter()));
    // Hold; trade the hold for the transition; commit.
    assert_locked(3, || {
        let held = link.in_disconnected().now().unwrap();
        held.to::<link::Connecting>().now().unwrap().commit();
    });
    assert_locked(2, || match link.disconnected_to_connecting().or_join().now().unwrap() {
        Joined::Mine(begun) => begun.commit(),
        Joined::There(_) => unreachable!("the machine is in the source"),
    });
    let link = LinkMachine::new();
    link.disconnected_to_connecting().try_commit().unwrap();
    assert_locked(2, || {
        assert!(matches!(
            link.disconnected_to_connecting().or_join().now().unwrap(),
            Joined::There(_)
        ));
    });
}

/// A failed guess, the right, the queue's mutex, the exchange under it, and the mutex let go of:
/// whoever waits, and however many.
#[test]
fn a_commit_beside_uninterested_waiters_costs_the_same_for_any_number() {
    let link = LinkMachine::new();
    let count = || {
        let steps = steps(|| link.disconnected_to_connecting().try_commit().unwrap());
        assert!(steps.system_calls.is_empty(), "{steps:?}");
        steps.locked
    };
    let _first = waiter(link.in_connected());
    let one = count();
    assert_eq!(one, 5);
    let _holders: Vec<_> = (0..99).map(|_| waiter(link.in_connected())).collect();
    assert_eq!(count(), one);
    let _leavers: Vec<_> = (0..99).map(|_| waiter(link.connected_to_disconnected())).collect();
    assert_eq!(count(), one);
}

/// Comes back when that thread of this process waits in the kernel for a futex.
fn await_sleep(thread: Pid) {
    let start = Instant::now();
    let path = format!("/proc/self/task/{thread}/syscall");
    let futex = format!("{FUTEX} ");
    while !fs::read_to_string(&path).unwrap().starts_with(&futex) {
        assert!(start.elapsed() < LONG, "the thread never sleeps");
        thread::yield_now();
    }
}

/// How often the commit from `Disconnected` to `Connecting` calls the kernel, with so many threads
/// asleep in that wait.
fn calls_of_a_commit(sleepers: usize, wait: impl Fn(&LinkMachine, &Interrupt) + Sync) -> usize {
    let link = LinkMachine::new();
    let interrupt = Interrupt::new();
    thread::scope(|scope| {
        for _ in 0..sleepers {
            let (tell, hear) = mpsc::channel();
            let (link, interrupt, wait) = (&link, &interrupt, &wait);
            scope.spawn(move || {
                tell.send(gettid()).unwrap();
                wait(link, interrupt);
            });
            await_sleep(hear.recv().unwrap());
        }
        let steps = steps(|| link.disconnected_to_connecting().try_commit().unwrap());
        interrupt.interrupt();
        assert!(steps.system_calls.iter().all(|&call| call == FUTEX), "{steps:?}");
        steps.system_calls.len()
    })
}

#[test]
fn a_commit_calls_the_kernel_for_nobody_who_waits_for_something_else() {
    let calls = calls_of_a_commit(4, |link, interrupt| {
        link.in_connected().interruptible(interrupt).within(LONG).unwrap_err();
    });
    assert_eq!(calls, 0);
}

#[test]
fn a_commit_wakes_one_of_those_who_want_the_same_transition() {
    let calls = calls_of_a_commit(4, |link, interrupt| {
        link.connecting_to_connected().interruptible(interrupt).within(LONG).unwrap_err();
    });
    assert_eq!(calls, 1);
}

#[test]
fn a_commit_wakes_each_of_those_who_want_to_hold_the_new_state() {
    let calls = calls_of_a_commit(4, |link, interrupt| {
        link.in_connecting().interruptible(interrupt).within(LONG).unwrap_err();
    });
    assert_eq!(calls, 4);
}

#[test]
fn a_wait_sleeps_once() {
    let link = LinkMachine::new();
    let wait = || link.in_connected().within(Duration::from_secs(1));
    // What is allocated on first use may need a call.
    link.in_connected().within(Duration::from_millis(1)).unwrap_err();
    let calls = steps(wait).system_calls;
    assert_eq!(calls.iter().filter(|&&call| call == FUTEX).count(), 1);
}
