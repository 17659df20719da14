//! What the runtime crate's `serde` feature adds. Whether it is on is not known here, so the runtime
//! crate is given what it takes and makes of it the impls, or nothing.

use proc_macro2::TokenStream;
use quote::quote;

use super::Emit;

pub fn items(out: &Emit) -> TokenStream {
    let Emit { machine, names, sm, lints, this, for_impl, args, .. } = out;
    let generics = &machine.generics;
    let (ident, kind) = (&names.machine, &names.kind);
    let (deserializer, never) = (generics.view(), generics.never());
    let for_deserialize = generics.for_impl_with_view();
    let predicates = generics.predicates();
    // Where the enum is its own kind, how it is serialized is the user's to say.
    let root = if machine.attr.krate.is_some() { &quote!(__statemachine) } else { sm };
    let of_kind =
        (!machine.is_fieldless()).then(|| quote!(#root::__private::serde_kind! { #kind }));
    let impls = quote! {
        #of_kind
        #root::__private::serde_machine! {
            (#ident #args) (#this) #deserializer #never
            (#for_impl) (#for_deserialize) (#predicates) (#lints)
        }
    };
    // A path of the user's that leads nowhere is reported for an import as it is for a type, and for a
    // macro in other words.
    match machine.attr.krate {
        Some(_) => quote!(const _: () = { use #sm as #root; #impls };),
        None => impls,
    }
}
