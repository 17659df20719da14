//! Stores over the same rows, and calls that must not fail.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::stored::{Address, Claim, Committed, Key, Outcome, Row, Store, Value};

/// How long a part may take. It is for catching calls that never end. The store in memory that shows this
/// never takes long.
pub(super) const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 6 } else { 60 });

/// How soon a call must have noticed something: far less than the limit that it was given.
pub(super) const SOON: Duration = Duration::from_secs(if cfg!(test) { 2 } else { 20 });

/// The names of the machines in the store.
pub(super) const MACHINE: &str = "conformance";
pub(super) const OTHER_MACHINE: &str = "conformance_b";

/// The data of states. The store may write JSON differently, but not other JSON.
pub(super) const DATA: &str = r#"{"text":"it's \"quoted\" \\ ü\n","number":-7,"list":[null,true]}"#;

/// Says that the store has broken a promise.
pub(super) fn breaks(promise: &str) -> ! {
    panic!("the store breaks a promise: {promise}")
}

/// Says so unless it has kept it.
pub(super) fn promise(is_kept: bool, promise: &str) {
    if !is_kept {
        breaks(promise);
    }
}

/// Three stores over the same rows, and names that no other run has.
pub(super) struct Scene<St> {
    pub(super) a: St,
    pub(super) b: St,
    pub(super) c: St,
    run: String,
    made: Mutex<Vec<(&'static str, Key)>>,
}

impl<St: Store> Scene<St> {
    pub(super) async fn open(open: &impl AsyncFn() -> St) -> Self {
        let (a, b, c) = (open().await, open().await, open().await);
        for store in [&a, &b, &c] {
            for machine in [MACHINE, OTHER_MACHINE] {
                no_error("open", store.open(machine, true).await);
            }
        }
        let run = format!("{:016x}", RandomState::new().build_hasher().finish());
        Self { a, b, c, run, made: Mutex::default() }
    }

    /// The name of a state that only this run has.
    pub(super) fn state(&self, name: &str) -> String {
        format!("{name}-{}", self.run)
    }

    /// A key that only this run has.
    pub(super) fn key(&self, name: &str) -> Key {
        self.key_of(MACHINE, name)
    }

    pub(super) fn key_of(&self, machine: &'static str, name: &str) -> Key {
        let key = Key::from(format!("{name}-{}", self.run));
        if let Ok(mut made) = self.made.lock() {
            made.push((machine, key.clone()));
        }
        key
    }

    /// Adds a row.
    pub(super) async fn insert(&self, key: &Key, state: &str, data: Option<&str>) {
        let inserted = self.a.insert(at(key), Value { state, data }).await;
        promise(no_error("insert", inserted), "a row that was not there is inserted: `true`");
    }

    /// The row as another store sees it.
    pub(super) async fn row(&self, key: &Key) -> Row {
        let row = no_error("load", self.c.load(at(key)).await);
        row.unwrap_or_else(|| breaks("a row that was inserted is there, and all stores see it"))
    }

    /// Claims a row, and waits for it if it is claimed.
    pub(super) async fn claim(&self, store: &St, key: &Key, state: &str) -> St::Claim {
        let start = Instant::now();
        loop {
            match no_error("claim", store.claim(at(key), &[state]).await) {
                Outcome::Done(claim) => return claim,
                Outcome::Refused(Some(row)) if row.is_claimed => {
                    promise(
                        start.elapsed() < PATIENCE / 2,
                        "a claim that was committed, rolled back or dropped ends, and others get the row",
                    );
                    let waited = store.wait(at(key), &row, Some(Duration::from_secs(1))).await;
                    no_error("wait", waited);
                }
                Outcome::Refused(row) => breaks(&format!(
                    "a row that is in the state and not claimed is given to the one that claims it, and not \
                     refused as {row:?}"
                )),
                Outcome::Unknown => breaks("nothing was lost, so no claim ends as `Unknown`"),
            }
        }
    }

    /// Removes what the test has made.
    pub(super) async fn clear(&self) {
        let made = self.made.lock().map(|mut made| std::mem::take(&mut *made)).unwrap_or_default();
        for (machine, key) in made {
            let at = Address { machine, key: &key };
            while let Some(row) = no_error("load", self.a.load(at).await) {
                match no_error("remove", self.a.remove(at, &[&row.state]).await) {
                    Outcome::Done(()) | Outcome::Refused(None) => break,
                    Outcome::Refused(Some(row)) => {
                        no_error("wait", self.a.wait(at, &row, Some(Duration::from_secs(1))).await);
                    }
                    Outcome::Unknown => {}
                }
            }
        }
    }
}

pub(super) fn at(key: &Key) -> Address<'_> {
    Address { machine: MACHINE, key }
}

/// What a call gave. It must not have failed.
pub(super) fn no_error<T, E: std::error::Error>(call: &str, done: Result<T, E>) -> T {
    done.unwrap_or_else(|error| {
        panic!("the store failed, so its promises cannot be checked: `{call}`: {error}")
    })
}

/// Commits, and says how that ended.
pub(super) async fn commit<C: Claim>(claim: C, state: &str, data: Option<&str>) -> Committed {
    no_error("commit", claim.commit(Value { state, data }).await)
}

/// Whether both are the same JSON.
pub(super) fn same_json(one: Option<&str>, other: Option<&str>) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => read(one).is_some() && read(one) == read(other),
        _ => false,
    }
}

/// Whether a row is in that state with that data.
pub(super) fn is(row: &Row, state: &str, data: Option<&str>) -> bool {
    row.state == state && same_json(row.data.as_deref(), data)
}
