use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(group(State = A | B), group(aB = A | B), group(Any = A | B))]
enum Row {
    #[state(to(AB))]
    A,
    #[state(to(AB))]
    B,
    #[state(to(A, B))]
    AB,
}

fn main() {}
