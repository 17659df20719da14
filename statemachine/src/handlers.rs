//! The handlers of a machine: what runs before, for and after its transitions.
//!
//! Who runs handlers takes a snapshot of the table and runs them outside the mutex, so a handler may
//! use the machine, register and remove handlers, itself included.

use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, atomic::AtomicU64},
};

use crate::{
    change::Change,
    lock::{COUNT, Extension, StateSet},
    state::{Kind, StateMachine},
    sync::Mutex,
};

/// What a handler that refuses says.
pub(crate) type Veto = Box<dyn Error + Send + Sync>;

/// Names a registered handler, to remove it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HandlerId(u64);

impl HandlerId {
    /// One that no handler of any machine has.
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, COUNT))
    }
}

/// The transitions that a handler is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Route {
    pub(crate) from: StateSet,
    pub(crate) to: u16,
}

impl Route {
    fn matches(self, from: u16, to: u16) -> bool {
        self.to == to && self.from.contains(from)
    }

    /// Less is more specific.
    fn breadth(self) -> u8 {
        match self.from {
            StateSet::One(_) => 0,
            StateSet::Bits(_) => 1,
            StateSet::All => 2,
        }
    }
}

type Before<S> = dyn Fn(&S) -> Result<(), Veto> + Send + Sync;
type Action<S> = dyn Fn(&S) -> Result<S, Veto> + Send + Sync;
type Listener<S> = dyn Fn(&Change<<S as StateMachine>::Kind>) + Send + Sync;

/// Which commits a listener hears of, in the order in which listeners run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hears {
    Transition(Route),
    Exit(Option<u16>),
    Enter(Option<u16>),
    All,
}

impl Hears {
    fn phase(self) -> u8 {
        match self {
            Self::Transition(_) => 0,
            Self::Exit(_) => 1,
            Self::Enter(_) => 2,
            Self::All => 3,
        }
    }

    fn of(self, from: u16, to: u16) -> bool {
        match self {
            Self::Transition(route) => route.matches(from, to),
            Self::Exit(state) => state.is_none_or(|state| state == from),
            Self::Enter(state) => state.is_none_or(|state| state == to),
            Self::All => true,
        }
    }
}

struct Entry<W, F: ?Sized> {
    id: HandlerId,
    at: W,
    run: Arc<F>,
}

impl<W: Copy, F: ?Sized> Clone for Entry<W, F> {
    fn clone(&self) -> Self {
        Self { id: self.id, at: self.at, run: Arc::clone(&self.run) }
    }
}

struct Table<S: StateMachine> {
    before: Vec<Entry<Route, Before<S>>>,
    actions: Vec<Entry<Route, Action<S>>>,
    /// Sorted by phase, and within a phase in order of registration.
    listeners: Vec<Entry<Hears, Listener<S>>>,
}

impl<S: StateMachine> Default for Table<S> {
    fn default() -> Self {
        Self { before: Vec::new(), actions: Vec::new(), listeners: Vec::new() }
    }
}

impl<S: StateMachine> Clone for Table<S> {
    fn clone(&self) -> Self {
        Self {
            before: self.before.clone(),
            actions: self.actions.clone(),
            listeners: self.listeners.clone(),
        }
    }
}

struct Registry<S: StateMachine> {
    /// Replaced whole at each change, so that who runs handlers keeps what it began with.
    table: Arc<Table<S>>,
    commits: u64,
}

pub(crate) struct Handlers<S: StateMachine> {
    registry: Mutex<Registry<S>>,
}

impl<S: StateMachine> Default for Handlers<S> {
    fn default() -> Self {
        let registry = Registry { table: Arc::default(), commits: 0 };
        Self { registry: Mutex::new(registry) }
    }
}

impl<S: StateMachine> Extension for Handlers<S> {
    fn next_sequence(&self) -> u64 {
        let mut registry = self.registry.lock();
        registry.commits += 1;
        registry.commits
    }
}

impl<S: StateMachine> Handlers<S> {
    pub(crate) fn before(
        &self,
        at: Route,
        run: impl Fn(&S) -> Result<(), Veto> + Send + Sync + 'static,
    ) -> HandlerId {
        self.change(|table, id| table.before.push(Entry { id, at, run: Arc::new(run) }))
    }

