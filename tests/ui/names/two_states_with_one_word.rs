use statemachine::StateMachine;

#[derive(StateMachine)]
enum Server {
    #[state(to(HTTP))]
    Http,
    #[state(to(Off))]
    HTTP,
    #[state(to(Http), name = http)]
    Off,
}

fn main() {}
