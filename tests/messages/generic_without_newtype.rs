#![allow(dead_code)]
use statemachine::{InState, State};
fn show<A: State<Data = String>>(h: &InState<'_, A>) -> usize {
    h.len()
}
fn main() {}
