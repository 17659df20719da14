use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(kind = Door)]
enum Door {
    #[state(to(Kind))]
    Machine { open: bool },
    #[state(to(Machine))]
    Kind { open: bool },
}

#[derive(StateMachine)]
enum Gate {
    #[state(to(OpenRef))]
    Open { wide: bool },
    #[state(to(Open))]
    OpenRef { wide: bool },
}

#[derive(StateMachine)]
#[machine(states = LampLit)]
enum Lamp {
    #[state(to(Lit))]
    Dark,
    #[state(to(Dark))]
    Lit { bright: bool },
}

fn main() {}
