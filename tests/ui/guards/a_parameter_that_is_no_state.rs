use statemachine::InState;

fn show<A>(_: InState<'_, A>) {}

fn main() {
    let _: InState<'_, u8>;
}
