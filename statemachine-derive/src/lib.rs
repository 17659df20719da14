//! The derive macro of the `statemachine` crate; use it through that crate.
