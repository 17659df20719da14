//! What a state's type implements.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::{Emit, machine::index};
use crate::{
    ast::{Fields, State},
    names::DataNames,
    tokens::in_place_of,
};

/// `Dataless`, or `State`, `Viewed` and, where a hold can deref, `Newtype`.
pub fn implementations(out: &Emit, position: usize, state: &State) -> TokenStream {
    let marker = out.marker(position);
    let mut items = out.seal(quote!(DerivedState), &marker);
    match &state.fields {
        Fields::None => items.extend(dataless(out, position, state)),
        Fields::One(_) | Fields::Tuple(_) | Fields::Named(_) => {
            let shape = Shape::of(out, position, state);
            items.extend(with_data(out, position, state, &shape));
            items.extend(viewed(out, position, state, &shape));
            if let Fields::One(ty) = &state.fields {
                items.extend(out.seal(quote!(DerivedNewtype), &marker));
                items.extend(newtype(out, position, state, ty, &shape));
            }
        }
    }
    items
}

fn dataless(out: &Emit, position: usize, state: &State) -> TokenStream {
    let Emit { sm, lints, this, for_impl, where_clause, .. } = out;
    let (marker, index) = (out.marker(position), index(position));
    // The first and the last token are where the compiler takes the impl's place from.
    let span = state.ident.span();
    // (Paths in between are the derive's, in which edition ever the user wrote the variant.)
    let first = quote_spanned!(span=> impl);
    let body = quote!(type Of = #this; const POSITION: ::core::primitive::u16 = #index;);
    let mut body = Group::new(Delimiter::Brace, body);
    body.set_span(span);
    quote! {
        #[automatically_derived]
        #lints
        #first #for_impl #sm::Dataless for #marker #where_clause #body
    }
}

/// The type of a state's data.
pub fn data(out: &Emit, position: usize, state: &State) -> TokenStream {
    Shape::of(out, position, state).data
}

/// How the data of a state looks.
struct Shape {
    /// Its type: owned, borrowed, and borrowed for writing.
    data: TokenStream,
    view: TokenStream,
    view_mut: TokenStream,
    /// The fields of the variant, as a pattern and as an expression alike, bound to names that no
    /// constant of the user's is likely to have.
    variant: TokenStream,
    /// The data, likewise, owned, borrowed, and borrowed for writing.
    owned: TokenStream,
    borrowed: TokenStream,
    borrowed_mut: TokenStream,
}

impl Shape {
    fn of(out: &Emit, position: usize, state: &State) -> Self {
        let view = out.machine.generics.view();
        match &state.fields {
            Fields::None => Self {
                data: quote!(()),
                view: quote!(()),
                view_mut: quote!(()),
                variant: quote!({}),
                owned: quote!(()),
                borrowed: quote!(()),
                borrowed_mut: quote!(()),
            },
            Fields::One(ty) => {
                let field = binding(0);
                Self {
                    data: ty.clone(),
                    view: quote!(&#view #ty),
                    view_mut: quote!(&#view mut #ty),
                    variant: quote!((#field)),
                    owned: quote!(#field),
                    borrowed: quote!(#field),
                    borrowed_mut: quote!(#field),
                }
            }
            Fields::Tuple(types) => {
                let fields = (0..types.len()).map(binding);
                let tuple = quote!((#(#fields),*));
                Self {
                    data: quote!((#(#types),*)),
                    view: quote!((#(&#view #types),*)),
                    view_mut: quote!((#(&#view mut #types),*)),
                    variant: tuple.clone(),
                    owned: tuple.clone(),
                    borrowed: tuple.clone(),
                    borrowed_mut: tuple,
                }
            }
            Fields::Named(fields) => {
                let bindings = (0..fields.len()).map(binding);
                let idents = fields.iter().map(|field| field.ident);
                let braced = quote!({ #(#idents: #bindings),* });
                let types = fields.iter().map(|field| &field.ty);
                let generics = out.machine.generics.used_in(types);
                let (args, args_with_view) = (generics.args(), generics.args_with_view());
                let names = out.state_names(position).data.as_ref();
                let DataNames { owned, borrowed, borrowed_mut } =
                    names.expect("named fields have structs");
                Self {
                    data: quote!(#owned #args),
                    view: quote!(#borrowed #args_with_view),
                    view_mut: quote!(#borrowed_mut #args_with_view),
                    variant: braced.clone(),
                    owned: quote!(#owned #braced),
                    borrowed: quote!(#borrowed #braced),
                    borrowed_mut: quote!(#borrowed_mut #braced),
                }
            }
        }
    }
}

/// A name for a field that no constant of the user's is likely to have.
pub fn binding(field: usize) -> Ident {
    format_ident!("__field{field}", span = Span::mixed_site())
}

fn with_data(out: &Emit, position: usize, state: &State, shape: &Shape) -> TokenStream {
    let Emit { sm, lints, this, for_impl, where_clause, .. } = out;
    let view_lifetime = out.machine.generics.view();
    let (marker, index, path) = (out.marker(position), index(position), out.variant(state));
    let Shape { data, view, view_mut, variant, owned, borrowed, borrowed_mut } = shape;
    let place = Place::of(out, state);
    // Should a type be less visible than the enum, the compiler says so at the variant, and once.
    let types = quote_spanned! {state.ident.span()=>
        type Data = #data;
        type View<#view_lifetime> = #view where Self: #view_lifetime;
        type ViewMut<#view_lifetime> = #view_mut where Self: #view_lifetime;
    };
    let check = out.is_not_dropped(this);
    let given = taken_apart(out, state, shape, owned);
    let seen = taken_apart(out, state, shape, borrowed);
    let made = match &state.fields {
        Fields::One(_) => {
            let field = place.give(quote!(match __data { #owned => #owned }));
            quote!(#path(#field))
        }
        _ => quote!(match __data { #owned => #path #variant }),
    };
    let wrap = place.method(quote!(fn wrap(__data: #data) -> #this), made);
    let own = place.give(quote!(<Self as #sm::State>::Data));
    let unwrap = place.method(quote!(fn unwrap(__machine: #this) -> #own), quote!(#check #given));
    let private_view = place.give_runtimes(quote!(#sm::View<#view_lifetime, Self>));
    let public_view = place.give(quote!(<Self as #sm::State>::View<#view_lifetime>));
    let public_view_mut = place.give(quote!(<Self as #sm::State>::ViewMut<#view_lifetime>));
    quote! {
        #[automatically_derived]
        #lints
        #[allow(private_interfaces)]
        impl #for_impl #sm::State for #marker #where_clause {
            type Enum = #this;
            #types
            const INDEX: ::core::primitive::u16 = #index;
            const HAS_DATA: ::core::primitive::bool = true;

            #[inline]
            #wrap

            #[inline]
            #unwrap

            #[inline]
            fn view<#view_lifetime>(__machine: &#view_lifetime #this) -> #private_view {
                #seen
            }

            #[inline]
            fn same<#view_lifetime>(__view: #private_view) -> #public_view
            where
                Self: #view_lifetime,
            {
                __view
            }
        }

        #[automatically_derived]
        #lints
        impl #for_impl #sm::Single for #marker #where_clause {
            #[inline]
            fn view_mut<#view_lifetime>(
                __machine: ::core::option::Option<&#view_lifetime mut #this>,
            ) -> #public_view_mut
            where
                Self: #view_lifetime,
            {
                match __machine {
                    ::core::option::Option::Some(#path #variant) => #borrowed_mut,
                    _ => #sm::__private::mismatch(),
                }
            }
        }
    }
}

/// What is made of the fields of the state that the machine is in.
fn taken_apart(out: &Emit, state: &State, shape: &Shape, into: &TokenStream) -> TokenStream {
    let (sm, path, variant) = (&out.sm, out.variant(state), &shape.variant);
    // With one variant there is no other to be surprised by.
    let is_only = out.machine.states.len() == 1 && out.machine.is_exhaustive();
    let otherwise = (!is_only).then(|| quote!(_ => #sm::__private::mismatch(),));
    quote! {
        match __machine {
            #path #variant => #into,
            #otherwise
        }
    }
}

fn viewed(out: &Emit, position: usize, state: &State, shape: &Shape) -> TokenStream {
    let Emit { sm, lints, where_clause, .. } = out;
    let generics = &out.machine.generics;
    let (lifetime, params) = (generics.view(), generics.for_impl_with_view());
    let marker = out.marker(position);
    let view = &shape.view;
    let ty = quote_spanned!(state.ident.span()=> type Borrowed = #view;);
    quote! {
        #[doc(hidden)]
        #[automatically_derived]
        #lints
        impl #params #sm::__private::Viewed<#lifetime> for #marker #where_clause {
            #ty
        }
    }
}

fn newtype(
    out: &Emit,
    position: usize,
    state: &State,
    ty: &TokenStream,
    shape: &Shape,
) -> TokenStream {
    let Emit { sm, lints, this, for_impl, where_clause, .. } = out;
    let (marker, view) = (out.marker(position), out.machine.generics.view());
    let (place, seen) = (Place::of(out, state), taken_apart(out, state, shape, &shape.borrowed));
    let ty_of_field = quote_spanned!(state.ident.span()=> type Field = #ty;);
    let field = quote!(fn field<#view>(__machine: &#view #this) -> &#view #ty);
    let field = place.method(field, seen.clone());
    let field_mut = quote!(fn field_mut<#view>(__machine: &#view mut #this) -> &#view mut #ty);
    let field_mut = place.method(field_mut, seen);
    quote! {
        #[automatically_derived]
        #lints
        #[allow(private_interfaces)]
        impl #for_impl #sm::Newtype for #marker #where_clause {
            #ty_of_field

            #[inline]
            #field

            #[inline]
            #field_mut
        }
    }
}

/// Where a state's only field is. What is wrong with its type is wrong with all that has to do with it,
/// and is said once if all of that is in one place. (That the type is less visible than the enum is said of
/// the types that are associated, and only a warning of the methods.)
struct Place<'a> {
    ty: Option<&'a TokenStream>,
    /// Whether the runtime's path is the user's, and has to stay where they wrote it.
    has_path: bool,
}

impl<'a> Place<'a> {
    fn of(out: &Emit, state: &'a State) -> Self {
        let ty = match &state.fields {
            Fields::One(ty) => Some(ty),
            Fields::None | Fields::Tuple(_) | Fields::Named(_) => None,
        };
        Self { ty, has_path: out.machine.attr.krate.is_some() }
    }

    /// The tokens in that place.
    fn give(&self, tokens: TokenStream) -> TokenStream {
        match self.ty {
            Some(ty) => in_place_of(tokens, ty),
            None => tokens,
        }
    }

    /// Tokens that begin with the runtime's path.
    fn give_runtimes(&self, tokens: TokenStream) -> TokenStream {
        if self.has_path { tokens } else { self.give(tokens) }
    }

    fn method(&self, signature: TokenStream, body: TokenStream) -> TokenStream {
        let signature = self.give(signature);
        self.give(quote!(#signature { #body }))
    }
}
