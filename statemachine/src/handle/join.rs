//! A handle on a transition that another caller may make.

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::{Asks, Transition, explain};
use crate::{
    guard::{InState, InTransition, Joined},
    lock::{Granted, Lock, Refusal, Request, Shared},
    private::{Asked, mismatch},
    refused::Refused,
    state::{Located, State, View},
    trace::Waited,
    wait::{Interrupt, handle},
};

/// A handle on the transition from `A` to `B` that also succeeds if another caller makes it.
///
/// Made by [`Transition::or_join`]. If the other caller rolls back, the next one in line gets the right.
///
/// ```
/// use std::{sync::atomic::{AtomicUsize, Ordering::Relaxed}, thread, time::Duration};
/// use statemachine::{Refused, StateMachine};
///
/// #[derive(StateMachine)]
/// enum Config {
///     #[state(to(Loaded))]
///     Missing,
///     #[state(terminal)]
///     Loaded(String),
/// }
///
/// let (config, loads) = (ConfigMachine::new(), AtomicUsize::new(0));
/// let load = |()| {
///     loads.fetch_add(1, Relaxed);
///     Ok::<_, Refused>("verbose".to_owned())
/// };
/// thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             let joining = config.missing_to_loaded().or_join().within(Duration::from_secs(60));
///             assert_eq!(joining?.enter(load)?.as_str(), "verbose");
///             Ok::<(), Refused>(())
///         });
///     }
/// });
/// assert_eq!(loads.into_inner(), 1);
/// ```
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct Join<'a, A: State, B> {
    transition: Transition<'a, A, B>,
}

handle! {
    impl['a, A: State, B: State<Enum = A::Enum>] Join<'a, A, B>: Joined<'a, A, B>, Refused;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "Callers that wait are served in order of arrival. They are woken only for a state that \
        they wait for, or if none of these can be reached any more.",
    "`TimedOut` at the limit. `Unreachable` as soon as waiting is in vain. `InUse` if no more \
        holders can be counted. `Vetoed` if a [`before`](crate::Transition::before) handler \
        refuses.",
    "# use statemachine::{Joined, StateMachine};
# use statemachine_example::*;
let door = DoorMachine::new();
match door.open_to_closed().or_join().now()? {
    Joined::Mine(closing) => closing.commit(),
    Joined::There(closed) => drop(closed),
}
assert!(door.is_closed());
# Ok::<(), statemachine::Refused>(())"
}

impl<'a, A: State, B: State<Enum = A::Enum>> Join<'a, A, B> {
    #[inline]
    pub(super) fn new(transition: Transition<'a, A, B>) -> Self {
        Self { transition }
    }
}

/// What only the guard has: called here, the compiler says that the handle has to be asked first.
impl<'a, A: State, B: State<Enum = A::Enum>> Join<'a, A, B> {
    #[doc(hidden)]
    pub fn enter<E>(
        self,
        _: impl FnOnce(View<'_, A>) -> Result<B::Data, E>,
    ) -> Result<InState<'a, B>, E>
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn enter_with(self, _: B::Data) -> InState<'a, B>
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn mine(self) -> Option<InTransition<'a, A, B>>
    where
        Self: Asked,
    {
        mismatch()
    }
}

impl<'a, A: State, B: State<Enum = A::Enum>> Asks for Join<'a, A, B> {
    type Site = &'a Lock<A::Enum>;
    type Given = Joined<'a, A, B>;
    type Denied = Refused;

    #[inline]
    fn site(&self) -> &'a Lock<A::Enum> {
        self.transition.site()
    }

    #[inline(always)]
    fn request(&self) -> Request {
        let (from, is_urgent) = (self.transition.from(), self.transition.is_urgent());
        Request::Join { from, to: B::ID, is_urgent }
    }

    #[inline]
    fn accept(
        self,
        granted: Granted<'a, A::Enum>,
        waited: Waited,
    ) -> Result<Joined<'a, A, B>, Refused> {
        match granted {
            Granted::Exclusive(right) => {
                InTransition::begin(right, waited).map(Joined::Mine).map_err(|(refused, _)| refused)
            }
            Granted::Shared(right) => Ok(Joined::There(InState::of(right))),
            Granted::Watched(_) => unreachable!("a right was asked for"),
        }
    }

    #[inline(always)]
    fn refuse(self, refusal: Refusal, _: Option<Shared<'a, A::Enum>>, waited: Duration) -> Refused {
        explain::<A::Enum>(
            self.transition.site().id(),
            refusal,
            self.transition.expected(),
            Some(B::NAME),
            waited,
        )
    }
}

impl<A: State, B> Clone for Join<'_, A, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: State, B> Copy for Join<'_, A, B> {}

impl<A: State, B: State> fmt::Debug for Join<'_, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Join").field(&self.transition).finish()
    }
}
