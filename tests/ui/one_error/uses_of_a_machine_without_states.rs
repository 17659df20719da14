use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(reset)]
enum Door {}

#[derive(StateMachine)]
struct Gate {
    open: bool,
}

static DOOR: DoorMachine = DoorMachine::new();

fn main() {
    let state: DoorKind = DOOR.state();
    println!("{state}");
    let gate = GateMachine::default();
    drop(gate.hold().now());
    drop(DOOR.reset().try_commit());
}
