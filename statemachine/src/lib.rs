//! State machines that many threads and tasks share.

#![deny(unsafe_code)]

// The derive names this crate by its name, in the crate's own tests too.
extern crate self as statemachine;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod change;
mod diagram;
mod guard;
mod handle;
mod handlers;
#[expect(unsafe_code, reason = "the one folder that needs it")]
mod lock;
mod machine;
mod refused;
#[cfg(feature = "serde")]
mod serde;
mod state;
mod sync;
mod trace;
mod wait;
mod waiting;

use __private as private;

pub use statemachine_derive::StateMachine;

#[cfg(feature = "serde")]
pub use self::serde::by_name;

pub use self::{
    change::Change,
    guard::{InState, InTransition, Joined},
    handle::{Join, Leave, StateHandle, Transition, When},
    handlers::HandlerId,
    machine::Machine,
    refused::{NeedsData, Refused, RefusedWith, UnknownState},
    state::{Any, Dataless, Kind, Newtype, State, StateMachine, TransitionTo, View, Viewed},
    wait::{Handle, Interrupt, Interruptible, Wait},
    waiting::{Waiter, Waiting, Wanted, Who},
};
