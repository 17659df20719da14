//! Machines that are rows, shared by processes that die, stop and race.

mod sqlite;
