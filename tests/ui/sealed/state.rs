use statemachine::{State, StateMachine, __private::Viewed};

#[derive(StateMachine)]
enum Door {
    #[state(terminal)]
    Open,
}

struct Window;

impl Viewed<'_> for Window {
    type Borrowed = ();
}

impl State for Window {
    type Enum = Door;
    type Data = ();
    type View<'a>
        = ()
    where
        Self: 'a;
    type ViewMut<'a>
        = ()
    where
        Self: 'a;
    const INDEX: u16 = 0xFC00;
    const HAS_DATA: bool = false;

    fn wrap((): ()) -> Door {
        Door::Open
    }

    fn unwrap(_: Door) {}

    fn view(_: &Door) {}

    fn same<'a>((): ())
    where
        Self: 'a,
    {
    }
}

fn main() {}
