//! Rules about machines that are stored.

use std::collections::HashMap;

use crate::{ast::Machine, ctxt::Ctxt};

/// What is read from a store borrows from nothing.
pub fn is_owned(cx: &Ctxt, machine: &Machine) {
    if let Some((span, _)) = machine.attr.stored
        && machine.generics.have_lifetimes()
    {
        cx.error(
            span,
            format_args!(
                "`{}` has a lifetime, but what is stored outlives every borrow; own the data",
                machine.name()
            ),
        );
    }
}

/// A row says its state by name, so each name must mean one state.
pub fn names_differ(cx: &Ctxt, machine: &Machine) {
    if machine.attr.stored.is_none() {
        return;
    }
    let mut first: HashMap<String, &str> = HashMap::new();
    for (_, state) in machine.declared() {
        let name = state.stored();
        let Some(earlier) = first.get(&name) else {
            first.insert(name, &state.name);
            continue;
        };
        let span = state.attr.stored.as_ref().map_or_else(|| state.ident.span(), |it| it.span());
        cx.error(
            span,
            format_args!(
                "`{earlier}` and `{}` would both be stored as \"{name}\"; give one another name with `#[state(stored = \"...\")]`",
                state.name
            ),
        );
    }
}

/// Without a store there is nothing that has the name.
pub fn names_are_used(cx: &Ctxt, machine: &Machine) {
    if machine.attr.stored.is_some() {
        return;
    }
    for (_, state) in machine.declared() {
        if let Some(name) = &state.attr.stored {
            cx.error(
                name.span(),
                format_args!(
                    "`{}` is not stored; put `#[machine(stored)]` on the enum, or remove `stored = ...`",
                    machine.name()
                ),
            );
        }
    }
}
