use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(name = Self, states = super, kind = _)]
enum Door {
    #[state(to(Closed), data = Self)]
    Open { wide: bool },
    #[state(to(Open))]
    Closed,
}

fn main() {}
