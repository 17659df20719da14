//! A handle that trades a hold for a transition. Both own their machine.

use std::{
    fmt,
    marker::PhantomData,
    time::{Duration, Instant},
};

use super::{ASKED_ONCE, explain};
use crate::{
    graph::StateId,
    guard::{InTransition, OwnedInState, OwnedInTransition, Owner},
    lock::{Granted, Notify, Owned, OwnedAnswer, OwnedPlace, Refusal, Request, Shared, Word},
    private::{Asked, mismatch},
    refused::RefusedWith,
    state::{Located, State},
    trace::Waited,
    wait::{Ask, Interrupt, handle},
};

/// An [`Upgrade`](crate::Upgrade) that owns an `Arc` of its machine.
///
/// Made by [`OwnedInState::to`](crate::OwnedInState::to). Dropping it lets go of the hold, as does
/// dropping its future.
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct OwnedUpgrade<M, A: State<Enum: 'static>, B> {
    /// None while the hold is in the queue. A refusal brings it back.
    held: Option<Owned<M, Shared<'static, A::Enum>>>,
    to: PhantomData<fn() -> (A, B)>,
}

handle! {
    impl[M: Owner<A::Enum>, A: State<Enum: 'static>, B: State<Enum = A::Enum>]
    OwnedUpgrade<M, A, B>: OwnedInTransition<M, A, B>, RefusedWith<OwnedInState<M, A>>;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "It waits for the other holders to leave, and keeps the hold meanwhile.",
    "As for [`Upgrade::within`](crate::Upgrade::within).",
    "use std::sync::Arc;
# use statemachine_example::*;
let door = Arc::new(DoorMachine::new());
let open = door.in_open().now()?.into_owned(Arc::clone(&door));
open.to::<door::Closed>().now()?.commit();
assert!(door.is_closed());
# Ok::<(), statemachine::Refused>(())"
}

impl<M, A: State<Enum: 'static>, B: State<Enum = A::Enum>> OwnedUpgrade<M, A, B> {
    const REQUEST: Request = Request::Upgrade { to: B::ID };

    pub(crate) fn new(held: Owned<M, Shared<'static, A::Enum>>) -> Self {
        Self { held: Some(held), to: PhantomData }
    }
}

/// What only the guard has: called here, the compiler says that the handle has to be asked first.
impl<M, A: State<Enum: 'static>, B: State<Enum = A::Enum>> OwnedUpgrade<M, A, B> {
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
}

impl<M: Owner<A::Enum>, A: State<Enum: 'static>, B: State<Enum = A::Enum>> Ask
    for OwnedUpgrade<M, A, B>
{
    type Place = OwnedPlace<M, A::Enum>;
    type Given = OwnedInTransition<M, A, B>;
    type Denied = RefusedWith<OwnedInState<M, A>>;

    fn look(&self) -> Word {
        self.held.as_ref().expect(ASKED_ONCE).look()
    }

    fn attempt(&mut self) -> Result<Owned<M, Granted<'static, A::Enum>>, Word> {
        Err(self.look())
    }

    fn wants(&self, _: StateId) -> bool {
        true
    }

    fn insist(&mut self, seen: Word) -> Result<Owned<M, Granted<'static, A::Enum>>, Refusal> {
        let held = self.held.take().expect(ASKED_ONCE);
        held.try_upgrade(&Self::REQUEST, seen).map_err(|(refusal, held)| {
            self.held = Some(held);
            refusal
        })
    }

    fn enter(&mut self, notify: Notify) -> Result<OwnedPlace<M, A::Enum>, OwnedAnswer<M, A::Enum>> {
        self.held.take().expect(ASKED_ONCE).take_place(Self::REQUEST, notify)
    }

    fn accept(
        self,
        granted: Owned<M, Granted<'static, A::Enum>>,
        waited: Waited,
    ) -> Result<OwnedInTransition<M, A, B>, RefusedWith<OwnedInState<M, A>>> {
        granted.exclusive().consume(|right, owner| {
            match InTransition::<A, B>::begin(right, waited) {
                Ok(transition) => Ok(transition.into_owned(owner.clone())),
                Err((refused, right)) => {
                    let hold = crate::guard::InState::<A>::of(right.step_down());
                    Err(RefusedWith { refused, data: hold.into_owned(owner.clone()) })
                }
            }
        })
    }

    fn refuse(
        mut self,
        refusal: Refusal,
        held: Option<Owned<M, Shared<'static, A::Enum>>>,
        waited: Duration,
    ) -> RefusedWith<OwnedInState<M, A>> {
        let held = held.or_else(|| self.held.take()).expect("a refusal gives the hold back");
        RefusedWith {
            refused: explain::<A::Enum>(held.id(), refusal, A::EXPECTED, Some(B::NAME), waited),
            data: OwnedInState::of(held),
        }
    }
}

impl<M, A: State<Enum: 'static>, B: State> fmt::Debug for OwnedUpgrade<M, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedUpgrade")
            .field("from", &format_args!("{}", A::NAME))
            .field("to", &format_args!("{}", B::NAME))
            .finish_non_exhaustive()
    }
}
