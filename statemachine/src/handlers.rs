//! The handlers of a machine: what runs before, for and after its transitions.
//!
//! A thread that makes a transition takes the plan of what to run for it, and runs that outside the mutex.
//! So a handler may use the machine, and may register and remove handlers, even itself.

use std::{
    collections::{BTreeMap, VecDeque},
    error::Error,
    mem,
    pin::Pin,
    sync::{Arc, atomic::AtomicU64},
};

use crate::{
    change::Change,
    graph::{StateId, StateSet},
    panics::Panics,
    state::{Kind, StateMachine},
    sync::{COUNT, Mutex, ThreadId, this_thread},
};

/// The error of a handler that refuses.
pub(crate) type Veto = Box<dyn Error + Send + Sync>;

/// Names a registered handler, to [remove](crate::Machine::remove_handler) it.
///
/// No two handlers of a program have the same one. It is only a name: dropping it does not remove the
/// handler.
///
/// ```
/// # use statemachine_example::*;
/// let door = DoorMachine::new();
/// let ids = [
///     door.open_to_closed().before(|()| Err("locked")),
///     door.in_closed().on_enter(|_| println!("click")),
/// ];
/// assert!(door.open_to_closed().try_commit().is_err());
/// assert!(ids.into_iter().all(|id| door.remove_handler(id)));
/// assert!(door.open_to_closed().try_commit().is_ok());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HandlerId(u64);

impl HandlerId {
    /// A name that no handler of any machine has.
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, COUNT))
    }
}

/// The transitions that a handler is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Route {
    pub(crate) from: StateSet,
    pub(crate) to: StateId,
}

impl Route {
    fn matches(self, from: StateId, to: StateId) -> bool {
        self.to == to && self.from.contains(from)
    }

    /// Less is more specific.
    fn breadth(self) -> u8 {
        match self.from {
            StateSet::One(_) => 0,
            StateSet::Bits(_) | StateSet::Mask(_) | StateSet::Both(..) => 1,
            StateSet::All => 2,
        }
    }
}

type Before<S> = dyn Fn(&S) -> Result<(), Veto> + Send + Sync;
/// What makes the new state, at once or as a task.
pub(crate) enum Action<S> {
    Sync(Box<SyncAction<S>>),
    Async(Box<AsyncAction<S>>),
}

type SyncAction<S> = dyn Fn(&S) -> Result<S, Veto> + Send + Sync;
type AsyncAction<S> = dyn Fn(&S) -> Making<S> + Send + Sync;

/// The making of a new state.
pub(crate) type Making<S> = Pin<Box<dyn Future<Output = Result<S, Veto>> + Send>>;
type Listener<S> = dyn Fn(&Change<<S as StateMachine>::Kind>) + Send + Sync;

/// Which commits a listener hears of, in the order in which listeners run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hears {
    Transition(Route),
    Exit(StateSet),
    Enter(StateSet),
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

    fn of(self, from: StateId, to: StateId) -> bool {
        match self {
            Self::Transition(route) => route.matches(from, to),
            Self::Exit(states) => states.contains(from),
            Self::Enter(states) => states.contains(to),
            Self::All => true,
        }
    }
}

struct Entry<W, F: ?Sized> {
    id: HandlerId,
    at: W,
    run: Arc<F>,
}

struct Registry<S: StateMachine> {
    before: Vec<Entry<Route, Before<S>>>,
    actions: Vec<Entry<Route, Action<S>>>,
    /// Sorted by phase, and within a phase in order of registration.
    listeners: Vec<Entry<Hears, Listener<S>>>,
    /// For each transition that was made since one of the above changed.
    plans: BTreeMap<(StateId, StateId), Arc<Plan<S>>>,
    /// The threads that are calling the listeners of a commit just now.
    tellers: Vec<Teller>,
}

/// A thread that calls the listeners of a commit, and the moves that these listeners have made. It calls
/// the listeners of those moves when the present ones have returned, not inside them.
struct Teller {
    thread: ThreadId,
    untold: VecDeque<Commit>,
}

/// A commit that listeners are to hear of.
#[derive(Clone, Copy)]
pub(crate) struct Commit {
    pub(crate) from: StateId,
    pub(crate) to: StateId,
    pub(crate) sequence: u64,
}

/// What to run for one transition, so that a commit does not search through the rest.
struct Plan<S: StateMachine> {
    before: Vec<Arc<Before<S>>>,
    action: Option<Arc<Action<S>>>,
    listeners: Vec<Arc<Listener<S>>>,
}

impl<S: StateMachine> Registry<S> {
    fn plan(&mut self, from: StateId, to: StateId) -> Arc<Plan<S>> {
        let Self { before, actions, listeners, plans, .. } = self;
        let plan = plans.entry((from, to)).or_insert_with(|| {
            let before = before.iter().filter(|entry| entry.at.matches(from, to));
            let actions = actions.iter().filter(|entry| entry.at.matches(from, to));
            let action = actions.min_by_key(|entry| entry.at.breadth());
            let listeners = listeners.iter().filter(|entry| entry.at.of(from, to));
            Arc::new(Plan {
                before: before.map(|entry| Arc::clone(&entry.run)).collect(),
                action: action.map(|entry| Arc::clone(&entry.run)),
                listeners: listeners.map(|entry| Arc::clone(&entry.run)).collect(),
            })
        });
        Arc::clone(plan)
    }
}

pub(crate) struct Handlers<S: StateMachine> {
    registry: Mutex<Registry<S>>,
}

impl<S: StateMachine> Default for Handlers<S> {
    fn default() -> Self {
        Self {
            registry: Mutex::new(Registry {
                before: Vec::new(),
                actions: Vec::new(),
                listeners: Vec::new(),
                plans: BTreeMap::new(),
                tellers: Vec::new(),
            }),
        }
    }
}

