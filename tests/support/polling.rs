//! Futures polled by hand, with a waker that counts.

use std::{
    future::{Future, IntoFuture},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

/// A waker that counts how often it was used.
#[derive(Default)]
pub struct Wakes {
    count: AtomicUsize,
}

impl Wakes {
    /// How often it was used.
    pub fn count(&self) -> usize {
        self.count.load(SeqCst)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.count.fetch_add(1, SeqCst);
    }
}

/// A future that is polled by hand, once a call.
pub struct Task<F> {
    future: Pin<Box<F>>,
    wakes: Arc<Wakes>,
}

impl<F: Future> Task<F> {
    /// Of that future or handle, not yet polled.
    pub fn new(future: impl IntoFuture<IntoFuture = F>) -> Self {
        Self { future: Box::pin(future.into_future()), wakes: Arc::default() }
    }

    /// Polled once already, and found pending.
    pub fn waiting(future: impl IntoFuture<IntoFuture = F>) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_none(), "what is to wait is ready at once");
        task
    }

    /// Polls once; what it is ready with.
    pub fn poll(&mut self) -> Option<F::Output> {
        let waker = Waker::from(Arc::clone(&self.wakes));
        poll_with(&mut self.future, &waker)
    }

    /// Polls once; panics where it is not ready.
    pub fn output(mut self) -> F::Output {
        self.poll().expect("the future is not ready")
    }

    /// How often it was woken.
    pub fn wakes(&self) -> usize {
        self.wakes.count()
    }
}

/// Polls once with that waker; what it is ready with.
pub fn poll_with<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(waker)) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
