use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine = "Gate"]
enum Door {
    #[state["initial"]]
    #[state(terminal)]
    Open,
    #[state(restored, 3, terminal)]
    Closed,
}

fn main() {}
