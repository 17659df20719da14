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

// Documented where it is re-exported: rustdoc would add what is said here to the end of that.
#[expect(missing_docs, reason = "documented in `statemachine`")]
#[proc_macro_derive(StateMachine, attributes(machine, state))]
pub fn derive_state_machine(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input.into()).into()
}

fn derive(input: TokenStream) -> TokenStream {
    let error = match syn::parse2(input.clone()) {
        Ok(input) => return expand(&input).with_errors(),
        Err(error) => error,
    };
    // What is only copied need not be understood.
    let hidden = tokens::hide_expressions(tokens::with_raw_names(input.clone()));
    match syn::parse2(hidden) {
        Ok(input) => tokens::show_expressions(expand(&input).with_errors()),
        Err(_) => without_what_is_broken(input, &error),
    }
}

/// Of what the compiler itself would refuse, as an editor gives it to a derive while it is being typed:
/// the items of the variants that can be read, or an editor would complete nothing meanwhile.
fn without_what_is_broken(input: TokenStream, error: &syn::Error) -> TokenStream {
    let error = ctxt::compile_error(error);
    let items = match syn::parse2(tokens::without_broken_variants(input)) {
        Ok(input) => expand(&input).items,
        Err(_) => TokenStream::new(),
    };
    quote::quote!(#error #items)
}

struct Expansion {
    errors: TokenStream,
    items: TokenStream,
}

impl Expansion {
    fn with_errors(self) -> TokenStream {
        let Self { errors, items } = self;
        quote::quote!(#errors #items)
    }
}

fn expand(input: &DeriveInput) -> Expansion {
    let cx = ctxt::Ctxt::new();
    if let Some(again) = ast::derived_again(input) {
        // What is derived there is enough.
        cx.error(again, "`StateMachine` is derived twice; remove one of the two");
        return Expansion { errors: cx.into_compile_errors(), items: TokenStream::new() };
    }
    let machine = ast::Machine::from_syn(&cx, input);
    let names = names::Names::of(&machine);
    let graph = graph::Graph::of(&machine);
    check::check(&cx, &machine, &names, &graph);
    let errors = cx.into_compile_errors();
    if ast::keyword(&input.data).is_some() || ast::untyped_fields(input).next().is_some() {
        // The names that are missing then bring no errors beside an item that failed to expand.
        return Expansion { errors, items: TokenStream::new() };
    }
    Expansion { errors, items: expand::items(&machine, &names, &graph) }
}
