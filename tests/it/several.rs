//! Rights on several machines: all or none, without a deadlock, and given back when given up.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::Waker,
    thread,
};

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};
use statemachine::{Blocker, InTransition, Interrupt, Refused, StateMachine, all, both};
use statemachine_tests::{
    hang::{self, LONG},
    polling::{Task, poll_with},
};

use crate::SHORT;

#[derive(StateMachine, Debug)]
enum Slot {
    #[state(initial, to(Full, Gone))]
    Empty,
    #[state(to(Empty, Full))]
    Full(u32),
    #[state(terminal)]
    Gone,
}

fn idle(slot: &SlotMachine) -> bool {
    let waiting = slot.waiting();
    waiting.holders == 0 && !waiting.in_transition && waiting.waiters.is_empty()
}

fn full(number: u32) -> SlotMachine {
    SlotMachine::from_state(Slot::Full(number))
}

#[test]
fn both_or_neither_at_once() {
    let (a, b) = (full(1), SlotMachine::new());
    let (emptying, filling) = both(a.full_to_empty(), b.empty_to_full()).now().unwrap();
    assert!(a.is_in_transition() && b.is_in_transition());
    filling.commit_with(emptying.commit());
    assert!(a.is_empty() && *b.in_full().now().unwrap() == 1);
    // The second is refused, and the first is let go of.
    let refused = both(a.empty_to_full(), b.empty_to_full()).now().unwrap_err();
    assert!(matches!(refused, Refused::WrongState { actual: "Full", .. }), "{refused}");
    assert!(idle(&a) && idle(&b));
    let refused = both(a.full_to_empty(), b.full_to_empty()).now().unwrap_err();
    assert!(matches!(refused, Refused::WrongState { actual: "Empty", .. }), "{refused}");
    let held = b.in_full().now().unwrap();
    let refused = both(a.in_empty(), b.full_to_empty()).now().unwrap_err();
    assert!(matches!(refused, Refused::InUse { holders: 1, .. }), "{refused}");
    drop(held);
    assert!(idle(&a) && idle(&b));
}

#[test]
fn both_of_all_kinds() {
    let (a, b, c) = (full(1), SlotMachine::new(), full(3));
    let (mut alone, hold) = both(a.in_full().exclusive(), b.in_empty()).now().unwrap();
    *alone += 1;
    drop((alone, hold));
    let (kind, urgent) =
        both(a.when(|kind| kind == SlotKind::Full), b.empty_to_full().urgent()).now().unwrap();
    assert_eq!(kind, SlotKind::Full);
    drop(urgent);
    let ((one, two), three) =
        both(both(a.full_to_empty(), b.empty_to_full()), c.full_to_full()).now().unwrap();
    two.commit_with(one.commit());
    three.commit_with(4);
    let (joined, any) = both(b.empty_to_full().or_join(), c.hold()).now().unwrap();
    assert!(joined.mine().is_none() && any.kind() == SlotKind::Full);
    drop(any);
    assert!(idle(&a) && idle(&b) && idle(&c));
}

#[test]
fn who_waits_for_both_has_neither_meanwhile() {
    let (a, b) = (full(1), full(2));
    let held = b.in_full().now().unwrap();
    let mut waiting = Task::waiting(both(a.full_to_empty(), b.full_to_empty()));
    // The first is free for others.
    drop(a.in_full().now().unwrap());
    assert!(waiting.poll().is_none());
    let first = a.in_full().now().unwrap();
    drop(held);
    // The second has come, and the first is not to be had: now it waits for that.
    assert_eq!(waiting.wakes(), 1);
    assert!(waiting.poll().is_none());
    assert!(b.in_full().now().is_ok());
    drop(first);
    let (one, two) = waiting.output().unwrap();
    assert_eq!((one.commit(), two.commit()), (1, 2));
}

