//! Attributes: `#[machine(...)]` and `#[state(...)]` into values that keep their spans.
//!
//! Each entry between two commas is read by itself, so that a mistake in one leaves the others
//! understood.

use std::mem;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::{Attribute, Meta, Path, ext::IdentExt as _, parse::Parser as _};

use crate::{ctxt::Ctxt, resolve::nearest, tokens::flatten};

/// What `#[machine(...)]` says.
#[derive(Default)]
pub struct MachineAttr {
    pub name: Option<Ident>,
    pub states: Option<Ident>,
    pub kind: Option<Ident>,
    /// Where `reset` stands.
    pub reset: Option<Span>,
    pub can_always_reach: Vec<Ident>,
    pub krate: Option<Path>,
}

/// What `#[state(...)]` says; a flag is where it stands.
#[derive(Default)]
pub struct StateAttr {
    pub initial: Option<Span>,
    pub to: Option<Vec<Ident>>,
    pub terminal: Option<Span>,
    pub restored: Option<Span>,
    pub name: Option<Ident>,
}

const MACHINE_KEYS: Keys = Keys {
    attribute: "machine",
    all: &["name", "states", "kind", "reset", "can_always_reach", "crate"],
    usage: "`name = Type`, `states = module`, `kind = Type`, `reset`, `can_always_reach(A, B)` and `crate = path`",
};

const STATE_KEYS: Keys = Keys {
    attribute: "state",
    all: &["initial", "to", "terminal", "restored", "name"],
    usage: "`initial`, `to(A, B)`, `terminal`, `restored` and `name = word`",
};

impl MachineAttr {
    /// Reads the enum's attributes.
    pub fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut read = Self::default();
        for entry in entries(cx, attrs, &MACHINE_KEYS, &STATE_KEYS) {
            match entry.key.to_string().as_str() {
                "name" => read.name = entry.ident(cx, "name = Type"),
                "states" => read.states = entry.ident(cx, "states = module"),
                "kind" => read.kind = entry.ident(cx, "kind = Type"),
                "reset" => read.reset = Some(entry.flag(cx)),
                "can_always_reach" => {
                    read.can_always_reach = entry.list(cx).unwrap_or_default();
                }
                _ => read.krate = entry.path(cx),
            }
        }
        read
    }
}

impl StateAttr {
    /// Reads a variant's attributes.
    pub fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut read = Self::default();
        for entry in entries(cx, attrs, &STATE_KEYS, &MACHINE_KEYS) {
            match entry.key.to_string().as_str() {
                "initial" => read.initial = Some(entry.flag(cx)),
                "to" => read.to = Some(entry.list(cx).unwrap_or_default()),
                "terminal" => read.terminal = Some(entry.flag(cx)),
                "restored" => read.restored = Some(entry.flag(cx)),
                _ => read.name = entry.ident(cx, "name = word"),
            }
        }
        read
    }
}

/// Reports attributes where neither kind belongs: they would be ignored in silence.
pub fn refuse(cx: &Ctxt, attrs: &[Attribute], place: &str) {
    for attr in attrs {
        for keys in [&MACHINE_KEYS, &STATE_KEYS] {
            if attr.path().is_ident(keys.attribute) {
                let Keys { attribute, .. } = keys;
                cx.error(
                    name_span(attr),
                    format_args!(
                        "`#[{attribute}]` does not belong on {place}; `#[machine(...)]` goes on the enum and `#[state(...)]` on a variant"
                    ),
                );
            }
        }
    }
}

/// The keys that an attribute takes.
struct Keys {
    attribute: &'static str,
    all: &'static [&'static str],
    usage: &'static str,
}

/// One `key`, `key(...)` or `key = value`.
struct Entry {
    key: Ident,
    form: Form,
}

enum Form {
    Flag,
    List(Group),
    Value(TokenStream),
    /// Already reported.
    Malformed,
}

impl Entry {
    /// Where the flag stands: a value too many is reported, and the flag taken as given.
    fn flag(&self, cx: &Ctxt) -> Span {
        if matches!(self.form, Form::List(_) | Form::Value(_)) {
            let Self { key, .. } = self;
            cx.error(key.span(), format_args!("`{key}` takes no value; write `{key}` alone"));
        }
        self.key.span()
    }

    fn ident(&self, cx: &Ctxt, usage: &str) -> Option<Ident> {
        let tokens = self.value(cx, usage)?;
        let mut rest = tokens.clone().into_iter();
        if let (Some(TokenTree::Ident(ident)), None) = (rest.next(), rest.next()) {
            return Some(ident);
        }
        let span = tokens.into_iter().next().map_or(self.key.span(), |t| t.span());
        cx.error(span, format_args!("this is not a name; write `{usage}`, without quotes"));
        None
    }

    fn path(&self, cx: &Ctxt) -> Option<Path> {
        let tokens = self.value(cx, "crate = path")?;
        let span = tokens.clone().into_iter().next().map_or(self.key.span(), |t| t.span());
        let path = Path::parse_mod_style.parse2(tokens);
        if path.is_err() {
            cx.error(
                span,
                "this is not a path; write `crate = path::to::statemachine`, without quotes",
            );
        }
        path.ok()
    }

    fn value(&self, cx: &Ctxt, usage: &str) -> Option<TokenStream> {
        match &self.form {
            Form::Value(tokens) => Some(tokens.clone()),
            Form::Malformed => None,
            Form::Flag | Form::List(_) => {
                let Self { key, .. } = self;
                cx.error(key.span(), format_args!("`{key}` needs a value; write `{usage}`"));
                None
            }
        }
    }

