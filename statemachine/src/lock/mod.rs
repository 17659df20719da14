#![doc = include_str!("protocol.md")]

mod acquire;
mod lazy;
#[cfg(all(test, loom))]
mod models;
mod owned;
mod part;
mod place;
mod queue;
mod request;
mod rights;
mod settle;
mod slab;
#[cfg(all(test, not(loom)))]
mod tests;
mod wake;
mod wish;
mod word;

use crate::{
    graph::StateId,
    handlers::Handlers,
    id::MachineId,
    state::StateMachine,
    sync::{AtomicU64, Mutex, UnsafeCell, const_fn},
};

pub(crate) use self::{
    acquire::Granted,
    owned::{Owned, OwnedAnswer, OwnedPlace},
    part::Part,
    place::{Answer, Place},
    queue::Seen,
    request::{Blocker, Refusal, Request, WatchSet, Wish},
    rights::{Aftermath, Exclusive, Left, Move, Shared},
    wake::Notify,
    wish::{WishPlace, Wished, Wishes},
    word::Word,
};

use self::{lazy::Lazy, queue::Queue, settle::Core, word::AtomicWord};

/// A value in some state, and the rights to it.
pub(crate) struct Lock<S: StateMachine> {
    word: AtomicWord,
    /// The data: some exactly where the state has any, so that moves between states without data
    /// need not touch it. Written only under the exclusive right, read only under either.
    cell: UnsafeCell<Option<S>>,
    extra: Lazy<Extra<S>>,
}

/// What is allocated on first use, in one piece.
struct Extra<S: StateMachine> {
    queue: Mutex<Queue>,
    /// How many commits were numbered. Changed only under the exclusive right.
    commits: AtomicU64,
    /// They lie here for no other reason than that a machine is to be two words.
    handlers: Handlers<S>,
}

// SAFETY: What is not `Sync` by itself is the cell. A shared right gives `&S` to any thread that has
// it, for which `S: Sync`; the exclusive right moves an `S` in by one thread and out by another, for
// which `S: Send`. That these rights exclude each other is what the word is for.
unsafe impl<S: StateMachine + Send + Sync> Sync for Lock<S> {}

impl<S: StateMachine> Lock<S> {
    const_fn! {
        /// In that state, with data exactly where the state has any.
        pub(crate) const fn new(state: StateId, data: Option<S>) -> Self {
            Self {
                word: AtomicWord::new(Word::idle(state)),
                cell: UnsafeCell::new(data),
                extra: Lazy::new(),
            }
        }
    }

    /// The state's position, and the data where it has any.
    pub(crate) fn into_inner(self) -> (StateId, Option<S>) {
        (self.word.own().state(), self.cell.into_inner())
    }

    #[inline(always)]
    pub(crate) fn id(&self) -> MachineId {
        MachineId::of(self)
    }

    #[inline]
    pub(crate) fn look(&self) -> Word {
        self.word.look()
    }

    pub(crate) fn handlers(&self) -> &Handlers<S> {
        &self.extra().handlers
    }

    /// Registers a handler; from then on every commit is numbered.
    ///
    /// In this order: no commit has a number that was made before the handler was there to hear it.
    pub(crate) fn register<R>(&self, register: impl FnOnce(&Handlers<S>) -> R) -> R {
        let registered = register(self.handlers());
        self.word.set_handlers();
        registered
    }

    /// The word and those that wait, in order of arrival, as they are at one instant.
    ///
    /// Under the mutex they are only copied: what is longer than that would keep others from ending
    /// a transition.
    pub(crate) fn inspect(&self) -> (Word, Vec<Seen>) {
        let Some(extra) = self.extra.get() else {
            return (self.look(), Vec::new());
        };
        let mut waiters = Vec::new();
        let word = loop {
            let queue = extra.queue.lock();
            if queue.copy_to(&mut waiters) {
                break self.look();
            }
            let count = queue.len();
            drop(queue);
            // Some more than there are now: others may come meanwhile.
            waiters.reserve(count + count / 8);
        };
        waiters.sort_unstable_by_key(|waiter| waiter.arrival);
        (word, waiters)
    }

    /// How to hear that a right is wanted, which the caller has.
    pub(crate) fn wishes(&self, wish: Wish) -> Wishes<'_> {
        Wishes::new(self.core(), wish)
    }

    /// Whether such a right is wanted.
    #[inline]
    pub(crate) fn is_wanted(&self, wish: Wish) -> bool {
        self.look().has_waiters() && self.core().is_wanted(wish)
    }

    #[cold]
    fn core(&self) -> Core<'_> {
        let extra = self.extra();
        Core { word: &self.word, queue: &extra.queue, commits: &extra.commits }
    }

    fn extra(&self) -> &Extra<S> {
        self.extra.get_or_init(|| Extra {
            queue: Mutex::new(Queue::new(S::GRAPH)),
            commits: AtomicU64::new(0),
            handlers: Handlers::default(),
        })
    }
}
