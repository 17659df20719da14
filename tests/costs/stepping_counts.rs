//! That what is counted is what is executed.

use std::{
    hint::black_box,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use nix::libc;

use super::stepping::steps;

#[test]
fn each_kind_of_atomic_is_counted() {
    let number = AtomicU32::new(0);
    let number = black_box(&number);
    assert_eq!(steps(|| ()).locked, 0);
    assert_eq!(steps(|| number.load(SeqCst)).locked, 0);
    assert_eq!(steps(|| number.swap(1, SeqCst)).locked, 1);
    assert_eq!(steps(|| number.fetch_add(1, SeqCst)).locked, 1);
    assert_eq!(steps(|| number.compare_exchange(0, 1, SeqCst, SeqCst)).locked, 1);
    assert_eq!(steps(|| number.compare_exchange(5, 1, SeqCst, SeqCst)).locked, 1);
}

#[test]
fn system_calls_are_counted() {
    assert!(steps(|| ()).system_calls.is_empty());
    assert_eq!(steps(nix::unistd::getppid).system_calls, [libc::SYS_getppid as u64]);
}
