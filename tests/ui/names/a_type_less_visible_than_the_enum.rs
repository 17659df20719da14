mod inner {
    struct Hidden;

    #[derive(statemachine::StateMachine)]
    pub(crate) enum Door {
        #[state(to(Closed))]
        Open,
        #[state(to(Open))]
        Closed(Hidden),
    }
}

fn main() {}
