//! Lints: of what is copied from the declaration, those that are silenced there are silent here.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Meta};

use crate::tokens::as_generated;

/// An `#[allow(...)]` for each list of lints that an attribute in the declaration allows or expects.
pub fn allowed(input: &DeriveInput) -> TokenStream {
    let mut lists = Vec::new();
    // One a text: there may be as many attributes as states.
    let mut texts = Vec::new();
    for list in attrs(input).filter_map(silenced) {
        let text = list.to_string();
        if !texts.contains(&text) {
            texts.push(text);
            lists.push(list);
        }
    }
    quote!(#(#[allow(#lists)])*)
}

fn silenced(attr: &Attribute) -> Option<TokenStream> {
    let path = attr.path();
    match &attr.meta {
        Meta::List(list) if path.is_ident("allow") || path.is_ident("expect") => {
            Some(as_generated(list.tokens.clone()))
        }
        _ => None,
    }
}

/// The attributes of the enum, its variants and their fields.
fn attrs(input: &DeriveInput) -> impl Iterator<Item = &Attribute> {
    let variants = match &input.data {
        Data::Enum(data) => Some(&data.variants),
        Data::Struct(_) | Data::Union(_) => None,
    };
    let inner = variants.into_iter().flatten().flat_map(|variant| {
        variant.attrs.iter().chain(variant.fields.iter().flat_map(|field| &field.attrs))
    });
    input.attrs.iter().chain(inner)
}
