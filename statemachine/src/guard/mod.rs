//! What is had: the exclusive right to a transition, and the shared right to a state.

mod in_state;
mod in_transition;
mod joined;

pub use self::{in_state::InState, in_transition::InTransition, joined::Joined};
