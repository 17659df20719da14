use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(stored = jobs)]
enum Job {
    #[state(to(Running), stored = "Done")]
    Queued,
    #[state(to(Done), stored)]
    Running,
    #[state(terminal)]
    Done,
}

#[derive(StateMachine)]
#[machine(stored = "")]
enum Door {
    #[state(to(Closed), stored = "")]
    Open,
    #[state(to(Open), stored = 4)]
    Closed,
}

fn main() {}
