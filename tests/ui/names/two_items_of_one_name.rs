use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(kind = Door)]
enum Door {
    #[state(to(Kind))]
    Machine { open: bool },
    #[state(to(Machine))]
    Kind { open: bool },
}

fn main() {}
