//! What the lock does with its memory, small enough to run under `miri` as well.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use super::{
    request::{Refusal, Request, Right, WatchSet},
    word::{MAX_HOLDERS, Word},
};
use crate::{
    Machine, Refused, StateMachine,
    graph::{StateId, StateSet},
};

const LONG: Duration = Duration::from_secs(600);

/// Counts itself, to see that each is dropped once.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>, u32);

impl Counted {
    fn new(count: &Arc<AtomicUsize>, value: u32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count), value)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(StateMachine, Debug)]
enum Slot {
    #[state(initial, to(Full, Empty, Broken))]
    Empty,
    #[state(to(Empty, Full, Broken))]
    Full(Counted),
    #[state(terminal)]
    Broken,
}

fn assert_idle<S: StateMachine>(machine: &Machine<S>, state: u16) {
    assert_eq!(machine.lock().look(), Word::idle(StateId::new(state)));
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll<F: Future + Unpin>(future: &mut F, wakes: &Arc<Wakes>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::clone(wakes));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

fn wakes(wakes: &Wakes) -> usize {
    wakes.0.load(Ordering::Relaxed)
}

#[test]
fn every_piece_of_data_is_dropped_once() {
    let count = Arc::new(AtomicUsize::new(0));
    let slot = SlotMachine::new();
    slot.empty_to_full().try_commit_with(Counted::new(&count, 1)).unwrap();
    let old = slot.full_to_full().try_commit_with(Counted::new(&count, 2)).unwrap();
    assert_eq!((old.1, count.load(Ordering::Relaxed)), (1, 2));
    drop(old);
    let refused = slot.empty_to_full().try_commit_with(Counted::new(&count, 3)).unwrap_err();
    assert_eq!(refused.into_data().1, 3);
    let held = slot.full_to_full().now().unwrap().enter_with(Counted::new(&count, 4));
    assert_eq!((held.1, count.load(Ordering::Relaxed)), (4, 1));
    drop(held);
    drop(slot.full_to_empty().now().unwrap().commit());
    assert_eq!(count.load(Ordering::Relaxed), 0);
    slot.empty_to_full().try_commit_with(Counted::new(&count, 5)).unwrap();
    drop(slot);
    assert_eq!(count.load(Ordering::Relaxed), 0);
}

#[test]
fn taking_a_machine_apart_gives_its_data() {
    let count = Arc::new(AtomicUsize::new(0));
    let slot = SlotMachine::from_state(Slot::Full(Counted::new(&count, 1)));
    assert!(matches!(slot.into_state(), Slot::Full(data) if data.1 == 1));
    assert!(matches!(SlotMachine::new().into_state(), Slot::Empty));
    assert_eq!(count.load(Ordering::Relaxed), 0);
}

#[test]
fn a_hold_on_any_state_shows_states_with_and_without_data() {
    let count = Arc::new(AtomicUsize::new(0));
    let slot = SlotMachine::new();
    assert!(matches!(*slot.hold().now().unwrap(), Slot::Empty));
    slot.empty_to_full().try_commit_with(Counted::new(&count, 1)).unwrap();
    assert!(matches!(&*slot.hold().now().unwrap(), Slot::Full(data) if data.1 == 1));
    let transition = slot.to_empty().now().unwrap();
    assert!(matches!(transition.view(), Slot::Full(_)));
    assert!(matches!(transition.commit(), Slot::Full(data) if data.1 == 1));
    assert!(matches!(slot.to_broken().try_commit(), Ok(Slot::Empty)));
    assert_idle(&slot, 2);
}

#[test]
fn waiters_are_served_in_order_of_arrival_whatever_list_they_stand_in() {
    let count = Arc::new(AtomicUsize::new(0));
    let slot = SlotMachine::new();
    let blocker = slot.empty_to_full().now().unwrap();
    let wake: Vec<_> = (0..5).map(|_| Arc::new(Wakes::default())).collect();
    let mut first = slot.in_empty().into_future();
    let mut second = slot.hold().into_future();
    let mut third = slot.to_broken().into_future();
    let mut fourth = slot.in_empty().into_future();
    let mut fifth = slot.empty_to_empty().into_future();
    assert!(poll(&mut first, &wake[0]).is_pending());
    assert!(poll(&mut second, &wake[1]).is_pending());
    assert!(poll(&mut third, &wake[2]).is_pending());
    assert!(poll(&mut fourth, &wake[3]).is_pending());
    assert!(poll(&mut fifth, &wake[4]).is_pending());
    blocker.rollback();
    let woken = || wake.iter().map(|w| wakes(w)).collect::<Vec<_>>();
    assert_eq!(woken(), [1, 1, 0, 0, 0]);
    // The door is shut: a transition stands before whoever comes now.
    assert!(matches!(slot.in_empty().now(), Err(Refused::InTransition { .. })));
    let Poll::Ready(Ok(first)) = poll(&mut first, &wake[0]) else { panic!() };
    let clone = first.clone();
    drop(first);
    drop(second);
    assert_eq!(woken(), [1, 1, 0, 0, 0]);
    drop(clone);
    assert_eq!(woken(), [1, 1, 1, 0, 0]);
    let Poll::Ready(Ok(third)) = poll(&mut third, &wake[2]) else { panic!() };
    third.rollback();
    assert_eq!(woken(), [1, 1, 1, 1, 0]);
    drop(fourth);
    assert_eq!(woken(), [1, 1, 1, 1, 1]);
    let Poll::Ready(Ok(fifth)) = poll(&mut fifth, &wake[4]) else { panic!() };
    fifth.commit();
    slot.empty_to_full().try_commit_with(Counted::new(&count, 1)).unwrap();
    assert_idle(&slot, 1);
}

#[test]
fn a_place_in_the_middle_of_the_queue_can_be_given_up() {
    let slot = SlotMachine::new();
    let blocker = slot.empty_to_full().now().unwrap();
    let wake = Arc::new(Wakes::default());
    let mut futures: Vec<_> = (0..5).map(|_| slot.empty_to_empty().into_future()).collect();
    for future in &mut futures {
        assert!(poll(future, &wake).is_pending());
    }
    drop(futures.remove(2));
    drop(futures.remove(3));
    drop(futures.remove(0));
    let again = &mut slot.empty_to_empty().into_future();
    assert!(poll(again, &wake).is_pending());
    blocker.rollback();
    for future in futures.iter_mut().chain([again]) {
        let Poll::Ready(Ok(transition)) = poll(future, &wake) else { panic!() };
        transition.commit();
    }
    assert_eq!(wakes(&wake), 3);
    assert_idle(&slot, 0);
}

#[test]
fn a_future_that_is_dropped_when_it_was_chosen_lets_go() {
    let slot = SlotMachine::new();
    let wake = Arc::new(Wakes::default());
    for _ in 0..2 {
        let blocker = slot.empty_to_full().now().unwrap();
        let mut hold = slot.in_empty().into_future();
        let mut transition = slot.empty_to_full().into_future();
        assert!(poll(&mut hold, &wake).is_pending());
        assert!(poll(&mut transition, &wake).is_pending());
        drop(blocker);
        assert!(!slot.is_in_transition());
        drop(hold);
        assert!(slot.is_in_transition());
        drop(transition);
        assert_idle(&slot, 0);
    }
}

#[test]
fn a_traded_hold_is_let_go_of_once() {
    let slot = SlotMachine::new();
    let wake = Arc::new(Wakes::default());
    let (mine, other) = (slot.in_empty().now().unwrap(), slot.in_empty().now().unwrap());
    let refused = mine.to::<slot::Full>().now().unwrap_err();
    assert!(matches!(refused.refused, Refused::InUse { holders: 2, .. }));
    let mut future = refused.into_data().to::<slot::Full>().into_future();
    assert!(poll(&mut future, &wake).is_pending());
    let refused = other.to::<slot::Broken>().within(LONG).unwrap_err();
    assert!(matches!(refused.refused, Refused::InUse { holders: 2, .. }));
    assert!(matches!(slot.in_empty().now(), Err(Refused::InTransition { .. })));
    drop(refused);
    assert_eq!(wakes(&wake), 1);
    drop(future);
    assert_idle(&slot, 0);
    let hold = slot.in_empty().now().unwrap();
    hold.to::<slot::Broken>().now().unwrap().commit();
    assert_idle(&slot, 2);
}

#[test]
fn a_veto_gives_the_traded_hold_back() {
    let slot = SlotMachine::new();
    slot.empty_to_broken().before(|()| Err("not now"));
    let refused = slot.in_empty().now().unwrap().to::<slot::Broken>().now().unwrap_err();
    assert!(matches!(refused.refused, Refused::Vetoed { .. }));
    assert!(slot.empty_to_empty().now().is_err());
    drop(refused);
    assert!(slot.empty_to_empty().now().is_ok());
}

#[test]
fn threads_wait_for_each_other() {
    let count = Arc::new(AtomicUsize::new(0));
    let slot = SlotMachine::new();
    let rounds = if cfg!(miri) { 5 } else { 500 };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for round in 0..rounds {
                    let filling = slot.empty_to_full().within(LONG).unwrap();
                    filling.commit_with(Counted::new(&count, round));
                }
            });
            scope.spawn(|| {
                for _ in 0..rounds {
                    let emptying = slot.full_to_empty().within(LONG).unwrap();
                    assert!(emptying.view().1 < rounds);
                    emptying.commit();
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..rounds {
                match &*slot.hold().within(LONG).unwrap() {
                    Slot::Full(data) => assert!(data.1 < rounds),
                    state => assert!(matches!(state, Slot::Empty)),
                }
            }
        });
    });
    assert_eq!(count.load(Ordering::Relaxed), 0);
    assert_idle(&slot, 0);
}

