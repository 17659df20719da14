//! What several test targets need.

pub mod driver;
pub mod hang;
pub mod history;
pub mod hooks;
pub mod machines;
pub mod plain;
pub mod polling;
pub mod programs;
