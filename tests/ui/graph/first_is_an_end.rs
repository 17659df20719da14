use statemachine::StateMachine;

#[derive(StateMachine)]
enum Job {
    #[state(terminal)]
    Done,
    #[state(to(Running))]
    Queued,
    #[state(to(Done))]
    Running,
}

fn main() {}
