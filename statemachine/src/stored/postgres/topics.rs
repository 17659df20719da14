//! Callers of this process that wait, by what notifications say of their rows.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::{Notify, futures::Notified};

#[derive(Default, Debug)]
pub(in crate::stored) struct Topics {
    waiting: Mutex<HashMap<String, Topic>>,
    /// Whether notifications arrive at present.
    hears: AtomicBool,
}

#[derive(Default, Debug)]
struct Topic {
    subscribers: usize,
    told: Arc<Notify>,
}

impl Topics {
    pub(super) fn subscribe(self: &Arc<Self>, payload: String) -> Subscription {
        let mut waiting = self.waiting.lock();
        let topic = waiting.entry(payload.clone()).or_default();
        topic.subscribers += 1;
        Subscription { topics: self.clone(), told: topic.told.clone(), payload }
    }

    pub(super) fn hears(&self) -> bool {
        self.hears.load(Ordering::SeqCst)
    }

    /// A notification has arrived.
    pub(in crate::stored) fn tell(&self, payload: &str) {
        if let Some(topic) = self.waiting.lock().get(payload) {
            topic.told.notify_waiters();
        }
    }

    /// Notifications arrive from now on, until the answer is dropped. Everybody looks again, because some
    /// may have been missed.
    pub(in crate::stored) fn hear(self: &Arc<Self>) -> Hearing {
        self.turn(true);
        Hearing(self.clone())
    }

    fn turn(&self, hears: bool) {
        self.hears.store(hears, Ordering::SeqCst);
        for topic in self.waiting.lock().values() {
            topic.told.notify_waiters();
        }
    }
}

/// Notifications arrive. Dropping it says that they no longer do.
pub(in crate::stored) struct Hearing(Arc<Topics>);

impl Drop for Hearing {
    fn drop(&mut self) {
        self.0.turn(false);
    }
}

/// A caller that waits.
pub(super) struct Subscription {
    topics: Arc<Topics>,
    told: Arc<Notify>,
    payload: String,
}

impl Subscription {
    pub(super) fn payload(&self) -> &str {
        &self.payload
    }

    /// Ready when a notification arrives after this call, also before the answer is polled.
    pub(super) fn told(&self) -> Notified<'_> {
        self.told.notified()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let payload = std::mem::take(&mut self.payload);
        if let Entry::Occupied(mut topic) = self.topics.waiting.lock().entry(payload) {
            topic.get_mut().subscribers -= 1;
            if topic.get().subscribers == 0 {
                topic.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future as _, pin::pin, sync::Arc, task::Context};

    use super::Topics;

    #[test]
    fn only_those_that_wait_for_the_row_are_told() {
        let topics = Arc::new(Topics::default());
        let (one, other) = (topics.subscribe("1".into()), topics.subscribe("2".into()));
        let (mut one, mut other) = (pin!(one.told()), pin!(other.told()));
        topics.tell("1");
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(one.as_mut().poll(&mut cx).is_ready());
        assert!(other.as_mut().poll(&mut cx).is_pending());
        drop(topics.hear());
        assert!(other.as_mut().poll(&mut cx).is_ready());
    }

    #[test]
    fn nothing_is_kept_of_those_that_have_gone() {
        let topics = Arc::new(Topics::default());
        let (one, other) = (topics.subscribe("1".into()), topics.subscribe("1".into()));
        drop(one);
        assert_eq!(topics.waiting.lock().len(), 1);
        drop(other);
        assert!(topics.waiting.lock().is_empty());
    }
}
