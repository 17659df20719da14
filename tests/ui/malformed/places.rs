use statemachine::StateMachine;

#[derive(StateMachine)]
#[state(initial)]
enum Door<#[state(initial)] const N: usize> {
    #[machine(reset)]
    #[state(terminal)]
    Open(#[state(initial)] u8),
}

fn main() {}
