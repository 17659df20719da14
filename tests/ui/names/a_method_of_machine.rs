use statemachine::StateMachine;

#[derive(StateMachine)]
enum Country {
    #[state(to(InTransition))]
    State,
    #[state(to(State))]
    InTransition,
}

fn main() {}
