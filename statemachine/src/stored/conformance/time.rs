//! Time and concurrency without a runtime.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
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
        // First, for it wakes both: what is ready only now was late.
        if alarm.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        does.as_mut().poll(cx).map(Some)
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

/// What all of these give, which run at the same time. As with a real executor, each is polled only if it was
/// woken: one that is polled along with others would not show that it was not.
pub(super) async fn all<T>(do_it: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = do_it
        .into_iter()
        .map(|does| (Some(Box::pin(does)), Arc::new(Own::default()), None))
        .collect();
    poll_fn(|cx| {
        for (running, own, done) in &mut running {
            own.parent(cx.waker());
            if let Some(does) = running
                && own.is_woken.swap(false, SeqCst)
                && let Poll::Ready(value) =
                    does.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(own))))
            {
                (*running, *done) = (None, Some(value));
            }
        }
        if running.iter().all(|(running, ..)| running.is_none()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    running.into_iter().filter_map(|(_, _, done)| done).collect()
}

/// The waker of one of several futures.
struct Own {
    is_woken: AtomicBool,
    parent: Mutex<Option<Waker>>,
}

impl Default for Own {
    fn default() -> Self {
        Self { is_woken: AtomicBool::new(true), parent: Mutex::default() }
    }
}

impl Own {
    fn parent(&self, waker: &Waker) {
        *self.parent.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
    }
}

impl Wake for Own {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, SeqCst);
        let parent = self.parent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parent.into_iter().for_each(Waker::wake);
    }
}
