//! One impl a declared transition.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::Emit;
use crate::ast::State;

/// The transitions out of a state.
///
/// Each stands where its target stands in `to(...)`: there the compiler points when it lists the
/// transitions that are declared.
pub fn implementations(out: &Emit, state: &State, position: usize) -> TokenStream {
    let Emit { sm, for_impl, where_clause, .. } = out;
    let from = out.marker(position);
    let mut items = TokenStream::new();
    for target in &state.targets {
        let to = out.marker(target.position);
        let span = Span::call_site().located_at(target.ident.span());
        let head =
            quote_spanned!(span=> impl #for_impl #sm::TransitionTo<#to> for #from #where_clause);
        items.extend(quote! {
            #[automatically_derived]
            #head {}
        });
    }
    items
}
