use statemachine::StateMachine;

#[derive(StateMachine)]
enum Link {
    #[state(to(Established))]
    Down,
    #[state(to(Down))]
    Up,
}

fn main() {
    let link = LinkMachine::new();
    let _ = link.down_to_established();
    let _ = link.established_to_down().try_commit();
    let _ = link.to_up();
}
