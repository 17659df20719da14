//! The data of a state with named fields: a struct that owns it and one that borrows it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::{Emit, docs};
use crate::{
    ast::{Field, Fields, State},
    generics::Generics,
};

/// The two structs; nothing for a state without named fields.
pub fn items(out: &Emit, position: usize, state: &State) -> TokenStream {
    let (Fields::Named(fields), Some((owned, borrowed))) =
        (&state.fields, &out.state_names(position).data)
    else {
        return TokenStream::new();
    };
    let Emit { lints, .. } = out;
    let vis = out.machine.vis;
    let generics = out.machine.generics.used_in(fields.iter().map(|field| &field.ty));
    let non_exhaustive = state.is_non_exhaustive.then(|| quote!(#[non_exhaustive]));
    let variant = format!("`{}::{}`", out.machine.name(), state.name);
    let owned_doc = docs::before_variant(state, &format!(" The data of {variant}."));
    let borrowed_doc = docs::before_variant(state, &format!(" The data of {variant}, borrowed."));
    let view = generics.view();
    let field_docs = fields.iter().map(|field| field_doc(field, state));
    let owned_fields = fields.iter().zip(field_docs.clone()).map(|(field, doc)| {
        let Field { ident, ty, .. } = field;
        quote!(#doc #vis #ident: #ty)
    });
    let borrowed_fields = fields.iter().zip(field_docs).map(|(field, doc)| {
        let Field { ident, ty, .. } = field;
        quote!(#doc #vis #ident: &#view #ty)
    });
    let (params, params_with_view) = (generics.for_impl(), generics.for_impl_with_view());
    let where_clause = generics.where_clause();
    let copy = copy(out, borrowed, &generics);
    let debug_owned = debug(out, owned, fields, &params, &generics.args(), &where_clause);
    let with_view = generics.args_with_view();
    let debug_borrowed = debug(out, borrowed, fields, &params_with_view, &with_view, &where_clause);
    quote! {
        #owned_doc
        #non_exhaustive
        #lints
        #[allow(
            dead_code,
            missing_copy_implementations,
            non_camel_case_types
        )]
        #vis struct #owned #params #where_clause {
            #(#owned_fields,)*
        }

        #borrowed_doc
        #non_exhaustive
        #lints
        #[allow(
            dead_code,
            missing_copy_implementations,
            non_camel_case_types
        )]
        #vis struct #borrowed #params_with_view #where_clause {
            #(#borrowed_fields,)*
        }

        #copy
        #debug_owned
        #debug_borrowed
    }
}

/// Shows those fields whose types can be shown, which `#[derive]` would demand of all.
fn debug(
    out: &Emit,
    name: &Ident,
    fields: &[Field],
    params: &TokenStream,
    args: &TokenStream,
    where_clause: &TokenStream,
) -> TokenStream {
    let Emit { sm, lints, .. } = out;
    let text = name.unraw().to_string();
    let idents = fields.iter().map(|field| field.ident);
    let names = fields.iter().map(|field| field.ident.unraw().to_string());
    quote! {
        #[automatically_derived]
        #lints
        impl #params ::core::fmt::Debug for #name #args #where_clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #[allow(unused_imports)]
                use #sm::__private::{ShownByDebug as _, ShownByDots as _};
                f.debug_struct(#text)
                    #(.field(#names, (&#sm::__private::Shown(&self.#idents)).shown()))*
                    .finish()
            }
        }
    }
}

fn field_doc(field: &Field, state: &State) -> TokenStream {
    if field.docs.is_empty() {
        docs::line(&format!(" The field of `{}`.", state.name))
    } else {
        docs::copied(&field.docs)
    }
}

/// References can be copied whatever they refer to, which `#[derive]` does not know.
fn copy(out: &Emit, borrowed: &Ident, generics: &Generics) -> TokenStream {
    let Emit { lints, .. } = out;
    let (params, args) = (generics.for_impl_with_view(), generics.args_with_view());
    let where_clause = generics.where_clause();
    quote! {
        #[automatically_derived]
        #lints
        impl #params ::core::clone::Clone for #borrowed #args #where_clause {
            #[inline]
            fn clone(&self) -> Self {
                *self
            }
        }

        #[automatically_derived]
        #lints
        impl #params ::core::marker::Copy for #borrowed #args #where_clause {}
    }
}
