//! The items that a declaration becomes. Nothing here decides anything, and nothing that is emitted
//! does: all behaviour is generic code of the runtime crate.

mod data;
mod description;
mod docs;
mod groups;
mod kind;
mod lints;
mod machine;
mod markers;
mod picture;
mod serde;
mod state;
mod stored;
mod transitions;
mod visibility;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

use crate::{
    ast::{Machine, State},
    graph::Graph,
    names::{Names, StateNames},
    tokens::respanned_ident,
};

/// Everything generated for a declaration.
pub fn items(machine: &Machine, names: &Names, graph: &Graph) -> TokenStream {
    let out = Emit::new(machine, names, graph);
    let mut items = TokenStream::new();
    items.extend(machine::items(&out));
    items.extend(markers::module(&out));
    items.extend(description::implementation(&out));
    items.extend(kind::items(&out));
    items.extend(serde::items(&out));
    items.extend(stored::items(&out));
    for (position, state) in machine.states.iter().enumerate() {
        items.extend(data::items(&out, position, state));
        items.extend(state::implementations(&out, position, state));
        items.extend(transitions::implementations(&out, state, position));
    }
    for (position, group) in machine.groups.iter().enumerate() {
        items.extend(groups::implementations(&out, position, group));
    }
    items
}

/// What all of the items are made from.
struct Emit<'a> {
    machine: &'a Machine<'a>,
    names: &'a Names,
    graph: &'a Graph,
    picture: picture::Picture,
    /// The path of the runtime crate.
    sm: TokenStream,
    /// What the user allows in the declaration, allowed in what is copied from it too.
    lints: TokenStream,
    /// The enum with its arguments.
    this: &'a TokenStream,
    /// The enum's generic parameters: as declared on an impl, as arguments, and their bounds.
    for_impl: TokenStream,
    args: TokenStream,
    where_clause: TokenStream,
}

impl<'a> Emit<'a> {
    fn new(machine: &'a Machine<'a>, names: &'a Names, graph: &'a Graph) -> Self {
        let generics = &machine.generics;
        let krate = machine.attr.krate.as_ref();
        let sm = krate.map_or_else(|| quote!(::statemachine), root);
        Self {
            machine,
            names,
            graph,
            picture: picture::Picture::of(machine, &sm),
            sm,
            lints: lints::allowed(machine.original),
            this: generics.this(),
            for_impl: generics.for_impl(),
            args: generics.args(),
            where_clause: generics.where_clause(),
        }
    }

    /// The path of the runtime crate as a link can have it.
    fn link(&self) -> String {
        let krate = self.machine.attr.krate.as_ref();
        let path = krate.map_or_else(|| self.sm.to_string(), |path| quote!(#path).to_string());
        let path: String = path.split_whitespace().collect();
        path.trim_start_matches("::").to_owned()
    }

    fn state_names(&self, position: usize) -> &StateNames {
        &self.names.states[position]
    }

    /// The type of a state: `connection::Connected`.
    fn marker(&self, position: usize) -> TokenStream {
        let Self { args, .. } = self;
        let module = &self.names.module;
        let marker = self.marker_ident(position);
        quote!(#module::#marker #args)
    }

    /// The type of a group: `connection::Live`.
    fn group_marker(&self, position: usize) -> TokenStream {
        let Self { args, .. } = self;
        let module = &self.names.module;
        let marker = as_generated(&self.machine.groups[position].ident);
        quote!(#module::#marker #args)
    }

    fn marker_ident(&self, position: usize) -> Ident {
        as_generated(&self.machine.states[position].ident)
    }

    /// What allows `ty` to have a trait of the runtime that is sealed by that one.
    fn seal(&self, seal: TokenStream, ty: &TokenStream) -> TokenStream {
        let Self { sm, lints, for_impl, where_clause, .. } = self;
        quote! {
            #[doc(hidden)]
            #[automatically_derived]
            #lints
            impl #for_impl #sm::__private::#seal for #ty #where_clause {}
        }
    }

    /// Where a type is taken apart: should it implement `Drop`, this is the one error.
    fn is_not_dropped(&self, ty: &TokenStream) -> TokenStream {
        let sm = &self.sm;
        let checked = Ident::new("__checked", self.machine.ident.span());
        let argument = quote_spanned!(checked.span()=> &#checked);
        quote! {
            let #checked = {
                use #sm::__private::Whole as _;
                #sm::__private::Taken::<#ty>::APART.__checked()
            };
            #sm::__private::take_apart(#argument);
        }
    }

    /// The variant of a state: `Connection::Connected`.
    fn variant(&self, state: &State) -> TokenStream {
        let ident = as_generated(self.machine.ident);
        let variant = as_generated(&state.ident);
        quote!(#ident::#variant)
    }
}

/// Where the runtime crate's items are, if the user says where the crate is. No item is the step behind the
/// user's path: if that leads nowhere, the compiler says of two steps what it does not say of more, and
/// what it says in two ways it says twice.
fn root(krate: &Path) -> TokenStream {
    quote!(#krate::__private::root)
}

/// The same name as if the derive had written it: a use of a deprecated variant in what the user
/// wrote is warned about.
fn as_generated(ident: &Ident) -> Ident {
    respanned_ident(ident, Span::call_site())
}
