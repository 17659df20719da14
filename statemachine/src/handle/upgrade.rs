//! A handle that trades a hold for a transition.

use std::{fmt, future::IntoFuture, marker::PhantomData, time::Duration};

use crate::{
    guard::{InState, InTransition},
    lock::{Answer, Granted, Notify, Place, Refusal, Request, Shared, Word},
    refused::RefusedWith,
    state::State,
    trace::Waited,
    wait::{Ask, Handle, Wait, explain, verbs},
};

/// A handle that trades a hold on `A` for the transition to `B`.
///
/// Made by [`InState::to`]. Refused, the hold comes back; dropped, the hold is let go of. While it
/// waits, the hold is kept and no new ones are given, so that only the other holders' leaving is
/// waited for.
///
/// ```
/// use std::{thread, time::Duration};
/// use statemachine::Refused;
/// # use statemachine_example::*;
///
/// let door = DoorMachine::new();
/// let (mine, other) = (door.in_open().now()?, door.in_open().now()?);
/// thread::scope(|scope| {
///     scope.spawn(move || drop(other));
///     let closing = mine.to::<door::Closed>().within(Duration::from_secs(60))?;
///     closing.commit();
///     Ok::<(), Refused>(())
/// })?;
/// assert!(door.is_closed());
/// # Ok::<(), Refused>(())
/// ```
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct Upgrade<'a, A: State, B> {
    /// Gone while it stands in the queue, and when it was traded.
    held: Option<Shared<'a, A::Enum>>,
    to: PhantomData<fn() -> (A, B)>,
}

impl<'a, A: State, B: State<Enum = A::Enum>> Upgrade<'a, A, B> {
    verbs!(InTransition<'a, A, B>, RefusedWith<InState<'a, A>>;
        "# use statemachine::StateMachine;
# use statemachine_example::*;
let door = DoorMachine::new();
let (mine, other) = (door.in_open().now()?, door.in_open().now()?);
let refused = mine.to::<door::Closed>().now().unwrap_err();
drop(other);
refused.into_data().to::<door::Closed>().now()?.commit();
assert!(door.is_closed());
# Ok::<(), statemachine::Refused>(())");

    const REQUEST: Request = Request::Upgrade { to: B::INDEX };

    #[inline]
    pub(crate) fn new(hold: InState<'a, A>) -> Self {
        Self { held: Some(hold.into_right()), to: PhantomData }
    }
}

impl<'a, A: State, B: State<Enum = A::Enum>> Handle for Upgrade<'a, A, B> {
    type Output = InTransition<'a, A, B>;
    type Error = RefusedWith<InState<'a, A>>;
}

impl<'a, A: State, B: State<Enum = A::Enum>> Ask for Upgrade<'a, A, B> {
    type Place = Place<'a, A::Enum>;

    #[inline]
    fn look(&self) -> Word {
        self.held.as_ref().expect(ASKED_TWICE).look()
    }

    /// Looks only: the word is what a trade of the hold begins with.
    #[inline]
    fn attempt(&mut self) -> Result<Granted<'a, A::Enum>, Word> {
        Err(self.look())
    }

    #[inline]
    fn wants(&self, _: u16) -> bool {
        true
    }

    fn insist(&mut self, seen: Word) -> Result<Granted<'a, A::Enum>, Refusal> {
        match self.held.take().expect(ASKED_TWICE).try_upgrade(&Self::REQUEST, seen) {
            Ok(right) => Ok(Granted::Exclusive(right)),
            Err((refusal, held)) => {
                self.held = Some(held);
                Err(refusal)
            }
        }
    }

    fn enter(&mut self, notify: Notify) -> Result<Place<'a, A::Enum>, Answer<'a, A::Enum>> {
        let held = self.held.take().expect(ASKED_TWICE);
        Place::take(held.lock(), Self::REQUEST, Some(held), notify)
    }

    #[inline]
    fn accept(
        self,
        granted: Granted<'a, A::Enum>,
        waited: Waited,
    ) -> Result<InTransition<'a, A, B>, RefusedWith<InState<'a, A>>> {
        let Granted::Exclusive(right) = granted else {
            unreachable!("an exclusive right was asked for")
        };
        InTransition::begin(right, waited).map_err(|(refused, right)| RefusedWith {
            refused,
            data: InState::of(right.step_down()),
        })
    }

    #[cold]
    fn refuse(
        mut self,
        refusal: Refusal,
        held: Option<Shared<'a, A::Enum>>,
        waited: Duration,
    ) -> RefusedWith<InState<'a, A>> {
        let held = held.or_else(|| self.held.take()).expect("a refusal gives the hold back");
        RefusedWith {
            refused: explain::<A::Enum>(refusal, A::EXPECTED, Some(B::NAME), waited),
            data: InState::of(held),
        }
    }
}

const ASKED_TWICE: &str = "a handle is asked once";

impl<'a, A: State, B: State<Enum = A::Enum>> IntoFuture for Upgrade<'a, A, B> {
    type Output = Result<InTransition<'a, A, B>, RefusedWith<InState<'a, A>>>;
    type IntoFuture = Wait<'static, Self>;

    fn into_future(self) -> Self::IntoFuture {
        Wait::new(self, None)
    }
}

impl<A: State, B: State> fmt::Debug for Upgrade<'_, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade")
            .field("from", &format_args!("{}", A::NAME))
            .field("to", &format_args!("{}", B::NAME))
            .finish_non_exhaustive()
    }
}
