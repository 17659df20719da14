//! The derive macro of the `statemachine` crate. Use it through that crate.
//!
//! It works in these steps. `ast` parses the tokens into a model, with `attr` for the attributes. `names`
//! gives names to the parts of the model, and `graph` analyses it. `check` applies the rules, and `expand`
//! prints the items. `ctxt` collects the errors on the way. They are printed beside the items, never
//! instead of them: otherwise one mistake in a declaration would cause an error at each of its uses.

#![forbid(unsafe_code)]

mod ctxt;

mod attr;

mod ast;
mod generics;
mod groups;
mod outlives;
mod resolve;
mod tokens;

mod graph;
mod names;

mod check;

mod expand;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

/// Turns an enum into a state machine.
#[proc_macro_derive(StateMachine, attributes(machine, state))]
pub fn derive_state_machine(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into()).into()
}

fn derive(input: TokenStream) -> TokenStream {
    match syn::parse2(input.clone()) {
        Ok(input) => expand(&input),
        // What is only copied need not be understood.
        Err(error) => match syn::parse2(tokens::hide_expressions(input)) {
            Ok(input) => tokens::show_expressions(expand(&input)),
            Err(_) => error.into_compile_error(),
        },
    }
}

fn expand(input: &DeriveInput) -> TokenStream {
    let cx = ctxt::Ctxt::new();
    if let Some(again) = ast::derived_again(input) {
        // What is derived there is enough.
        cx.error(again, "`StateMachine` is derived twice; remove one of the two");
        return cx.into_compile_errors();
    }
    let machine = ast::Machine::from_syn(&cx, input);
    let names = names::Names::of(&machine);
    let graph = graph::Graph::of(&machine);
    check::check(&cx, &machine, &names, &graph);
    let errors = cx.into_compile_errors();
    if ast::keyword(&input.data).is_some() || ast::untyped_fields(input).next().is_some() {
        // The names that are missing then bring no errors beside an item that failed to expand.
        return errors;
    }
    let items = expand::items(&machine, &names, &graph);
    quote::quote!(#errors #items)
}
