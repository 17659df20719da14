use statemachine::StateMachine;

#[derive(StateMachine)]
enum Route {
    #[state(to(BToC))]
    A,
    #[state(to(AToB))]
    BToC,
    #[state(to(C))]
    AToB,
    #[state(to(A))]
    C,
}

fn main() {}
