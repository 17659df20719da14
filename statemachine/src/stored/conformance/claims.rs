//! The exclusive right to a row.

use std::{
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
};

use super::{
    scene::{DATA, Scene, at, breaks, commit, is, no_error, promise},
    time::{all, polled, within},
};
use crate::stored::{Claim as _, Committed, Outcome, Store, Value};

pub(super) async fn exclusive<St: Store>(scene: &Scene<St>) {
    let (key, a, b) = (scene.key("exclusive"), &scene.state("A"), &scene.state("B"));
    let missing = no_error("claim", scene.a.claim(at(&key), &[a]).await);
    promise(
        matches!(missing, Outcome::Refused(None)),
        "where no row is, nothing is claimed: `Refused(None)`",
    );
    scene.insert(&key, a, Some(DATA)).await;
    let before = scene.row(&key).await;
    match no_error("claim", scene.b.claim(at(&key), &[b]).await) {
        Outcome::Refused(Some(row)) if row == before => {}
        _ => breaks("a row in another state is not claimed: `Refused`, with the row"),
    }
    promise(scene.row(&key).await == before, "a claim that is refused changes nothing");

    let claim = scene.claim(&scene.a, &key, a).await;
    let row = claim.row().clone();
    promise(is(&row, a, Some(DATA)), "a claim has the row's state and data");
    promise(row.version > before.version, "each change makes the version greater: a claim");
    promise(row.is_claimed, "the row of a claim is claimed");
    promise(
        scene.row(&key).await == row,
        "while a claim is alive, all see that the row is claimed",
    );

    // The owner's own store is no exception.
    for store in [&scene.a, &scene.b] {
        match no_error("claim", store.claim(at(&key), &[a, b]).await) {
            Outcome::Refused(Some(row)) if row.is_claimed => {}
            _ => breaks(
                "a claim excludes others: a second claim is refused with a row that is claimed",
            ),
        }
        let to = Value { state: b, data: None };
        match no_error("step", store.step(at(&key), &[a, b], to, true).await) {
            Outcome::Refused(Some(row)) if row.is_claimed => {}
            _ => breaks(
                "a claim excludes moves in one step: they are refused with a row that is claimed",
            ),
        }
        match no_error("remove", store.remove(at(&key), &[a, b]).await) {
            Outcome::Refused(Some(row)) if row.is_claimed => {}
            _ => breaks("a claim excludes removal: it is refused with a row that is claimed"),
        }
    }
    promise(scene.row(&key).await == row, "what a claim excludes changes nothing");
    let is_lost = within(Duration::from_millis(1), claim.lost()).await.is_some();
    promise(!is_lost, "`lost` is not ready while nobody else may have the row");
}

pub(super) async fn committed<St: Store>(scene: &Scene<St>) {
    let (key, a, b) = (scene.key("commit"), &scene.state("A"), &scene.state("B"));
    scene.insert(&key, a, Some("1")).await;
    let claim = scene.claim(&scene.a, &key, a).await;
    let token = claim.row().version;
    promise(
        commit(claim, b, Some(DATA)).await == Committed::Done,
        "a claim that is alive commits: `Done`",
    );
    let row = scene.row(&key).await;
    promise(is(&row, b, Some(DATA)), "a commit writes the state and the data");
    promise(!row.is_claimed, "a commit ends the claim");
    promise(row.version > token, "each change makes the version greater: a commit");
    let next = scene.claim(&scene.b, &key, b).await;
    promise(
        commit(next, a, None).await == Committed::Done && is(&scene.row(&key).await, a, None),
        "after a commit, others claim and commit",
    );
}

pub(super) async fn rollback<St: Store>(scene: &Scene<St>) {
    let (key, a) = (scene.key("rollback"), &scene.state("A"));
    scene.insert(&key, a, Some(DATA)).await;
    let claim = scene.claim(&scene.a, &key, a).await;
    let token = claim.row().version;
    no_error("rollback", claim.rollback().await);
    let row = scene.row(&key).await;
    promise(!row.is_claimed, "when `rollback` returns, the claim has ended");
    promise(is(&row, a, Some(DATA)), "after a roll-back the row is as it was");
    promise(row.version > token, "each change makes the version greater: a roll-back");
    let next = no_error("claim", scene.b.claim(at(&key), &[a]).await);
    promise(matches!(next, Outcome::Done(_)), "after a roll-back, another may claim the row");
}

pub(super) async fn dropped<St: Store>(scene: &Scene<St>) {
    let (key, a) = (scene.key("drop"), &scene.state("A"));
    scene.insert(&key, a, Some(DATA)).await;
    drop(scene.claim(&scene.a, &key, a).await);
    let next = scene.claim(&scene.b, &key, a).await;
    promise(is(next.row(), a, Some(DATA)), "if a claim is dropped, the row is as it was");
}

