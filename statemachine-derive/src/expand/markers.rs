//! The module with one type a state.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Emit, docs, visibility};
use crate::tokens::respanned;

/// `mod connection { pub struct Disconnected; ... }`.
///
/// Nothing in it names an item of the enum's scope: where that is a function, no path leads there.
pub fn module(out: &Emit) -> TokenStream {
    let Emit { machine, names, lints, .. } = out;
    let (vis, module) = (machine.vis, &names.module);
    let doc = docs::line(&format!(" The states of [`{}`]: one type for each.", machine.ident));
    let inside = visibility::inside(vis);
    let (params, body) = (machine.generics.for_marker(), machine.generics.marker_body());
    let markers = machine.states.iter().map(|state| {
        let doc = docs::of_variant(state, || format!(" The state `{}`.", state.name));
        let marker = &state.ident;
        // The first and the last token are where the compiler takes the type's place from.
        let span = marker.span();
        let (first, last) = (respanned(inside.clone(), span), quote_spanned!(span=> ;));
        quote!(#doc #first struct #marker #params #body #last)
    });
    let groups = super::groups::markers(out, &inside);
    let links = machine
        .states
        .iter()
        .any(docs::have_links)
        .then(|| quote!(#[allow(rustdoc::broken_intra_doc_links)]));
    // Should the name be taken, the compiler says so from the first token to the last.
    let (first, body) = (
        quote_spanned!(module.span()=> mod),
        quote_spanned!(module.span()=> { #(#markers)* #groups }),
    );
    quote! {
        #doc
        #links
        #lints
        #[allow(
            dead_code,
            missing_copy_implementations,
            missing_debug_implementations,
            non_camel_case_types,
            clippy::module_inception,
            clippy::redundant_pub_crate
        )]
        #vis #first #module #body
    }
}
