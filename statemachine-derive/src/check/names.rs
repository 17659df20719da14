//! Rules about the names of what is generated.

use std::collections::HashMap;

use syn::ext::IdentExt as _;

use crate::{
    ast::{Machine, State},
    ctxt::Ctxt,
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
    for state in &machine.states {
        let Some(earlier) = first.get(state.word.as_str()) else {
            first.insert(&state.word, state);
            continue;
        };
        // Rust itself reports a variant that is there twice.
        if earlier.name != state.name {
            let span = match &state.attr.name {
                Some(name) => name.span(),
                None => state.ident.span(),
            };
            cx.error(
                span,
                format_args!(
                    "`{}` and `{}` would both be `{word}` in names of methods, as in `in_{word}`; give one another word with `#[state(name = ...)]`",
                    earlier.name,
                    state.name,
                    word = state.word
                ),
            );
        }
    }
}

/// Words that differ may still add up to one name: from `A` to `BToC` and from `AToB` to `C`.
pub fn methods_differ(cx: &Ctxt, machine: &Machine, names: &Names) {
    let mut words: Vec<&str> = machine.states.iter().map(|state| state.word.as_str()).collect();
    words.sort_unstable();
    if words.windows(2).any(|pair| pair[0] == pair[1]) {
        // Most clashes come of those, and they are reported.
        return;
    }
    for clash in &names.method_clashes {
        let MethodClash { name, state, with } = clash;
        if let Owner::State(other) = with {
            let (state, other) = (&machine.states[*state], &machine.states[*other]);
            cx.error(
                state.ident.span(),
                format_args!(
                    "`{name}` would be the name of two methods, on account of `{}` and of `{}`; give one another word with `#[state(name = ...)]`",
                    other.name, state.name
                ),
            );
        }
    }
}

/// The generated type derefs to the runtime's `Machine`: a method named like one of its own would
/// hide it.
pub fn machine_is_not_hidden(cx: &Ctxt, machine: &Machine, names: &Names) {
    for clash in &names.method_clashes {
        if let MethodClash { name, state, with: Owner::Machine } = clash {
            let state = &machine.states[*state];
            let span = match &state.attr.name {
                Some(name) => name.span(),
                None => state.ident.span(),
            };
            cx.error(
                span,
                format_args!(
                    "the method `{name}` of state `{}` would hide `Machine::{name}`; give the state another word with `#[state(name = ...)]`",
                    state.name
                ),
            );
        }
    }
}

/// What is generated stands beside the enum, where each name can be had once. (Of other items there
/// the derive knows nothing; Rust reports those.)
pub fn items_differ(cx: &Ctxt, names: &Names) {
    for clash in &names.item_clashes {
        let ItemClash { name, item, with, span } = clash;
        let remedy = match (item, with) {
            (Item::Machine, _) => "name the machine with `#[machine(name = ...)]`",
            (Item::Module, _) => "name the module with `#[machine(states = ...)]`",
            (Item::Kind, _) => "name the kind with `#[machine(kind = ...)]`",
            (_, Item::Machine) => {
                "rename the variant, or the machine with `#[machine(name = ...)]`"
            }
            (_, Item::Kind) => "rename the variant, or the kind with `#[machine(kind = ...)]`",
            _ => "rename the variant",
        };
        cx.error(
            *span,
            format_args!(
                "`{name}` would be the name of {} and of {}; {remedy}",
                describe(*with),
                describe(*item),
            ),
        );
    }
}

fn describe(item: Item) -> &'static str {
    match item {
        Item::Enum => "the enum",
        Item::Parameter => "a generic parameter",
        Item::Machine => "the machine",
        Item::Module => "the module of the states' types",
        Item::Kind => "the kind",
        Item::Data => "a state's data",
    }
}
