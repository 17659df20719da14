use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Ajar))]
    Open(&str),
    #[state(to(Closed))]
    Ajar { by: Option<&'_ mut [u8; 1 & 3]>, at: &&str },
    #[state(to(Open))]
    Closed(u8, Box<dyn Fn(&u8) -> &u8>),
}

#[derive(StateMachine)]
enum Gate<'a> {
    #[state(to(Closed))]
    Open(&'a str),
    #[state(terminal)]
    Closed(&mut &'a str),
}

fn main() {
    let door = DoorMachine::new("wide");
    let _ = door.open_to_ajar().try_commit_with(DoorAjar { by: None, at: &"noon" });
}
