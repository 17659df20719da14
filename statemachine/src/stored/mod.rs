//! Machines that outlive the process: rows of a database, which processes and hosts share.

mod codec;
mod failed;
mod guard;
mod handle;
mod key;
mod machines;
mod wait;

#[cfg(feature = "postgres")]
pub mod postgres;
pub mod store;

pub use self::{
    codec::Stored,
    failed::{Failed, Undecodable, UnknownStates},
    guard::InTransition,
    handle::{In, Transition, When},
    key::Key,
    machines::{At, Machines},
    store::{Address, Claim, Committed, Outcome, Row, Store, Value},
};

#[doc(hidden)]
pub use self::codec::{decode, encode};
