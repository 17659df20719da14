//! What is generated is as visible as the enum.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::Visibility;

use crate::tokens::from_inside;

/// The visibility as written in a module inside the one where it was written.
pub fn inside(vis: &Visibility) -> TokenStream {
    match vis {
        Visibility::Inherited => quote!(pub(super)),
        Visibility::Public(_) => vis.to_token_stream(),
        Visibility::Restricted(restricted) => {
            let path = &restricted.path;
            if path.is_ident("self") {
                quote!(pub(super))
            } else if path.is_ident("crate") {
                quote!(pub(crate))
            } else {
                let path = from_inside(path.to_token_stream());
                quote!(pub(in #path))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn the_module_is_as_visible_as_the_enum() {
        for (outside, expected) in [
            ("", "pub (super)"),
            ("pub", "pub"),
            ("pub(crate)", "pub (crate)"),
            ("pub(self)", "pub (super)"),
            ("pub(super)", "pub (in super :: super)"),
            ("pub(in super::super)", "pub (in super :: super :: super)"),
            ("pub(in self)", "pub (super)"),
            ("pub(in crate::a)", "pub (in crate :: a)"),
        ] {
            let vis = syn::parse_str(outside).expect("a visibility");
            assert_eq!(inside(&vis).to_string(), expected, "{outside}");
        }
    }
}
