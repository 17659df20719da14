//! One impl a declared transition.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::Emit;
use crate::ast::State;

/// The transitions out of a state.
///
/// Each stands where its target stands in `to(...)`: there the compiler points when it lists the
/// transitions that are declared. Where it is not known which they are, each that nothing is known of
/// is there too: it was reported, and its uses are no mistakes.
pub fn implementations(out: &Emit, state: &State, position: usize) -> TokenStream {
    let Emit { sm, lints, for_impl, where_clause, .. } = out;
    let from = out.marker(position);
    let mut items = TokenStream::new();
    let declared = state.targets.iter().map(|target| (target.position, target.ident.span()));
    let illegal = &out.state_names(position).illegal;
    let unknown = illegal.iter().filter(|_| !out.machine.is_understood(state));
    let unknown = unknown.map(|(target, method)| (*target, method.span()));
    for (target, span) in declared.chain(unknown) {
        let to = out.marker(target);
        // The first and the last token are where the compiler takes the impl's place from.
        let (first, body) = (quote_spanned!(span=> impl), quote_spanned!(span=> {}));
        items.extend(quote! {
            #[doc(hidden)]
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
