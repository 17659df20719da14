use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(group(Live = Connecting | Connected))]
enum Link {
    #[state(initial, to(Connecting))]
    Idle,
    #[state(to(Connected, Closed))]
    Connecting,
    #[state(to(Idle))]
    Connected,
    #[state(to(Idle))]
    Closed,
}

fn main() {
    let link = LinkMachine::new();
    let _ = link.transition::<link::Live, link::Closed>().try_commit();
}
