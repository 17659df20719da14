//! The callers that wait, so that a program that is stuck explains itself.

use std::{fmt, thread::ThreadId, time::Instant};

use crate::{
    graph::{StateId, StateSet},
    lock::{Lock, Request, Seen},
    state::StateMachine,
};

/// The callers that wait for a machine, and its state, as they were at one instant.
///
/// Made by [`Machine::waiting`](crate::Machine::waiting). Its `Display` is for people: one line for the
/// machine, and one for each caller that waits.
///
/// ```
/// use std::{pin::pin, task::{Context, Waker}};
/// # use statemachine_example::*;
///
/// let door = DoorMachine::new();
/// let _open = door.in_open().now()?;
/// let mut wait = pin!(door.open_to_closed().into_future());
/// assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
///
/// let text = door.waiting().to_string(); // "Door is Open, held by 1; waiting:
/// //   a task, for 2.1µs: the transition from Open to Closed"
/// assert!(text.starts_with("Door is Open, held by 1; waiting:\n  a task, for "));
/// assert!(text.ends_with(": the transition from Open to Closed"));
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Waiting {
    /// The name of the machine's enum.
    pub machine: &'static str,
    /// The name of the current state. While a transition is under way, this is the state that it would
    /// leave.
    pub state: &'static str,
    /// Whether a transition is under way.
    pub in_transition: bool,
    /// How many hold the state.
    pub holders: usize,
    /// The callers that wait, in order of arrival.
    pub waiters: Vec<Waiter>,
}

/// One caller that waits for a machine.
///
/// Its `Debug` and its `Display` are one line for people.
///
/// ```
/// use std::{pin::pin, task::{Context, Waker}, time::Duration};
/// # use statemachine_example::*;
///
/// let door = DoorMachine::new();
/// let mut wait = pin!(door.in_closed().into_future());
/// assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
///
/// // Which of them have waited for more than a minute?
/// let mut waiters = door.waiting().waiters;
/// assert_eq!(waiters.len(), 1);
/// waiters.retain(|waiter| waiter.since.elapsed() > Duration::from_secs(60));
/// assert!(waiters.is_empty());
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Waiter {
    /// The caller.
    pub who: Who,
    /// What it waits for.
    pub waits_for: WaitsFor,
    /// When it took its place in the queue.
    pub since: Instant,
}

/// A caller that waits: a thread or a task.
///
/// ```
/// use std::{thread, time::Duration};
/// use statemachine::Who;
/// # use statemachine_example::*;
///
/// let door = DoorMachine::new();
/// thread::scope(|scope| {
///     let porter = thread::Builder::new().name("porter".to_owned());
///     let porter = porter.spawn_scoped(scope, || door.in_closed().within(Duration::from_secs(60)));
///     while door.waiting().waiters.is_empty() {
///         thread::yield_now();
///     }
///     let who = &door.waiting().waiters[0].who;
///     assert!(matches!(who, Who::Thread { name: Some(name), .. } if name == "porter"));
///     door.open_to_closed().try_commit().unwrap();
///     assert!(porter.unwrap().join().unwrap().is_ok());
/// });
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Who {
    /// A thread that blocks.
    Thread {
        /// The thread's identity.
        id: ThreadId,
        /// The thread's name, if it has one.
        name: Option<String>,
    },
    /// A task that is suspended.
    Task,
}

/// What a caller waits for, by the names of the states. They are in the order of their declaration.
///
/// ```
/// use std::{pin::pin, task::{Context, Waker}};
/// use statemachine::WaitsFor;
/// # use statemachine_example::*;
///
/// let door = DoorMachine::new();
/// let mut wait = pin!(door.when(|state| state == Door::Closed).into_future());
/// assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
/// assert_eq!(door.waiting().waiters[0].waits_for, WaitsFor::When { states: vec!["Closed"] });
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum WaitsFor {
    /// The right to a transition.
    Transition {
        /// The states from which it may begin.
        from: Vec<&'static str>,
        /// The state that it leads to.
        to: &'static str,
    },
    /// The right to a transition or, if another caller makes it, a hold on the state that it leads to.
    Join {
        /// The states from which it may begin.
        from: Vec<&'static str>,
        /// The state that it leads to.
        to: &'static str,
    },
    /// The right to a transition, in place of a hold that is one of the machine's `holders`.
    Upgrade {
        /// The state that is held.
        from: &'static str,
        /// The state that the transition leads to.
        to: &'static str,
    },
    /// A hold on one of these states.
    Hold {
        /// The states.
        states: Vec<&'static str>,
    },
    /// An exclusive hold on one of these states.
    ExclusiveHold {
        /// The states.
        states: Vec<&'static str>,
    },
    /// To see the machine in one of these states.
    When {
        /// The states.
        states: Vec<&'static str>,
    },
}

