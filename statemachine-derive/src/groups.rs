//! Named sets of states: `group(Live = Connecting | Connected, to(Closed))`.

use std::{collections::HashMap, fmt};

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;

use crate::{
    ast::{State, Target},
    ctxt::Ctxt,
    names,
    resolve::{Resolved, Resolver},
    tokens::flatten,
};

/// What one `group(...)` says.
pub struct GroupAttr {
    pub name: Ident,
    pub states: Vec<Ident>,
    pub to: Vec<Ident>,
    /// Whether something was reported that may have been a target.
    pub is_garbled: bool,
}

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
}

const USAGE: &str = "write `group(Name = A | B)` or `group(Name = A | B, to(C))`";

impl GroupAttr {
    /// Reads what is in the brackets; what cannot be understood is reported.
    pub fn read(cx: &Ctxt, key: Span, tokens: TokenStream) -> Option<Self> {
        let tokens = flatten(tokens);
        let mut tokens = tokens.into_iter().peekable();
        let name = match tokens.next() {
            Some(TokenTree::Ident(name)) => name,
            other => {
                let span = other.map_or(key, |token| token.span());
                cx.error(span, format_args!("a group begins with its name; {USAGE}"));
                return None;
            }
        };
        match tokens.next() {
            Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {}
            other => {
                let span = other.map_or_else(|| name.span(), |token| token.span());
                cx.error(span, format_args!("the group `{name}` lacks its states; {USAGE}"));
                return None;
            }
        }
        let mut states = Vec::new();
        while let Some(TokenTree::Ident(_)) = tokens.peek() {
            if let Some(TokenTree::Ident(state)) = tokens.next() {
                states.push(state);
            }
            match tokens.peek() {
                Some(TokenTree::Punct(bar)) if bar.as_char() == '|' => drop(tokens.next()),
                _ => break,
            }
        }
        if states.is_empty() {
            cx.error(name.span(), format_args!("the group `{name}` is empty; {USAGE}"));
            return None;
        }
        let mut to = Vec::new();
        let mut is_garbled = false;
        let mut report = |span: Span, message: fmt::Arguments| {
            is_garbled = true;
            cx.error(span, message);
        };
        match tokens.next() {
            None => {}
            Some(TokenTree::Punct(comma)) if comma.as_char() == ',' => match tokens.next() {
                None => {}
                Some(TokenTree::Ident(key)) if key == "to" => match tokens.next() {
                    Some(TokenTree::Group(list)) if list.delimiter() == Delimiter::Parenthesis => {
                        for token in flatten(list.stream()) {
                            match token {
                                TokenTree::Ident(state) => to.push(state),
                                TokenTree::Punct(comma) if comma.as_char() == ',' => {}
                                other => {
                                    report(
                                        other.span(),
                                        format_args!("this is not a state; {USAGE}"),
                                    );
                                }
                            }
                        }
                    }
                    _ => report(key.span(), format_args!("`to` lacks its states; {USAGE}")),
                },
                Some(other) => {
                    report(other.span(), format_args!("unexpected `{other}`; {USAGE}"));
                }
            },
            Some(other) => {
                report(
                    other.span(),
                    format_args!("unexpected `{other}`; separate states with `|`; {USAGE}"),
                );
            }
        }
        Some(Self { name, states, to, is_garbled })
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
                Resolved::Unknown => is_garbled = true,
            }
        }
        for &member in &members {
            states[member].attr.is_garbled |= is_garbled;
        }
        if clash.is_none() && !members.is_empty() {
            groups.push(Group {
                ident: attr.name.clone(),
                word: names::snake(&name),
                name,
                states: members,
                targets: Vec::new(),
                missing: Vec::new(),
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
            let group = Some(group.to_owned());
            state.targets.push(Target { position, ident: target.clone(), group });
        }
    }
}
