use statemachine::{Newtype, StateMachine};

#[derive(StateMachine)]
enum Door {
    #[state(terminal)]
    Open,
}

impl Newtype for door::Open {
    type Field = Door;

    fn field(machine: &Door) -> &Door {
        machine
    }

    fn field_mut(machine: &mut Door) -> &mut Door {
        machine
    }
}

fn main() {}
