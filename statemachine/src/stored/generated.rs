//! What the methods of a generated type call.

use super::{At, Failed, Store, Stored, Transition, When, codec};
use crate::{
    graph::StateSet,
    state::{Any, Located as _, State, StateMachine as _},
};

/// From whichever declared source to `B`.
pub fn stored_to<B, St>(at: &At<B::Enum, St>) -> Transition<Any<B::Enum>, B, St>
where
    B: State<Enum: Stored>,
    St: Store,
{
    Transition::new(at.clone(), StateSet::Bits(B::Enum::GRAPH.sources_of(B::ID)))
}

/// From anywhere to `B`.
pub fn stored_reset<B, St>(at: &At<B::Enum, St>) -> Transition<Any<B::Enum>, B, St>
where
    B: State<Enum: Stored>,
    St: Store,
{
    Transition::new(at.clone(), StateSet::All)
}

/// Waits until the machine is in what `A` stands for.
pub fn stored_when<A, St>(at: &At<A::Enum, St>) -> When<A::Enum, St>
where
    A: State<Enum: Stored>,
    St: Store,
{
    When::new::<A>(at.clone())
}

/// Whether the machine is in what `A` stands for.
pub fn stored_is<A, St>(
    at: &At<A::Enum, St>,
) -> impl Future<Output = Result<bool, Failed<St::Error>>> + Send + use<A, St>
where
    A: State<Enum: Stored>,
    St: Store,
{
    let at = at.clone();
    async move { Ok(A::SET.contains(codec::position::<A::Enum>(&at.row().await?)?)) }
}
