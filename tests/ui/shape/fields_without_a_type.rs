use statemachine::StateMachine;

#[derive(StateMachine)]
enum Job {
    #[state(to(Failed))]
    Running(impl std::io::Read),
    #[state(to(Running))]
    Failed { cause: dyn std::error::Error + Send + Sync },
}

fn main() {
    let job = JobMachine::new(&b""[..]);
    let _ = job.running_to_failed().now();
}
