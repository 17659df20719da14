//! What a [`Store`] must keep to, as a test to run against your own.
//!
//! [`check`] asks for several stores over the same rows, does what callers do, and panics with the first
//! promise that was not kept. Run it in a test of your store:
//!
#![cfg_attr(feature = "sqlite", doc = "```")]
#![cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
//! use statemachine::stored::{conformance, sqlite::Sqlite};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("rows.db");
//! pollster::block_on(conformance::check(async || Sqlite::open(&path).await.unwrap()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It runs on any executor, and needs none of its timers. The rows are of the machines `conformance` and
//! `conformance_b`, in states whose names no other run has, so runs may be at the same time. At the end it
//! removes them.
//!
//! It is no proof. It finds what goes wrong in the order in which it does things; what goes wrong if a
//! process dies or a connection breaks needs tests that know the store.

mod claims;
mod rows;
mod scene;
#[cfg(test)]
mod tests;
mod time;
mod waits;

use std::future::Future;

use self::{
    scene::{PATIENCE, Scene, breaks},
    time::within,
};
use super::Store;

/// Checks a store. `open` opens a new one over the same rows each time, as another process would.
///
/// It takes some seconds.
///
/// # Panics
///
/// If the store breaks a promise, says a call failed, or does not end a call within a minute. The message
/// says which promise.
pub async fn check<St: Store>(open: impl AsyncFn() -> St) {
    let scene = Scene::open(&open).await;
    in_time("rows are inserted, looked at and removed", rows::insert_and_remove(&scene)).await;
    in_time("rows have an address", rows::addresses(&scene)).await;
    in_time("a store that is opened counts the rows", rows::counts(&scene)).await;
    in_time("keys are listed", rows::keys(&scene)).await;
    in_time("a move in one step", rows::step(&scene)).await;
    in_time("moves in one step at the same time", rows::one_step_wins(&scene)).await;
    in_time("a claim is exclusive", claims::exclusive(&scene)).await;
    in_time("a claim is committed", claims::committed(&scene)).await;
    in_time("a claim is rolled back", claims::rollback(&scene)).await;
    in_time("a claim is dropped", claims::dropped(&scene)).await;
    in_time("tokens grow", claims::tokens(&scene)).await;
    in_time("the future of a claim is dropped", claims::future_dropped(&scene)).await;
    in_time("many claim one row", claims::one_at_a_time(&scene)).await;
    in_time("a wait for a change that came before", waits::change_before(&scene)).await;
    in_time("a wait for a change", waits::change(&scene)).await;
    in_time("a wait for the end of a claim", waits::claim_ends(&scene)).await;
    in_time("a wait with a limit", waits::limit(&scene)).await;
    in_time("the rows of the test are removed", scene.clear()).await;
}

/// Checks what becomes of a claim that ended behind its owner's back: its lease ran out, say.
///
/// `end` makes the claims of a store end like that. The store must not take part in it: it is as if the
/// owner was paused meanwhile. When `end` returns, or at the latest when [`Store::wait`] returns, others can
/// claim the rows.
///
/// # Panics
///
/// As [`check`] does.
pub async fn check_lost<St: Store>(open: impl AsyncFn() -> St, end: impl AsyncFn(&St)) {
    let scene = Scene::open(&open).await;
    in_time("a claim is lost", claims::lost(&scene, &end)).await;
    in_time("the rows of the test are removed", scene.clear()).await;
}

/// Does a part of the test, which must end.
async fn in_time(part: &str, does: impl Future<Output = ()>) {
    if within(PATIENCE, does).await.is_none() {
        breaks(&format!("every call ends; {part}: it did not end within a minute"));
    }
}
