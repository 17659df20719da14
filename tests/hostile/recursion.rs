//! What calls the library from within the library does not nest without limit.

use std::{
    future::{Future, IntoFuture},
    panic::resume_unwind,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Waker,
};

use statemachine::Change;
use statemachine_tests::{hang, polling::poll_with};

use crate::{
    Door, DoorMachine,
    foreign::{self, alone, on_a_small_stack, panic_of},
    leaked,
};

/// Calls that nest as deep as this overflow any stack that a thread has.
const WAKERS: usize = 20_000;
const MOVES: u64 = 100_000;

type Slots<F> = &'static [Mutex<Option<F>>];

/// Waits that stand in the queue in that order, each with a waker that drops the wait `next` of it.
fn chain<F, H>(handle: impl Fn(usize) -> H, next: impl Fn(usize) -> usize) -> Slots<F>
where
    F: Future + Unpin + Send + 'static,
    H: IntoFuture<IntoFuture = F>,
{
    let waits = (0..WAKERS).map(|at| Mutex::new(Some(handle(at).into_future())));
    let slots: Slots<F> = Box::leak(waits.collect::<Box<[_]>>());
    for (at, slot) in slots.iter().enumerate() {
        let next = next(at);
        let waker = foreign::waker(move || {
            let slot = slots.get(next);
            // Taken out first: to drop it wakes others, which must find this slot free.
            let wait = slot.and_then(|slot| slot.lock().unwrap().take());
            drop(wait);
        });
        assert!(poll_with(slot.lock().unwrap().as_mut().unwrap(), &waker).is_none());
    }
    slots
}

fn left<F>(slots: Slots<F>) -> usize {
    slots.iter().filter(|slot| slot.lock().unwrap().is_some()).count()
}

#[test]
fn wakers_that_each_drop_their_own_future_do_not_overflow_the_stack() {
    alone("recursion::wakers_that_each_drop_their_own_future_do_not_overflow_the_stack", || {
        let _hang = hang::detector("wakers that drop");
        on_a_small_stack(|| {
            let door = leaked();
            let slots = chain(|_| door.closed_to_open(), |at| at);
            door.open_to_closed().try_commit().unwrap();
            assert_eq!(left(slots), 0);
            door.closed_to_open().try_commit().unwrap();
        });
    });
}

#[test]
fn wakers_that_each_drop_the_next_future_do_not_overflow_the_stack() {
    alone("recursion::wakers_that_each_drop_the_next_future_do_not_overflow_the_stack", || {
        let _hang = hang::detector("wakers that drop");
        on_a_small_stack(|| {
            let door = leaked();
            let hold = door.in_open().now().unwrap();
            // A transition shuts the door; a hold behind it is given when it gives up, and its waker
            // drops the transition behind that.
            let doors =
                |at| -> Waits { if at % 2 == 0 { Waits::close(door) } else { Waits::hold(door) } };
            let slots = chain(doors, |at| at + 1);
            let first = slots[0].lock().unwrap().take();
            drop(first);
            // What is left are the holds.
            assert_eq!(left(slots), WAKERS / 2);
            assert_eq!(door.waiting().holders, WAKERS / 2 + 1);
            slots.iter().for_each(|slot| drop(slot.lock().unwrap().take()));
            drop(hold);
            door.open_to_closed().try_commit().unwrap();
        });
    });
}

/// A wait for the transition or for a hold.
type Waits = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

