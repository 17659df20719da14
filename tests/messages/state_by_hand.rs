#![allow(dead_code)]
use statemachine::State;
struct Mine;
impl State for Mine {
    type Machine = u8;
    type Data = ();
    type View<'a> = ();
}
fn main() {}
