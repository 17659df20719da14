//! What this library costs, beside its rivals, in one run.
//!
//! Prints a table for each thing that is measured; with `--write FOLDER`, puts them into that
//! folder's `benchmarks.md`, draws `benchmarks.svg`, and does the same for the README's few.
//!
//! ```text
//! cargo rivals --write docs
//! ```

#[cfg(target_os = "linux")]
mod chart;
#[cfg(target_os = "linux")]
mod compile;
#[cfg(target_os = "linux")]
mod contest;
#[cfg(target_os = "linux")]
mod contestants;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod exact;
#[cfg(target_os = "linux")]
mod growth;
#[cfg(target_os = "linux")]
mod headline;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod rows;
#[cfg(target_os = "linux")]
mod run;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "../../costs/stepping.rs"]
mod stepping;
#[cfg(target_os = "linux")]
mod usage;

#[cfg(target_os = "linux")]
fn main() {
    run::run();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("left out: context switches and cores are counted and chosen as Linux does it");
}