trait Wait {
    fn close(door: &'static DoorMachine) -> Self;
    fn hold(door: &'static DoorMachine) -> Self;
}

impl Wait for Waits {
    fn close(door: &'static DoorMachine) -> Self {
        Box::pin(async { door.open_to_closed().await.map(drop).unwrap() })
    }

    fn hold(door: &'static DoorMachine) -> Self {
        Box::pin(async { door.in_open().await.map(drop).unwrap() })
    }
}

/// Changes in the order in which they were heard of.
type Heard = Arc<Mutex<Vec<Change<Door>>>>;

/// A door that moves on by its own handlers, until it has moved so often; and what somebody hears who
/// listens after them. The count is of moves that came back to the handler which made them.
fn restless(moves: u64) -> (&'static DoorMachine, Heard, Arc<AtomicUsize>) {
    let (door, heard, made) = (leaked(), Heard::default(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&made);
    door.in_closed().on_enter(move |change| {
        if change.sequence < moves {
            door.closed_to_open().try_commit().unwrap();
            count.fetch_add(1, SeqCst);
        }
    });
    let count = Arc::clone(&made);
    door.closed_to_open().after(move |change| {
        if change.sequence < moves {
            door.open_to_closed().try_commit().unwrap();
            count.fetch_add(1, SeqCst);
        }
    });
    let list = Arc::clone(&heard);
    door.observe(move |change| list.lock().unwrap().push(*change));
    (door, heard, made)
}

#[track_caller]
fn assert_in_order(heard: &Heard, moves: u64) {
    let heard = heard.lock().unwrap();
    let numbers: Vec<_> = heard.iter().map(|change| change.sequence).collect();
    let first = &numbers[..numbers.len().min(20)];
    assert!(numbers.iter().copied().eq(1..=moves), "{} heard: {first:?} ...", numbers.len());
    assert!(heard.windows(2).all(|two| two[0].to == two[1].from));
}

#[test]
fn what_a_handler_moves_on_to_is_heard_of_after_what_it_moves_on_from() {
    let (door, heard, made) = restless(4);
    door.open_to_closed().try_commit().unwrap();
    assert_in_order(&heard, 4);
    assert_eq!(made.load(SeqCst), 3);
}

#[test]
fn handlers_that_move_on_and_on_do_not_overflow_the_stack() {
    alone("recursion::handlers_that_move_on_and_on_do_not_overflow_the_stack", || {
        let _hang = hang::detector("handlers that move on");
        on_a_small_stack(|| {
            let (door, heard, made) = restless(MOVES);
            door.open_to_closed().try_commit().unwrap();
            assert_eq!(made.load(SeqCst) as u64, MOVES - 1);
            assert_in_order(&heard, MOVES);
        });
    });
}

#[test]
fn handlers_that_begin_and_commit_on_and_on_do_not_overflow_the_stack() {
    alone("recursion::handlers_that_begin_and_commit_on_and_on_do_not_overflow_the_stack", || {
        let _hang = hang::detector("handlers that begin and commit");
        on_a_small_stack(|| {
            let (door, heard) = (leaked(), Heard::default());
            // One that is asked before each move of its own, and one that listens to all.
            door.closed_to_open().before(|()| Ok::<_, String>(()));
            door.observe(move |change| {
                if change.sequence == MOVES {
                } else if change.to == Door::Closed {
                    door.closed_to_open().now().unwrap().commit();
                } else {
                    door.open_to_closed().now().unwrap().commit();
                }
            });
            let list = Arc::clone(&heard);
            door.observe(move |change| list.lock().unwrap().push(*change));
            door.open_to_closed().try_commit().unwrap();
            assert_in_order(&heard, MOVES);
        });
    });
}

#[test]
fn the_panic_of_a_handler_that_another_moved_on_to_reaches_the_first_committer_at_the_end() {
    let (door, heard, made) = restless(20);
    door.observe(|change| {
        if change.sequence == 7 {
            resume_unwind(Box::new("the seventh"));
        }
    });
    let payload = panic_of(|| door.open_to_closed().try_commit()).expect("it goes on");
    assert_eq!(payload.downcast_ref(), Some(&"the seventh"));
    assert_in_order(&heard, 20);
    assert_eq!(made.load(SeqCst), 19, "no move of a handler's panics");
    assert!(
        poll_with(&mut door.in_open().into_future(), Waker::noop()).is_some_and(|it| it.is_ok())
    );
}
