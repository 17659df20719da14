//! Without a prelude, as in code that other macros make.
#![no_implicit_prelude]
#![deny(warnings)]

#[derive(::statemachine::StateMachine)]
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
    let machine = ShapesMachine::new();
    ::std::assert!(machine.is_unit());
    let _ = (machine.unit_to_one().now(), machine.reset().now());
    let _ = ShapesNamedRef { field: ShapesNamed { field: 1 }.field.borrow() };
}

trait Borrow {
    fn borrow(&self) -> &Self;
}

impl Borrow for u8 {
    fn borrow(&self) -> &Self {
        self
    }
}
