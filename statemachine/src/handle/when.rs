//! A handle on the states that a predicate likes.

use std::{fmt, future::IntoFuture, time::Duration};

use crate::{
    lock::{Answer, Granted, Notify, Place, Refusal, Request, Shared, WatchSet, Word},
    machine::Machine,
    refused::Refused,
    state::{Kind, StateMachine},
    trace::Waited,
    wait::{Ask, Handle, Wait, explain, verbs},
};

/// A handle on any of the states that a predicate likes; it holds nothing.
///
/// Made by [`Machine::when`]. What is had is the state that was seen.
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
/// // Nobody waits in vain.
/// let refused = job.when(|state| state == Job::Done).within(Duration::from_secs(60)).unwrap_err();
/// assert!(matches!(refused, Refused::Unreachable { actual: "Failed", .. }));
/// ```
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct When<'a, S: StateMachine> {
    machine: &'a Machine<S>,
    states: WatchSet,
}

impl<'a, S: StateMachine> When<'a, S> {
    verbs!(S::Kind, Refused;
        "# use statemachine::StateMachine;
# use statemachine_example::*;
let door = DoorMachine::new();
assert_eq!(door.when(|state| state == Door::Open).now()?, Door::Open);
assert!(door.when(|state| state == Door::Closed).now().is_err());
# Ok::<(), statemachine::Refused>(())");

    pub(crate) fn new(machine: &'a Machine<S>, likes: impl FnMut(u16) -> bool) -> Self {
        Self { machine, states: WatchSet::of(S::STATES.len(), likes) }
    }

    fn request(&self) -> Request {
        Request::When(self.states.clone())
    }
}

impl<'a, S: StateMachine> Handle for When<'a, S> {
    type Output = S::Kind;
    type Error = Refused;
}

impl<'a, S: StateMachine> Ask for When<'a, S> {
    type Place = Place<'a, S>;

    #[inline]
    fn look(&self) -> Word {
        self.machine.lock().look()
    }

    fn attempt(&mut self) -> Result<Granted<'a, S>, Word> {
        let seen = self.machine.lock().look();
        if self.states.contains(seen.state()) {
            Ok(Granted::Watched(seen.state()))
        } else {
            Err(seen)
        }
    }

    fn wants(&self, state: u16) -> bool {
        self.states.contains(state)
    }

    /// There is nothing to compete for: what was seen stands.
    fn insist(&mut self, seen: Word) -> Result<Granted<'a, S>, Refusal> {
        Err(Refusal::WrongState(seen.state()))
    }

    fn enter(&mut self, notify: Notify) -> Result<Place<'a, S>, Answer<'a, S>> {
        Place::take(self.machine.lock(), self.request(), None, notify)
    }

    fn accept(self, granted: Granted<'a, S>, _: Waited) -> Result<S::Kind, Refused> {
        match granted {
            Granted::Watched(state) => Ok(S::Kind::at(state)),
            Granted::Exclusive(_) | Granted::Shared(_) => unreachable!("no right was asked for"),
        }
    }

    #[cold]
    fn refuse(self, refusal: Refusal, _: Option<Shared<'a, S>>, waited: Duration) -> Refused {
        explain::<S>(refusal, &[], None, waited)
    }
}

impl<'a, S: StateMachine> IntoFuture for When<'a, S> {
    type Output = Result<S::Kind, Refused>;
    type IntoFuture = Wait<'static, Self>;

    fn into_future(self) -> Self::IntoFuture {
        Wait::new(self, None)
    }
}

impl<S: StateMachine> Clone for When<'_, S> {
    fn clone(&self) -> Self {
        Self { machine: self.machine, states: self.states.clone() }
    }
}

impl<S: StateMachine> fmt::Debug for When<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("When").field("machine", self.machine).finish_non_exhaustive()
    }
}