#[test]
fn who_waits_in_vain_is_told() {
    let slot = SlotMachine::new();
    let wake = Arc::new(Wakes::default());
    let mut full = slot.in_full().into_future();
    let mut any = slot.hold().into_future();
    let transition = slot.empty_to_broken().now().unwrap();
    assert!(poll(&mut full, &wake).is_pending());
    assert!(poll(&mut any, &wake).is_pending());
    transition.commit();
    assert!(matches!(
        poll(&mut full, &wake),
        Poll::Ready(Err(Refused::Unreachable { expected: ["Full"], actual: "Broken", .. }))
    ));
    assert!(matches!(poll(&mut any, &wake), Poll::Ready(Ok(_))));
    drop(any);
    assert!(matches!(slot.in_empty().within(LONG), Err(Refused::Unreachable { .. })));
    assert_idle(&slot, 2);
}

#[test]
fn the_word_counts_no_further_than_it_can() {
    let full = Word::full(StateId::new(0));
    assert_eq!(full.holders(), MAX_HOLDERS);
    assert_eq!(
        Request::Hold(StateSet::All).step(full),
        Err(Refusal::InUse { state: StateId::new(0), holders: MAX_HOLDERS })
    );
    assert!(!full.is_exclusive() && !full.has_waiters() && !full.has_handlers());
}

