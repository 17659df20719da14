//! Doc comments: the user's where there are any, else a line of our own.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::Attribute;

use super::Emit;
use crate::{ast::State, tokens::as_generated};

/// What the variant's own docs say; where it has none, the line.
pub fn of_variant(state: &State, line: impl FnOnce() -> String) -> TokenStream {
    if state.docs.is_empty() { self::line(&line()) } else { copied(&state.docs) }
}

/// The line, then what the variant's own docs say.
pub fn before_variant(state: &State, line: &str) -> TokenStream {
    let line = self::line(line);
    if state.docs.is_empty() {
        return line;
    }
    let docs = copied(&state.docs);
    quote!(#line #[doc = ""] #docs)
}

/// One line of documentation.
pub fn line(text: &str) -> TokenStream {
    quote!(#[doc = #text])
}

/// The same attributes on another item; an example in them is tested where it was written.
pub fn copied(docs: &[&Attribute]) -> TokenStream {
    let mut copies = TokenStream::new();
    let may_have_examples = docs.iter().any(|doc| may_be_code(&doc.to_token_stream().to_string()));
    for doc in docs {
        let meta = as_generated(doc.meta.to_token_stream());
        copies.extend(if may_have_examples {
            quote!(#[cfg_attr(not(doctest), #meta)])
        } else {
            quote!(#[#meta])
        });
    }
    copies
}

/// Whether the text has what may begin code in Markdown.
fn may_be_code(text: &str) -> bool {
    ["```", "~~~", "     ", "\t", "\\t", "\\n"].iter().any(|code| text.contains(code))
        || text.contains("include_str")
}

/// Whether a variant's docs may have links: in the states' module they mean something else, or
/// nothing.
pub fn have_links(state: &State) -> bool {
    state.docs.iter().any(|doc| doc.to_token_stream().to_string().contains('['))
}

/// The transitions as a table.
pub fn table(out: &Emit) -> String {
    let states = &out.machine.states;
    let mut lines =
        vec![String::new(), " | from | to | method |".to_owned(), " |---|---|---|".to_owned()];
    let row = |from: &str, to: &str, method: &str| {
        format!(" | {from} | `{to}` | [`{method}`](Self::{method}) |")
    };
    for (state, names) in states.iter().zip(&out.names.states) {
        let from = format!("`{}`", state.name);
        for (target, method) in state.targets.iter().zip(&names.transitions) {
            lines.push(row(&from, &states[target.position].name, &method.to_string()));
        }
    }
    if out.machine.attr.reset.is_some() {
        lines.push(row("any", &states[out.machine.initial].name, "reset"));
    }
    lines.join("\n")
}
