//! Wakers that do more than wake: they use the machine when they are cloned, dropped or used, poll
//! on the spot, or panic. Nothing of that may hang, lose a wake-up or leak a right.

use std::{
    future::{Future, IntoFuture},
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Wake, Waker},
    time::Duration,
};

use statemachine::{Interrupt, Refused, StateMachine};
use statemachine_tests::{
    hang,
    hooks::Hooks,
    polling::{Task, poll_with},
};

#[derive(StateMachine, Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn leaked() -> &'static DoorMachine {
    Box::leak(Box::default())
}

/// Takes the queue's mutex, to find that there is nothing to be had.
fn use_queue(door: &DoorMachine) {
    let soon = Duration::from_nanos(1);
    drop(door.in_open().within(soon));
    drop(door.in_closed().within(soon));
    drop(door.to_open().within(soon));
    let _ = door.when(|_| false).within(soon);
}

#[test]
fn a_waker_may_use_the_machine_when_it_is_cloned_used_or_dropped() {
    let _hang = hang::detector("a waker that uses the machine");
    let door = leaked();
    let waker = || {
        let uses = || Box::new(|| use_queue(door));
        Hooks { clone: uses(), wake: uses(), drop: uses() }.waker()
    };
    for _ in 0..3 {
        let interrupt = Interrupt::new();
        let mut closed = door.in_closed().into_future();
        let mut interrupted = door.in_closed().interruptible(&interrupt).into_future();
        let mut dropped = door.in_closed().into_future();
        for _ in 0..3 {
            assert!(poll_with(&mut closed, &waker()).is_none());
            assert!(poll_with(&mut interrupted, &waker()).is_none());
            assert!(poll_with(&mut dropped, &waker()).is_none());
        }
        drop(dropped);
        interrupt.interrupt();
        assert!(poll_with(&mut interrupted, &waker()).unwrap().is_err());
        door.open_to_closed().try_commit().unwrap();
        drop(poll_with(&mut closed, &waker()).unwrap().unwrap());
        door.closed_to_open().try_commit().unwrap();
    }
}

#[test]
fn the_answer_may_come_while_the_waker_is_being_replaced() {
    let _hang = hang::detector("replaced");
    let door = leaked();
    let mut closed = door.in_closed().into_future();
    assert!(poll_with(&mut closed, Waker::noop()).is_none());
    let waker = Hooks {
        clone: Box::new(|| {
            let _ = door.open_to_closed().try_commit();
        }),
        drop: Box::new(|| use_queue(door)),
        ..Hooks::default()
    }
    .waker();
    assert!(poll_with(&mut closed, &waker).unwrap().is_ok());
}

#[test]
fn the_interrupt_may_come_while_the_waker_is_being_replaced() {
    let _hang = hang::detector("replaced");
    let (door, interrupt) = (leaked(), Interrupt::new());
    let mut closed = door.in_closed().interruptible(&interrupt).into_future();
    assert!(poll_with(&mut closed, Waker::noop()).is_none());
    let (raised, cleared) = (interrupt.clone(), interrupt.clone());
    let waker = Hooks {
        clone: Box::new(move || raised.interrupt()),
        drop: Box::new(move || cleared.clear()),
        ..Hooks::default()
    }
    .waker();
    let answer = match poll_with(&mut closed, &waker) {
        Some(answer) => answer,
        None => poll_with(&mut closed, Waker::noop()).expect("it is interrupted"),
    };
    assert!(matches!(answer, Err(Refused::Interrupted { .. })));
}

#[test]
fn the_answer_may_come_while_the_first_waker_is_cloned() {
    let _hang = hang::detector("first poll");
    let door = leaked();
    let waker = Hooks {
        clone: Box::new(|| {
            let _ = door.open_to_closed().try_commit();
        }),
        ..Hooks::default()
    }
    .waker();
    let mut closed = door.in_closed().into_future();
    let answer = poll_with(&mut closed, &waker).or_else(|| poll_with(&mut closed, &waker));
    assert!(answer.expect("it is closed").is_ok());
}

/// A future that is polled by its own waker, on the spot.
struct OnTheSpot<F: Future> {
    future: Mutex<Option<Pin<Box<F>>>>,
    output: Mutex<Option<F::Output>>,
}

impl<F> Wake for OnTheSpot<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn wake(self: Arc<Self>) {
        // Who wakes while the future is being polled finds none; none of these tests does.
        let Some(mut future) = self.future.lock().unwrap().take() else { return };
        let waker = Waker::from(Arc::clone(&self));
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            std::task::Poll::Ready(output) => *self.output.lock().unwrap() = Some(output),
            std::task::Poll::Pending => *self.future.lock().unwrap() = Some(future),
        }
    }
}

fn spawn<F>(future: F) -> Arc<OnTheSpot<F>>
where
    F: Future<Output: Send> + Send + 'static,
{
    let task = Arc::new(OnTheSpot {
        future: Mutex::new(Some(Box::pin(future))),
        output: Mutex::new(None),
    });
    Arc::clone(&task).wake();
    task
}

#[test]
fn a_waker_may_poll_on_the_spot() {
    let _hang = hang::detector("on the spot");
    let door = leaked();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            spawn(async {
                door.closed_to_open().await.unwrap().commit();
                door.open_to_closed().await.unwrap().commit();
                drop(door.in_closed().await.unwrap());
            })
        })
        .collect();
    door.open_to_closed().try_commit().unwrap();
    assert!(tasks.iter().all(|task| task.output.lock().unwrap().is_some()));
    assert!(door.is_closed());
    assert!(door.closed_to_open().try_commit().is_ok());
}

