//! Rules about the names of what is generated.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::ext::IdentExt as _;

use crate::{
    ast::{Machine, State},
    ctxt::Ctxt,
    groups::Group,
    names::{Item, ItemClash, MethodClash, Names, Owner},
};

/// A word becomes a part of methods' names, which are in snake case.
pub fn words_are_in_snake_case(cx: &Ctxt, machine: &Machine) {
    for state in &machine.states {
        if let Some(name) = &state.attr.name
            && name.unraw() != state.word
        {
            cx.error(
                name.span(),
                format_args!(
                    "`{name}` is not in snake case, as names of methods are; write `{}`",
                    state.word
                ),
            );
        }
    }
}

/// Methods are named after states' words, so two states with one word would have the same methods.
pub fn words_differ(cx: &Ctxt, machine: &Machine) {
    let mut first: HashMap<&str, &State> = HashMap::new();
    for (_, state) in machine.declared() {
        let Some(earlier) = first.get(state.word.as_str()) else {
            first.insert(&state.word, state);
            continue;
        };
        cx.error(
            word_span(state),
            format_args!(
                "`{}` and `{}` would both be `{word}` in names of methods, as in `in_{word}`; give one another word with `#[state(name = ...)]`",
                earlier.name,
                state.name,
                word = state.word
            ),
        );
    }
}

/// Words that differ may still add up to one name: from `A` to `BToC` and from `AToB` to `C`.
pub fn methods_differ(cx: &Ctxt, machine: &Machine, names: &Names) {
    for MethodClash { name, of, with } in &names.method_clashes {
        let Some(with) = with else { continue };
        // Two states with one word are what was reported then.
        if is_declared(machine, *of)
            && is_declared(machine, *with)
            && words(machine, *of) != words(machine, *with)
        {
            cx.error(
                subject_span(machine, *of),
                format_args!(
                    "`{name}` would be the name of two methods, that {} and that {}; give one of these states another word with `#[state(name = ...)]`",
                    describe_owner(machine, *with),
                    describe_owner(machine, *of),
                ),
            );
        }
    }
}

fn words<'a>(machine: &'a Machine, owner: Owner) -> (&'a str, Option<&'a str>) {
    let word = |state: usize| match group_of(machine, state) {
        Some(group) => group.word.as_str(),
        None => machine.states[state].word.as_str(),
    };
    (word(owner.state), owner.target.map(word))
}

/// The group that an owner behind the states is.
fn group_of<'a>(machine: &'a Machine, subject: usize) -> Option<&'a Group> {
    subject.checked_sub(machine.states.len()).map(|group| &machine.groups[group])
}

fn subject_span(machine: &Machine, owner: Owner) -> Span {
    match group_of(machine, owner.state) {
        Some(group) => group.ident.span(),
        None => word_span(&machine.states[owner.state]),
    }
}

/// Whether there are variants for all that it names.
fn is_declared(machine: &Machine, owner: Owner) -> bool {
    let is_declared =
        |state: usize| group_of(machine, state).is_some() || machine.states[state].is_declared;
    is_declared(owner.state) && owner.target.is_none_or(is_declared)
}

fn describe_owner(machine: &Machine, owner: Owner) -> String {
    let name = |state: usize| match group_of(machine, state) {
        Some(group) => &group.name,
        None => &machine.states[state].name,
    };
    match owner.target {
        None => format!("of `{}`", name(owner.state)),
        Some(target) => format!("from `{}` to `{}`", name(owner.state), name(target)),
    }
}

/// The generated type derefs to the runtime's `Machine`: a method named like one of its own would
/// hide it.
pub fn machine_is_not_hidden(cx: &Ctxt, machine: &Machine, names: &Names) {
    for MethodClash { name, of, with } in &names.method_clashes {
        if let (None, Some(group)) = (with, group_of(machine, of.state)) {
            cx.error(
                group.ident.span(),
                format_args!(
                    "the method `{name}` of the group `{}` would hide `Machine::{name}`; give the group another name",
                    group.name
                ),
            );
            continue;
        }
        let Some(state) = machine.states.get(of.state) else { continue };
        if with.is_none() && state.is_declared {
            cx.error(
                word_span(state),
                format_args!(
                    "the method `{name}` of state `{}` would hide `Machine::{name}`; give the state another word with `#[state(name = ...)]`",
                    state.name
                ),
            );
        }
    }
}

/// Where a state's word comes from.
fn word_span(state: &State) -> Span {
    state.attr.name.as_ref().unwrap_or(&state.ident).span()
}

/// What is generated stands beside the enum, where each name can be had once. (Of other items there
/// the derive knows nothing; Rust reports those.)
pub fn items_differ(cx: &Ctxt, machine: &Machine, names: &Names) {
    for clash in &names.item_clashes {
        let ItemClash { name, item, with, span } = clash;
        let remedy = match (item, with) {
            (Item::Machine, _) => "name the machine with `#[machine(name = ...)]`",
            (Item::Module, _) => "name the module with `#[machine(states = ...)]`",
            (Item::Kind, _) => "name the kind with `#[machine(kind = ...)]`",
            (Item::Stored, _) => "rename that one",
            (Item::Data(_) | Item::BorrowedData(_) | Item::BorrowedDataMut(_), Item::Stored) => {
                "name the struct with `#[state(data = ...)]`"
            }
            (_, Item::Machine) => {
                "rename the variant, or the machine with `#[machine(name = ...)]`"
            }
            (_, Item::Module) => {
                "rename the variant, or the module with `#[machine(states = ...)]`"
            }
            (_, Item::Kind) => "rename the variant, or the kind with `#[machine(kind = ...)]`",
            (_, Item::Data(_) | Item::BorrowedData(_) | Item::BorrowedDataMut(_)) => {
                "rename one of the two variants"
            }
            (_, Item::Enum | Item::Parameter | Item::Stored) => "rename the variant",
        };
        cx.error(
            *span,
            format_args!(
                "`{name}` would be the name of {} and of {}; {remedy}",
                describe(machine, *with),
                describe(machine, *item),
            ),
        );
    }
}

fn describe(machine: &Machine, item: Item) -> String {
    let name = |state: usize| &machine.states[state].name;
    match item {
        Item::Enum => "the enum".to_owned(),
        Item::Parameter => "a generic parameter".to_owned(),
        Item::Machine => "the machine".to_owned(),
        Item::Module => "the module of the states' types".to_owned(),
        Item::Kind => "the kind".to_owned(),
        Item::Stored => "the machine in a store".to_owned(),
        Item::Data(state) => format!("the data of `{}`", name(state)),
        Item::BorrowedData(state) => format!("the borrowed data of `{}`", name(state)),
        Item::BorrowedDataMut(state) => {
            format!("the data of `{}`, borrowed for writing", name(state))
        }
    }
}
