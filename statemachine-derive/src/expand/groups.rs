//! What is generated for a named set of states.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Emit, docs};
use crate::{groups::Group, names::GroupNames, tokens::respanned};

/// What a group's type implements.
pub fn implementations(out: &Emit, position: usize, group: &Group) -> TokenStream {
    let Emit { machine, sm, lints, this, for_impl, where_clause, .. } = out;
    let marker = out.group_marker(position);
    let view = machine.generics.view();
    let with_view = machine.generics.for_impl_with_view();
    let name = &group.name;
    let names = group.states.iter().map(|&state| &machine.states[state].name);
    let bits = bits(out, group);
    let seals = [quote!(DerivedState), quote!(DerivedNewtype)].map(|seal| out.seal(seal, &marker));
    let mut items = quote! {
        #(#seals)*

        #[doc(hidden)]
        #[automatically_derived]
        #lints
        impl #with_view #sm::__private::Viewed<#view> for #marker #where_clause {
            type Borrowed = &#view #this;
        }

        #[automatically_derived]
        #lints
        impl #for_impl #sm::State for #marker #where_clause {
            type Enum = #this;
            type Data = #this;
            type View<#view> = &#view #this where Self: #view;
            type ViewMut<#view> = ::core::convert::Infallible where Self: #view;
            const NAME: &'static ::core::primitive::str = #name;
            const EXPECTED: &'static [&'static ::core::primitive::str] = &[#(#names),*];
            const INDEX: ::core::primitive::u16 = ::core::primitive::u16::MAX;
            const GROUP: ::core::option::Option<&'static [::core::primitive::u64]> =
                ::core::option::Option::Some(#bits);
            const HAS_DATA: ::core::primitive::bool = true;

            #[inline]
            fn wrap(__data: #this) -> #this {
                __data
            }

            #[inline]
            fn unwrap(__machine: #this) -> #this {
                __machine
            }

            #[inline]
            fn view<#view>(__machine: &#view #this) -> #sm::View<#view, Self> {
                __machine
            }

            #[inline]
            fn same<#view>(__view: #sm::View<#view, Self>) -> <Self as #sm::State>::View<#view>
            where
                Self: #view,
            {
                __view
            }
        }

        #[automatically_derived]
        #lints
        impl #for_impl #sm::Several for #marker #where_clause {}

        #[automatically_derived]
        #lints
        impl #for_impl #sm::Newtype for #marker #where_clause {
            type Field = #this;

            #[inline]
            fn field<#view>(__machine: &#view #this) -> &#view #this {
                __machine
            }

            #[inline]
            fn field_mut<#view>(__machine: &#view mut #this) -> &#view mut #this {
                __machine
            }
        }
    };
    let mut targets = group.targets.clone();
    if machine.is_group_understood(group) {
        items.extend(missing(out, position, group));
    } else {
        // It was reported, and its uses are no mistakes.
        targets.extend(out.names.groups[position].illegal.iter().map(|(target, _)| target));
    }
    for target in targets {
        let to = out.marker(target);
        let span = group.ident.span();
        let (first, body) = (quote_spanned!(span=> impl), quote_spanned!(span=> {}));
        items.extend(quote! {
            #[doc(hidden)]
            #[automatically_derived]
            #lints
            #first #for_impl #sm::__private::DerivedTransition<#to> for #marker #where_clause #body

            #[automatically_derived]
            #lints
            #first #for_impl #sm::TransitionTo<#to> for #marker #where_clause #body
        });
    }
    items
}

