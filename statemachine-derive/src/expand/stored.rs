//! The machine as a row of a store: the methods of the machine in memory, for what waits by `await`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::{Emit, docs, groups, machine};
use crate::{
    ast::State,
    names::{GroupNames, StateNames},
    tokens::{respanned, with_ends_at},
};

/// The type, its methods, and how the enum is written. The runtime crate drops all of it if it has no
/// stores, and says so.
pub fn items(out: &Emit) -> TokenStream {
    let (Some((span, _)), Some(ident)) = (&out.machine.attr.stored, &out.names.stored) else {
        return TokenStream::new();
    };
    if out.machine.generics.have_lifetimes() {
        return TokenStream::new();
    }
    let sm = &out.sm;
    let mut items = definition(out, ident);
    items.extend(methods(out, ident));
    items.extend(conversions(out, ident));
    items.extend(implementation(out, ident));
    // Where the feature is off, the compiler says so at the key.
    let path = quote!(#sm::__private::stored);
    let path = if out.machine.attr.krate.is_some() { path } else { respanned(path, *span) };
    quote_spanned!(*span=> #path! { #items })
}

fn definition(out: &Emit, ident: &Ident) -> TokenStream {
    let Emit { machine, sm, lints, this, .. } = out;
    let (vis, store) = (machine.vis, machine.generics.store());
    let params = machine.generics.for_impl_with_store(&quote!(#sm::stored::Store));
    let where_clause = machine.generics.where_clause_of_type();
    let title = docs::line(&format!(
        " A [`{}`] that is a row of a store: see [`stored`]({}::stored).",
        machine.ident,
        out.link()
    ));
    quote! {
        #title
        #lints
        #[allow(dead_code, non_camel_case_types)]
        #vis struct #ident #params (#sm::stored::At<#this, #store>) #where_clause;
    }
}

fn methods(out: &Emit, ident: &Ident) -> TokenStream {
    let Emit { machine, sm, lints, this, .. } = out;
    let (vis, store) = (machine.vis, machine.generics.store());
    let params = machine.generics.for_impl_with_store(&quote!(#sm::stored::Store));
    let args = machine.generics.args_with_store();
    let predicates = predicates(out);
    let handle =
        |from: &TokenStream, to: &TokenStream| quote!(#sm::stored::Transition<#from, #to, #store>);
    let any = quote!(#sm::Any<#this>);
    let transition = |method: &Ident, from: &TokenStream, target: usize, made_by: TokenStream| {
        let returned = handle(from, &out.marker(target));
        let doc = docs::line(&format!(
            " The transition to `{}`: see [`Transition`]({}::stored::Transition).{}",
            machine.states[target].name,
            out.link(),
            docs::stored(out, method, target)
        ));
        quote! {
            #doc
            #vis fn #method(&self) -> #returned {
                #made_by(&self.0)
            }
        }
    };
    let mut methods = TokenStream::new();
    for (position, state) in machine.states.iter().enumerate() {
        let from = out.marker(position);
        for (target, method) in state.targets.iter().zip(&out.state_names(position).transitions) {
            let made_by = quote!(#sm::stored::At::transition);
            methods.extend(transition(method, &from, target.position, made_by));
        }
        methods.extend(machine::illegal(out, position, &handle));
    }
    for position in 0..machine.states.len() {
        if let Some(method) = &out.state_names(position).to {
            methods.extend(transition(method, &any, position, quote!(#sm::__private::stored_to)));
        }
    }
    if machine.attr.reset.is_some() {
        let reset = Ident::new("reset", proc_macro2::Span::call_site());
        let made_by = quote!(#sm::__private::stored_reset);
        methods.extend(transition(&reset, &any, machine.initial, made_by));
    }
    for (position, group) in machine.groups.iter().enumerate() {
        let from = out.group_marker(position);
        for (&target, method) in group.targets.iter().zip(&out.names.groups[position].transitions) {
            methods.extend(transition(method, &from, target, quote!(#sm::stored::At::transition)));
        }
        methods.extend(groups::illegal(out, position, &handle));
    }
    for (position, state) in machine.states.iter().enumerate() {
        let StateNames { is_in, hold, when, .. } = out.state_names(position);
        methods.extend(looks(out, &out.marker(position), &state.name, [is_in, hold, when]));
    }
    for (position, group) in machine.groups.iter().enumerate() {
        let GroupNames { is_in, hold, when, .. } = &out.names.groups[position];
        methods.extend(looks(out, &out.group_marker(position), &group.name, [is_in, hold, when]));
    }
    quote! {
        #[automatically_derived]
        #lints
        #[allow(dead_code, unused_qualifications)]
        impl #params #ident #args where #predicates {
            #methods
        }
    }
}

/// `in_a`, `when_a` and `is_a`.
fn looks(
    out: &Emit,
    marker: &TokenStream,
    name: &str,
    [is_in, hold, when]: [&Ident; 3],
) -> TokenStream {
    let Emit { machine, sm, this, .. } = out;
    let (vis, store, args) =
        (machine.vis, machine.generics.store(), machine.generics.args_with_store());
    let hold_doc = docs::line(&format!(
        " Being in `{name}`, which gives its data and holds nothing: see [`In`]({}::stored::In).",
        out.link()
    ));
    let when_doc = docs::line(&format!(
        " Waits until the machine is in `{name}`: see [`When`]({}::stored::When).{}",
        out.link(),
        docs::awaited(when)
    ));
    let is_doc = docs::line(&format!(" Whether the machine is in `{name}`."));
    quote! {
        #hold_doc
        #vis fn #hold(&self) -> #sm::stored::In<#marker, #store> {
            #sm::stored::At::in_state(&self.0)
        }

        #when_doc
        #vis fn #when(&self) -> #sm::stored::When<#this, #store> {
            #sm::__private::stored_when::<#marker, #store>(&self.0)
        }

        #is_doc
        ///
        /// # Errors
        ///
        /// If there is no row, and those of the store.
        #vis fn #is_in(
            &self,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                ::core::primitive::bool,
                #sm::stored::Failed<<#store as #sm::stored::Store>::Error>,
            >,
        > + ::core::marker::Send + use #args {
            #sm::__private::stored_is::<#marker, #store>(&self.0)
        }
    }
}

fn conversions(out: &Emit, ident: &Ident) -> TokenStream {
    let Emit { machine, sm, lints, this, .. } = out;
    let store = machine.generics.store();
    let params = machine.generics.for_impl_with_store(&quote!(#sm::stored::Store));
    let (args, predicates) = (machine.generics.args_with_store(), machine.generics.predicates());
    let stored = predicates_of_enum(out);
    quote! {
        #[automatically_derived]
        #lints
        impl #params ::core::ops::Deref for #ident #args where #predicates {
            type Target = #sm::stored::At<#this, #store>;

            fn deref(&self) -> &#sm::stored::At<#this, #store> {
                &self.0
            }
        }

        #[automatically_derived]
        #lints
        impl #params ::core::clone::Clone for #ident #args where #predicates {
            fn clone(&self) -> Self {
                Self(::core::clone::Clone::clone(&self.0))
            }
        }

        #[automatically_derived]
        #lints
        impl #params ::core::fmt::Debug for #ident #args where #predicates #stored {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, __f)
            }
        }
    }
}

fn implementation(out: &Emit, ident: &Ident) -> TokenStream {
    let Emit { machine, sm, lints, this, for_impl, .. } = out;
    let Some((span, name)) = &machine.attr.stored else {
        return TokenStream::new();
    };
    let (store, args) = (machine.generics.store(), machine.generics.args_with_store());
    let predicates = predicates(out);
    let seal = {
        let (for_impl, where_clause) = (&out.for_impl, &out.where_clause);
        quote! {
            #[automatically_derived]
            #lints
            impl #for_impl #sm::__private::DerivedStored for #this #where_clause {}
        }
    };
    let machine_name = name.as_ref().map_or_else(|| machine.name(), syn::LitStr::value);
    let names = machine.states.iter().map(State::stored);
    let str = quote!(&'static ::core::primitive::str);
    let codec = if has_data(out) {
        // Where it is missed that the enum can be written.
        with_ends_at(quote!(#sm::__private::Codec::OF_DATA), *span)
    } else {
        quote!(#sm::__private::Codec::OF_NAMES)
    };
    quote! {
        #seal

        #[automatically_derived]
        #lints
        impl #for_impl #sm::stored::Stored for #this where #predicates {
            type At<#store: #sm::stored::Store> = #ident #args;

            const MACHINE: #str = #machine_name;
            const STORED: &'static [#str] = &[#(#names),*];
            const CODEC: #sm::__private::Codec<Self> = #codec;

            fn at<#store: #sm::stored::Store>(
                __at: #sm::stored::At<Self, #store>,
            ) -> #ident #args {
                #ident(__at)
            }
        }
    }
}

fn has_data(out: &Emit) -> bool {
    out.machine.states.iter().any(State::has_data)
}

/// What is declared, and that the enum can be stored.
fn predicates(out: &Emit) -> TokenStream {
    let (declared, stored) = (out.machine.generics.predicates(), predicates_of_enum(out));
    quote!(#declared #stored)
}

/// That the enum can be stored, if that depends on its parameters.
fn predicates_of_enum(out: &Emit) -> TokenStream {
    let Emit { machine, sm, this, .. } = out;
    if machine.generics.type_words().next().is_none() {
        return TokenStream::new();
    }
    if has_data(out) {
        quote!(#this: #sm::__private::StoredData,)
    } else {
        quote!(#this: ::core::marker::Send + 'static,)
    }
}
