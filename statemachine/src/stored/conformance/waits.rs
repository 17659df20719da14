//! Waiting for a row.

use std::time::{Duration, Instant};

use super::{
    scene::{PATIENCE, SOON, Scene, at, commit, no_error, promise},
    time::{Alarm, all, within},
};
use crate::stored::{Claim as _, Committed, Key, Outcome, Row, Store, Value};

/// Waits with a limit that is too long to be what ended the wait.
async fn wait<St: Store>(store: &St, key: &Key, seen: &Row, promises: &str) {
    let woken = within(SOON, store.wait(at(key), seen, Some(PATIENCE))).await;
    promise(woken.is_some(), promises);
    woken.into_iter().for_each(|woken| no_error("wait", woken));
}

/// Waits, and does something as soon as the wait is under way.
async fn meanwhile<St: Store>(
    store: &St,
    key: &Key,
    seen: &Row,
    promises: &str,
    does: impl Future<Output = ()>,
) {
    let does = async {
        Alarm::after(Duration::from_millis(50)).await;
        does.await;
    };
    let start = Instant::now();
    // A wait may return early, as long as it has not missed what it is for.
    let waits = async {
        loop {
            wait(store, key, seen, promises).await;
            let row = no_error("load", store.load(at(key)).await);
            if row.as_ref() != Some(seen) {
                break;
            }
            promise(start.elapsed() < SOON, promises);
        }
    };
    type Boxed<'a> = std::pin::Pin<Box<dyn Future<Output = ()> + 'a>>;
    all([Box::pin(waits) as Boxed<'_>, Box::pin(does)]).await;
}

pub(super) async fn change_before<St: Store>(scene: &Scene<St>) {
    let (a, b) = (&scene.state("A"), &scene.state("B"));
    for store in [&scene.a, &scene.b] {
        let key = scene.key(&format!("before-{}", std::ptr::eq(store, &scene.a)));
        scene.insert(&key, a, None).await;
        let seen = scene.row(&key).await;
        let to = Value { state: b, data: None };
        let moved = no_error("step", scene.a.step(at(&key), &[a], to, false).await);
        promise(matches!(moved, Outcome::Done(_)), "a row in the state is moved");
        let promises = "a wait returns if the row was changed between the look and the call";
        wait(store, &key, &seen, promises).await;

        let seen = scene.row(&key).await;
        let removed = no_error("remove", scene.a.remove(at(&key), &[b]).await);
        promise(removed == Outcome::Done(()), "a row in one of the states is removed");
        let promises = "a wait returns if the row was removed between the look and the call";
        wait(store, &key, &seen, promises).await;
    }
}

pub(super) async fn change<St: Store>(scene: &Scene<St>) {
    let (a, b) = (&scene.state("A"), &scene.state("B"));
    for store in [&scene.a, &scene.b] {
        let key = &scene.key(&format!("change-{}", std::ptr::eq(store, &scene.a)));
        scene.insert(key, a, None).await;
        let seen = scene.row(key).await;
        meanwhile(store, key, &seen, "a wait returns when the row is moved", async {
            let to = Value { state: b, data: None };
            no_error("step", scene.a.step(at(key), &[a], to, false).await);
        })
        .await;
        let seen = scene.row(key).await;
        let claim = scene.claim(&scene.a, key, b).await;
        meanwhile(store, key, &seen, "a wait returns when a claim is committed", async {
            promise(
                commit(claim, a, None).await == Committed::Done,
                "a claim that is alive commits: `Done`",
            );
        })
        .await;
        let seen = scene.row(key).await;
        meanwhile(store, key, &seen, "a wait returns when the row is removed", async {
            no_error("remove", scene.a.remove(at(key), &[a]).await);
        })
        .await;
    }
}

pub(super) async fn claim_ends<St: Store>(scene: &Scene<St>) {
    let (key, a) = (&scene.key("ends"), &scene.state("A"));
    scene.insert(key, a, None).await;
    for store in [&scene.a, &scene.b] {
        let claim = scene.claim(&scene.a, key, a).await;
        let seen = claim.row().clone();
        meanwhile(store, key, &seen, "a wait returns when a claim is rolled back", async {
            no_error("rollback", claim.rollback().await);
        })
        .await;
        let claim = scene.claim(&scene.a, key, a).await;
        let seen = claim.row().clone();
        meanwhile(store, key, &seen, "a wait returns when a claim is dropped", async {
            drop(claim);
        })
        .await;
    }
}

pub(super) async fn limit<St: Store>(scene: &Scene<St>) {
    let (key, a) = (&scene.key("limit"), &scene.state("A"));
    scene.insert(key, a, None).await;
    let seen = scene.row(key).await;
    for millis in [0, 1, 100] {
        let limit = Some(Duration::from_millis(millis));
        let woken = within(SOON, scene.b.wait(at(key), &seen, limit)).await;
        promise(woken.is_some(), "a wait returns at its limit");
        woken.into_iter().for_each(|woken| no_error("wait", woken));
    }
}