#[test]
fn a_wait_for_both_that_is_given_up_gives_all_back() {
    let (a, b) = (full(1), full(2));
    let held = b.in_full().now().unwrap();
    drop(Task::waiting(both(a.full_to_empty(), b.full_to_empty())));
    assert!(idle(&a));
    let limit = both(a.full_to_empty(), b.full_to_empty()).within(SHORT);
    let refused = limit.map(drop).unwrap_err();
    assert!(matches!(
        refused,
        Refused::TimedOut { actual: "Full", blocker: Blocker::Holders(1), .. }
    ));
    let interrupt = Interrupt::new();
    let handle = both(a.full_to_empty(), b.full_to_empty()).interruptible(&interrupt);
    let mut waiting = Task::waiting(handle);
    interrupt.interrupt();
    assert!(matches!(waiting.poll(), Some(Err(Refused::Interrupted { .. }))));
    assert!(matches!(handle.within(LONG), Err(Refused::Interrupted { .. })));
    drop(held);
    assert!(idle(&a) && idle(&b));
    // Chosen, and dropped before it was polled.
    let held = b.in_full().now().unwrap();
    let waiting = Task::waiting(both(a.full_to_empty(), b.full_to_empty()));
    drop(held);
    drop(waiting);
    assert!(idle(&a) && idle(&b));
}

#[test]
fn what_can_never_be_is_told_at_once() {
    let (a, b) = (full(1), SlotMachine::from_state(Slot::Gone));
    let refused = both(a.full_to_empty(), b.empty_to_full()).within(LONG).unwrap_err();
    assert!(matches!(refused, Refused::Unreachable { actual: "Gone", .. }), "{refused}");
    let (a, b) = (full(1), SlotMachine::new());
    let waiting = Task::waiting(both(a.full_to_empty(), b.full_to_full()));
    b.empty_to_gone().try_commit().unwrap();
    assert!(matches!(waiting.output(), Err(Refused::Unreachable { .. })));
    assert!(idle(&a));
}

#[test]
fn two_rights_of_one_machine_that_exclude_each_other_are_refused() {
    let _hang = hang::detector("one machine twice");
    let slot = SlotMachine::new();
    let twice = both(slot.empty_to_full(), slot.empty_to_full());
    for refused in [twice.now().err(), twice.within(LONG).err()] {
        assert!(matches!(refused, Some(Refused::InTransition { .. })), "{refused:?}");
    }
    let mut task = Task::new(twice.into_future());
    assert!(matches!(task.poll(), Some(Err(Refused::InTransition { .. }))));
    assert!(both(slot.empty_to_full(), slot.in_empty()).within(LONG).is_err());
    assert!(all([slot.empty_to_full(), slot.empty_to_full()]).within(LONG).is_err());
    let other = SlotMachine::new();
    let nested = both(both(slot.empty_to_full(), other.in_empty()), slot.empty_to_full());
    assert!(nested.within(LONG).is_err());
    drop(both(slot.in_empty(), slot.in_empty()).within(LONG).unwrap());
    assert!(idle(&slot) && idle(&other));
}

#[test]
fn one_that_can_never_be_had_is_told_of_at_once_in_whatever_order() {
    let (a, b) = (full(1), SlotMachine::from_state(Slot::Gone));
    let held = a.in_full().now().unwrap();
    let unreachable = |refused: Option<Refused>| {
        let refused = refused.expect("one of them can never be had");
        assert!(matches!(refused, Refused::Unreachable { actual: "Gone", .. }), "{refused}");
    };
    let (emptying, filling) = (a.full_to_empty(), b.empty_to_full());
    unreachable(both(emptying, filling).within(LONG).err());
    unreachable(both(filling, emptying).within(LONG).err());
    unreachable(both(both(emptying, filling), full(2).in_full()).within(LONG).err());
    let refilling = [a.full_to_full(), b.full_to_full()];
    unreachable(all(refilling).within(LONG).err());
    unreachable(all(refilling.into_iter().rev()).within(LONG).err());
    unreachable(Task::new(both(emptying, filling).into_future()).poll().unwrap().err());
    let interrupt = Interrupt::new();
    unreachable(both(emptying, filling.interruptible(&interrupt)).within(LONG).err());
    drop(held);
    assert!(idle(&a) && idle(&b));
}

#[test]
fn one_that_can_never_be_had_any_more_is_told_of_at_the_next_wake_up() {
    let (a, b) = (full(1), SlotMachine::new());
    let held = a.in_full().now().unwrap();
    let waiting = Task::waiting(both(a.full_to_empty(), b.empty_to_full()));
    b.empty_to_gone().try_commit().unwrap();
    drop(held);
    assert!(matches!(waiting.output(), Err(Refused::Unreachable { actual: "Gone", .. })));
    assert!(idle(&a) && idle(&b));
}

