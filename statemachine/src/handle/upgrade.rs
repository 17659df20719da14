//! A handle that trades a hold for a transition.

use std::{
    fmt,
    marker::PhantomData,
    time::{Duration, Instant},
};

use super::{Asks, explain};
use crate::{
    guard::{InState, InTransition},
    lock::{Granted, Lock, Refusal, Request, Shared},
    private::{Asked, mismatch},
    refused::RefusedWith,
    state::{Located, State},
    trace::Waited,
    wait::{Interrupt, handle},
};

/// A handle that trades a hold on `A` for the transition to `B`.
///
/// Made by [`InState::to`]. If it is refused, the hold comes back. If it is dropped, the hold is
/// released. While it waits, it keeps the hold and lets no new holders in. So it waits only for the other
/// holders to leave.
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
    lock: &'a Lock<A::Enum>,
    /// None while the hold is in the queue, and when it was traded. A refusal brings it back.
    held: Option<Shared<'a, A::Enum>>,
    to: PhantomData<fn() -> (A, B)>,
}

handle! {
    impl['a, A: State, B: State<Enum = A::Enum>] Upgrade<'a, A, B>: InTransition<'a, A, B>, RefusedWith<InState<'a, A>>;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "It waits for the other holders to leave, and keeps the hold meanwhile.",
    "With each of them the hold comes back. `TimedOut` at the limit. `InUse` if another holder \
        waits to trade its hold: each would wait for the other. `InTransition` if 16 trades have \
        passed a transition that waits. `Vetoed` if a [`before`](crate::Transition::before) handler \
        refuses.",
    "# use statemachine_example::*;
let door = DoorMachine::new();
let (mine, other) = (door.in_open().now()?, door.in_open().now()?);
let refused = mine.to::<door::Closed>().now().unwrap_err();
drop(other);
refused.into_data().to::<door::Closed>().now()?.commit();
assert!(door.is_closed());
# Ok::<(), statemachine::Refused>(())"
}

impl<'a, A: State, B: State<Enum = A::Enum>> Upgrade<'a, A, B> {
    #[inline]
    pub(crate) fn new(hold: InState<'a, A>) -> Self {
        let held = hold.into_right();
        Self { lock: held.lock(), held: Some(held), to: PhantomData }
    }
}

/// What only the guard has: called here, the compiler says that the handle has to be asked first.
impl<'a, A: State, B: State<Enum = A::Enum>> Upgrade<'a, A, B> {
    #[doc(hidden)]
    pub fn commit(self) -> A::Data
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn commit_with(self, _: B::Data) -> A::Data
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn enter(self) -> InState<'a, B>
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
}

impl<'a, A: State, B: State<Enum = A::Enum>> Asks for Upgrade<'a, A, B> {
    type Site = &'a Lock<A::Enum>;
    type Given = InTransition<'a, A, B>;
    type Denied = RefusedWith<InState<'a, A>>;

    #[inline]
    fn site(&self) -> &'a Lock<A::Enum> {
        self.lock
    }

    #[inline(always)]
    fn request(&self) -> Request {
        Request::Upgrade { to: B::ID }
    }

    #[inline]
    fn held(&mut self) -> Option<&mut Option<Shared<'a, A::Enum>>> {
        Some(&mut self.held)
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
            refused: explain::<A::Enum>(
                self.lock.id(),
                refusal,
                A::EXPECTED,
                Some(B::NAME),
                waited,
            ),
            data: InState::of(held),
        }
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
