//! Rows, and moves in one step.

use super::{
    scene::{DATA, MACHINE, OTHER_MACHINE, Scene, at, breaks, is, no_error, promise},
    time::all,
};
use crate::stored::{Address, Key, Outcome, Store, Value};

pub(super) async fn insert_and_remove<St: Store>(scene: &Scene<St>) {
    let (key, a, b) = (scene.key("insert"), &scene.state("A"), &scene.state("B"));
    let nothing = no_error("load", scene.a.load(at(&key)).await);
    promise(nothing.is_none(), "where no row was inserted, `load` gives none");
    let removed = no_error("remove", scene.a.remove(at(&key), &[a]).await);
    promise(removed == Outcome::Refused(None), "what is not there is not removed: `Refused(None)`");

    scene.insert(&key, a, Some(DATA)).await;
    let row = scene.row(&key).await;
    promise(is(&row, a, Some(DATA)), "a row says what was inserted");
    promise(!row.is_claimed, "a row that was inserted is not claimed");
    let again = scene.b.insert(at(&key), Value { state: b, data: None }).await;
    promise(!no_error("insert", again), "where a row is, none is inserted: `false`");
    promise(scene.row(&key).await == row, "an insert where a row is changes nothing");

    let wrong = no_error("remove", scene.b.remove(at(&key), &[b]).await);
    promise(
        wrong == Outcome::Refused(Some(row.clone())),
        "a row in another state is not removed: `Refused`, with the row",
    );
    promise(scene.row(&key).await == row, "a `remove` that is refused changes nothing");
    let right = no_error("remove", scene.b.remove(at(&key), &[b, a]).await);
    promise(right == Outcome::Done(()), "a row in one of the states is removed");
    let gone = no_error("load", scene.c.load(at(&key)).await);
    promise(gone.is_none(), "a row that was removed is not there");

    scene.insert(&key, b, None).await;
    promise(
        is(&scene.row(&key).await, b, None),
        "where a row was removed, another can be inserted",
    );
}

pub(super) async fn addresses<St: Store>(scene: &Scene<St>) {
    let states = ["A", "B", "C", "D"].map(|name| scene.state(name));
    // Texts that a careless store would take for one.
    let keys = ["1", "01", "a'b", "A'B"].map(|name| scene.key(name));
    let promises = "keys are texts: rows with different keys are different rows";
    for (key, state) in keys.iter().zip(&states) {
        let inserted = scene.a.insert(at(key), Value { state, data: None }).await;
        promise(no_error("insert", inserted), promises);
    }
    for (key, state) in keys.iter().zip(&states) {
        promise(is(&scene.row(key).await, state, None), promises);
    }
    let key = scene.key_of(OTHER_MACHINE, "1");
    let elsewhere = Address { machine: OTHER_MACHINE, key: &key };
    let inserted = scene.a.insert(elsewhere, Value { state: &states[3], data: None }).await;
    promise(
        no_error("insert", inserted) && is(&scene.row(&keys[0]).await, &states[0], None),
        "rows of different machines are different rows, though they have one key",
    );
}

pub(super) async fn counts<St: Store>(scene: &Scene<St>) {
    let (a, b) = (&scene.state("counted-A"), &scene.state("counted-B"));
    for (name, state) in [("count-1", a), ("count-2", a), ("count-3", b)] {
        scene.insert(&scene.key(name), state, None).await;
    }
    let counts = no_error("open", scene.b.open(MACHINE, true).await);
    let count = |state: &String| {
        counts.iter().filter(|(name, _)| name == state).map(|(_, rows)| *rows).collect::<Vec<_>>()
    };
    promise(
        count(a) == [2] && count(b) == [1],
        "`open` counts the rows in each state, and has each state once",
    );
    let others = no_error("open", scene.b.open(OTHER_MACHINE, true).await);
    promise(
        !others.iter().any(|(state, _)| state == a),
        "`open` counts the rows of the machines of that name only",
    );
}

