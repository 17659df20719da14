//! Nothing is asked of the data: no `Debug`, no `Clone`, no `'static`, and it may be dropped.
#![deny(warnings)]

struct Opaque<'a>(&'a str);

impl Drop for Opaque<'_> {
    fn drop(&mut self) {
        assert_eq!(self.0, "dropped");
    }
}

#[derive(statemachine::StateMachine)]
enum Cell<'a> {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty))]
    Full { what: Opaque<'a> },
}

fn main() {
    let text = String::from("dropped");
    let cell = CellMachine::new();
    let _ = cell.empty_to_full().try_commit_with(CellFull { what: Opaque(&text) });
    println!("{cell:?}");
}