/// A transition that the group has not: it would have it if the state had that lacks it, which the
/// error then names.
fn missing(out: &Emit, position: usize, group: &Group) -> TokenStream {
    let Emit { machine, sm, lints, for_impl, .. } = out;
    if out.names.groups[position].illegal.is_empty() {
        return TokenStream::new();
    }
    let marker = out.group_marker(position);
    let (never, predicates) = (machine.generics.never(), machine.generics.predicates());
    let place = group.ident.span();
    let mut items = TokenStream::new();
    for &(target, lacks) in &group.missing {
        let (to, from) = (out.marker(target), out.marker(lacks));
        let span = machine.states[lacks].ident.span();
        let bound = respanned(quote!(#from: #sm::TransitionTo<#to>), span);
        for of in [quote!(__private::DerivedTransition), quote!(TransitionTo)] {
            // All of it stands at the group: of an impl in a derive, the compiler says that the trait
            // could be implemented by hand.
            let head = quote!(impl #for_impl #sm::#of<#to> for #marker);
            let head = if machine.attr.krate.is_some() { head } else { respanned(head, place) };
            let body = quote_spanned!(place=> {});
            items.extend(quote! {
                #[doc(hidden)]
                #lints
                #head
                where
                    #predicates
                    for<#never> #bound,
                #body
            });
        }
    }
    items
}

fn bits(out: &Emit, group: &Group) -> TokenStream {
    let mut words = vec![0_u64; out.machine.states.len().div_ceil(64)];
    for &state in &group.states {
        words[state / 64] |= 1 << (state % 64);
    }
    quote!(&[#(#words),*])
}

/// `in_live`, `when_live` and `is_live`.
pub fn methods(out: &Emit, position: usize, group: &Group) -> TokenStream {
    let Emit { machine, sm, this, .. } = out;
    let vis = machine.vis;
    let GroupNames { hold, is_in, when, .. } = &out.names.groups[position];
    let (marker, name, bits) = (out.group_marker(position), &group.name, bits(out, group));
    let names: Vec<_> =
        group.states.iter().map(|&state| format!("`{}`", machine.states[state].name)).collect();
    let one_of = names.join(", ");
    let hold_doc = docs::line(&format!(
        " A hold on whichever state of `{name}` the machine is in, which is one of {one_of}: see [`Hold`]({}::Hold).{}",
        out.link(),
        docs::held(hold, &group.word)
    ));
    let when_doc = docs::line(&format!(
        " Waits until the machine is in `{name}`, and holds nothing: see [`When`]({}::When).{}",
        out.link(),
        docs::awaited(when)
    ));
    let is_doc = docs::line(&format!(" Whether the machine is in `{name}`: one of {one_of}."));
    quote! {
        #hold_doc
        #[inline]
        #vis fn #hold(&self) -> #sm::Hold<'_, #marker> {
            #sm::Machine::in_state(self)
        }

        #when_doc
        #vis fn #when(&self) -> #sm::When<'_, #this> {
            #sm::__private::when::<#marker>(self)
        }

        #is_doc
        #[inline]
        #[must_use]
        #vis fn #is_in(&self) -> ::core::primitive::bool {
            #sm::__private::is_one_of(self, #bits)
        }
    }
}

/// `live_to_b`.
pub fn transitions(out: &Emit, position: usize, group: &Group) -> TokenStream {
    let Emit { machine, sm, .. } = out;
    let vis = machine.vis;
    let GroupNames { transitions, .. } = &out.names.groups[position];
    let (marker, name) = (out.group_marker(position), &group.name);
    let mut methods = TokenStream::new();
    for (&target, method) in group.targets.iter().zip(transitions) {
        let to = out.marker(target);
        let doc = docs::line(&format!(
            " The transition from whichever state of `{name}` the machine is in to `{}`: see [`Transition`]({}::Transition).{}",
            machine.states[target].name,
            out.link(),
            docs::committed(out, method, target)
        ));
        methods.extend(quote! {
            #doc
            #[inline]
            #vis fn #method(&self) -> #sm::Transition<'_, #marker, #to> {
                #sm::Machine::transition(self)
            }
        });
    }
    methods.extend(illegal(out, position, &|from, to| quote!(#sm::Transition<'_, #from, #to>)));
    methods
}

/// `live_to_b` for each target that a state of the group lacks. `handle` is the type of a transition's.
pub fn illegal(
    out: &Emit,
    position: usize,
    handle: &dyn Fn(&TokenStream, &TokenStream) -> TokenStream,
) -> TokenStream {
    let Emit { machine, sm, .. } = out;
    let (vis, group) = (machine.vis, &machine.groups[position]);
    let marker = out.group_marker(position);
    let (never, whatever) = (machine.generics.never(), machine.generics.whatever());
    let mut methods = TokenStream::new();
    for (target, method) in &out.names.groups[position].illegal {
        let to = out.marker(*target);
        if !machine.is_group_understood(group) {
            let handle = handle(&marker, &to);
            methods.extend(quote! {
                #[doc(hidden)]
                #vis fn #method(&self) -> #handle {
                    #sm::__private::mismatch()
                }
            });
            continue;
        }
        let handle = handle(&marker, &quote!(#whatever));
        let bound = respanned(quote!(#marker: #sm::TransitionTo<#to>), group.ident.span());
        methods.extend(quote! {
            #[doc(hidden)]
            #vis fn #method<#whatever>(&self) -> #handle
            where
                for<#never> #bound,
            {
                #sm::__private::mismatch()
            }
        });
    }
    methods
}

/// `GROUPS`, by names.
pub fn constant(out: &Emit) -> TokenStream {
    let str = quote!(&'static ::core::primitive::str);
    let groups = out.machine.groups.iter().map(|group| {
        let name = &group.name;
        let states = group.states.iter().map(|&state| &out.machine.states[state].name);
        quote!((#name, &[#(#states),*]))
    });
    quote!(const GROUPS: &'static [(#str, &'static [#str])] = &[#(#groups),*];)
}

/// The types of the groups, in the module of the states' types.
pub fn markers(out: &Emit, inside: &TokenStream) -> TokenStream {
    let (params, body) = (out.machine.generics.for_marker(), out.machine.generics.marker_body());
    let mut markers = TokenStream::new();
    for group in &out.machine.groups {
        let states = group.states.iter().map(|&state| out.machine.states[state].name.as_str());
        let doc =
            docs::line(&format!(" One of the states {}.", states.collect::<Vec<_>>().join(", ")));
        let (marker, span) = (&group.ident, group.ident.span());
        let (first, last) = (respanned(inside.clone(), span), quote_spanned!(span=> ;));
        markers.extend(quote!(#doc #first struct #marker #params #body #last));
    }
    markers
}
