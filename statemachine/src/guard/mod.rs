//! The guards: the exclusive right to a transition, and the shared or exclusive right to a state.

mod in_state;
mod in_state_mut;
mod in_transition;
mod joined;
mod mapped;
mod owned;

pub use self::{
    in_state::InState,
    in_state_mut::InStateMut,
    in_transition::InTransition,
    joined::Joined,
    mapped::MappedInState,
    owned::{HasMachine, OwnedInState, OwnedInStateMut, OwnedInTransition, Owner},
};

use std::fmt;

fn show(f: &mut fmt::Formatter<'_>, guard: &str, machine: &str, state: &str) -> fmt::Result {
    f.debug_struct(guard)
        .field("machine", &format_args!("{machine}"))
        .field("state", &format_args!("{state}"))
        .finish()
}

#[cold]
fn too_many_holders(machine: &str, state: &str) -> ! {
    panic!("too many holders of {state} of {machine}")
}
