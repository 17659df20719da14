//! Draws a state machine as SVG: laid out and written when the declaration is compiled, so that
//! whoever looks at the picture needs nothing for it.
//!
//! This is a part of the [`statemachine`](https://docs.rs/statemachine) crate, whose derive macro calls
//! it with the feature `svg`. It takes plain data and gives text, and depends on nothing.
//!
//! ```
//! use statemachine_picture::{Drawing, Machine, State};
//!
//! let state = |name: &str, targets: &[usize]| State {
//!     name: name.to_owned(),
//!     targets: targets.to_vec(),
//!     ..State::default()
//! };
//! let door = Machine {
//!     name: "Door".to_owned(),
//!     states: vec![state("Open", &[1]), state("Closed", &[0])],
//!     initial: 0,
//!     reset: false,
//!     groups: Vec::new(),
//! };
//! let drawing = Drawing::of(&door).expect("it is small");
//!
//! // As a file, in which the door is closed.
//! let [open, closed] = drawing.states.as_slice() else { unreachable!() };
//! let Drawing { before, after, .. } = &drawing;
//! let svg = format!(
//!     r#"{before}<g class="state{open}<g class="state current{closed}{after}"#
//! );
//! assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
//! ```

#![forbid(unsafe_code)]

mod layout;
mod scene;
mod svg;

/// What there is to draw.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What the picture is called.
    pub name: String,
    /// The states, whose positions stand for them.
    pub states: Vec<State>,
    /// The position of the state that an arrow from a dot leads to.
    pub initial: usize,
    /// Whether an arrow leads from "any state" to the initial one.
    pub reset: bool,
    /// Named sets of states, each in a frame.
    pub groups: Vec<Group>,
}

/// A named set of states.
#[derive(Clone, Debug)]
pub struct Group {
    /// What stands at its frame.
    pub name: String,
    /// The positions of its states.
    pub states: Vec<usize>,
}

/// A state, and the transitions out of it.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What its box says.
    pub name: String,
    /// Whether it has data: `(..)` behind the name, and a tinted ground.
    pub has_data: bool,
    /// Whether it is declared to have no way out: a double line.
    pub is_terminal: bool,
    /// Whether it is declared to have no way in: an arrow from "restored".
    pub is_restored: bool,
    /// The positions of the states that its transitions lead to.
    pub targets: Vec<usize>,
}

/// A machine's picture.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// For a page of HTML or Markdown: in one line, and in the colours of the text around it.
    pub in_page: String,
    /// For a file, which brings its own colours for light and dark: up to the states.
    ///
    /// The rest of the file is, for each state, `<g class="state`, then ` current` to mark it, then its
    /// piece of [`states`](Self::states); and at last [`after`](Self::after).
    pub before: String,
    /// For a file: one a state, from behind the word `state` in the class of its group.
    pub states: Vec<String>,
    /// For a file: behind the states.
    pub after: String,
}

impl Drawing {
    /// The most states that a machine may have to be drawn. In a picture of more, nobody finds
    /// anything.
    pub const MAX_STATES: usize = 64;

    /// The most transitions that a machine may have to be drawn.
    ///
    /// The time that it takes grows with the square of them, and is the compiler's: that many cost it
    /// less than a tenth of a second if this crate is built without optimization, as usual.
    pub const MAX_TRANSITIONS: usize = 256;

    /// Draws the machine.
    ///
    /// `None` if it has no states, or more states or transitions than are drawn.
    ///
    /// # Panics
    ///
    /// Panics if [`initial`](Machine::initial) or a [target](State::targets) is not the position of a
    /// state.
    #[must_use]
    pub fn of(machine: &Machine) -> Option<Self> {
        let scene = scene::Scene::of(machine)?;
        let layout = layout::Layout::of(&scene)?;
        Some(svg::drawing(&scene, &layout))
    }
}

#[cfg(test)]
mod tests {
    use super::{Drawing, Group, Machine, State};

    /// That many states, the first of which lead to as many others as make that many transitions.
    fn machine(states: usize, transitions: usize) -> Machine {
        let state = |position: usize| {
            let before = position * (states - 1);
            let count = transitions.saturating_sub(before).min(states - 1);
            State {
                name: format!("S{position}"),
                targets: (1..=count).map(|step| (position + step) % states).collect(),
                ..State::default()
            }
        };
        let states = (0..states).map(state).collect();
        Machine { name: "Any".to_owned(), states, initial: 0, reset: false, groups: Vec::new() }
    }

    #[test]
    fn a_machine_is_drawn_up_to_so_many_states_and_transitions() {
        let (states, transitions) = (Drawing::MAX_STATES, Drawing::MAX_TRANSITIONS);
        let drawing = Drawing::of(&machine(states, transitions)).expect("it is just small enough");
        assert_eq!(drawing.states.len(), states);
        // Each arrow has a tip; one leads to the initial state.
        assert_eq!(drawing.before.matches(r#"class="tip""#).count(), transitions + 1);
        assert!(Drawing::of(&machine(states + 1, 1)).is_none());
        assert!(Drawing::of(&machine(states, transitions + 1)).is_none());
    }

    #[test]
    fn without_states_there_is_nothing_to_draw() {
        let none = Machine {
            name: "None".to_owned(),
            states: Vec::new(),
            initial: 0,
            reset: false,
            groups: Vec::new(),
        };
        assert!(Drawing::of(&none).is_none());
    }

    #[test]
    fn a_group_has_a_frame_or_a_line() {
        let mut machine = machine(3, 3);
        let group =
            |name: &str, states: &[usize]| Group { name: name.to_owned(), states: states.to_vec() };
        machine.groups = vec![group("One", &[0]), group("All", &[0, 1, 2])];
        let drawing = Drawing::of(&machine).expect("it is small");
        assert_eq!(drawing.before.matches(r#"class="group""#).count(), 2);
        assert!(drawing.before.contains(">One</text>") && drawing.before.contains(">All</text>"));
        // A frame around the outer two of three in a column would have the third in it.
        machine.groups = vec![group("Outer", &[0, 2])];
        let drawing = Drawing::of(&machine).expect("it is small");
        let frames = drawing.before.matches(r#"class="group""#).count();
        let lines = drawing.before.matches(">Outer: S0, S2</text>").count();
        assert_eq!(frames + lines, 1);
    }

    #[test]
    fn what_stands_beside_the_states_is_drawn() {
        let mut machine = machine(3, 3);
        machine.reset = true;
        machine.states[0].is_restored = true;
        machine.states[2] =
            State { is_terminal: true, is_restored: true, ..machine.states[2].clone() };
        let drawing = Drawing::of(&machine).expect("it is small");
        // The initial state has its way in anyway.
        assert_eq!(drawing.before.matches(">restored<").count(), 1);
        assert_eq!(drawing.before.matches(">any state: reset<").count(), 1);
        let lines = drawing.states.iter().map(|state| state.matches("<rect").count());
        assert_eq!(lines.collect::<Vec<_>>(), [1, 1, 2], "the last is terminal");
    }
}
