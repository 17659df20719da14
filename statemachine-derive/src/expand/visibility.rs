//! What is generated is as visible as the enum.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{Path, Visibility};

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
            } else if is_from_the_root(path) {
                // In a crate of 2015.
                quote!(pub(in crate::#path))
            } else {
                let path = from_inside(path.to_token_stream());
                quote!(pub(in #path))
            }
        }
    }
}

fn is_from_the_root(path: &Path) -> bool {
    let first = path.segments.first().map(|first| first.ident.to_string());
    path.leading_colon.is_none()
        && first.is_some_and(|first| !["self", "super", "crate"].contains(&first.as_str()))
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
            ("pub(in a::b)", "pub (in crate :: a :: b)"),
        ] {
            let vis = syn::parse_str(outside).expect("a visibility");
            assert_eq!(inside(&vis).to_string(), expected, "{outside}");
        }
    }
}
