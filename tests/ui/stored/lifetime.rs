use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(stored)]
enum Job<'a> {
    #[state(to(Done))]
    Queued,
    #[state(terminal)]
    Done(&'a str),
}

fn main() {}
