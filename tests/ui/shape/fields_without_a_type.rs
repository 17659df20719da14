use statemachine::StateMachine;

#[derive(StateMachine)]
enum Job {
    #[state(to(Failed))]
    Running(impl std::io::Read),
    #[state(to(Paused))]
    Failed { cause: dyn std::error::Error + Send + Sync },
    #[state(to(Resumed))]
    Paused([u8]),
    #[state(to(Left))]
    Resumed(_, u8),
    #[state(to(Named))]
    Left(Box<impl Fn()>),
    #[state(to(Running))]
    Named(str),
}

fn main() {
    let job = JobMachine::new(&b""[..]);
    let _ = job.running_to_failed().now();
}
