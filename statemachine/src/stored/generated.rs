//! What the methods of a generated type call.

use super::{At, Failed, Store, Stored, Transition, When, codec};
use crate::{
    graph::StateSet,
    state::{Any, Located as _, State, StateMachine as _},
};

/// From whichever declared source to `B`.
pub fn stored_to<B, St>(at: &At<B::Enum, St>) -> Transition<'_, Any<B::Enum>, B, St>
where
    B: State<Enum: Stored>,
    St: Store,
{
    Transition::new(at, StateSet::Bits(B::Enum::GRAPH.sources_of(B::ID)))
}

/// From anywhere to `B`.
pub fn stored_reset<B, St>(at: &At<B::Enum, St>) -> Transition<'_, Any<B::Enum>, B, St>
where
    B: State<Enum: Stored>,
    St: Store,
{
    Transition::new(at, StateSet::All)
}

/// Waits until the machine is in what `A` stands for.
pub fn stored_when<A, St>(at: &At<A::Enum, St>) -> When<'_, A::Enum, St>
where
    A: State<Enum: Stored>,
    St: Store,
{
    When::new::<A>(at)
}

/// Whether the machine is in what `A` stands for.
///
/// # Errors
///
/// If there is no row, and those of the store.
pub async fn stored_is<A, St>(at: &At<A::Enum, St>) -> Result<bool, Failed<St::Error>>
where
    A: State<Enum: Stored>,
    St: Store,
{
    let row = at.row().await?;
    Ok(A::SET.contains(codec::position::<A::Enum>(&row)?))
}
