use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(group(Both = A | B))]
enum Row {
    #[state(to(B))]
    A(u8),
    #[state(to(A))]
    B(u8),
}

fn main() {
    let row = RowMachine::new(1);
    let mut held = row.in_both().exclusive().now().unwrap();
    let _ = held.view_mut();
}
