#![doc = include_str!("protocol.md")]

mod guard;
mod lazy;
#[cfg(all(test, loom))]
mod models;
mod ordering;
mod place;
mod queue;
mod request;
mod settle;
mod slab;
#[cfg(all(test, not(loom)))]
mod tests;
mod word;

use crate::{
    state::StateMachine,
    sync::{Mutex, UnsafeCell},
};

pub(crate) use self::{
    guard::{Aftermath, Exclusive, Left, Move, Shared},
    ordering::{COUNT, RAISE, RAISED},
    place::{Answer, Granted, Place},
    queue::{Notify, Seen, wake_all},
    request::{Refusal, Request, StateSet, WatchSet},
    word::Word,
};

use self::{lazy::Lazy, queue::Queue, settle::Core, word::AtomicWord};

/// What else a lock allocates on first use, beside its queue.
pub(crate) trait Extension: Default {
    /// The number of the commit that is about to be made, from 1. Called under the exclusive right.
    fn next_sequence(&self) -> u64;
}

/// A value in some state, and the rights to it.
pub(crate) struct Lock<S: StateMachine, X: Extension> {
    word: AtomicWord,
    /// The data: some exactly where the state has any, so that moves between states without data
    /// need not touch it. Written only under the exclusive right, read only under either.
    cell: UnsafeCell<Option<S>>,
    extra: Lazy<Extra<X>>,
}

struct Extra<X> {
    queue: Mutex<Queue>,
    extension: X,
}

// SAFETY: What is not `Sync` by itself is the cell. A shared right gives `&S` to any thread that has
// it, for which `S: Sync`; the exclusive right moves an `S` in by one thread and out by another, for
// which `S: Send`. That these rights exclude each other is what the word is for.
unsafe impl<S: StateMachine + Send + Sync, X: Extension + Send + Sync> Sync for Lock<S, X> {}

impl<S: StateMachine, X: Extension> Lock<S, X> {
    /// In that state, with data exactly where the state has any.
    #[cfg(not(loom))]
    pub(crate) const fn new(state: u16, data: Option<S>) -> Self {
        Self {
            word: AtomicWord::new(Word::idle(state)),
            cell: UnsafeCell::new(data),
            extra: Lazy::new(),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new(state: u16, data: Option<S>) -> Self {
        Self {
            word: AtomicWord::new(Word::idle(state)),
            cell: UnsafeCell::new(data),
            extra: Lazy::new(),
        }
    }

    /// The state's position, and the data where it has any.
    pub(crate) fn into_inner(self) -> (u16, Option<S>) {
        (self.word.own().state(), self.cell.into_inner())
    }

    #[inline]
    pub(crate) fn look(&self) -> Word {
        self.word.look()
    }

    /// Moves from a state without data to another, if nobody waits, holds or listens.
    ///
    /// The one locked instruction that an uncontended commit costs.
    #[inline]
    pub(crate) fn leap(&self, from: u16, to: u16) -> Result<(), Word> {
        self.word.commit(Word::idle(from), Word::idle(to))
    }

    /// What else is allocated on first use.
    pub(crate) fn extension(&self) -> &X {
        &self.extra().extension
    }

    /// Says that handlers are registered: from now on every commit is numbered.
    pub(crate) fn set_handlers(&self) {
        self.word.set_handlers();
    }

    /// Shows the word and those who wait, in order of arrival, as they are at one instant.
    pub(crate) fn inspect<R>(&self, see: impl FnOnce(Word, &[Seen<'_>]) -> R) -> R {
        match self.extra.get() {
            Some(extra) => {
                let queue = extra.queue.lock();
                see(self.look(), &queue.waiters())
            }
            None => see(self.look(), &[]),
        }
    }

    #[cold]
    fn core(&self) -> Core<'_> {
        Core { word: &self.word, queue: &self.extra().queue }
    }

    fn extra(&self) -> &Extra<X> {
        self.extra.get_or_init(|| Extra {
            queue: Mutex::new(Queue::new(S::GRAPH)),
            extension: X::default(),
        })
    }
}
