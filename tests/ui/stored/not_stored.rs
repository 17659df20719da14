use statemachine::StateMachine;

#[derive(StateMachine)]
enum Job {
    #[state(to(Done), stored = "waiting")]
    Queued,
    #[state(terminal)]
    Done,
}

fn main() {}
