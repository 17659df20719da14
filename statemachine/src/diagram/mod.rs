//! Pictures of a machine: as text that other tools draw, and with the feature `svg` as one that the
//! derive has drawn.
//!
//! All have the same marks:
//!
//! | | |
//! |---|---|
//! | the initial state | an arrow from a dot |
//! | a terminal state | an arrow to a ringed dot in Mermaid, else a double line |
//! | a state that is only restored | an arrow named `restored` |
//! | a state with data | its name is followed by `(..)` |
//! | `reset` | an arrow named `reset` from "any state" |
//! | a group | a frame with its name, around its states; one that shares a state with an earlier one, or whose frame would have another state in it, in words |
//! | the state that a live machine is in | a thick line |

mod dot;
mod mermaid;
#[cfg(feature = "svg")]
mod svg;

#[cfg(feature = "svg")]
use crate::private::Drawing;
use crate::{private::Graph, state::StateMachine};

/// The name of a group, and those of its states.
type Group = (&'static str, &'static [&'static str]);

/// What there is to draw, whatever the machine's type.
#[derive(Clone, Copy)]
pub(crate) struct Picture {
    name: &'static str,
    states: &'static [&'static str],
    transitions: &'static [(&'static str, &'static str)],
    groups: &'static [(&'static str, &'static [&'static str])],
    graph: &'static Graph,
    #[cfg(feature = "svg")]
    drawing: &'static Drawing,
    /// The state that a live machine is in.
    current: Option<u16>,
}

impl Picture {
    pub(crate) fn of<S: StateMachine>(current: Option<u16>) -> Self {
        Self {
            name: S::NAME,
            states: S::STATES,
            transitions: S::TRANSITIONS,
            groups: S::GROUPS,
            graph: S::GRAPH,
            #[cfg(feature = "svg")]
            drawing: S::DRAWING,
            current,
        }
    }

    pub(crate) fn mermaid(self) -> String {
        mermaid::write(self)
    }

    pub(crate) fn dot(self) -> String {
        dot::write(self)
    }

    #[cfg(feature = "svg")]
    pub(crate) fn svg(self) -> String {
        svg::write(self)
    }

    fn initial(self) -> usize {
        usize::from(self.graph.initial)
    }

    fn position(self, state: &str) -> usize {
        self.states
            .iter()
            .position(|&known| known == state)
            .expect("a transition is between states of its machine")
    }

    /// The groups of which no state is in an earlier one, and the others.
    fn groups(self) -> (Vec<Group>, Vec<Group>) {
        let mut seen: Vec<&str> = Vec::new();
        self.groups.iter().copied().partition(|(_, states)| {
            let is_alone = states.iter().all(|state| !seen.contains(state));
            if is_alone {
                seen.extend(*states);
            }
            is_alone
        })
    }

    /// The state's name, and a mark where it has data.
    fn label(self, position: usize) -> String {
        let mark = if self.graph.nodes[position].data { "(..)" } else { "" };
        format!("{}{mark}", self.states[position])
    }
}