#[test]
fn two_rights_of_one_machine_that_exclude_each_other_are_refused_before_others_come() {
    let _hang = hang::detector("one machine twice, and another");
    let (slot, other) = (SlotMachine::new(), full(1));
    let held = other.in_full().now().unwrap();
    // The other machine's right is in the way of a wait, and of nothing else.
    let emptying = other.full_to_empty();
    let twice = both(both(slot.in_empty(), emptying), slot.empty_to_full());
    assert!(matches!(twice.within(LONG), Err(Refused::InUse { state: "Empty", .. })));
    let twice = both(both(slot.empty_to_full(), emptying), slot.in_empty());
    assert!(matches!(twice.within(LONG), Err(Refused::InTransition { .. })));
    let twice = both(slot.in_empty().exclusive(), both(emptying, slot.in_empty()));
    assert!(matches!(twice.within(LONG), Err(Refused::InUse { .. })));
    let twice = all([other.full_to_empty(), slot.full_to_empty(), slot.full_to_empty()]);
    assert!(matches!(twice.within(LONG), Err(Refused::InTransition { .. })));
    // Two states at once.
    let refused = both(slot.in_empty(), slot.in_full()).within(LONG).map(drop).unwrap_err();
    assert_eq!(refused.to_string(), "Slot is Empty, not Full");
    let refused = both(slot.in_full(), slot.in_empty()).within(LONG).map(drop).unwrap_err();
    assert_eq!(refused.to_string(), "Slot is Empty, not Full");
    let nested = both(both(emptying, slot.when_full()), slot.empty_to_full());
    assert!(matches!(nested.within(LONG), Err(Refused::WrongState { actual: "Empty", .. })));
    drop(held);
    assert!(idle(&slot) && idle(&other));
}

#[test]
fn rights_of_one_machine_that_go_together_are_waited_for() {
    let (slot, other) = (full(1), SlotMachine::new());
    let mut holds = Task::waiting(both(slot.in_empty(), both(slot.hold(), other.hold())));
    let mut watched = Task::waiting(both(slot.when_empty(), slot.empty_to_full()));
    slot.full_to_empty().try_commit().unwrap();
    drop(holds.poll().expect("all may hold it").unwrap());
    assert!(watched.poll().is_some_and(|both| both.is_ok()));
    drop((holds, watched));
    let joins = Task::waiting(both(slot.empty_to_full().or_join(), slot.in_full()));
    slot.empty_to_full().try_commit_with(2).unwrap();
    let (joined, hold) = joins.output().unwrap();
    assert!(joined.mine().is_none());
    drop(hold);
    assert!(idle(&slot) && idle(&other));
}

#[derive(StateMachine, Debug)]
enum Long {
    #[state(to(B))]
    A,
    #[state(to(C))]
    B,
    #[state(to(D))]
    C,
    #[state(to(E))]
    D,
    #[state(terminal)]
    E,
}

#[test]
fn a_refusal_is_in_the_words_of_the_machine_that_it_is_about() {
    let (slot, other) = (full(1), full(2));
    let long = LongMachine::from_state(Long::D);
    let held = long.in_d().now().unwrap();
    let nested = both(both(slot.full_to_full(), long.d_to_e()), other.full_to_full());
    let refused = nested.within(SHORT).map(drop).unwrap_err();
    assert!(matches!(
        refused,
        Refused::TimedOut { machine: "Long", actual: "D", blocker: Blocker::Holders(1), .. }
    ));
    drop(held);
    // It waits for the one, and it is the other that can never be had.
    let held = slot.in_full().now().unwrap();
    let waiting = Task::waiting(nested);
    long.d_to_e().try_commit().unwrap();
    drop(held);
    let refused = waiting.output().map(drop).unwrap_err();
    assert_eq!(refused.to_string(), "Long is E, from where D cannot be reached");
}

/// A waker that panics when it is cloned, if it is told to.
mod fragile {
    use std::{
        sync::atomic::{AtomicBool, Ordering::SeqCst},
        task::{RawWaker, RawWakerVTable, Waker},
    };

    static VTABLE: RawWakerVTable = RawWakerVTable::new(
        |breaks| {
            // SAFETY: The pointer is the address of a static.
            let is_broken = unsafe { &*breaks.cast::<AtomicBool>() };
            assert!(!is_broken.load(SeqCst), "cloned");
            RawWaker::new(breaks, &VTABLE)
        },
        |_| {},
        |_| {},
        |_| {},
    );

