//! Ends a test that hangs, so that it fails and says which one it was.

use std::{
    process,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// Far longer than anything that does not hang takes, on a slow machine under load too.
pub const LONG: Duration = Duration::from_secs(120);

/// Ends the process unless it is dropped in time.
#[must_use = "it watches only while it lives"]
pub struct Detector {
    _alive: Sender<()>,
}

/// Watches the calling test from here to where the detector is dropped, [`LONG`] at most.
pub fn detector(what: &'static str) -> Detector {
    detector_of(what, LONG)
}

/// Watches the calling test from here to where the detector is dropped, that long at most.
pub fn detector_of(what: &'static str, limit: Duration) -> Detector {
    let (alive, dropped) = mpsc::channel();
    thread::spawn(move || {
        if dropped.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            // A blocked thread cannot be ended otherwise.
            eprintln!("{what}: hangs");
            process::abort();
        }
    });
    Detector { _alive: alive }
}
