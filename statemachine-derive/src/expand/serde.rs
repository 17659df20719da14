//! What the runtime crate's `serde` feature adds. Whether it is on is not known here, so the runtime
//! crate is given what it takes and makes of it the impls, or nothing.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Attribute, ext::IdentExt as _};

use super::{Emit, data::if_enum_has, state::binding};
use crate::{
    ast::{Field, State},
    generics::Generics,
};

pub fn items(out: &Emit) -> TokenStream {
    let Emit { machine, names, lints, this, for_impl, args, .. } = out;
    let generics = &machine.generics;
    let (ident, kind) = (&names.machine, &names.kind);
    let (deserializer, never) = (generics.view(), generics.never());
    let for_deserialize = generics.for_impl_with_view();
    let predicates = generics.predicates();
    // Where the enum is its own kind, or the kind derives it, how it is serialized is the user's to say.
    let is_said = machine.is_fieldless() || derives_serde(machine.attr.kind_derive.as_ref());
    imported(out, |root| {
        let of_kind = (!is_said).then(|| quote!(#root::__private::serde_kind! { #kind }));
        quote! {
            #of_kind
            #root::__private::serde_machine! {
                (#ident #args) (#this) #deserializer #never
                (#for_impl) (#for_deserialize) (#predicates) (#lints)
            }
        }
    })
}

/// Whether either trait is among what the kind derives.
fn derives_serde(derives: Option<&(Span, TokenStream)>) -> bool {
    let derives = derives.into_iter().flat_map(|(_, derives)| derives.clone());
    derives.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == "Serialize" || name == "Deserialize",
        _ => false,
    })
}

/// Impls by macros of the runtime crate, which they find at the path that they are given.
///
/// A path of the user's that leads nowhere is reported for an import as it is for a type, and for a macro in
/// other words.
fn imported(out: &Emit, impls: impl FnOnce(&TokenStream) -> TokenStream) -> TokenStream {
    let sm = &out.sm;
    if out.machine.attr.krate.is_none() {
        return impls(sm);
    }
    let root = quote!(__statemachine);
    let impls = impls(&root);
    quote!(const _: () = { use #sm as #root; #impls };)
}

/// The impls of the struct of a variant's fields, which are there if the enum has them.
///
/// What `serde` is told about the variant or its fields would have to be honoured here too, so there are
/// none then.
pub fn data(
    out: &Emit,
    state: &State,
    name: &Ident,
    fields: &[Field],
    generics: &Generics,
) -> TokenStream {
    if state.has_serde || says_something_of_fields(&out.machine.original.attrs) {
        return TokenStream::new();
    }
    let Emit { sm, lints, .. } = out;
    let de = generics.view();
    let core = quote!(#sm::__private::serde_core);
    let (params, de_params, args) =
        (generics.for_impl(), generics.for_impl_with_view(), generics.args());
    let text = name.unraw().to_string();
    let idents: Vec<_> = fields.iter().map(|field| field.ident).collect();
    let names: Vec<_> = idents.iter().map(|ident| ident.unraw().to_string()).collect();
    let written = if_enum_has(out, &quote!(#core::Serialize), fields, generics);
    let read = if_enum_has(out, &quote!(#core::Deserialize<#de>), fields, generics);
    let borrowed = nested(idents.iter().map(|ident| quote!(&self.#ident)));
    let bindings: Vec<_> = (0..idents.len()).map(binding).collect();
    let owned = nested(bindings.iter().map(Ident::to_token_stream));
    let types = nested(fields.iter().map(|field| field.ty.clone()));
    let result = quote!(::core::result::Result);
    let impls = quote! {
            #[automatically_derived]
            #lints
            impl #params #core::Serialize for #name #args #written {
                fn serialize<__S: #core::Serializer>(
                    &self,
                    __serializer: __S,
                ) -> #result<__S::Ok, __S::Error> {
                    #sm::__private::serialize_data(#text, &[#(#names),*], &#borrowed, __serializer)
                }
            }

            #[automatically_derived]
            #lints
            impl #de_params #core::Deserialize<#de> for #name #args #read {
                fn deserialize<__D: #core::Deserializer<#de>>(
                    __deserializer: __D,
                ) -> #result<Self, __D::Error> {
                    #result::map(
                        #sm::__private::deserialize_data(#text, &[#(#names),*], __deserializer),
                        |#owned: #types| Self { #(#idents: #bindings),* },
                    )
                }
            }
    };
    imported(out, |root| quote!(#root::__private::serde_data! { #impls }))
}

/// `(a, (b, ()))`.
fn nested(items: impl DoubleEndedIterator<Item = TokenStream>) -> TokenStream {
    items.rev().fold(quote!(()), |rest, item| quote!((#item, #rest)))
}

/// Whether `serde` is told something about the fields of all variants.
fn says_something_of_fields(attrs: &[Attribute]) -> bool {
    let mut attrs = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
    attrs.any(|attr| {
        let said = attr.to_token_stream().to_string();
        ["rename_all_fields", "deny_unknown_fields"].iter().any(|key| said.contains(key))
    })
}
