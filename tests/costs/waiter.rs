//! Waiters for the machines to have.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    task::{Context, Waker},
};

/// A task that waits for as long as the value lives; waking it does nothing.
pub struct Waiter<F>(#[expect(dead_code, reason = "it is its drop that matters")] Pin<Box<F>>);

/// Takes a place in the queue for that handle.
pub fn waiter<H: IntoFuture>(handle: H) -> Waiter<H::IntoFuture> {
    let mut future = Box::pin(handle.into_future());
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    Waiter(future)
}
