//! Time and concurrency without a runtime.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError, mpsc},
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

/// Ready after some time.
pub(super) struct Alarm {
    state: Arc<Mutex<Ringing>>,
    // Dropping it ends the thread.
    _stop: mpsc::Sender<()>,
}

#[derive(Default)]
struct Ringing {
    rings: bool,
    waker: Option<Waker>,
}

impl Alarm {
    pub(super) fn after(time: Duration) -> Self {
        let state = Arc::<Mutex<Ringing>>::default();
        let (stop, stopped) = mpsc::channel::<()>();
        let ringing = Arc::clone(&state);
        thread::spawn(move || {
            if stopped.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout) {
                let mut ringing = ringing.lock().unwrap_or_else(PoisonError::into_inner);
                ringing.rings = true;
                let waker = ringing.waker.take();
                drop(ringing);
                waker.into_iter().for_each(Waker::wake);
            }
        });
        Self { state, _stop: stop }
    }
}

impl Future for Alarm {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut ringing = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if ringing.rings {
            return Poll::Ready(());
        }
        ringing.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// What the future gives, if it gives it in time. Else the future is dropped.
pub(super) async fn within<T>(limit: Duration, does: impl Future<Output = T>) -> Option<T> {
    let (mut does, mut alarm) = (pin!(does), pin!(Alarm::after(limit)));
    poll_fn(|cx| {
        if let Poll::Ready(done) = does.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        alarm.as_mut().poll(cx).map(|()| None)
    })
    .await
}

/// What the future gives, if it is ready when it has been polled so many times. Else it is dropped.
pub(super) async fn polled<T>(polls: u32, does: impl Future<Output = T>) -> Option<T> {
    let (mut does, mut left) = (pin!(does), polls);
    poll_fn(|cx| {
        left -= 1;
        match does.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// What all of these give, which run at the same time.
pub(super) async fn all<T>(do_it: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = do_it.into_iter().map(|does| Some(Box::pin(does))).collect();
    let mut done: Vec<_> = running.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (running, done) in running.iter_mut().zip(&mut done) {
            if let Some(does) = running
                && let Poll::Ready(value) = does.as_mut().poll(cx)
            {
                (*running, *done) = (None, Some(value));
            }
        }
        if running.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
