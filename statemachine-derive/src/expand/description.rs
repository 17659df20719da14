//! What is known of the machine as a whole.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Emit, as_generated, machine::index};

/// `impl StateMachine for Connection`.
pub fn implementation(out: &Emit) -> TokenStream {
    let Emit { machine, sm, lints, this, for_impl, where_clause, .. } = out;
    let name = machine.name();
    let kind = kind(out);
    let transitions = transitions(out);
    let graph = graph(out);
    let groups = super::groups::constant(out);
    let indexes = machine.declared().map(|(position, state)| {
        let (variant, index) = (as_generated(&state.ident), index(position));
        quote!(Self::#variant { .. } => #index,)
    });
    let otherwise = (!machine.is_exhaustive()).then(|| quote!(_ => #sm::__private::mismatch(),));
    let dataless = || {
        machine
            .declared()
            .filter(|(_, state)| !state.has_data())
            .map(|(position, state)| (index(position), as_generated(&state.ident)))
    };
    let owned = dataless().map(|(index, variant)| quote!(#index => Self::#variant {},));
    let borrowed = dataless().map(|(index, variant)| quote!(#index => &Self::#variant {},));
    let view = machine.generics.view();
    let drawing = &out.picture.constant;
    let seal = out.seal(quote!(DerivedEnum), this);
    let check =
        machine.declared().any(|(_, state)| !state.has_data()).then(|| out.is_not_dropped(this));
    quote! {
        #seal


        #[automatically_derived]
        #lints
        impl #for_impl #sm::StateMachine for #this #where_clause {
            const NAME: &'static ::core::primitive::str = #name;
            const STATES: &'static [&'static ::core::primitive::str] = <#kind as #sm::Kind>::NAMES;
            const TRANSITIONS: &'static [(&'static ::core::primitive::str, &'static ::core::primitive::str)] = &[#(#transitions),*];
            #groups
            type Kind = #kind;
            const GRAPH: &'static #sm::__private::Graph = &#graph;
            #drawing

            #[inline]
            fn index(&self) -> ::core::primitive::u16 {
                match self {
                    #(#indexes)*
                    #otherwise
                }
            }

            #[inline]
            fn dataless(__index: ::core::primitive::u16) -> Self {
                match __index {
                    #(#owned)*
                    _ => #sm::__private::mismatch(),
                }
            }

            #[inline]
            fn dataless_ref<#view>(__index: ::core::primitive::u16) -> &#view Self
            where
                Self: #view,
            {
                #check
                match __index {
                    #(#borrowed)*
                    _ => #sm::__private::mismatch(),
                }
            }
        }
    }
}

/// The kind's type: the enum itself where no variant has data.
fn kind(out: &Emit) -> TokenStream {
    if out.machine.is_fieldless() {
        out.this.clone()
    } else {
        let kind = &out.names.kind;
        quote!(#kind)
    }
}

fn transitions(out: &Emit) -> Vec<TokenStream> {
    let states = &out.machine.states;
    let mut transitions = Vec::new();
    for state in states {
        for target in &state.targets {
            let (from, to) = (&state.name, &states[target.position].name);
            transitions.push(quote!((#from, #to)));
        }
    }
    transitions
}

fn graph(out: &Emit) -> TokenStream {
    let Emit { machine, sm, graph, .. } = out;
    let mut sources = vec![Vec::new(); machine.states.len()];
    for state in &machine.states {
        for target in &state.targets {
            sources[target.position].push(state.name.as_str());
        }
    }
    let nodes = machine.states.iter().zip(sources).map(|(state, sources)| {
        let data = state.has_data();
        let terminal = state.attr.terminal.is_some();
        let restored = state.attr.restored.is_some();
        quote! {
            #sm::__private::Node {
                data: #data,
                terminal: #terminal,
                restored: #restored,
                sources: &[#(#sources),*],
            }
        }
    });
    let initial = index(machine.initial);
    let reset = machine.attr.reset.is_some();
    let (reach, sources) = (graph.reach(), graph.sources());
    quote! {
        #sm::__private::Graph {
            initial: #initial,
            reset: #reset,
            nodes: &[#(#nodes),*],
            reach: &[#(#reach),*],
            sources: &[#(#sources),*],
        }
    }
}