    /// Registers what makes the new state; what was registered for the same route is replaced.
    pub(crate) fn action(
        &self,
        at: Route,
        run: impl Fn(&S) -> Result<S, Veto> + Send + Sync + 'static,
    ) -> HandlerId {
        self.change(|table, id| {
            table.actions.retain(|action| action.at != at);
            table.actions.push(Entry { id, at, run: Arc::new(run) });
        })
    }

    pub(crate) fn after(
        &self,
        route: Route,
        run: impl Fn(&Change<S::Kind>) + Send + Sync + 'static,
    ) -> HandlerId {
        self.listen(Hears::Transition(route), run)
    }

    pub(crate) fn on_exit(
        &self,
        state: Option<u16>,
        run: impl Fn(&Change<S::Kind>) + Send + Sync + 'static,
    ) -> HandlerId {
        self.listen(Hears::Exit(state), run)
    }

    pub(crate) fn on_enter(
        &self,
        state: Option<u16>,
        run: impl Fn(&Change<S::Kind>) + Send + Sync + 'static,
    ) -> HandlerId {
        self.listen(Hears::Enter(state), run)
    }

    pub(crate) fn observe(
        &self,
        run: impl Fn(&Change<S::Kind>) + Send + Sync + 'static,
    ) -> HandlerId {
        self.listen(Hears::All, run)
    }

    fn listen(
        &self,
        at: Hears,
        run: impl Fn(&Change<S::Kind>) + Send + Sync + 'static,
    ) -> HandlerId {
        self.change(|table, id| {
            let place = table.listeners.partition_point(|known| known.at.phase() <= at.phase());
            table.listeners.insert(place, Entry { id, at, run: Arc::new(run) });
        })
    }

    /// Removes the handler; whether there was one of that name.
    pub(crate) fn remove(&self, id: HandlerId) -> bool {
        let mut registry = self.registry.lock();
        let mut table = Table::clone(&registry.table);
        let count =
            |table: &Table<S>| table.before.len() + table.actions.len() + table.listeners.len();
        table.before.retain(|entry| entry.id != id);
        table.actions.retain(|entry| entry.id != id);
        table.listeners.retain(|entry| entry.id != id);
        let is_removed = count(&table) < count(&registry.table);
        let replaced = std::mem::replace(&mut registry.table, Arc::new(table));
        drop(registry);
        // With the last snapshot goes what the handlers captured, whose `Drop` is foreign code.
        drop(replaced);
        is_removed
    }

    fn change(&self, change: impl FnOnce(&mut Table<S>, HandlerId)) -> HandlerId {
        let mut registry = self.registry.lock();
        let id = HandlerId::new();
        let mut table = Table::clone(&registry.table);
        change(&mut table, id);
        let replaced = std::mem::replace(&mut registry.table, Arc::new(table));
        drop(registry);
        drop(replaced);
        id
    }

    fn snapshot(&self) -> Arc<Table<S>> {
        Arc::clone(&self.registry.lock().table)
    }

    /// Asks those who may veto, in order of registration.
    pub(crate) fn run_before(&self, from: u16, to: u16, state: &S) -> Result<(), Veto> {
        let table = self.snapshot();
        table
            .before
            .iter()
            .filter(|entry| entry.at.matches(from, to))
            .try_for_each(|entry| (entry.run)(state))
    }

    /// What makes the new state, if anything was registered to: for this transition alone, or else
    /// for others into that state too.
    pub(crate) fn find_action(&self, from: u16, to: u16) -> Option<Arc<Action<S>>> {
        let table = self.snapshot();
        let actions = table.actions.iter().filter(|entry| entry.at.matches(from, to));
        actions.min_by_key(|entry| entry.at.breadth()).map(|entry| Arc::clone(&entry.run))
    }

    /// Tells those who listen. The first panic goes on when all have run.
    pub(crate) fn run_after(&self, from: u16, to: u16, sequence: u64) {
        let table = self.snapshot();
        let change = Change { from: S::Kind::at(from), to: S::Kind::at(to), sequence };
        let mut panic = None;
        for entry in table.listeners.iter().filter(|entry| entry.at.of(from, to)) {
            // What the handler left half done behind a panic is seen by the caller too, to whom the
            // panic goes on.
            let run = catch_unwind(AssertUnwindSafe(|| (entry.run)(&change)));
            panic = panic.or(run.err());
        }
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}
