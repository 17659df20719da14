use statemachine::{__private::Graph, StateMachine};

#[derive(StateMachine)]
enum Door {
    #[state(terminal)]
    Open,
}

struct Window;

impl StateMachine for Window {
    const NAME: &'static str = "Window";
    const STATES: &'static [&'static str] = &["Ajar"];
    const TRANSITIONS: &'static [(&'static str, &'static str)] = &[];
    const GROUPS: &'static [(&'static str, &'static [&'static str])] = &[];
    type Kind = Door;
    const GRAPH: &'static Graph = Door::GRAPH;

    fn index(&self) -> u16 {
        7
    }

    fn dataless(_: u16) -> Self {
        Self
    }

    fn dataless_ref<'a>(_: u16) -> &'a Self
    where
        Self: 'a,
    {
        &Self
    }
}

fn main() {}
