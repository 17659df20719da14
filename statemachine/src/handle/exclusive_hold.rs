//! A handle on the exclusive use of a state.

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::{Asks, expected, explain};
use crate::{
    graph::StateSet,
    guard::InStateMut,
    lock::{Granted, Lock, Refusal, Request, Shared},
    private::{Asked, mismatch},
    refused::Refused,
    state::{Single, State},
    trace::Waited,
    wait::{Interrupt, handle},
};

/// A handle on being in state `A` alone: made by [`Hold::exclusive`](crate::Hold::exclusive).
///
/// It gives an [`InStateMut`]. While that lives, nobody else holds or leaves the state. The handle waits in
/// the same queue as transitions. Like a transition, it waits for all holders to leave, and lets no new ones
/// in meanwhile.
///
/// It is `Copy`, and does nothing until one of its verbs is called.
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct ExclusiveHold<'a, A: State> {
    lock: &'a Lock<A::Enum>,
    states: StateSet,
}

handle! {
    impl['a, A: State] ExclusiveHold<'a, A>: InStateMut<'a, A>, Refused;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "Callers that wait are served in order of arrival. They are woken only for a state that \
        they wait for, or if none of these can be reached any more.",
    "`TimedOut` at the limit. `Unreachable` as soon as waiting is in vain.",
    "# use statemachine_example::*;
let slot = SlotMachine::from_state(Slot::Full(\"text\".to_owned()));
let mut full = slot.in_full().exclusive().now()?;
full.push('!');
assert!(slot.in_full().now().is_err());
# Ok::<(), statemachine::Refused>(())"
}

impl<'a, A: State> ExclusiveHold<'a, A> {
    #[inline]
    pub(super) fn new(lock: &'a Lock<A::Enum>, states: StateSet) -> Self {
        Self { lock, states }
    }
}

/// What only the guard has: called here, the compiler says that the handle has to be asked first.
impl<A: State> ExclusiveHold<'_, A> {
    #[doc(hidden)]
    pub fn view(&self) -> A::View<'_>
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn view_mut(&mut self) -> A::ViewMut<'_>
    where
        Self: Asked,
        A: Single,
    {
        mismatch()
    }
}

impl<'a, A: State> Asks for ExclusiveHold<'a, A> {
    type Site = &'a Lock<A::Enum>;
    type Given = InStateMut<'a, A>;
    type Denied = Refused;

    #[inline]
    fn site(&self) -> &'a Lock<A::Enum> {
        self.lock
    }

    #[inline(always)]
    fn request(&self) -> Request {
        Request::ExclusiveHold(self.states)
    }

    #[inline(always)]
    fn accept(
        self,
        granted: Granted<'a, A::Enum>,
        _: Waited,
    ) -> Result<InStateMut<'a, A>, Refused> {
        match granted {
            Granted::Exclusive(right) => Ok(InStateMut::of(right)),
            Granted::Shared(_) | Granted::Watched(_) => {
                unreachable!("an exclusive right was asked for")
            }
        }
    }

    #[inline(always)]
    fn refuse(self, refusal: Refusal, _: Option<Shared<'a, A::Enum>>, waited: Duration) -> Refused {
        explain::<A::Enum>(self.lock.id(), refusal, expected::<A>(self.states), None, waited)
    }
}

impl<A: State> Clone for ExclusiveHold<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: State> Copy for ExclusiveHold<'_, A> {}

impl<A: State> fmt::Debug for ExclusiveHold<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExclusiveHold")
            .field("machine", self.lock)
            .field("state", &format_args!("{}", A::NAME))
            .finish()
    }
}