pub(super) async fn tokens<St: Store>(scene: &Scene<St>) {
    let (key, a) = (scene.key("tokens"), &scene.state("A"));
    scene.insert(&key, a, None).await;
    let mut last = scene.row(&key).await.version;
    for store in [&scene.a, &scene.b, &scene.c, &scene.b, &scene.a] {
        for ends in 0..3 {
            let claim = scene.claim(store, &key, a).await;
            let token = claim.row().version;
            promise(
                token > last,
                "tokens grow: that of each claim is greater than all versions before it",
            );
            match ends {
                0 => promise(
                    commit(claim, a, None).await == Committed::Done,
                    "a claim that is alive commits: `Done`",
                ),
                1 => no_error("rollback", claim.rollback().await),
                _ => drop(claim),
            }
            last = token;
        }
    }
}

pub(super) async fn future_dropped<St: Store>(scene: &Scene<St>) {
    let (key, a) = (scene.key("future"), &scene.state("A"));
    scene.insert(&key, a, None).await;
    for micros in [0, 1, 10, 50, 100, 200, 300, 500, 1000, 2000, 3000, 5000, 10_000] {
        // Dropped at some moment, wherever the claim is then.
        let claimed = within(Duration::from_micros(micros), scene.a.claim(at(&key), &[a])).await;
        drop(claimed);
    }
    for polls in 1..8 {
        drop(polled(polls, scene.a.claim(at(&key), &[a])).await);
    }
    let claim = within(super::scene::SOON, scene.claim(&scene.b, &key, a)).await;
    promise(
        claim.is_some(),
        "if the future of a claim is dropped, the store lets go of what it may have got",
    );
}

pub(super) async fn one_at_a_time<St: Store>(scene: &Scene<St>) {
    const EACH: u32 = 8;
    let (key, a) = (scene.key("many"), &scene.state("A"));
    scene.insert(&key, a, Some("0")).await;
    let inside = AtomicU32::new(0);
    let stores = [&scene.a, &scene.b, &scene.c, &scene.a, &scene.b, &scene.c];
    let (many, key, inside) = (stores.len(), &key, &inside);
    all(stores.map(async |store| {
        for _ in 0..EACH {
            let claim = scene.claim(store, key, a).await;
            promise(inside.fetch_add(1, SeqCst) == 0, "at most one claim on a row is alive");
            let count = claim.row().data.as_deref().and_then(|data| data.parse::<u32>().ok());
            // Gives the others a chance.
            no_error("load", store.load(at(key)).await);
            inside.fetch_sub(1, SeqCst);
            let next = count.map_or_else(String::new, |count| (count + 1).to_string());
            promise(
                commit(claim, a, Some(&next)).await == Committed::Done,
                "a claim that is alive commits: `Done`",
            );
        }
    }))
    .await;
    let sum = u32::try_from(many).unwrap_or_default() * EACH;
    promise(
        is(&scene.row(key).await, a, Some(&sum.to_string())),
        "a claim has the row as the last commit left it: no update is lost",
    );
}

pub(super) async fn lost<St: Store>(scene: &Scene<St>, end: &impl AsyncFn(&St)) {
    let (key, a, b) = (scene.key("lost"), &scene.state("A"), &scene.state("B"));
    let late = Value { state: b, data: Some(r#""late""#) };
    scene.insert(&key, a, None).await;

    // While the next has its claim, and when that has ended.
    for is_committed in [false, true] {
        let old = scene.claim(&scene.a, &key, a).await;
        end(&scene.a).await;
        let new = scene.claim(&scene.b, &key, a).await;
        let row = new.row().clone();
        promise(row.version > old.row().version, "tokens grow, also if a claim was lost");
        let mut is_old = true;
        if is_committed {
            promise(
                commit(new, a, Some("1")).await == Committed::Done,
                "a claim that is alive commits: `Done`",
            );
            is_old = false;
        }
        let before = scene.row(&key).await;
        let committed = no_error("commit", old.commit(late).await);
        promise(
            committed == Committed::Lost || !is_old && committed == Committed::Unknown,
            "the commit of a claim that ended is refused, also if it arrives late: `Lost`",
        );
        promise(scene.row(&key).await == before, "a commit that is refused changes nothing");
    }

    // A roll-back that comes late, too.
    let old = scene.claim(&scene.a, &key, a).await;
    end(&scene.a).await;
    let new = scene.claim(&scene.b, &key, a).await;
    let _ = old.rollback().await;
    promise(
        scene.row(&key).await == *new.row(),
        "the roll-back of a claim that ended does not end the claim of another",
    );
}