    pub(super) fn waker(breaks: &'static AtomicBool) -> Waker {
        // SAFETY: The functions of the table do nothing but read that static, on whatever thread.
        unsafe { Waker::from_raw(RawWaker::new(std::ptr::from_ref(breaks).cast(), &VTABLE)) }
    }
}

#[test]
fn a_waker_that_panics_when_it_is_cloned_leaves_the_wait_as_it_was() {
    static BREAKS: AtomicBool = AtomicBool::new(false);
    static FIRST: AtomicBool = AtomicBool::new(false);
    let (a, b, c) = (full(1), full(2), full(3));
    let (first, waker) = (fragile::waker(&FIRST), fragile::waker(&BREAKS));
    let refilling = [a.full_to_full(), b.full_to_full()];
    let [one, two] = refilling;
    let three = c.full_to_full();
    check(both(one, two).into_future(), &a, &b, &first, &waker, &BREAKS);
    check(both(both(three, one), two).into_future(), &a, &b, &first, &waker, &BREAKS);
    check(all(refilling).into_future(), &a, &b, &first, &waker, &BREAKS);
    assert!(idle(&a) && idle(&b) && idle(&c));

    fn check<F, G>(
        mut wait: F,
        a: &SlotMachine,
        b: &SlotMachine,
        first: &Waker,
        waker: &Waker,
        breaks: &AtomicBool,
    ) where
        F: Future<Output = Result<G, Refused>> + Unpin,
    {
        let held = a.in_full().now().unwrap();
        assert!(poll_with(&mut wait, first).is_none());
        let panics = |wait: &mut F, waker: &Waker| {
            breaks.store(true, SeqCst);
            let polled = catch_unwind(AssertUnwindSafe(|| poll_with(wait, waker).is_some()));
            breaks.store(false, SeqCst);
            assert!(polled.is_err(), "it was not cloned");
        };
        // Before the right is there, and when it is and the other is not.
        panics(&mut wait, waker);
        assert!(poll_with(&mut wait, waker).is_none());
        let other = b.in_full().now().unwrap();
        drop(held);
        panics(&mut wait, waker);
        assert!(idle(a));
        assert!(poll_with(&mut wait, waker).is_none());
        drop(other);
        assert!(poll_with(&mut wait, waker).is_some_and(|both| both.is_ok()));
    }
}

#[test]
fn a_veto_of_the_second_lets_go_of_the_first() {
    let (a, b) = (full(1), full(2));
    b.full_to_empty().before(|_| Err("no"));
    let refused = both(a.full_to_empty(), b.full_to_empty()).now().unwrap_err();
    assert!(matches!(refused, Refused::Vetoed { .. }));
    let refused = all([a.full_to_empty(), b.full_to_empty()]).now().unwrap_err();
    assert!(matches!(refused, Refused::Vetoed { .. }));
    assert!(idle(&a) && idle(&b) && a.is_full());
}

