//! What several test targets need.

pub mod hang;
pub mod polling;
