//! The machine's picture, with the `svg` feature: laid out and drawn when the declaration is
//! compiled, so that whoever looks at it needs nothing for it.
//!
//! [`scene`] says what there is to see, [`layout`] where, and [`svg`] writes it down.

#[cfg(feature = "svg")]
mod layout;
#[cfg(feature = "svg")]
mod scene;
#[cfg(feature = "svg")]
mod svg;

use proc_macro2::TokenStream;

use crate::ast::Machine;

/// What is generated of the picture: nothing without the feature, or where it would be too large.
#[derive(Default)]
pub struct Picture {
    /// For the generated machine.
    pub docs: TokenStream,
    /// For the description of the machine: the pieces from which the runtime crate makes pictures of
    /// the type and of live machines.
    pub constant: TokenStream,
}

impl Picture {
    #[cfg(not(feature = "svg"))]
    pub fn of(_: &Machine, _: &TokenStream) -> Self {
        Self::default()
    }

    #[cfg(feature = "svg")]
    pub fn of(machine: &Machine, sm: &TokenStream) -> Self {
        Self::drawn(machine, sm).unwrap_or_default()
    }

    #[cfg(feature = "svg")]
    fn drawn(machine: &Machine, sm: &TokenStream) -> Option<Self> {
        let scene = scene::Scene::of(machine)?;
        let layout = layout::Layout::of(&scene)?;
        let docs = svg::for_docs(&scene, &layout);
        let svg::Parts { before, states, after } = svg::in_parts(&scene, &layout);
        Some(Self {
            // Empty lines around it, or Markdown takes it for text and what follows for HTML.
            docs: quote::quote!(#[doc = ""] #[doc = #docs] #[doc = ""]),
            constant: quote::quote! {
                const DRAWING: &'static #sm::__private::Drawing = &#sm::__private::Drawing {
                    before: #before,
                    states: &[#(#states),*],
                    after: #after,
                };
            },
        })
    }
}