pub(super) async fn keys<St: Store>(scene: &Scene<St>) {
    let [a, b, c] = ["listed-A", "listed-B", "listed-C"].map(|name| scene.state(name));
    let made = ["list-1", "list-2", "list-3", "list-4"].map(|name| scene.key(name));
    for (key, state) in made.iter().zip([&a, &a, &b, &c]) {
        scene.insert(key, state, None).await;
    }
    let list = async |states: &[&str], limit| {
        let mut keys: Vec<Key> = no_error("keys", scene.b.keys(MACHINE, states, limit).await);
        keys.sort();
        keys
    };
    promise(
        list(&[&a, &b], 10).await == made[..3],
        "`keys` gives the keys of the rows that are in one of the states, and no others",
    );
    promise(
        list(&[&a, &b], 2).await.len() == 2,
        "`keys` gives as many as there are, up to the limit",
    );
    let claim = scene.claim(&scene.a, &made[0], &a).await;
    promise(list(&[&a, &b], 10).await == made[1..3], "`keys` leaves out rows that are claimed");
    drop(claim);
}

pub(super) async fn step<St: Store>(scene: &Scene<St>) {
    let (key, a, b) = (scene.key("step"), &scene.state("A"), &scene.state("B"));
    let to_b = Value { state: b, data: Some(DATA) };
    let missing = no_error("step", scene.a.step(at(&key), &[a], to_b, true).await);
    promise(missing == Outcome::Refused(None), "where no row is, no move is made: `Refused(None)`");

    scene.insert(&key, a, Some("1")).await;
    let before = scene.row(&key).await;
    let wrong = no_error("step", scene.b.step(at(&key), &[b], to_b, true).await);
    promise(
        wrong == Outcome::Refused(Some(before.clone())),
        "a row in another state is not moved: `Refused`, with the row",
    );
    promise(scene.row(&key).await == before, "a move that is refused changes nothing");

    let old = match no_error("step", scene.b.step(at(&key), &[b, a], to_b, true).await) {
        Outcome::Done(Some(old)) => old,
        Outcome::Done(None) => breaks("a move gives what was there before, if that is wanted"),
        other => breaks(&format!(
            "a row that is in one of the states and not claimed is moved, and the answer is not {other:?}"
        )),
    };
    promise(
        is(&old, a, Some("1")),
        "a move gives what was there before, and not what is there now",
    );
    let after = scene.row(&key).await;
    promise(is(&after, b, Some(DATA)), "a move writes the state and the data");
    promise(after.version > before.version, "each change makes the version greater: a move");

    let to_a = Value { state: a, data: None };
    let back = no_error("step", scene.a.step(at(&key), &[b], to_a, false).await);
    promise(matches!(back, Outcome::Done(_)), "a move is made, also if the old row is not wanted");
    promise(is(&scene.row(&key).await, a, None), "a move to a state without data removes the data");
}

pub(super) async fn one_step_wins<St: Store>(scene: &Scene<St>) {
    let (a, b) = (&scene.state("A"), &scene.state("B"));
    for round in 0..20 {
        let key = scene.key(&format!("race-{round}"));
        scene.insert(&key, a, None).await;
        let stores = [&scene.a, &scene.b, &scene.c, &scene.a];
        let racing = all(stores.iter().zip(0..).map(|(store, racer)| {
            let key = &key;
            async move {
                let data = i32::to_string(&racer);
                let to = Value { state: b, data: Some(&data) };
                let moved = no_error("step", store.step(at(key), &[a], to, false).await);
                matches!(moved, Outcome::Done(_)).then_some(data)
            }
        }));
        let winners: Vec<_> = racing.await.into_iter().flatten().collect();
        promise(winners.len() == 1, "of several that make one move at the same time, one does");
        promise(
            is(&scene.row(&key).await, b, winners.first().map(String::as_str)),
            "the row says what the one that made the move has written",
        );
    }
}
