use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(name = Gate, kind = Gate)]
enum Door {
    #[state(to(Closed))]
    Open { wide: bool },
    #[state(to(Open))]
    Closed,
}

fn main() {
    let gate = Gate::new(DoorOpen { wide: true });
    let _ = gate.open_to_closed().try_commit();
}