    /// The names in `key(A, B)`.
    fn list(&self, cx: &Ctxt) -> Option<Vec<Ident>> {
        let Self { key, form } = self;
        let group = match form {
            Form::List(group) => group,
            Form::Malformed => return None,
            Form::Flag | Form::Value(_) => {
                cx.error(
                    key.span(),
                    format_args!("`{key}` needs a list of states; write `{key}(A, B)`"),
                );
                return None;
            }
        };
        let mut names = Vec::new();
        let entries = split_at_commas(cx, group.stream());
        let empty = entries.is_empty();
        for entry in entries {
            let mut rest = entry.into_iter();
            match (rest.next(), rest.next()) {
                (Some(TokenTree::Ident(name)), None) => names.push(name),
                (Some(TokenTree::Ident(_)), Some(TokenTree::Ident(second))) => cx.error(
                    second.span(),
                    format_args!("unexpected `{second}`; separate states with commas"),
                ),
                (first, _) => cx.error(
                    first.map_or(key.span(), |token| token.span()),
                    format_args!(
                        "this is not a state; `{key}` takes the names of variants, without path, data or quotes"
                    ),
                ),
            }
        }
        if empty {
            cx.error(
                key.span(),
                format_args!("`{key}` names no state; write `{key}(A, B)` or remove it"),
            );
        }
        Some(names)
    }
}

/// The well-formed entries of all attributes of one name, each key once.
fn entries(cx: &Ctxt, attrs: &[Attribute], keys: &Keys, others: &Keys) -> Vec<Entry> {
    let Keys { attribute, .. } = keys;
    let mut entries: Vec<Entry> = Vec::new();
    for attr in attrs {
        if attr.path().is_ident(others.attribute) {
            let wrong = others.attribute;
            let place = if wrong == "machine" { "the enum" } else { "a variant" };
            cx.error(
                name_span(attr),
                format_args!("`#[{wrong}]` belongs on {place}; here it is `#[{attribute}(...)]`"),
            );
        }
        if !attr.path().is_ident(attribute) {
            continue;
        }
        let tokens = match &attr.meta {
            Meta::Path(_) => continue,
            Meta::List(list) if matches!(list.delimiter, syn::MacroDelimiter::Paren(_)) => {
                list.tokens.clone()
            }
            Meta::List(_) | Meta::NameValue(_) => {
                cx.error(
                    name_span(attr),
                    format_args!("`{attribute}` takes a list of keys; write `#[{attribute}(...)]`"),
                );
                continue;
            }
        };
        for tokens in split_at_commas(cx, tokens) {
            let Some(entry) = entry(cx, tokens, keys, others) else {
                continue;
            };
            if entries.iter().any(|earlier| earlier.key == entry.key) {
                let Entry { key, .. } = &entry;
                cx.error(key.span(), format_args!("`{key}` is given twice; keep one of the two"));
            } else {
                entries.push(entry);
            }
        }
    }
    entries
}

/// Reads one entry, or reports why it is none.
fn entry(cx: &Ctxt, tokens: Vec<TokenTree>, keys: &Keys, others: &Keys) -> Option<Entry> {
    let mut tokens = tokens.into_iter();
    let key = match tokens.next()? {
        TokenTree::Ident(key) => key.unraw(),
        other => {
            cx.error(
                other.span(),
                format_args!("this is not a key; `#[{}]` takes {}", keys.attribute, keys.usage),
            );
            return None;
        }
    };
    let name = key.to_string();
    if !keys.all.contains(&name.as_str()) {
        cx.error(key.span(), unknown_key(&name, keys, others));
        return None;
    }
    let form = match tokens.next() {
        None => Form::Flag,
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            match tokens.next() {
                None => Form::List(group),
                Some(extra) => {
                    unexpected(cx, &extra);
                    Form::List(group)
                }
            }
        }
        Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => {
            let value: TokenStream = tokens.collect();
            if value.is_empty() {
                cx.error(
                    punct.span(),
                    format_args!("`{key} =` lacks its value; write one after the `=`"),
                );
                Form::Malformed
            } else {
                Form::Value(value)
            }
        }
        Some(extra) => {
            unexpected(cx, &extra);
            Form::Flag
        }
    };
    Some(Entry { key, form })
}

fn unexpected(cx: &Ctxt, token: &TokenTree) {
    let what = match token {
        TokenTree::Group(_) => "brackets".to_owned(),
        token => format!("`{token}`"),
    };
    cx.error(token.span(), format_args!("unexpected {what}; separate keys with commas"));
}

fn unknown_key(name: &str, keys: &Keys, others: &Keys) -> String {
    let Keys { attribute, all, usage } = keys;
    if others.all.contains(&name) {
        let place = if others.attribute == "machine" { "the enum" } else { "a variant" };
        return format!(
            "`{name}` is no key of `#[{attribute}]`; it belongs on {place}, in `#[{}(...)]`",
            others.attribute
        );
    }
    match nearest(name, all.iter().copied()) {
        Some(near) => format!("unknown key `{name}`; did you mean `{near}`?"),
        None => format!("unknown key `{name}`; `#[{attribute}]` takes {usage}"),
    }
}

/// The runs of tokens between commas; one comma at the end is fine, an empty run is reported.
///
/// What a `macro_rules!` fragment wraps in invisible brackets is taken out of them.
fn split_at_commas(cx: &Ctxt, tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut runs = Vec::new();
    let mut run = Vec::new();
    for token in flatten(tokens) {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                if run.is_empty() {
                    cx.error(punct.span(), "nothing before this comma; remove it");
                } else {
                    runs.push(mem::take(&mut run));
                }
            }
            token => run.push(token),
        }
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs
}

fn name_span(attr: &Attribute) -> Span {
    attr.path().segments.first().map_or_else(Span::call_site, |segment| segment.ident.span())
}
