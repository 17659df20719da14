use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(name = "Gate", states, kind(GateKind), crate = 3)]
enum Door {
    #[state(terminal, name = "open")]
    Open,
    #[state(restored, terminal, name = )]
    Closed,
}

fn main() {}
