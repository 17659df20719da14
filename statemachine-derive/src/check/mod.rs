//! The rules that a declaration has to keep, one function each.
//!
//! What concerns one attribute by itself is checked where it is read ([`crate::attr`]), and unknown
//! states where they are looked up ([`crate::resolve`]).

mod graph;
mod names;
mod stored;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens as _;
use syn::Type;

use crate::{
    ast::{self, Fields, Machine},
    ctxt::Ctxt,
    graph::{Graph, MAX_STATES},
    names::Names,
};

/// Reports every rule that the declaration breaks.
pub fn check(cx: &Ctxt, machine: &Machine, names: &Names, graph: &Graph) {
    is_enum(cx, machine);
    has_states(cx, machine);
    has_few_enough_states(cx, machine);
    fields_have_types(cx, machine);
    has_one_initial_state(cx, machine);

    keys_have_something_to_name(cx, machine);

    names::words_are_in_snake_case(cx, machine);
    names::words_differ(cx, machine);
    names::methods_differ(cx, machine, names);
    names::machine_is_not_hidden(cx, machine, names);
    names::items_differ(cx, machine, names);

    stored::is_owned(cx, machine);
    stored::names_differ(cx, machine);
    stored::names_are_used(cx, machine);

    graph::terminal_states_end(cx, machine);
    graph::states_have_a_way_out(cx, machine);
    if machine.is_complete && machine.states.len() <= MAX_STATES {
        graph::restored_states_have_no_way_in(cx, machine, graph);
        graph::states_have_a_way_in(cx, machine, graph);
        graph::goals_can_be_reached(cx, machine, graph);
    }
}

/// A state is a variant, so there must be variants: neither a struct nor a union has any.
fn is_enum(cx: &Ctxt, machine: &Machine) {
    if let Some((keyword, span)) = ast::keyword(&machine.original.data) {
        cx.error(
            span,
            format_args!(
                "a {keyword} has no states; make `{}` an enum with one variant a state",
                machine.name()
            ),
        );
    }
}

/// The kind of an enum without data is the enum itself, and a variant without named fields has no
/// struct for them.
fn keys_have_something_to_name(cx: &Ctxt, machine: &Machine) {
    let keys = [("kind_derive", &machine.attr.kind_derive), ("kind_attr", &machine.attr.kind_attr)];
    if machine.is_fieldless() && machine.is_complete {
        for (key, given) in keys {
            if let Some((span, _)) = given {
                cx.error(
                    *span,
                    format_args!(
                        "no variant of `{}` has data, so that it is its own kind; put what `{key}` says on the enum",
                        machine.name()
                    ),
                );
            }
        }
    }
    for (_, state) in machine.declared() {
        if let Some(name) = &state.attr.data
            && !matches!(state.fields, Fields::Named(_))
        {
            cx.error(
                name.span(),
                format_args!(
                    "`{}` has no named fields, for which there would be a struct; remove `data = {name}`",
                    state.name
                ),
            );
        }
    }
}

/// A machine is always in one of its states, so there must be one to be in.
fn has_states(cx: &Ctxt, machine: &Machine) {
    let is_enum = ast::keyword(&machine.original.data).is_none();
    if is_enum && machine.declared().next().is_none() {
        cx.error(
            machine.ident.span(),
            format_args!("`{}` has no states; add a variant for each", machine.name()),
        );
    }
}

/// What is known of a machine when it is compiled takes a square of bits, and the compiler's time.
fn has_few_enough_states(cx: &Ctxt, machine: &Machine) {
    if let Some(first_too_many) = machine.states.get(MAX_STATES) {
        cx.error(
            first_too_many.ident.span(),
            format_args!(
                "`{}` has {} states, and a machine has {MAX_STATES} at most; move what tells states apart into their data",
                machine.name(),
                machine.states.len()
            ),
        );
    }
}

/// A field has a type with a size: neither `dyn` by itself, nor a slice, nor `str`, nor `impl`, nor `_`.
fn fields_have_types(cx: &Ctxt, machine: &Machine) {
    for ty in ast::untyped_fields(machine.original) {
        let tokens = ty.to_token_stream();
        let span = tokens.clone().into_iter().next().map_or_else(Span::call_site, |t| t.span());
        let text = |tokens: TokenStream| {
            let text = tokens.to_string().replace(" :: ", "::").replace(" <", "<");
            text.replace("< ", "<").replace(" >", ">").replace(" ,", ",")
        };
        let message = match ty {
            Type::TraitObject(object) => format!(
                "an object of unknown size cannot be a field; write `Box<dyn {}>`",
                text(object.bounds.to_token_stream())
            ),
            Type::ImplTrait(implemented) => format!(
                "`impl` is no type of a field; write `Box<dyn {}>` or give the enum a type parameter",
                text(implemented.bounds.to_token_stream())
            ),
            Type::Slice(slice) => format!(
                "a slice of unknown size cannot be a field; write `Vec<{0}>` or `Box<[{0}]>`",
                text(slice.elem.to_token_stream())
            ),
            Type::Infer(_) => "the type of a field cannot be inferred; write it".to_owned(),
            Type::Path(path) if path.path.is_ident("str") => {
                "a `str` of unknown size cannot be a field; write `String` or `&'static str`".to_owned()
            }
            _ => "there is an `impl` in the type of a field; write `dyn` or give the enum a type parameter"
                .to_owned(),
        };
        cx.error(span, message);
    }
}

/// `new` starts in one state: a second one marked `initial` would be ignored.
fn has_one_initial_state(cx: &Ctxt, machine: &Machine) {
    let mut marks = machine.states.iter().filter_map(|state| Some((state, state.attr.initial?)));
    let Some((first, _)) = marks.next() else {
        return;
    };
    for (_, span) in marks {
        cx.error(
            span,
            format_args!(
                "a second initial state beside `{}`; keep `initial` on one of them",
                first.name
            ),
        );
    }
}
