//! The data of a state with named fields: a struct that owns it, and two that borrow it.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::{Emit, docs};
use crate::{
    ast::{Field, Fields, State},
    generics::Generics,
    names::DataNames,
};

/// The three structs; nothing for a state without named fields.
pub fn items(out: &Emit, position: usize, state: &State) -> TokenStream {
    let (Fields::Named(fields), Some(names)) = (&state.fields, &out.state_names(position).data)
    else {
        return TokenStream::new();
    };
    let DataNames { owned, borrowed, borrowed_mut } = names;
    let generics = out.machine.generics.used_in(fields.iter().map(|field| &field.ty));
    let variant = format!("`{}::{}`", out.machine.name(), state.name);
    let view = generics.view();
    let the_enum = out.machine.name();
    // On the page, the impls would be there whether the enum has the traits or not.
    let as_the_enum_has = format!(
        " This has each of `Debug`, `Clone`, `Copy`, `PartialEq`, `Eq`, `PartialOrd`, `Ord`, `Hash` and \
         `Default` that `{the_enum}` has."
    );
    let shown = format!(" This has `Debug` if `{the_enum}` has it.");
    let structs = [
        (owned, "", &as_the_enum_has, quote!()),
        (borrowed, ", borrowed", &shown, quote!(&#view)),
        (borrowed_mut, ", borrowed for writing", &shown, quote!(&#view mut)),
    ];
    let mut items: TokenStream = structs
        .iter()
        .map(|(name, how, traits, reference)| {
            let mut doc = docs::before_variant(state, &format!(" The data of {variant}{how}."));
            let traits = docs::line(traits);
            doc.extend(quote!(#[doc = ""] #traits));
            let params =
                if how.is_empty() { generics.for_impl() } else { generics.for_impl_with_view() };
            definition(out, state, fields, &generics, &doc, name, &params, reference)
        })
        .collect();
    items.extend(copy(out, borrowed, &generics));
    items.extend(debug(out, borrowed, fields, &generics, true));
    items.extend(debug(out, borrowed_mut, fields, &generics, true));
    items.extend(debug(out, owned, fields, &generics, false));
    items.extend(as_the_enum(out, owned, fields, &generics));
    items.extend(super::serde::data(out, state, owned, fields, &generics));
    items
}

#[expect(clippy::too_many_arguments, reason = "one call, in a loop")]
fn definition(
    out: &Emit,
    state: &State,
    fields: &[Field],
    generics: &Generics,
    doc: &TokenStream,
    name: &Ident,
    params: &TokenStream,
    reference: &TokenStream,
) -> TokenStream {
    let Emit { lints, .. } = out;
    let vis = out.machine.vis;
    let non_exhaustive = state.is_non_exhaustive.then(|| quote!(#[non_exhaustive]));
    let where_clause = generics.where_clause();
    let fields = fields.iter().map(|field| {
        let (doc, Field { ident, ty, .. }) = (field_doc(field, state), field);
        quote!(#doc #vis #ident: #reference #ty)
    });
    // Should the name be taken, the compiler says so from the first token to the last.
    let (first, body) =
        (quote_spanned!(name.span()=> struct), quote_spanned!(name.span()=> { #(#fields,)* }));
    quote! {
        #doc
        #non_exhaustive
        #lints
        #[allow(
            dead_code,
            missing_copy_implementations,
            missing_debug_implementations,
            non_camel_case_types
        )]
        #vis #first #name #params #where_clause #body
    }
}

/// The bounds of an impl that is there if the enum and all fields have that trait of the runtime's, which
/// stands for another.
///
/// Under a bound over a lifetime, which makes the compiler look at them where the impl is used, and
/// not where it is written.
fn if_enum_is(out: &Emit, by: &TokenStream, fields: &[Field], generics: &Generics) -> TokenStream {
    let (sm, never) = (&out.sm, out.machine.generics.never());
    if_enum_has(out, &quote!(#sm::__private::#by<#never>), fields, generics)
}

/// The same for any trait.
pub fn if_enum_has(
    out: &Emit,
    of: &TokenStream,
    fields: &[Field],
    generics: &Generics,
) -> TokenStream {
    let this = out.this;
    let never = out.machine.generics.never();
    let predicates = generics.predicates();
    let types = fields.iter().map(|field| &field.ty);
    // A struct that does not have all of the enum's parameters cannot name the enum.
    let is_whole = generics.args().to_string() == out.args.to_string();
    let of_enum = is_whole.then(|| quote!(for<#never> #this: #of,));
    quote! {
        where
            #predicates
            #(#types: for<#never> #of,)*
            #of_enum
    }
}

/// Shows the fields, if the enum can be shown.
fn debug(
    out: &Emit,
    name: &Ident,
    fields: &[Field],
    generics: &Generics,
    is_borrowed: bool,
) -> TokenStream {
    let Emit { lints, .. } = out;
    let text = name.unraw().to_string();
    let idents = fields.iter().map(|field| field.ident);
    let names = fields.iter().map(|field| field.ident.unraw().to_string());
    let bounds = if_enum_is(out, &quote!(DebugBy), fields, generics);
    let (params, args) = if is_borrowed {
        (generics.for_impl_with_view(), generics.args_with_view())
    } else {
        (generics.for_impl(), generics.args())
    };
    quote! {
        #[doc(hidden)]
        #[automatically_derived]
        #lints
        impl #params ::core::fmt::Debug for #name #args #bounds {
            fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let mut __shown = ::core::fmt::Formatter::debug_struct(__f, #text);
                #(::core::fmt::DebugStruct::field(&mut __shown, #names, &self.#idents);)*
                ::core::fmt::DebugStruct::finish(&mut __shown)
            }
        }
    }
}

/// What else the owned data has if the enum does, as `#[derive]` would write it.
fn as_the_enum(out: &Emit, name: &Ident, fields: &[Field], generics: &Generics) -> TokenStream {
    let Emit { lints, .. } = out;
    let (params, args) = (generics.for_impl(), generics.args());
    let idents: Vec<_> = fields.iter().map(|field| field.ident).collect();
    let one = |by: TokenStream, of: TokenStream, body: TokenStream| {
        let bounds = if_enum_is(out, &by, fields, generics);
        quote! {
            #[doc(hidden)]
            #[automatically_derived]
            #lints
            #[allow(
                ambiguous_wide_pointer_comparisons,
                unpredictable_function_pointer_comparisons,
                clippy::expl_impl_clone_on_copy
            )]
            impl #params #of for #name #args #bounds {
                #body
            }
        }
    };
    let mut items = one(
        quote!(CloneBy),
        quote!(::core::clone::Clone),
        quote! {
            #[inline]
            fn clone(&self) -> Self {
                Self { #(#idents: ::core::clone::Clone::clone(&self.#idents),)* }
            }
        },
    );
    items.extend(one(quote!(CopyBy), quote!(::core::marker::Copy), quote!()));
    items.extend(one(
        quote!(PartialEqBy),
        quote!(::core::cmp::PartialEq),
        quote! {
            #[inline]
            fn eq(&self, __other: &Self) -> ::core::primitive::bool {
                true #(&& ::core::cmp::PartialEq::eq(&self.#idents, &__other.#idents))*
            }
        },
    ));
    items.extend(one(quote!(EqBy), quote!(::core::cmp::Eq), quote!()));
    items.extend(one(
        quote!(PartialOrdBy),
        quote!(::core::cmp::PartialOrd),
        quote! {
            fn partial_cmp(
                &self,
                __other: &Self,
            ) -> ::core::option::Option<::core::cmp::Ordering> {
                #(
                    match ::core::cmp::PartialOrd::partial_cmp(&self.#idents, &__other.#idents) {
                        ::core::option::Option::Some(::core::cmp::Ordering::Equal) => {}
                        __different => return __different,
                    }
                )*
                ::core::option::Option::Some(::core::cmp::Ordering::Equal)
            }
        },
    ));
    items.extend(one(
        quote!(OrdBy),
        quote!(::core::cmp::Ord),
        quote! {
            fn cmp(&self, __other: &Self) -> ::core::cmp::Ordering {
                #(
                    match ::core::cmp::Ord::cmp(&self.#idents, &__other.#idents) {
                        ::core::cmp::Ordering::Equal => {}
                        __different => return __different,
                    }
                )*
                ::core::cmp::Ordering::Equal
            }
        },
    ));
    items.extend(one(
        quote!(HashBy),
        quote!(::core::hash::Hash),
        quote! {
            fn hash<__H: ::core::hash::Hasher>(&self, __state: &mut __H) {
                #(::core::hash::Hash::hash(&self.#idents, __state);)*
            }
        },
    ));
    items.extend(one(
        quote!(DefaultBy),
        quote!(::core::default::Default),
        quote! {
            fn default() -> Self {
                Self { #(#idents: ::core::default::Default::default(),)* }
            }
        },
    ));
    items
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
