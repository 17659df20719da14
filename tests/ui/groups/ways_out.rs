use statemachine::StateMachine;

// The way out of `Used` is its group's.
#[derive(StateMachine)]
#[machine(group(Live = Fresh | Used, to(Closed)))]
enum Session {
    #[state(to(Used))]
    Fresh,
    Used,
    #[state(terminal)]
    Closed,
}

// A transition of a group that was not understood may be a way out.
#[derive(StateMachine)]
#[machine(group(Live = Fresh | Used, to(Clozed)), group(Old = ))]
enum Misspelt {
    #[state(initial, to(Used))]
    Fresh,
    Used,
    #[state(to(Fresh))]
    Closed,
}

// A group's transition to the state itself is not added.
#[derive(StateMachine)]
#[machine(group(Live = Fresh | Used, to(Used)))]
enum Stuck {
    Fresh,
    Used,
}

fn main() {
    SessionMachine::new().used_to_closed().try_commit();
}
