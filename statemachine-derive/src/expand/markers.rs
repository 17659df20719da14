//! The module with one type a state.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Emit, docs, visibility};

/// `mod connection { pub struct Disconnected; ... }`.
///
/// Nothing in it names an item of the enum's scope: where that is a function, no path leads there.
pub fn module(out: &Emit) -> TokenStream {
    let Emit { machine, names, .. } = out;
    let (vis, module) = (machine.vis, &names.module);
    let doc = docs::line(&format!(" The states of [`{}`], one type each.", machine.ident));
    let inside = visibility::inside(vis);
    let (params, body) = (machine.generics.for_marker(), machine.generics.marker_body());
    let markers = machine.states.iter().enumerate().map(|(position, state)| {
        let doc = docs::of_variant(state, || format!(" The state `{}`.", state.name));
        let marker = out.marker_ident(position);
        quote!(#doc #inside struct #marker #params #body;)
    });
    let links = machine
        .states
        .iter()
        .any(docs::have_links)
        .then(|| quote!(#[allow(rustdoc::broken_intra_doc_links)]));
    quote! {
        #doc
        #links
        #[allow(dead_code)]
        #vis mod #module {
            #(#markers)*
        }
    }
}
