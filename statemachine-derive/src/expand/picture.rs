//! The machine's picture, with the `svg` feature.

use proc_macro2::TokenStream;

use crate::ast::Machine;

/// What is generated of the picture: nothing without the feature, or if it would be too large.
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
        use statemachine_picture::Drawing;

        let Some(Drawing { in_page, before, states, after }) =
            to_draw(machine).and_then(|machine| Drawing::of(&machine))
        else {
            return Self::default();
        };
        Self {
            // Empty lines around it, or Markdown takes it for text and what follows for HTML.
            docs: quote::quote!(#[doc = ""] #[doc = #in_page] #[doc = ""]),
            constant: quote::quote! {
                const DRAWING: &'static #sm::__private::Drawing = &#sm::__private::Drawing {
                    before: #before,
                    states: &[#(#states),*],
                    after: #after,
                };
            },
        }
    }
}

/// None if a target names no variant: the picture would not be the one that was meant.
#[cfg(feature = "svg")]
fn to_draw(machine: &Machine) -> Option<statemachine_picture::Machine> {
    if machine.declared().count() != machine.states.len() {
        return None;
    }
    let states = machine.states.iter().map(|state| statemachine_picture::State {
        name: state.name.clone(),
        has_data: state.has_data(),
        is_terminal: state.attr.terminal.is_some(),
        is_restored: state.attr.restored.is_some(),
        targets: state.targets.iter().map(|target| target.position).collect(),
    });
    Some(statemachine_picture::Machine {
        name: machine.name(),
        states: states.collect(),
        initial: machine.initial,
        reset: machine.attr.reset.is_some(),
        groups: machine
            .groups
            .iter()
            .map(|group| statemachine_picture::Group {
                name: group.name.clone(),
                states: group.states.clone(),
            })
            .collect(),
    })
}
