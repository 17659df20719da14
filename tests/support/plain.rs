//! A machine as a plain value: what is asked of it, and what is true at one instant.

use statemachine::Refused;

/// What is declared of a machine.
#[derive(PartialEq, Eq, Hash, Debug)]
pub struct Shape {
    /// The states' names.
    pub states: &'static [&'static str],
    /// The states that have data.
    pub with_data: &'static [&'static str],
    /// The declared transitions.
    pub transitions: &'static [(&'static str, &'static str)],
    /// The state that every state may go back to.
    pub reset: Option<&'static str>,
}

impl Shape {
    /// Whether entering the state takes data.
    pub fn has_data(&self, state: &str) -> bool {
        self.with_data.contains(&state)
    }

    /// Whether the machine may ever get from one state to the other.
    pub fn reaches(&self, from: &'static str, to: &str) -> bool {
        let mut seen = vec![from];
        let mut next = 0;
        while let Some(&state) = seen.get(next) {
            next += 1;
            let targets = self.transitions.iter().filter(|(source, _)| *source == state);
            for target in targets.map(|&(_, target)| target).chain(self.reset) {
                if !seen.contains(&target) {
                    seen.push(target);
                }
            }
        }
        seen.contains(&to)
    }
}

/// Where a transition may begin.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// In this state: `a_to_b()`.
    One(&'static str),
    /// In any declared source: `to_b()`.
    Declared,
    /// Anywhere: `reset()`.
    Anywhere,
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum What {
    /// The right to a transition.
    Transition(Source, &'static str),
    /// That, or a hold on its target.
    Join(Source, &'static str),
    /// A hold on this state, or on any.
    Hold(Option<&'static str>),
    /// A hold on whichever of these states is current.
    HoldOneOf(Vec<&'static str>),
    /// The transition to this state in place of the caller's own hold.
    Upgrade(&'static str),
    /// To see one of these states.
    When(Vec<&'static str>),
}

/// What was had.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Had {
    /// The right to a transition, with what is seen of the state's data.
    Right(Option<u32>),
    /// A hold, with what is seen of the state's data.
    Hold(Option<u32>),
    /// A state was seen.
    Seen(&'static str),
}

/// Why it was not had.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "as in `Refused`")]
pub enum No {
    WrongState(&'static str),
    InTransition,
    InUse(&'static str, u32),
    TimedOut(&'static str),
    Unreachable(&'static str),
}

impl From<&Refused> for No {
    fn from(refused: &Refused) -> Self {
        match *refused {
            Refused::WrongState { actual, .. } => Self::WrongState(actual),
            Refused::InTransition { .. } => Self::InTransition,
            Refused::InUse { state, holders, .. } => {
                Self::InUse(state, holders.try_into().expect("few holders"))
            }
            Refused::TimedOut { actual, .. } => Self::TimedOut(actual),
            Refused::Unreachable { actual, .. } => Self::Unreachable(actual),
            ref other => panic!("nobody asked for {other:?}"),
        }
    }
}

/// The machine at one instant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Plain {
    shape: &'static Shape,
    state: &'static str,
    data: Option<u32>,
    in_transition: bool,
    holders: u32,
}

impl Plain {
    /// In that state, with that data where it has any.
    pub fn new(shape: &'static Shape, state: &'static str, data: u32) -> Self {
        let data = shape.has_data(state).then_some(data);
        Self { shape, state, data, in_transition: false, holders: 0 }
    }

    /// What is declared of it.
    pub fn shape(&self) -> &'static Shape {
        self.shape
    }

    /// The state that it is in.
    pub fn state(&self) -> &'static str {
        self.state
    }

    /// The state's data.
    pub fn data(&self) -> Option<u32> {
        self.data
    }

    /// Whether a transition is under way.
    pub fn is_in_transition(&self) -> bool {
        self.in_transition
    }

    /// How many hold the state.
    pub fn holders(&self) -> u32 {
        self.holders
    }

    /// Whether a transition may begin in a state.
    pub fn begins(&self, source: Source, to: &'static str, state: &'static str) -> bool {
        match source {
            Source::One(from) => from == state,
            Source::Declared => self.shape.transitions.contains(&(state, to)),
            Source::Anywhere => true,
        }
    }

    /// Whether it is the exclusive right that would be had in a state, a hold, or neither.
    pub fn wants(&self, what: &What, state: &'static str) -> Option<bool> {
        match *what {
            What::Transition(from, to) => self.begins(from, to, state).then_some(true),
            What::Join(_, to) if to == state => Some(false),
            What::Join(from, to) => self.begins(from, to, state).then_some(true),
            What::Hold(wanted) => wanted.is_none_or(|wanted| wanted == state).then_some(false),
            What::HoldOneOf(ref states) => states.contains(&state).then_some(false),
            What::Upgrade(_) => Some(true),
            What::When(_) => None,
        }
    }

    /// Takes what is asked for, at this instant. A door that is shut is the caller's to know of.
    pub fn take(&mut self, what: &What, door_shut: bool) -> Result<Had, No> {
        if let What::When(states) = what {
            return match states.contains(&self.state) {
                true => Ok(Had::Seen(self.state)),
                false => Err(No::WrongState(self.state)),
            };
        }
        let Some(exclusive) = self.wants(what, self.state) else {
            return Err(No::WrongState(self.state));
        };
        if self.in_transition || door_shut && !exclusive {
            return Err(No::InTransition);
        }
        let own = u32::from(matches!(what, What::Upgrade(_)));
        if exclusive && self.holders > own {
            return Err(No::InUse(self.state, self.holders));
        }
        if exclusive {
            self.in_transition = true;
            self.holders -= own;
            Ok(Had::Right(self.data))
        } else {
            self.holders += 1;
            Ok(Had::Hold(self.data))
        }
    }

    /// Whether what is asked for may ever be had.
    pub fn is_hopeful(&self, what: &What) -> bool {
        let is_wanted = |state| match what {
            What::When(states) => states.contains(&state),
            _ => self.wants(what, state).is_some(),
        };
        let reached = |state: &&&'static str| self.shape.reaches(self.state, state);
        self.shape.states.iter().filter(reached).any(|&state| is_wanted(state))
    }

    /// Commits the transition that is under way; the old state's data.
    pub fn commit(&mut self, to: &'static str, data: u32) -> Option<u32> {
        assert!(self.in_transition && self.holders == 0);
        self.in_transition = false;
        self.state = to;
        std::mem::replace(&mut self.data, self.shape.has_data(to).then_some(data))
    }

    /// Rolls the transition back that is under way.
    pub fn roll_back(&mut self) {
        assert!(self.in_transition);
        self.in_transition = false;
    }

    /// One holder more, who had a hold already.
    pub fn hold_once_more(&mut self) {
        assert!(!self.in_transition);
        self.holders += 1;
    }

    /// One holder less.
    pub fn let_go(&mut self) {
        self.holders -= 1;
    }
}
