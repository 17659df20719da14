//! The machine: a type around the runtime's, with a method for each thing that the declaration names.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;

use super::{Emit, docs};
use crate::{
    ast::{Fields, State},
    tokens::{mention_name, respanned, with_ends_at},
};

/// The type and its impls.
pub fn items(out: &Emit) -> TokenStream {
    let mut items = definition(out);
    items.extend(named(out));
    items.extend(methods(out));
    items.extend(deref(out));
    items.extend(from_state(out));
    items.extend(debug(out));
    if !initial(out).has_data() {
        items.extend(default(out));
    }
    items
}

fn initial<'a>(out: &Emit<'a>) -> &'a State<'a> {
    &out.machine.states[out.machine.initial]
}

fn definition(out: &Emit) -> TokenStream {
    let Emit { machine, sm, lints, this, .. } = out;
    let (vis, ident) = (machine.vis, &out.names.machine);
    let params = machine.generics.for_type();
    let where_clause = machine.generics.where_clause_of_type();
    let title = docs::line(&format!(
        " A [`{}`] that is shared: see [`Machine`]({}::Machine).",
        machine.ident,
        out.link()
    ));
    let picture = &out.picture.docs;
    let table = docs::line(&docs::table(out));
    // Should the name be taken, the compiler says so from the first token to the last.
    let (first, last) = (quote_spanned!(ident.span()=> struct), quote_spanned!(ident.span()=> ;));
    quote! {
        #title
        #picture
        #table
        #lints
        #[allow(dead_code, non_camel_case_types)]
        #vis #first #ident #params (#sm::Machine<#this>) #where_clause #last
    }
}

