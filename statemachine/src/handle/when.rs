//! A handle on the states that satisfy a predicate.

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::{Asks, explain};
use crate::{
    graph::StateId,
    lock::{Granted, Lock, Refusal, Request, Shared, WatchSet},
    refused::Refused,
    state::{Kind, StateMachine},
    trace::Waited,
    wait::{Interrupt, handle},
};

/// A handle on any of the states that satisfy a predicate.
///
/// Made by [`Machine::when`](crate::Machine::when) and by the generated `when_a()`. It returns the state
/// that was seen, and does not hold it. It is in the way of nobody.
///
/// The machine may have left the state by the time the caller reads this. To act on the state, wait for a
/// hold, as in `in_a().await`. A loop of `when` and `now` may be refused again and again while a transition
/// out of the state is under way.
///
/// ```
/// use std::{thread, time::Duration};
/// use statemachine::{Refused, StateMachine};
///
/// #[derive(StateMachine, Clone, Copy, PartialEq, Debug)]
/// enum Job {
///     #[state(to(Done, Failed))]
///     Running,
///     #[state(terminal)]
///     Done,
///     #[state(terminal)]
///     Failed,
/// }
///
/// let job = JobMachine::new();
/// thread::scope(|scope| {
///     scope.spawn(|| job.running_to_failed().try_commit());
///     let over = job.when(|state| state != Job::Running).within(Duration::from_secs(60));
///     assert_eq!(over.unwrap(), Job::Failed);
/// });
/// // No caller waits in vain.
/// let refused = job.when(|state| state == Job::Done).within(Duration::from_secs(60)).unwrap_err();
/// assert!(matches!(refused, Refused::Unreachable { actual: "Failed", .. }));
/// ```
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct When<'a, S: StateMachine> {
    lock: &'a Lock<S>,
    states: WatchSet,
}

handle! {
    impl['a, S: StateMachine] When<'a, S>: S::Kind, Refused;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "The caller is woken only for a state that it waits for, or if none of these can be \
        reached any more.",
    "`TimedOut` at the limit. `Unreachable` as soon as waiting is in vain.",
    "# use statemachine_example::*;
let door = DoorMachine::new();
assert_eq!(door.when(|state| state == Door::Open).now()?, Door::Open);
assert!(door.when(|state| state == Door::Closed).now().is_err());
# Ok::<(), statemachine::Refused>(())"
}

impl<'a, S: StateMachine> When<'a, S> {
    pub(crate) fn new(lock: &'a Lock<S>, likes: impl FnMut(StateId) -> bool) -> Self {
        Self { lock, states: WatchSet::of(S::STATES.len(), likes) }
    }
}

impl<'a, S: StateMachine> Asks for When<'a, S> {
    const IS_LOOK: bool = true;

    type Site = &'a Lock<S>;
    type Given = S::Kind;
    type Denied = Refused;

    #[inline]
    fn site(&self) -> &'a Lock<S> {
        self.lock
    }

    #[inline]
    fn request(&self) -> Request {
        Request::When(self.states.clone())
    }

    fn accept(self, granted: Granted<'a, S>, _: Waited) -> Result<S::Kind, Refused> {
        match granted {
            Granted::Watched(state) => Ok(S::Kind::at(state.get())),
            Granted::Exclusive(_) | Granted::Shared(_) => unreachable!("no right was asked for"),
        }
    }

    #[cold]
    fn refuse(self, refusal: Refusal, _: Option<Shared<'a, S>>, waited: Duration) -> Refused {
        explain::<S>(self.lock.id(), refusal, &[], None, waited)
    }
}

impl<S: StateMachine> Clone for When<'_, S> {
    fn clone(&self) -> Self {
        Self { lock: self.lock, states: self.states.clone() }
    }
}

impl<S: StateMachine> fmt::Debug for When<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("When").field("machine", self.lock).finish_non_exhaustive()
    }
}
