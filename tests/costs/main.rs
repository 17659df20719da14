//! What an operation costs, counted and not timed: locked instructions and system calls. (What is
//! allocated is counted in `allocations`.)
//!
//! The numbers are exact, so that a change which adds one is seen in the first run, on any machine.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod machines;
mod stepping;
mod stepping_counts;
mod steps;
mod waiter;