/// Where another item has the machine's name, that one is what the name means. The compiler says that
/// there are two, and this how to get rid of one. (Parameters have no values here. What may hold itself is
/// left out: if it has no size, the compiler would say so once more.)
fn named(out: &Emit) -> Option<TokenStream> {
    let Emit { machine, sm, lints, this, args, .. } = out;
    let ident = &out.names.machine;
    let otherwise = format!(
        "`{}` is the name of another item too; give the machine one of its own with `#[machine(name = ...)]`",
        ident.unraw()
    );
    // It stands at the enum's name. But what may lead nowhere stands where it does elsewhere.
    let span = Span::call_site().located_at(ident.span());
    let call = respanned(quote!(::__private::is_machine::<#ident, #this>(#otherwise)), span);
    let check = match machine.attr.krate {
        Some(_) => quote!(#sm #call),
        None => with_ends_at(quote!(#sm #call), span),
    };
    let may_hold_itself = machine
        .states
        .iter()
        .flat_map(|state| state.fields.types())
        .any(|ty| mention_name(ty, &machine.name()));
    let is_known = args.is_empty() && machine.is_complete && !may_hold_itself;
    is_known.then(|| quote!(#lints const _: () = #check;))
}

fn methods(out: &Emit) -> TokenStream {
    let Emit { machine, sm, lints, for_impl, args, where_clause, .. } = out;
    let ident = &out.names.machine;
    // On the page they stand in this order: what a reader looks for first comes first.
    let mut methods = new(out);
    for position in 0..machine.states.len() {
        methods.extend(transitions(out, position));
        methods.extend(illegal(out, position, &|from, to| quote!(#sm::Transition<'_, #from, #to>)));
    }
    for position in 0..machine.states.len() {
        methods.extend(transition_to(out, position));
    }
    if machine.attr.reset.is_some() {
        methods.extend(reset(out));
    }
    for (position, group) in machine.groups.iter().enumerate() {
        methods.extend(super::groups::transitions(out, position, group));
    }
    for position in 0..machine.states.len() {
        methods.extend(of_state(out, position));
    }
    for (position, group) in machine.groups.iter().enumerate() {
        methods.extend(super::groups::methods(out, position, group));
    }
    methods.extend(whole(out));
    quote! {
        #[automatically_derived]
        #lints
        #[allow(dead_code, unused_qualifications)]
        impl #for_impl #ident #args #where_clause {
            #methods
        }
    }
}

/// `new`, which is `const` where nothing has to be run to make the initial state.
fn new(out: &Emit) -> TokenStream {
    let Emit { machine, sm, .. } = out;
    let state = initial(out);
    let vis = machine.vis;
    let index = index(machine.initial);
    let doc = docs::line(&format!(" A machine in the state `{}`.", state.name));
    let attrs = quote!(#doc #[inline] #[must_use]);
    let variant = out.variant(state);
    match &state.fields {
        Fields::None => quote! {
            #attrs
            #vis const fn new() -> Self {
                Self(#sm::__private::machine(#index))
            }
        },
        Fields::One(ty) => quote! {
            #attrs
            #vis const fn new(data_: #ty) -> Self {
                Self(#sm::__private::machine_with(#variant(data_), #index))
            }
        },
        Fields::Tuple(_) | Fields::Named(_) => {
            let marker = out.marker(machine.initial);
            let data = super::state::data(out, machine.initial, state);
            quote! {
                #attrs
                #vis fn new(data_: #data) -> Self {
                    Self(#sm::__private::machine_with(<#marker as #sm::State>::wrap(data_), #index))
                }
            }
        }
    }
}

/// What concerns the machine as a whole.
fn whole(out: &Emit) -> TokenStream {
    let Emit { machine, sm, this, .. } = out;
    let vis = machine.vis;
    let check = out.is_not_dropped(&quote!(Self));
    let from_kind = (!machine.is_fieldless()).then(|| {
        let kind = &out.names.kind;
        let doc = docs::line(&format!(
            " A machine in the state of that kind, if it has no data: see [`Machine::from_kind`]({}::Machine::from_kind).",
            out.link()
        ));
        quote! {
            #doc
            ///
            /// # Errors
            ///
            /// If the state has data. The error lists the states that have none.
            #[inline]
            #vis fn from_kind(kind_: #kind) -> ::core::result::Result<Self, #sm::NeedsData> {
                ::core::result::Result::map(#sm::Machine::from_kind(kind_), |machine_| Self(machine_))
            }
        }
    });
    quote! {
        /// A machine in the given state.
        #[inline]
        #[must_use]
        #vis fn from_state(state_: #this) -> Self {
            Self(#sm::Machine::from_state(state_))
        }

        #from_kind

        /// Takes the machine apart.
        #[inline]
        #[must_use]
        #vis fn into_state(self) -> #this {
            #check
            let Self(machine_) = self;
            #sm::Machine::into_state(machine_)
        }
    }
}

/// `in_a`, `when_a` and `is_a`.
fn of_state(out: &Emit, position: usize) -> TokenStream {
    let Emit { machine, sm, this, .. } = out;
    let (vis, state) = (machine.vis, &machine.states[position]);
    let names = out.state_names(position);
    let (name, marker, index) = (&state.name, out.marker(position), index(position));
    let (hold, is_in, when) = (&names.hold, &names.is_in, &names.when);
    let hold_doc = docs::before_variant(
        state,
        &format!(
            " A hold on `{name}`: see [`Hold`]({}::Hold).{}",
            out.link(),
            docs::held(hold, &state.word)
        ),
    );
    let when_doc = docs::line(&format!(
        " Waits until the machine is in `{name}`, and holds nothing: see [`When`]({}::When).{}",
        out.link(),
        docs::awaited(when)
    ));
    let is_doc = docs::before_variant(state, &format!(" Whether the machine is in `{name}`."));
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
            #sm::__private::is(self, #index)
        }
    }
}

/// `to_b`, for a state that anything leads to.
fn transition_to(out: &Emit, position: usize) -> Option<TokenStream> {
    let Emit { machine, sm, this, .. } = out;
    let (vis, marker) = (machine.vis, out.marker(position));
    let to = out.state_names(position).to.as_ref()?;
    let doc = docs::line(&format!(
        " The transition to `{}` from whichever of its sources the machine is in: see [`Transition`]({}::Transition).{}",
        machine.states[position].name,
        out.link(),
        docs::committed(out, to, position)
    ));
    Some(quote! {
        #doc
        #[inline]
        #vis fn #to(&self) -> #sm::Transition<'_, #sm::Any<#this>, #marker> {
            #sm::__private::to(self)
        }
    })
}

/// `a_to_b` for each declared transition.
fn transitions(out: &Emit, position: usize) -> TokenStream {
    let Emit { machine, sm, .. } = out;
    let (vis, state) = (machine.vis, &machine.states[position]);
    let from = out.marker(position);
    let methods = &out.state_names(position).transitions;
    let mut tokens = TokenStream::new();
    for (target, method) in state.targets.iter().zip(methods) {
        let to = out.marker(target.position);
        let doc = docs::line(&format!(
            " The transition from `{}` to `{}`: see [`Transition`]({}::Transition).{}",
            state.name,
            machine.states[target.position].name,
            out.link(),
            docs::committed(out, method, target.position)
        ));
        tokens.extend(quote! {
            #doc
            #[inline]
            #vis fn #method(&self) -> #sm::Transition<'_, #from, #to> {
                #sm::Machine::transition(self)
            }
        });
    }
    tokens
}

/// `a_to_b` for each pair without a transition, and `to_a` where nothing leads: a bound that is false says why at the call. Under a
/// `for<'never>` it is not checked before, so nothing ever gets into the body. What is returned has
/// the methods of what a legal one returns and leaves its target open: else the next word in the call,
/// or what that word demands of the target, would bring a second error. `handle` is that type.
pub(super) fn illegal(
    out: &Emit,
    position: usize,
    handle: &dyn Fn(&TokenStream, &TokenStream) -> TokenStream,
) -> TokenStream {
    let Emit { machine, sm, .. } = out;
    let (vis, never, whatever) =
        (machine.vis, machine.generics.never(), machine.generics.whatever());
    let span = machine.states[position].ident.span();
    // The first and the last token are where the compiler takes the bound's place from. (But a path of
    // the user's is where they wrote it.) Should a name in it lead nowhere, that is said where it is
    // said of all others that are generated.
    let at_the_variant = |bound: TokenStream| {
        if machine.attr.krate.is_some() { bound } else { with_ends_at(bound, span) }
    };
    let from = out.marker(position);
    let mut tokens = TokenStream::new();
    if let Some(method) = &out.state_names(position).illegal_to {
        let this = out.this;
        let handle = handle(&quote!(#sm::Any<#this>), &quote!(#whatever));
        let bound = at_the_variant(quote!(#sm::__private::IsLedTo));
        let bound = at_the_variant(quote!(#from: #bound));
        tokens.extend(quote! {
            #[doc(hidden)]
            #vis fn #method<#whatever>(&self) -> #handle
            where
                for<#never> #bound,
            {
                #sm::__private::mismatch()
            }
        });
    }
    for (target, method) in &out.state_names(position).illegal {
        let to = out.marker(*target);
        if !machine.is_understood(&machine.states[position]) {
            let handle = handle(&from, &to);
            tokens.extend(quote! {
                #[doc(hidden)]
                #vis fn #method(&self) -> #handle {
                    #sm::__private::mismatch()
                }
            });
            continue;
        }
        let handle = handle(&from, &quote!(#whatever));
        let bound = at_the_variant(quote!(#sm::TransitionTo<#to>));
        let bound = at_the_variant(quote!(#from: #bound));
        tokens.extend(quote! {
            #[doc(hidden)]
            #vis fn #method<#whatever>(&self) -> #handle
            where
                for<#never> #bound,
            {
                #sm::__private::mismatch()
            }
        });
    }
    tokens
}

fn reset(out: &Emit) -> TokenStream {
    let Emit { machine, sm, this, .. } = out;
    let vis = machine.vis;
    let marker = out.marker(machine.initial);
    let doc = docs::line(&format!(
        " The transition from whichever state the machine is in to `{}`: see [`Transition`]({}::Transition).{}",
        machine.states[machine.initial].name,
        out.link(),
        docs::committed(out, &"reset", machine.initial)
    ));
    quote! {
        #doc
        #[inline]
        #vis fn reset(&self) -> #sm::Transition<'_, #sm::Any<#this>, #marker> {
            #sm::__private::reset(self)
        }
    }
}

fn deref(out: &Emit) -> TokenStream {
    let Emit { sm, lints, this, for_impl, args, where_clause, .. } = out;
    let ident = &out.names.machine;
    quote! {
        #[automatically_derived]
        #lints
        impl #for_impl ::core::ops::Deref for #ident #args #where_clause {
            type Target = #sm::Machine<#this>;

            #[inline]
            fn deref(&self) -> &#sm::Machine<#this> {
                let Self(__machine) = self;
                __machine
            }
        }

        #[doc(hidden)]
        #[automatically_derived]
        #lints
        impl #for_impl #sm::__private::HasMachine<#this> for #ident #args #where_clause {
            fn get(&self) -> &#sm::Machine<#this> {
                self
            }
        }
    }
}

fn from_state(out: &Emit) -> TokenStream {
    let Emit { sm, lints, this, for_impl, args, where_clause, .. } = out;
    let ident = &out.names.machine;
    quote! {
        #[automatically_derived]
        #lints
        impl #for_impl ::core::convert::From<#this> for #ident #args #where_clause {
            #[inline]
            fn from(__state: #this) -> Self {
                Self(#sm::Machine::from_state(__state))
            }
        }
    }
}

fn debug(out: &Emit) -> TokenStream {
    let Emit { sm, lints, this, for_impl, args, where_clause, .. } = out;
    let ident = &out.names.machine;
    quote! {
        #[automatically_derived]
        #lints
        impl #for_impl ::core::fmt::Debug for #ident #args #where_clause {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                <#sm::Machine<#this> as ::core::fmt::Debug>::fmt(self, __f)
            }
        }
    }
}

fn default(out: &Emit) -> TokenStream {
    let Emit { machine, sm, lints, for_impl, args, where_clause, .. } = out;
    let (ident, index) = (&out.names.machine, index(machine.initial));
    quote! {
        #[automatically_derived]
        #lints
        impl #for_impl ::core::default::Default for #ident #args #where_clause {
            #[inline]
            fn default() -> Self {
                Self(#sm::__private::machine(#index))
            }
        }
    }
}

/// A position as the runtime takes it. (More states than it can count are refused.)
pub fn index(position: usize) -> u16 {
    u16::try_from(position).unwrap_or(u16::MAX)
}
