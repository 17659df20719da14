use statemachine::Kind;

#[derive(Debug)]
struct Window;

fn show<K: Kind>(_: K) {}

fn main() {
    show(Window);
}
