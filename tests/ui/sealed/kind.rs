use statemachine::Kind;

struct Door;

impl Kind for Door {
    const MACHINE: &'static str = "Door";
    const NAMES: &'static [&'static str] = &["Open"];
    const ALL: &'static [Self] = &[Self];
    const TERMINAL: &'static [bool] = &[true];

    fn position(&self) -> u16 {
        7
    }

    fn at(_: u16) -> Self {
        Self
    }
}

fn main() {}
