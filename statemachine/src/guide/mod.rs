//! The guide: whole tasks, from the declaration to the last assertion.
//!
//! Each chapter is one task. It has one example, which runs as a test. The documentation of each type
//! says the rest.
//!
//! | chapter | what it does |
//! |---|---|
//! | [`reconnecting`] | shares a connection that breaks, and connects again |
//! | [`closing`] | closes a connection while a connect hangs |
//! | [`workers`] | stops a pool of workers, and loses no job |
//! | [`single_flight`] | many callers ask, one works, and all get its result or its failure |
//! | [`moving`] | changes data in place, or moves it into the next state |
//! | [`transfer`] | moves two machines at once, or neither |
//! | [`breaker`] | stops calling a service that fails, and probes it later |
//! | [`watching`] | looks at a machine, and is in the way of nobody |
//! | [`saving`] | saves a machine, and restores it |
#![cfg_attr(
    feature = "sqlite",
    doc = "| [`storing`] | keeps machines in a database, for many processes and hosts |"
)]
//! | [`testing`] | tests a type that embeds a machine |
//! | [`hanging`] | finds out why a wait does not end |
//!
//! # How to end a transition
//!
//! A verb such as `now`, `within` or `.await` gives an [`InTransition`](crate::InTransition) from `A`
//! to `B`. One of these calls ends it:
//!
//! | call | takes | gives back |
//! |---|---|---|
//! | [`commit`](crate::InTransition::commit) | nothing; `B` has no data | the data of `A` |
//! | [`commit_with`](crate::InTransition::commit_with) | the data of `B` | the data of `A` |
//! | [`commit_map`](crate::InTransition::commit_map) | a closure from the data of `A` to the data of `B` | nothing |
//! | [`enter`](crate::InTransition::enter) | nothing; `B` has no data | a hold on `B` |
//! | [`enter_with`](crate::InTransition::enter_with) | the data of `B` | a hold on `B` |
//! | [`enter_map`](crate::InTransition::enter_map) | a closure from the data of `A` to the data of `B` | a hold on `B` |
//! | [`run`](crate::InTransition::run) | work that looks at the data of `A` and may fail | the data of `A`, or the error of the work |
//! | [`run_async`](crate::InTransition::run_async) | async work that may fail | the data of `A`, or the error of the work |
//! | [`perform`](crate::InTransition::perform) | nothing; the registered action works | the data of `A`, or [`Vetoed`](crate::Refused::Vetoed) |
//! | [`rollback`](crate::InTransition::rollback), or a drop | nothing | nothing; the machine stays in `A` |
//!
//! These calls on the handle begin and end in one step. They never wait for the right:
//!
//! | call | takes | gives back |
//! |---|---|---|
//! | [`try_commit`](crate::Transition::try_commit) | nothing; `B` has no data | the data of `A`, or why not |
//! | [`try_commit_with`](crate::Transition::try_commit_with) | the data of `B` | the data of `A`, or why not and the data of `B` |
//! | [`try_commit_map`](crate::Transition::try_commit_map) | a closure from the data of `A` to the data of `B` | nothing, or why not |
//! | [`perform`](crate::Transition::perform) | nothing; the registered action works | the data of `A`, or why not |
//!
//! After [`or_join`](crate::Transition::or_join), a verb gives a [`Joined`](crate::Joined):
//!
//! | call | takes | gives back |
//! |---|---|---|
//! | [`Joined::enter`](crate::Joined::enter) | work that looks at the data of `A` and may fail | a hold on `B`, or the error of the work |
//! | [`Joined::enter_async`](crate::Joined::enter_async) | async work that may fail | a hold on `B`, or the error of the work |
//! | [`Joined::mine`](crate::Joined::mine) | nothing | the transition, if it is for the caller to make |
//! | [`Attempt::enter`](crate::Attempt::enter) | the `Joined`, and work that may fail | a hold on `B`, or the shared error |

#[doc = include_str!("reconnecting.md")]
pub mod reconnecting {}
#[doc = include_str!("closing.md")]
pub mod closing {}
#[doc = include_str!("workers.md")]
pub mod workers {}
#[doc = include_str!("single_flight.md")]
pub mod single_flight {}
#[doc = include_str!("moving.md")]
pub mod moving {}
#[doc = include_str!("transfer.md")]
pub mod transfer {}
#[doc = include_str!("breaker.md")]
pub mod breaker {}
#[doc = include_str!("watching.md")]
pub mod watching {}
#[doc = include_str!("saving.md")]
pub mod saving {}
#[cfg(feature = "sqlite")]
#[doc = include_str!("storing.md")]
pub mod storing {}
#[doc = include_str!("testing.md")]
pub mod testing {}
#[doc = include_str!("hanging.md")]
pub mod hanging {}
