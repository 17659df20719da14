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
    let commit = Commit::to(out, target);
    let line = format!("machine.{method}().within(limit)?.{};", commit.in_a_line());
    if line.len() <= WIDTH {
        return code(&line);
    }
    code(&format!("machine\n     .{method}()\n     .within(limit)?\n     .{};", commit.at(4)))
}

/// The lines that a caller of a stored machine's transition writes next.
pub fn stored(out: &Emit, method: &Ident, target: usize) -> String {
    let right = format!("let right = machine.{method}().within(limit).await?;");
    code(&format!("{right}\n right.{}.await?;", Commit::to(out, target).at(0)))
}

/// How a transition to a state is committed, with the state's data.
struct Commit {
    opening: String,
    items: Vec<String>,
    closing: &'static str,
}

impl Commit {
    fn to(out: &Emit, target: usize) -> Self {
        let (opening, items, closing) =
            match (&out.machine.states[target].fields, &out.state_names(target).data) {
                (Fields::None, _) => ("commit(".to_owned(), Vec::new(), ")"),
                (Fields::Named(fields), Some(names)) => {
                    let fields = fields.iter().map(|field| field.ident.to_string()).collect();
                    (format!("commit_with({} {{", names.owned), fields, "})")
                }
                (Fields::Tuple(types), _) if types.len() <= LETTERS => {
                    let letters = ('a'..='z').take(types.len()).map(String::from).collect();
                    ("commit_with((".to_owned(), letters, "))")
                }
                (Fields::One(_) | Fields::Tuple(_) | Fields::Named(_), _) => {
                    ("commit_with(".to_owned(), vec!["data".to_owned()], ")")
                }
            };
        Self { opening, items, closing }
    }

    fn in_a_line(&self) -> String {
        let Self { opening, items, closing } = self;
        let space = if opening.ends_with('{') { " " } else { "" };
        format!("{opening}{space}{}{space}{closing}", items.join(", "))
    }

    /// The same with so much space before it, on as many lines as it takes.
    fn at(&self, indent: usize) -> String {
        let line = self.in_a_line();
        if indent + line.len() + ".;".len() <= WIDTH {
            return line;
        }
        let Self { opening, items, closing } = self;
        let space = " ".repeat(indent);
        let items: String = items.iter().map(|item| format!(" {space}    {item},\n")).collect();
        format!("{opening}\n{items} {space}{closing}")
    }
}

/// What the page has room for in one line.
const WIDTH: usize = 80;

/// How many letters there are to name what has no name.
const LETTERS: usize = 26;

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