impl<S: StateMachine> Handlers<S> {
    pub(crate) fn before(
        &self,
        at: Route,
        run: impl Fn(&S) -> Result<(), Veto> + Send + Sync + 'static,
    ) -> HandlerId {
        self.register(|registry, id| registry.before.push(Entry { id, at, run: Arc::new(run) }))
    }

    /// Registers what makes the new state. It replaces what was registered for the same route.
    pub(crate) fn action(&self, at: Route, action: Action<S>) -> HandlerId {
        self.register(|registry, id| {
            let entry = Entry { id, at, run: Arc::new(action) };
            match registry.actions.iter_mut().find(|action| action.at == at) {
                Some(known) => Some(mem::replace(known, entry)),
                None => {
                    registry.actions.push(entry);
                    None
                }
            }
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
        states: StateSet,
        run: impl Fn(&Change<S::Kind>) + Send + Sync + 'static,
    ) -> HandlerId {
        self.listen(Hears::Exit(states), run)
    }

    pub(crate) fn on_enter(
        &self,
        states: StateSet,
        run: impl Fn(&Change<S::Kind>) + Send + Sync + 'static,
    ) -> HandlerId {
        self.listen(Hears::Enter(states), run)
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
        self.register(|registry, id| {
            let listeners = &mut registry.listeners;
            let place = listeners.partition_point(|known| known.at.phase() <= at.phase());
            listeners.insert(place, Entry { id, at, run: Arc::new(run) });
        })
    }

    /// Removes the handler. Returns whether there was one of that name.
    pub(crate) fn remove(&self, id: HandlerId) -> bool {
        let mut registry = self.registry.lock();
        let before = take(&mut registry.before, id);
        let action = take(&mut registry.actions, id);
        let listener = take(&mut registry.listeners, id);
        let is_removed = before.is_some() || action.is_some() || listener.is_some();
        let outdated = is_removed.then(|| mem::take(&mut registry.plans));
        drop(registry);
        // The last of these drops what the handler captured, and that is foreign code.
        drop((outdated, before, action, listener));
        is_removed
    }

    /// Registers a handler. What it replaces is dropped outside the mutex, with the plans.
    fn register<R>(&self, add: impl FnOnce(&mut Registry<S>, HandlerId) -> R) -> HandlerId {
        let mut registry = self.registry.lock();
        let id = HandlerId::new();
        let replaced = add(&mut registry, id);
        let outdated = mem::take(&mut registry.plans);
        drop(registry);
        drop((outdated, replaced));
        id
    }

    fn plan(&self, from: StateId, to: StateId) -> Arc<Plan<S>> {
        self.registry.lock().plan(from, to)
    }

    /// Asks the handlers that may veto, in order of registration.
    pub(crate) fn run_before(&self, from: StateId, to: StateId, state: &S) -> Result<(), Veto> {
        self.plan(from, to).before.iter().try_for_each(|run| run(state))
    }

    /// What makes the new state, if it was registered: for this transition alone or, if there is none,
    /// for several transitions into that state.
    pub(crate) fn find_action(&self, from: StateId, to: StateId) -> Option<Arc<Action<S>>> {
        self.plan(from, to).action.clone()
    }

    /// Calls the listeners of a commit, and those of the moves that they make meanwhile. If a listener made
    /// this commit, leaves all of that to the call further up this thread's stack that runs the listener.
    pub(crate) fn tell(&self, commit: Commit) -> Panics {
        let mut panics = Panics::none();
        let Some(mut plan) = self.begin_to_tell(commit) else {
            return panics;
        };
        let mut commit = commit;
        loop {
            let Commit { from, to, sequence } = commit;
            let change =
                Change { from: S::Kind::at(from.get()), to: S::Kind::at(to.get()), sequence };
            for run in &plan.listeners {
                panics.catch(|| run(&change));
            }
            // If handlers have been removed, dropping the plan drops foreign data.
            panics.catch(|| drop(plan));
            match self.next_to_tell() {
                Some((next, next_plan)) => (commit, plan) = (next, next_plan),
                None => return panics,
            }
        }
    }

    /// What to run for that commit; none if it is to run later, or if there is nothing to run.
    fn begin_to_tell(&self, commit: Commit) -> Option<Arc<Plan<S>>> {
        let mut registry = self.registry.lock();
        let thread = this_thread();
        match registry.tellers.iter_mut().find(|teller| teller.thread == thread) {
            Some(teller) => {
                teller.untold.push_back(commit);
                None
            }
            None => {
                let plan = registry.plan(commit.from, commit.to);
                if plan.listeners.is_empty() {
                    return None;
                }
                registry.tellers.push(Teller { thread, untold: VecDeque::new() });
                Some(plan)
            }
        }
    }

    /// The next commit whose listeners this thread is to call; if there is none, the thread is done.
    fn next_to_tell(&self) -> Option<(Commit, Arc<Plan<S>>)> {
        let mut registry = self.registry.lock();
        let thread = this_thread();
        let position = registry.tellers.iter().position(|teller| teller.thread == thread)?;
        match registry.tellers[position].untold.pop_front() {
            Some(commit) => Some((commit, registry.plan(commit.from, commit.to))),
            None => {
                registry.tellers.swap_remove(position);
                None
            }
        }
    }
}

fn take<W, F: ?Sized>(entries: &mut Vec<Entry<W, F>>, id: HandlerId) -> Option<Entry<W, F>> {
    let position = entries.iter().position(|entry| entry.id == id)?;
    Some(entries.remove(position))
}
