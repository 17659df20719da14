use statemachine::StateMachine;

#[derive(StateMachine)]
union Door {
    open: bool,
}

fn main() {}
