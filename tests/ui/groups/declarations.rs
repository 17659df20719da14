use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(
    group(Live = Connecting | Connected, to(Closed)),
    group(Live = Closed),
    group(Closed = Connecting),
    group(Empty = ),
    group(Twice = Closed | Closed),
    group(Misspelt = Conected),
    group,
    group = Live,
    group("Quoted" = Closed),
    group(Commas = Connecting, Connected),
    group(Ended = Closed, to(Connecting)),
)]
enum Link {
    #[state(to(Connected, Closed))]
    Connecting,
    #[state(to(Connecting))]
    Connected,
    #[state(terminal)]
    Closed,
}

fn main() {
    let link = LinkMachine::new();
    let _ = link.in_live().now();
    let _ = link.live_to_closed().try_commit();
}
