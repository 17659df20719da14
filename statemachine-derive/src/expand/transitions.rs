//! One impl a declared transition.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::Emit;
use crate::ast::State;

/// The transitions out of a state.
///
/// Each stands where its target stands in `to(...)`: there the compiler points when it lists the
/// transitions that are declared.
pub fn implementations(out: &Emit, state: &State, position: usize) -> TokenStream {
    let Emit { sm, lints, for_impl, where_clause, .. } = out;
    let from = out.marker(position);
    let mut items = TokenStream::new();
    for target in &state.targets {
        let to = out.marker(target.position);
        let span = target.ident.span();
        // The first and the last token are where the compiler takes the impl's place from.
        let (first, body) = (quote_spanned!(span=> impl), quote_spanned!(span=> {}));
        items.extend(quote! {
            #[automatically_derived]
            #lints
            #first #for_impl #sm::__private::DerivedTransition<#to> for #from #where_clause #body

            #[automatically_derived]
            #lints
            #first #for_impl #sm::TransitionTo<#to> for #from #where_clause #body
        });
    }
    items
}
