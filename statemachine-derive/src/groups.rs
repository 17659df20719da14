//! Named sets of states: `group(Live = Connecting | Connected, to(Closed))`.

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use crate::{
    ast::{State, Target},
    attr::GroupAttr,
    ctxt::Ctxt,
    names,
    resolve::{Resolved, Resolver},
};

/// A named set of states.
pub struct Group {
    pub ident: Ident,
    /// As printed: without `r#`.
    pub name: String,
    /// In names of methods.
    pub word: String,
    /// The positions of its states, in the order in which it names them.
    pub states: Vec<usize>,
    /// What all of its states, but the target itself, have a transition to.
    pub targets: Vec<usize>,
    /// The other states, each with one of the group's that has no transition to it.
    pub missing: Vec<(usize, usize)>,
    /// Whether something was reported that may have been a state of it or a target.
    pub is_garbled: bool,
}

impl Group {
    /// Of so many states, those that the group has no transition to.
    pub fn others(&self, states: usize) -> Vec<usize> {
        if self.is_garbled {
            (0..states).filter(|state| !self.targets.contains(state)).collect()
        } else {
            self.missing.iter().map(|&(target, _)| target).collect()
        }
    }
}

/// The groups, with their transitions added to those of their states.
pub fn resolve(
    cx: &Ctxt,
    resolver: &Resolver,
    attrs: &[GroupAttr],
    states: &mut [State],
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for attr in attrs {
        let name = attr.name.unraw().to_string();
        let span = attr.name.span();
        let mut is_garbled = attr.is_garbled;
        let members = members(cx, resolver, &name, &attr.states);
        let clash = if states.iter().any(|state| state.name == name) {
            Some(format!("`{name}` is a state; give the group another name"))
        } else if groups.iter().any(|group| group.name == name) {
            Some(format!("`{name}` is a group already; give this one another name"))
        } else {
            None
        };
        if let Some(clash) = &clash {
            cx.error(span, clash);
        }
        for target in &attr.to {
            match resolver.resolve(cx, target) {
                Resolved::State(position) => add(cx, &name, &members, target, position, states),
                Resolved::Group | Resolved::Unknown => is_garbled = true,
            }
        }
        for &member in &members {
            states[member].attr.is_garbled |= is_garbled;
        }
        if clash.is_none() {
            let lacks_states = attr.lacks_states || members.len() < attr.states.len();
            groups.push(Group {
                ident: attr.name.clone(),
                word: names::snake(&name),
                name,
                states: members,
                targets: Vec::new(),
                missing: Vec::new(),
                is_garbled: is_garbled || lacks_states,
            });
        }
    }
    // When all transitions are known, those of later groups too.
    for group in &mut groups {
        let leads = |from: usize, to: usize| {
            states[from].targets.iter().any(|target| target.position == to)
        };
        for target in 0..states.len() {
            let mut others = group.states.iter().copied().filter(|&state| state != target);
            let lacks = others.clone().find(|&state| !leads(state, target));
            match lacks {
                Some(state) => group.missing.push((target, state)),
                None if others.next().is_some() => group.targets.push(target),
                None => {}
            }
        }
    }
    groups
}

fn members(cx: &Ctxt, resolver: &Resolver, group: &str, names: &[Ident]) -> Vec<usize> {
    let mut members: Vec<usize> = Vec::new();
    let mut seen: HashMap<String, ()> = HashMap::new();
    for name in names {
        let Resolved::State(position) = resolver.resolve(cx, name) else { continue };
        if seen.insert(name.unraw().to_string(), ()).is_some() {
            cx.error(
                name.span(),
                format_args!("`{name}` is in the group `{group}` twice; remove one of the two"),
            );
        } else if !members.contains(&position) {
            members.push(position);
        }
    }
    members
}

/// Adds one of the group's transitions to all of its states; one to the state itself is not added.
fn add(
    cx: &Ctxt,
    group: &str,
    members: &[usize],
    target: &Ident,
    position: usize,
    states: &mut [State],
) {
    let target_of_group =
        || Target { position, ident: target.clone(), group: Some(group.to_owned()) };
    for &member in members {
        let state = &mut states[member];
        if member == position {
            continue;
        }
        if state.attr.terminal.is_some() {
            cx.error(
                target.span(),
                format_args!(
                    "`{}` is terminal and in the group `{group}`, which has transitions; remove `terminal`, or the state from the group",
                    state.name
                ),
            );
            state.targets.push(target_of_group());
        } else if let Some(known) = state.targets.iter().find(|known| known.position == position) {
            cx.error(
                target.span(),
                format_args!(
                    "`{}` has the transition to `{}` already, by {}; remove one of the two",
                    state.name,
                    target.unraw(),
                    match &known.group {
                        Some(other) => format!("the group `{other}`"),
                        None => "its own `to(...)`".to_owned(),
                    },
                ),
            );
        } else {
            state.targets.push(target_of_group());
        }
    }
}
