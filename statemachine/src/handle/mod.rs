//! What is asked: handles on transitions and states, each with the verbs of [`crate::wait`].
//!
//! A handle does nothing by itself; it says what is wanted, and the verb says how long to wait.

mod join;
mod leave;
mod state_handle;
mod transition;
mod when;

pub use self::{
    join::Join, leave::Leave, state_handle::StateHandle, transition::Transition, when::When,
};
