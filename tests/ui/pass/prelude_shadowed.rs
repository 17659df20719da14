//! Everything that generated code could name without its full path means something else.
#![allow(dead_code, non_camel_case_types)]

mod core {}
mod std {}
mod statemachine_derive {}
struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Err;
struct Box;
struct Self_;
struct u16;
struct bool;
struct str;
trait Clone {}
trait Copy {}
trait Debug {}
trait Default {}
trait Deref {}
trait Display {}
trait From {}
trait FromStr {}
trait Into {}
trait Sized {}
macro_rules! matches {
    () => {};
}

#[derive(statemachine::StateMachine)]
#[machine(reset, can_always_reach(Unit))]
enum Shapes {
    #[state(to(One, Many))]
    Unit,
    #[state(to(Named))]
    One(u8),
    #[state(to(Unit))]
    Many(u8, u8),
    #[state(to(Unit))]
    Named { field: u8 },
}

fn main() {
    let machine = ShapesMachine::default();
    assert!(machine.is_unit() && machine.state() == ShapesKind::Unit);
}
