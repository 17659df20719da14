use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed(std::rc::Rc<u8>),
}

fn main() {
    let door = DoorMachine::new();
    std::thread::spawn(move || drop(door));
}
