//! A state without its data.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Emit, as_generated, docs, machine::index};
use crate::ast;

/// The fieldless twin of an enum with data; where it has none, the enum is its own kind.
pub fn items(out: &Emit) -> TokenStream {
    if out.machine.is_fieldless() {
        let mut items = of_the_enum(out);
        items.extend(alias(out));
        return items;
    }
    let mut items = definition(out);
    items.extend(of_the_twin(out));
    items.extend(from_the_enum(out));
    items.extend(text(out));
    items
}

fn definition(out: &Emit) -> TokenStream {
    let Emit { machine, names, lints, .. } = out;
    let (vis, kind) = (machine.vis, &names.kind);
    let doc = docs::line(&format!(" A state of [`{}`], without its data.", machine.ident));
    let is_non_exhaustive = ast::is_non_exhaustive(&machine.original.attrs);
    let non_exhaustive = is_non_exhaustive.then(|| quote!(#[non_exhaustive]));
    let variants = machine.states.iter().map(|state| {
        let doc = docs::of_variant(state, || format!(" The state `{}`.", state.name));
        let ident = as_generated(&state.ident);
        let value = state.discriminant.map(|value| quote!(= #value));
        quote!(#doc #ident #value,)
    });
    let reprs = ast::reprs(&machine.original.attrs);
    let reprs = (!reprs.is_empty()).then(|| quote!(#[repr(#(#reprs),*)]));
    let derives = machine.attr.kind_derive.iter().map(|(_, tokens)| tokens);
    let attributes = machine.attr.kind_attr.iter().map(|(_, tokens)| tokens);
    // Should the name be taken, the compiler says so from the first token to the last.
    let (first, body) =
        (quote_spanned!(kind.span()=> enum), quote_spanned!(kind.span()=> { #(#variants)* }));
    quote! {
        #doc
        #[derive(
            ::core::fmt::Debug,
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
            ::core::cmp::PartialOrd,
            ::core::cmp::Ord,
            ::core::hash::Hash,
        )]
        #reprs
        #(#[derive(#derives)])*
        #(#[#attributes])*
        #non_exhaustive
        #lints
        #[allow(dead_code, non_camel_case_types, clippy::manual_non_exhaustive, clippy::redundant_pub_crate)]
        #vis #first #kind #body
    }
}

fn of_the_twin(out: &Emit) -> TokenStream {
    let Emit { machine, names, sm, .. } = out;
    let kind = &names.kind;
    let constants = constants(out);
    let positions = machine.states.iter().enumerate().map(|(position, state)| {
        let (ident, index) = (as_generated(&state.ident), index(position));
        quote!(Self::#ident => #index,)
    });
    let states = machine.states.iter().enumerate().map(|(position, state)| {
        let (ident, index) = (as_generated(&state.ident), index(position));
        quote!(#index => Self::#ident,)
    });
    quote! {
        #[doc(hidden)]
        #[automatically_derived]
        impl #sm::__private::DerivedKind for #kind {}

        #[automatically_derived]
        impl #sm::Kind for #kind {
            #constants

            #[inline]
            fn position(&self) -> ::core::primitive::u16 {
                match self {
                    #(#positions)*
                }
            }

            #[inline]
            fn at(__position: ::core::primitive::u16) -> Self {
                match __position {
                    #(#states)*
                    _ => #sm::__private::mismatch(),
                }
            }
        }
    }
}

fn from_the_enum(out: &Emit) -> TokenStream {
    let Emit { names, sm, lints, this, for_impl, where_clause, .. } = out;
    let kind = &names.kind;
    quote! {
        #[automatically_derived]
        #lints
        impl #for_impl ::core::convert::From<&#this> for #kind #where_clause {
            #[inline]
            fn from(__state: &#this) -> Self {
                #sm::Kind::at(#sm::StateMachine::index(__state))
            }
        }
    }
}

fn of_the_enum(out: &Emit) -> TokenStream {
    let Emit { sm, lints, this, for_impl, where_clause, .. } = out;
    let constants = constants(out);
    let seal = out.seal(quote!(DerivedKind), this);
    quote! {
        #seal

        #[automatically_derived]
        #lints
        impl #for_impl #sm::Kind for #this #where_clause {
            #constants

            #[inline]
            fn position(&self) -> ::core::primitive::u16 {
                #sm::StateMachine::index(self)
            }

            #[inline]
            fn at(__position: ::core::primitive::u16) -> Self {
                #sm::StateMachine::dataless(__position)
            }
        }
    }
}

fn constants(out: &Emit) -> TokenStream {
    let name = out.machine.name();
    let names = out.machine.states.iter().map(|state| &state.name);
    let terminal = out.machine.states.iter().map(|state| state.targets.is_empty());
    // A variant that was made up for a target that names none is there in a twin only.
    let is_twin = !out.machine.is_fieldless();
    let all = out.machine.states.iter().filter(|state| is_twin || state.is_declared);
    // A variant of the user's may have empty brackets.
    let braces = (!is_twin).then(|| quote!({}));
    let all = all.map(|state| {
        let ident = as_generated(&state.ident);
        quote!(Self::#ident #braces)
    });
    quote! {
        const MACHINE: &'static ::core::primitive::str = #name;
        const NAMES: &'static [&'static ::core::primitive::str] = &[#(#names),*];
        const ALL: &'static [Self] = &[#(#all),*];
        const TERMINAL: &'static [::core::primitive::bool] = &[#(#terminal),*];
    }
}

/// The kind's name, where the enum is its own.
fn alias(out: &Emit) -> TokenStream {
    let Emit { machine, names, lints, this, .. } = out;
    let (vis, kind, params) = (machine.vis, &names.kind, machine.generics.for_alias());
    let doc = docs::line(&format!(
        " A state of [`{}`], which has no data: the enum itself.",
        machine.ident
    ));
    // Should the name be taken, the compiler says so from the first token to the last.
    let (first, last) = (quote_spanned!(kind.span()=> type), quote_spanned!(kind.span()=> ;));
    quote! {
        #doc
        #lints
        #[allow(dead_code, non_camel_case_types)]
        #vis #first #kind #params = #this #last
    }
}

fn text(out: &Emit) -> TokenStream {
    let Emit { sm, names, .. } = out;
    let kind = &names.kind;
    quote! {
        #[automatically_derived]
        impl ::core::fmt::Display for #kind {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Formatter::pad(__f, #sm::Kind::name(self))
            }
        }

        #[automatically_derived]
        impl ::core::str::FromStr for #kind {
            type Err = #sm::UnknownState;

            fn from_str(__name: &::core::primitive::str) -> ::core::result::Result<Self, #sm::UnknownState> {
                #sm::__private::parse(__name)
            }
        }
    }
}