#[test]
fn a_waker_that_panics_costs_nobody_else_the_wake_up() {
    let door = leaked();
    let panics = |with: &'static str| {
        Hooks { wake: Box::new(move || panic_any(with)), ..Hooks::default() }.waker()
    };
    let mut first = door.in_closed().into_future();
    assert!(poll_with(&mut first, &panics("first")).is_none());
    let mut second = door.in_closed().into_future();
    assert!(poll_with(&mut second, &panics("second")).is_none());
    let others: Vec<_> = (0..3).map(|_| Task::waiting(door.in_closed())).collect();
    let committed = catch_unwind(AssertUnwindSafe(|| door.open_to_closed().try_commit()));
    let panic = committed.expect_err("the first panic reaches whose call it was");
    assert_eq!(panic.downcast_ref(), Some(&"first"));
    assert!(door.is_closed() && !door.is_in_transition());
    assert_eq!(others.iter().map(Task::wakes).sum::<usize>(), 3);
    assert!(poll_with(&mut first, Waker::noop()).unwrap().is_ok());
    drop((first, second, others));
    assert!(door.closed_to_open().try_commit().is_ok());
}

#[test]
fn a_waker_that_panics_costs_no_handler_the_commit() {
    let door = leaked();
    let heard = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&heard);
    door.observe(move |change| _ = count.fetch_add(change.sequence as usize, SeqCst));
    let panics = || Hooks { wake: Box::new(|| panic!("waker")), ..Hooks::default() }.waker();
    let mut waits = door.in_closed().into_future();
    assert!(poll_with(&mut waits, &panics()).is_none());
    assert!(catch_unwind(AssertUnwindSafe(|| door.open_to_closed().try_commit())).is_err());
    assert_eq!(heard.load(SeqCst), 1);
    drop(waits);
    let mut waits = door.in_open().into_future();
    assert!(poll_with(&mut waits, &panics()).is_none());
    let entered = catch_unwind(AssertUnwindSafe(|| door.closed_to_open().now().unwrap().enter()));
    assert!(entered.is_err());
    assert_eq!(heard.load(SeqCst), 1 + 2);
    drop(waits);
    assert!(door.open_to_closed().try_commit().is_ok(), "the hold was let go of");
}

/// That a panic which drops it on the way goes on, though it wakes one whose waker panics too.
fn assert_goes_on<T>(held: T) {
    let work = catch_unwind(AssertUnwindSafe(move || {
        let _held = held;
        panic_any("work");
    }));
    assert_eq!(*work.unwrap_err().downcast::<&str>().unwrap(), "work");
}

#[test]
fn a_waker_that_panics_where_a_panic_lets_go_leaves_that_panic_to_go_on() {
    let door = leaked();
    let panics = || Hooks { wake: Box::new(|| panic!("waker")), ..Hooks::default() }.waker();

    let begun = door.open_to_closed().now().unwrap();
    let mut waits = door.in_open().into_future();
    assert!(poll_with(&mut waits, &panics()).is_none());
    assert_goes_on(begun);
    let held = poll_with(&mut waits, Waker::noop()).unwrap().unwrap();

    let mut waits = door.open_to_closed().into_future();
    assert!(poll_with(&mut waits, &panics()).is_none());
    let mut behind = door.in_open().into_future();
    assert!(poll_with(&mut behind, &panics()).is_none());
    assert_goes_on(waits);
    assert_eq!(poll_with(&mut behind, Waker::noop()).map(|held| held.is_ok()), Some(true));

    let mut waits = door.open_to_closed().into_future();
    assert!(poll_with(&mut waits, &panics()).is_none());
    assert_goes_on(held);
    assert!(poll_with(&mut waits, Waker::noop()).unwrap().is_ok());
}

#[test]
fn a_waker_that_panics_costs_nobody_else_the_interrupt() {
    let (door, interrupt) = (leaked(), Interrupt::new());
    let panics = || Hooks { wake: Box::new(|| panic!("waker")), ..Hooks::default() }.waker();
    let mut first = door.in_closed().interruptible(&interrupt).into_future();
    assert!(poll_with(&mut first, &panics()).is_none());
    let mut second = door.in_closed().interruptible(&interrupt).into_future();
    assert!(poll_with(&mut second, &panics()).is_none());
    let other = Task::waiting(door.in_closed().interruptible(&interrupt));
    assert!(catch_unwind(AssertUnwindSafe(|| interrupt.interrupt())).is_err());
    assert!(interrupt.is_interrupted());
    assert_eq!(other.wakes(), 1);
}

#[test]
fn a_waker_that_panics_when_it_is_cloned_or_dropped_leaves_a_working_machine() {
    let door = leaked();
    let clones = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&clones);
    let mut wait = door.in_closed().into_future();
    let panics = Hooks {
        clone: Box::new(move || {
            counter.fetch_add(1, SeqCst);
            panic!("clone");
        }),
        ..Hooks::default()
    }
    .waker();
    assert!(catch_unwind(AssertUnwindSafe(|| poll_with(&mut wait, &panics).is_some())).is_err());
    assert!(poll_with(&mut wait, Waker::noop()).is_none());
    assert!(catch_unwind(AssertUnwindSafe(|| poll_with(&mut wait, &panics).is_some())).is_err());
    assert_eq!(clones.load(SeqCst), 2);
    door.open_to_closed().try_commit().unwrap();
    assert!(poll_with(&mut wait, Waker::noop()).unwrap().is_ok());
    drop(wait);
    assert!(door.closed_to_open().try_commit().is_ok());
}
