//! What there is to see: the states, what stands beside them, and the arrows.

use std::collections::VecDeque;

use crate::{Drawing, Group, Machine};

/// A picture before it is laid out.
pub struct Scene {
    pub title: String,
    /// The states by position, then what stands beside them.
    pub nodes: Vec<Node>,
    pub arrows: Vec<Arrow>,
    /// Named sets of states.
    pub groups: Vec<Group>,
}

/// What is drawn as a box or a dot.
pub struct Node {
    pub label: String,
    pub kind: NodeKind,
}

/// What a node stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    State {
        data: bool,
        terminal: bool,
    },
    /// Where the arrow to the initial state begins.
    Start,
    /// Where the arrow of a way in begins that is no transition.
    Beside,
}

/// From one node to another.
pub struct Arrow {
    pub from: usize,
    pub to: usize,
}

impl Scene {
    /// None if it would be too large.
    pub fn of(machine: &Machine) -> Option<Self> {
        let states = machine.states.len();
        let transitions: usize = machine.states.iter().map(|state| state.targets.len()).sum();
        if states == 0 || states > Drawing::MAX_STATES || transitions > Drawing::MAX_TRANSITIONS {
            return None;
        }
        let mut scene = Self {
            title: machine.name.clone(),
            nodes: Vec::new(),
            arrows: Vec::new(),
            groups: machine.groups.clone(),
        };
        for state in &machine.states {
            let (data, terminal) = (state.has_data, state.is_terminal);
            let mark = if data { "(..)" } else { "" };
            let label = format!("{}{mark}", state.name);
            scene.nodes.push(Node { label, kind: NodeKind::State { data, terminal } });
        }
        scene.beside(String::new(), NodeKind::Start, machine.initial);
        for from in in_order_of_arrival(machine) {
            let arrows = machine.states[from].targets.iter().map(|&to| Arrow { from, to });
            scene.arrows.extend(arrows);
        }
        for (position, state) in machine.states.iter().enumerate() {
            if state.is_restored && position != machine.initial {
                scene.beside("restored".to_owned(), NodeKind::Beside, position);
            }
        }
        if machine.reset {
            scene.beside("any state: reset".to_owned(), NodeKind::Beside, machine.initial);
        }
        Some(scene)
    }

    fn beside(&mut self, label: String, kind: NodeKind, to: usize) {
        let from = self.nodes.len();
        self.nodes.push(Node { label, kind });
        self.arrows.push(Arrow { from, to });
    }
}

/// The states as they are come to from the initial one: arrows that close a circle then are those
/// that go back, and most others lead down.
fn in_order_of_arrival(machine: &Machine) -> Vec<usize> {
    let mut order = Vec::new();
    let mut is_known = vec![false; machine.states.len()];
    for start in std::iter::once(machine.initial).chain(0..machine.states.len()) {
        let mut queue = VecDeque::from([start]);
        while let Some(position) = queue.pop_front() {
            if std::mem::replace(&mut is_known[position], true) {
                continue;
            }
            order.push(position);
            queue.extend(&machine.states[position].targets);
        }
    }
    order
}
