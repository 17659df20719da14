//! Handlers that are registered while somebody commits.

use std::{
    future::IntoFuture,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Waker,
    thread,
};

use statemachine_tests::{hang, polling::poll_with};

use crate::{
    Door,
    foreign::{Gate, wait_at_most},
    leaked,
};

/// Stops a commit that ends two waits in one of its allocations and registers a handler meanwhile.
/// What the handler heard, if its registration had returned before the commit took effect.
fn register_in_a_commit(after_allocations: usize) -> Option<Vec<(Door, u64)>> {
    let door = leaked();
    let mut waits = [(); 3].map(|()| door.when(|state| state == Door::Closed).into_future());
    for wait in &mut waits {
        assert!(poll_with(wait, Waker::noop()).is_none());
    }
    let closing = door.open_to_closed().now().unwrap();
    let (heard, is_registered) = (Arc::new(Mutex::new(Vec::new())), AtomicBool::new(false));
    let gate = Gate::leaked();
    let was_open = thread::scope(|scope| {
        scope.spawn(|| gate.stop_at_allocation(after_allocations, || closing.commit()));
        if !gate.wait() {
            return false;
        }
        let registrar = scope.spawn(|| {
            let heard = Arc::clone(&heard);
            door.observe(move |change| heard.lock().unwrap().push((change.to, change.sequence)));
            let was_open = door.is_open();
            is_registered.store(true, SeqCst);
            was_open
        });
        // Registering may have to wait for the commit: then it comes after it.
        wait_at_most(hang::LONG / 240, || is_registered.load(SeqCst));
        gate.open();
        registrar.join().unwrap()
    });
    door.closed_to_open().try_commit().unwrap();
    let heard = heard.lock().unwrap().clone();
    was_open.then_some(heard)
}

#[test]
fn a_handler_registered_beside_a_waiter_hears_of_each_commit() {
    let _hang = hang::detector("a handler beside a waiter");
    for after_allocations in 0..4 {
        if let Some(heard) = register_in_a_commit(after_allocations) {
            assert_eq!(heard, [(Door::Closed, 1), (Door::Open, 2)]);
        }
    }
}