impl Waiting {
    pub(crate) fn of<S: StateMachine>(lock: &Lock<S>) -> Self {
        let (word, waiters) = lock.inspect();
        Self {
            machine: S::NAME,
            state: name::<S>(word.state()),
            in_transition: word.is_in_transition(),
            holders: word.holders() as usize,
            waiters: waiters.into_iter().map(|seen| Waiter::of::<S>(seen, word.state())).collect(),
        }
    }
}

impl Waiter {
    fn of<S: StateMachine>(seen: Seen, current: StateId) -> Self {
        let who = match &seen.thread {
            Some(thread) => Who::Thread { id: thread.id(), name: thread.name().map(str::to_owned) },
            None => Who::Task,
        };
        Self { who, waits_for: WaitsFor::of::<S>(&seen.request, current), since: seen.since }
    }
}

impl WaitsFor {
    fn of<S: StateMachine>(request: &Request, current: StateId) -> Self {
        let one_of = |set: StateSet| names::<S>(|state| set.contains(state));
        match *request {
            Request::Transition { from, to, .. } => {
                Self::Transition { from: one_of(from), to: name::<S>(to) }
            }
            Request::Join { from, to, .. } => Self::Join { from: one_of(from), to: name::<S>(to) },
            // Its own hold keeps the machine where it is.
            Request::Upgrade { to } => {
                Self::Upgrade { from: name::<S>(current), to: name::<S>(to) }
            }
            Request::Hold(states) => Self::Hold { states: one_of(states) },
            Request::ExclusiveHold(states) => Self::ExclusiveHold { states: one_of(states) },
            Request::Wanted(_) => unreachable!("it waits for others, and is not shown"),
            Request::When(ref states) => {
                Self::When { states: names::<S>(|state| states.contains(state)) }
            }
        }
    }
}

fn name<S: StateMachine>(state: StateId) -> &'static str {
    S::STATES[state.index()]
}

fn names<S: StateMachine>(is_in: impl Fn(StateId) -> bool) -> Vec<&'static str> {
    StateId::first(S::STATES.len()).filter(|&state| is_in(state)).map(name::<S>).collect()
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, state, in_transition, holders, waiters } = self;
        write!(f, "{machine} is {state}")?;
        if *in_transition {
            f.write_str(", in transition")?;
        }
        if *holders > 0 {
            write!(f, ", held by {holders}")?;
        }
        if waiters.is_empty() {
            return f.write_str("; nobody waits");
        }
        f.write_str("; waiting:")?;
        waiters.iter().try_for_each(|waiter| write!(f, "\n  {waiter}"))
    }
}

impl fmt::Display for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, waits_for, since } = self;
        write!(f, "{who}, for {:.1?}: {waits_for}", since.elapsed())
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thread { name: Some(name), .. } => write!(f, "thread `{name}`"),
            Self::Thread { id, name: None } => write!(f, "{id:?}"),
            Self::Task => f.write_str("a task"),
        }
    }
}

impl fmt::Display for WaitsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transition { from, to } => {
                write!(f, "the transition from {} to {to}", from.join(" or "))
            }
            Self::Join { from, to } => {
                write!(f, "the transition from {} to {to}, or for {to}", from.join(" or "))
            }
            Self::Upgrade { from, to } => {
                write!(f, "the transition from {from}, which it holds, to {to}")
            }
            Self::Hold { states } => write!(f, "a hold on {}", states.join(" or ")),
            Self::ExclusiveHold { states } => {
                write!(f, "an exclusive hold on {}", states.join(" or "))
            }
            Self::When { states } => write!(f, "a look at {}", states.join(" or ")),
        }
    }
}

impl<S: StateMachine> fmt::Debug for Lock<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Waiting { machine, state, in_transition, holders, waiters } = Waiting::of(self);
        f.debug_struct(machine)
            .field("id", &self.id())
            .field("state", &format_args!("{state}"))
            .field("in_transition", &in_transition)
            .field("holders", &holders)
            .field("waiters", &waiters)
            .finish_non_exhaustive()
    }
}
