//! Doc comments: the user's where there are any, else a line of our own.

use std::fmt::Display;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::Attribute;

use super::Emit;
use crate::{
    ast::{Fields, State},
    tokens::as_generated,
};

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

/// The line that a caller of a transition writes next, with the data of its target.
pub fn committed(out: &Emit, method: &dyn Display, target: usize) -> String {
    let commit = commit(out, target);
    let line = format!("machine.{method}().within(limit)?.{commit};");
    if line.len() <= 100 {
        return code(&line);
    }
    code(&format!("machine\n     .{method}()\n     .within(limit)?\n     .{commit};"))
}

/// The commit to a state, with its data.
fn commit(out: &Emit, target: usize) -> String {
    match (&out.machine.states[target].fields, &out.state_names(target).data) {
        (Fields::None, _) => "commit()".to_owned(),
        (Fields::Named(fields), Some(names)) => {
            let fields: Vec<_> = fields.iter().map(|field| field.ident.to_string()).collect();
            format!("commit_with({} {{ {} }})", names.owned, fields.join(", "))
        }
        (Fields::Tuple(types), _) if types.len() <= 4 => {
            format!("commit_with(({}))", ["a", "b", "c", "d"][..types.len()].join(", "))
        }
        (Fields::One(_) | Fields::Tuple(_) | Fields::Named(_), _) => "commit_with(data)".to_owned(),
    }
}

/// The lines that a caller of a stored machine's transition writes next.
pub fn stored(out: &Emit, method: &Ident, target: usize) -> String {
    let commit = commit(out, target);
    code(&format!("let right = machine.{method}().within(limit).await?;\n right.{commit}.await?;"))
}

/// The line that a caller of a hold writes next.
pub fn held(method: &Ident, word: &str) -> String {
    // Some words are no names of variables, such as keywords.
    let guard = if syn::parse_str::<Ident>(word).is_ok() { word } else { "guard" };
    code(&format!("let {guard} = machine.{method}().within(limit)?;"))
}

/// The line that a waiter writes next.
pub fn awaited(method: &Ident) -> String {
    code(&format!("machine.{method}().await?;"))
}

/// Code behind a line of documentation. As text, it is no test of the user's crate, and none that
/// is listed as ignored.
fn code(lines: &str) -> String {
    format!("\n\n ```text\n {lines}\n ```")
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
