//! A state that can be awaited, with other means.

use std::sync::atomic::{
    AtomicU8,
    Ordering::{AcqRel, Acquire},
};

use event_listener::Event;
use tokio::sync::watch;

use super::{Change, Hold, Look, State};

pub struct Watch(watch::Sender<State>);

/// An atomic byte, and an event that every transition notifies.
#[derive(Default)]
pub struct Listened {
    state: AtomicU8,
    changed: Event,
}

impl Default for Watch {
    fn default() -> Self {
        Self(watch::Sender::new(State::Disconnected))
    }
}

impl Change for Watch {
    #[inline]
    fn change(&self, from: State, to: State) -> bool {
        self.0.send_if_modified(|state| {
            let is_there = *state == from;
            if is_there {
                *state = to;
            }
            is_there
        })
    }
}

impl Look for Watch {
    #[inline]
    fn is(&self, state: State) -> bool {
        *self.0.borrow() == state
    }
}

impl Hold for Watch {
    #[inline]
    fn hold(&self, state: State, work: impl FnOnce()) -> bool {
        let actual = self.0.borrow();
        let is_there = *actual == state;
        if is_there {
            work();
        }
        is_there
    }
}

impl Change for Listened {
    #[inline]
    fn change(&self, from: State, to: State) -> bool {
        let won = self.state.compare_exchange(from as u8, to as u8, AcqRel, Acquire).is_ok();
        if won {
            self.changed.notify(usize::MAX);
        }
        won
    }
}
