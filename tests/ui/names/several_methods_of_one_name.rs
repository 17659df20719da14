use statemachine::StateMachine;

#[derive(StateMachine)]
enum Route {
    #[state(to(BToC, BToD, Between))]
    A,
    #[state(to(AToB))]
    BToC,
    #[state(to(AToB))]
    BToD,
    #[state(to(C, D), name = a_to_b)]
    Between,
    #[state(to(AToB))]
    C,
    #[state(to(ToC, In))]
    D,
    #[state(to(D))]
    ToC,
    #[state(to(C))]
    In,
    #[state(to(A, State))]
    AToB,
    #[state(to(A))]
    State,
}

fn main() {}
