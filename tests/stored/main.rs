//! Machines that are rows, shared by processes that die, stop and race.

#[cfg(feature = "sqlite")]
mod sqlite;
