use statemachine::State;

struct Mine;

impl State for Mine {
    type Data = ();
    type View<'a> = ();
}

fn main() {}
