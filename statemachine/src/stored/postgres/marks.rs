//! Marks that nobody else makes: who made a change.

use std::{
    fmt::Write as _,
    hash::{BuildHasher as _, RandomState},
    process,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// A mark that no other call, process or host makes. The number of the process is in it, for people who
/// look into the table.
pub(super) fn new() -> String {
    static OWN: OnceLock<String> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let own = OWN.get_or_init(|| format!("{:016x}{:016x}", random(), random()));
    let mut mark = own.clone();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let _ = write!(mark, "-{}-{count}", process::id());
    mark
}

/// From the operating system's source, as the seeds of hash tables are.
fn random() -> u64 {
    RandomState::new().hash_one(0_u8)
}

/// Three quarters to five quarters of it, so that callers that wait do not come all at once.
pub(super) fn jittered(duration: Duration) -> Duration {
    duration / 4 * 3 + duration.mul_f64((random() % 1024) as f64 / 2048.0)
}

#[cfg(test)]
mod tests {
    use super::{jittered, new};
    use std::time::Duration;

    #[test]
    fn marks_differ() {
        assert_ne!(new(), new());
    }

    #[test]
    fn jitter_stays_near() {
        for _ in 0..100 {
            let jittered = jittered(Duration::from_secs(4)).as_secs_f64();
            assert!((3.0..=5.0).contains(&jittered));
        }
    }
}
