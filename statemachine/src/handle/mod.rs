//! What is asked: handles on transitions and states, each with the verbs of [`crate::wait`].
//!
//! A handle does nothing by itself; it says what is wanted, and the verb says how long to wait.

mod hold;
mod join;
mod transition;
mod upgrade;
mod when;

pub use self::{hold::Hold, join::Join, transition::Transition, upgrade::Upgrade, when::When};
