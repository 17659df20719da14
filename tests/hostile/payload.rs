//! Panics whose payloads panic when they are dropped.

use std::{
    any::Any,
    future::IntoFuture,
    panic::panic_any,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Waker,
};

use statemachine::Interrupt;
use statemachine_tests::polling::{Task, poll_with};

use crate::{
    assert_at_rest,
    foreign::{self, Bomb, alone, panic_of},
    leaked,
};

fn name_of(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<Bomb>().expect("the payload of one of them").name
}

fn waker_of(name: &'static str) -> Waker {
    foreign::waker(move || panic_any(Bomb { name, always: false }))
}

#[test]
fn a_waker_is_used_though_the_payloads_of_earlier_panics_panic_when_dropped() {
    let door = leaked();
    let names = ["first", "second", "third"];
    let waits = names.map(|name| {
        let mut wait = door.in_closed().into_future();
        assert!(poll_with(&mut wait, &waker_of(name)).is_none());
        wait
    });
    let last = Task::waiting(door.in_closed());
    let payload = panic_of(|| door.open_to_closed().try_commit()).expect("it goes on");
    assert_eq!(last.wakes(), 1);
    assert_eq!(name_of(&**payload), "first");
    drop((waits, last));
    assert_at_rest(door);
}

#[test]
fn an_interrupt_is_heard_though_the_payloads_of_earlier_panics_panic_when_dropped() {
    let (door, interrupt) = (leaked(), Interrupt::new());
    let waits = ["one", "another", "a third"].map(|name| {
        let mut wait = door.in_closed().interruptible(&interrupt).into_future();
        assert!(poll_with(&mut wait, &waker_of(name)).is_none());
        wait
    });
    let last = Task::waiting(door.in_closed().interruptible(&interrupt));
    let payload = panic_of(|| interrupt.interrupt()).expect("it goes on");
    assert_eq!(last.wakes(), 1);
    name_of(&**payload);
    drop((waits, last));
    assert_at_rest(door);
}

#[test]
fn a_handler_is_called_though_the_payloads_of_earlier_panics_panic_when_dropped() {
    let (door, heard) = (leaked(), Arc::new(Mutex::new(Vec::new())));
    for name in ["first", "second", "third"] {
        door.observe(move |_| panic_any(Bomb { name, always: false }));
    }
    let list = Arc::clone(&heard);
    door.observe(move |change| list.lock().unwrap().push(change.sequence));
    let payload = panic_of(|| door.open_to_closed().try_commit()).expect("it goes on");
    assert_eq!(*heard.lock().unwrap(), [1]);
    assert_eq!(name_of(&**payload), "first");
    let payload = panic_of(|| door.closed_to_open().now().unwrap().enter()).expect("it goes on");
    assert_eq!(*heard.lock().unwrap(), [1, 2]);
    assert_eq!(name_of(&**payload), "first");
}

#[test]
fn a_wakers_payload_is_not_dropped_by_a_handlers_panic() {
    alone("payload::a_wakers_payload_is_not_dropped_by_a_handlers_panic", || {
        let (door, heard) = (leaked(), Arc::new(AtomicUsize::new(0)));
        door.observe(|_| panic_any(Bomb { name: "handler", always: true }));
        let count = Arc::clone(&heard);
        door.observe(move |_| _ = count.fetch_add(1, SeqCst));
        let waker = foreign::waker(|| panic_any(Bomb { name: "waker", always: true }));
        let mut wait = door.in_closed().into_future();
        assert!(poll_with(&mut wait, &waker).is_none());
        let payload = panic_of(|| door.open_to_closed().try_commit()).expect("one goes on");
        assert_eq!(heard.load(SeqCst), 1);
        assert!(["handler", "waker"].contains(&name_of(&**payload)));
        drop(wait);
    });
}
