//! A handle on a transition that somebody else may make.

use std::{fmt, future::IntoFuture, time::Duration};

use super::Transition;
use crate::{
    graph::StateSet,
    guard::{InState, InTransition, Joined},
    lock::{Answer, Granted, Notify, Place, Refusal, Request, Shared, Word},
    refused::Refused,
    state::State,
    trace::Waited,
    wait::{Ask, Handle, Wait, explain, verbs},
};

/// A handle on the transition from `A` to `B`, content where somebody else makes it.
///
/// Made by [`Transition::or_join`]. Where the one who makes it rolls back, the next in line gets the
/// right.
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

impl<'a, A: State, B: State<Enum = A::Enum>> Join<'a, A, B> {
    verbs!(Joined<'a, A, B>, Refused;
        "# use statemachine::{Joined, StateMachine};
# use statemachine_example::*;
let door = DoorMachine::new();
match door.open_to_closed().or_join().now()? {
    Joined::Mine(closing) => closing.commit(),
    Joined::There(closed) => drop(closed),
}
assert!(door.is_closed());
# Ok::<(), statemachine::Refused>(())");

    #[inline]
    pub(super) fn new(transition: Transition<'a, A, B>) -> Self {
        Self { transition }
    }

    #[inline]
    fn request(&self) -> Request {
        Request::Join { from: self.transition.from(), to: B::INDEX }
    }
}

impl<'a, A: State, B: State<Enum = A::Enum>> Handle for Join<'a, A, B> {
    type Output = Joined<'a, A, B>;
    type Error = Refused;
}

impl<'a, A: State, B: State<Enum = A::Enum>> Ask for Join<'a, A, B> {
    type Place = Place<'a, A::Enum>;

    #[inline]
    fn look(&self) -> Word {
        self.transition.machine().lock().look()
    }

    #[inline(always)]
    fn attempt(&mut self) -> Result<Granted<'a, A::Enum>, Word> {
        let lock = self.transition.machine().lock();
        let seen = lock.look();
        if seen.state() == B::INDEX {
            lock.try_hold(StateSet::One(B::INDEX), seen)
        } else {
            lock.try_begin(self.transition.from(), seen)
        }
    }

    #[inline(always)]
    fn wants(&self, state: u16) -> bool {
        state == B::INDEX || self.transition.from().contains(state)
    }

    fn insist(&mut self, seen: Word) -> Result<Granted<'a, A::Enum>, Refusal> {
        self.transition.machine().lock().acquire(&self.request(), seen)
    }

    fn enter(&mut self, notify: Notify) -> Result<Place<'a, A::Enum>, Answer<'a, A::Enum>> {
        Place::take(self.transition.machine().lock(), self.request(), None, notify)
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
        explain::<A::Enum>(refusal, self.transition.expected(), Some(B::NAME), waited)
    }
}

impl<'a, A: State, B: State<Enum = A::Enum>> IntoFuture for Join<'a, A, B> {
    type Output = Result<Joined<'a, A, B>, Refused>;
    type IntoFuture = Wait<'static, Self>;

    fn into_future(self) -> Self::IntoFuture {
        Wait::new(self, None)
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