#[test]
fn a_step_changes_nothing_but_the_right_that_is_taken() {
    let [four, five, six] = [4, 5, 6].map(StateId::new);
    let word = Word::idle(five).with_waiters(true);
    assert_eq!(
        Request::Transition { from: StateSet::One(five), to: six, is_urgent: false }.step(word),
        Ok((Right::Exclusive, word.begun()))
    );
    assert_eq!(Request::Hold(StateSet::One(five)).step(word), Ok((Right::Shared, word.held())));
    assert_eq!(word.begun().ended(five), word);
    assert_eq!(word.held().upgraded(), word.begun());
    assert_eq!(
        Request::Hold(StateSet::One(five)).step(word.with_door_shut(true)),
        Err(Refusal::InTransition)
    );
    assert_eq!(Request::Hold(StateSet::One(four)).step(word), Err(Refusal::WrongState(five)));
}

#[test]
fn a_set_of_watched_states_has_a_bit_for_each() {
    for count in [1_usize, 63, 64, 65, 300] {
        let liked = |state: StateId| state.get() % 3 == 1;
        let set = Request::When(WatchSet::of(count, liked));
        for state in StateId::first(count) {
            assert_eq!(set.wants(state).is_some(), liked(state), "{state:?} of {count}");
        }
    }
}
