use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(stored)]
enum Job {
    #[state(to(Done))]
    Queued,
    #[state(terminal)]
    Done,
}

fn main() {}
