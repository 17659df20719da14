//! A witness of what happens at the same time.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts how many are inside, and remembers the most that ever were at once.
#[derive(Default)]
pub struct Gauge {
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    /// Counts the caller until what it gets back is dropped.
    pub fn enter(&self) -> Inside<'_> {
        let inside = self.inside.fetch_add(1, Relaxed) + 1;
        self.most.fetch_max(inside, Relaxed);
        Inside(self)
    }

    pub fn most(&self) -> usize {
        self.most.load(Relaxed)
    }
}

pub struct Inside<'a>(&'a Gauge);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Relaxed);
    }
}