#[test]
fn all_of_any_number() {
    let slots: Vec<_> = (0..5).map(full).collect();
    let guards = all(slots.iter().map(|slot| slot.full_to_empty())).now().unwrap();
    let numbers: Vec<u32> = guards.into_iter().map(InTransition::commit).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    assert!(
        all(std::iter::empty::<statemachine::Hold<'_, slot::Full>>()).now().unwrap().is_empty()
    );
    let held = slots[3].in_empty().now().unwrap();
    let filling = || all(slots.iter().map(|slot| slot.empty_to_full()));
    assert!(matches!(filling().now(), Err(Refused::InUse { .. })));
    assert!(matches!(
        filling().within(SHORT),
        Err(Refused::TimedOut { blocker: Blocker::Holders(1), .. })
    ));
    let mut waiting = Task::waiting(filling());
    let also = slots[0].in_empty().now().unwrap();
    drop(held);
    assert!(waiting.poll().is_none());
    drop(also);
    assert_eq!(waiting.output().unwrap().len(), 5);
    assert!(slots.iter().all(idle));
}

/// Eight who eat with two forks out of five each, in whatever order they name them.
#[test]
fn philosophers_do_not_starve_together() {
    let _hang = hang::detector("philosophers");
    let forks: Vec<SlotMachine> = (0..5).map(|_| SlotMachine::new()).collect();
    let meals = AtomicUsize::new(0);
    thread::scope(|scope| {
        for philosopher in 0..8_u64 {
            let (forks, meals) = (&forks, &meals);
            scope.spawn(move || {
                let mut random = SmallRng::seed_from_u64(philosopher);
                for _ in 0..200 {
                    let left = random.random_range(0..5);
                    let right = (left + random.random_range(1..5)) % 5;
                    let (left, right) = (&forks[left], &forks[right]);
                    let taken = both(left.empty_to_full(), right.empty_to_full()).within(LONG);
                    let (left_taken, right_taken) = taken.unwrap();
                    left_taken.commit_with(1);
                    right_taken.commit_with(2);
                    meals.fetch_add(1, SeqCst);
                    let put = all([right.full_to_empty(), left.full_to_empty()]).within(LONG);
                    put.unwrap().into_iter().for_each(|put| _ = put.commit());
                }
            });
        }
    });
    assert_eq!(meals.load(SeqCst), 8 * 200);
    assert!(forks.iter().all(|fork| fork.is_empty() && idle(fork)));
}

#[derive(StateMachine)]
enum Account {
    #[state(to(Open))]
    Open(i64),
}

/// Between any two accounts, whoever takes rights on both sees a sum that transfers do not change.
#[test]
fn transfers_are_seen_whole() {
    let _hang = hang::detector("transfers");
    const ACCOUNTS: usize = 100;
    // In pairs, between which money moves: the sum of a pair never changes.
    let accounts: Vec<_> = (0..ACCOUNTS).map(|_| AccountMachine::new(50)).collect();
    let is_over = AtomicBool::new(false);
    let sums = AtomicUsize::new(0);
    thread::scope(|scope| {
        for seed in 0..3_u64 {
            let (accounts, is_over) = (&accounts, &is_over);
            scope.spawn(move || {
                let mut random = SmallRng::seed_from_u64(seed);
                while !is_over.load(SeqCst) {
                    let pair = random.random_range(0..ACCOUNTS / 2);
                    let swapped = random.random::<bool>();
                    let (from, to) =
                        (2 * pair + usize::from(swapped), 2 * pair + usize::from(!swapped));
                    let amount = random.random_range(1..10);
                    let (from, to) = (accounts[from].open_to_open(), accounts[to].open_to_open());
                    let (from, to) = both(from, to).within(LONG).unwrap();
                    from.commit_map(|balance| balance - amount);
                    to.commit_map(|balance| balance + amount);
                }
            });
        }
        for seed in 0..2_u64 {
            let (accounts, is_over, sums) = (&accounts, &is_over, &sums);
            scope.spawn(move || {
                let mut random = SmallRng::seed_from_u64(seed);
                while sums.fetch_add(1, SeqCst) < 5_000 {
                    let pair = random.random_range(0..ACCOUNTS / 2);
                    let (one, two) = (&accounts[2 * pair], &accounts[2 * pair + 1]);
                    let (one, two) = both(two.in_open(), one.in_open()).within(LONG).unwrap();
                    assert_eq!(*one + *two, 100);
                }
                is_over.store(true, SeqCst);
            });
        }
    });
    let holds = all(accounts.iter().map(|account| account.in_open())).now().unwrap();
    assert_eq!(holds.iter().map(|balance| **balance).sum::<i64>(), 50 * ACCOUNTS as i64);
}

#[test]
fn tasks_wait_for_both_too() {
    let (a, b) = (Arc::new(full(1)), Arc::new(SlotMachine::new()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let moves: Vec<_> = (0..4)
            .map(|mover| {
                let (a, b) = (Arc::clone(&a), Arc::clone(&b));
                tokio::spawn(async move {
                    for _ in 0..50 {
                        let (from, to) = if mover % 2 == 0 { (&a, &b) } else { (&b, &a) };
                        let (emptying, filling) =
                            both(from.full_to_empty(), to.empty_to_full()).await.unwrap();
                        filling.commit_with(emptying.commit());
                    }
                })
            })
            .collect();
        for mover in moves {
            mover.await.unwrap();
        }
    });
    assert!(a.is_full() && b.is_empty());
}
