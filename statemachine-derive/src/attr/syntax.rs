//! The syntax that both attributes have: entries between commas, each a `key`, a `key(...)` or a
//! `key = value`.
//!
//! Each entry is read by itself, so that a mistake in one leaves the others understood.

use std::{collections::VecDeque, mem};

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::{Attribute, Meta, Path, ext::IdentExt as _, parse::Parser as _};

use crate::{ctxt::Ctxt, resolve::nearest, tokens::flatten};

/// The keys that an attribute takes.
pub struct Keys {
    pub attribute: &'static str,
    /// What it belongs on.
    pub place: &'static str,
    pub all: &'static [&'static str],
    pub usage: &'static str,
}

/// The well-formed entries of all attributes of one name.
pub struct Entries {
    /// Each key once, but for those with lists.
    pub all: Vec<Entry>,
    /// Whether an attribute as a whole was not understood.
    pub is_garbled: bool,
}

/// One entry, with a key that is known.
pub struct Entry {
    /// As it stands in the attribute, be it misspelt.
    ident: Ident,
    key: &'static str,
    form: Form,
}

enum Form {
    Flag,
    List(Group),
    Value(TokenStream),
    /// Already reported.
    Malformed,
}

/// What a list names.
#[derive(Default)]
pub struct List {
    pub names: Vec<Ident>,
    /// Whether something in it was reported and left out.
    pub is_garbled: bool,
}

/// Reads all attributes that take these keys; those that take the others are out of place.
pub fn entries(cx: &Ctxt, attrs: &[Attribute], keys: &Keys, others: &Keys) -> Entries {
    let Keys { attribute, .. } = keys;
    let mut entries = Entries { all: Vec::new(), is_garbled: false };
    for attr in attrs {
        if attr.path().is_ident(others.attribute) {
            let Keys { attribute: wrong, place, .. } = others;
            cx.error(
                name_span(attr),
                format_args!("`#[{wrong}]` belongs on {place}; here it is `#[{attribute}(...)]`"),
            );
        }
        if !attr.path().is_ident(attribute) {
            continue;
        }
        match &attr.meta {
            Meta::Path(_) => {}
            Meta::List(list) if matches!(list.delimiter, syn::MacroDelimiter::Paren(_)) => {
                for run in split_at_commas(cx, list.tokens.clone()) {
                    add_run(cx, run, keys, others, &mut entries.all);
                }
            }
            Meta::List(_) | Meta::NameValue(_) => {
                entries.is_garbled = true;
                cx.error(
                    name_span(attr),
                    format_args!("`{attribute}` takes a list of keys; write `#[{attribute}(...)]`"),
                );
            }
        }
    }
    entries
}

/// Where an attribute's name stands.
pub fn name_span(attr: &Attribute) -> Span {
    let first = attr.path().segments.first();
    first.map_or_else(Span::call_site, |segment| segment.ident.span())
}

/// Reads what stands between two commas: one entry or, with the comma between them forgotten, more.
fn add_run(
    cx: &Ctxt,
    run: VecDeque<TokenTree>,
    keys: &Keys,
    others: &Keys,
    entries: &mut Vec<Entry>,
) {
    let mut rest = run;
    while let Some(entry) = entry(cx, &mut rest, keys, others) {
        let is_given = entries.iter().any(|earlier| earlier.key == entry.key);
        if is_given && entry.key != "group" {
            cx.error(
                entry.ident.span(),
                format_args!("`{}` is given twice; keep one of the two", entry.key),
            );
        }
        // Both lists count, so that uses of what either names bring no errors.
        if !is_given || entry.key == "group" || matches!(entry.form, Form::List(_)) {
            entries.push(entry);
        }
        let Some(next) = rest.front() else { return };
        let what = match next {
            TokenTree::Group(_) => "brackets".to_owned(),
            token => format!("`{token}`"),
        };
        cx.error(next.span(), format_args!("unexpected {what}; separate keys with commas"));
        let is_key =
            matches!(next, TokenTree::Ident(next) if keys.all.iter().any(|key| next == key));
        if !is_key {
            return;
        }
    }
}

/// Takes one entry off the tokens, or reports why they start with none.
fn entry(cx: &Ctxt, tokens: &mut VecDeque<TokenTree>, keys: &Keys, others: &Keys) -> Option<Entry> {
    let Keys { attribute, usage, .. } = keys;
    let ident = match tokens.pop_front()? {
        TokenTree::Ident(ident) => ident,
        other => {
            cx.error(
                other.span(),
                format_args!("this is not a key; `#[{attribute}]` takes {usage}"),
            );
            return None;
        }
    };
    let key = known_key(cx, &ident, keys, others)?;
    let form = match tokens.front() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            let form = Form::List(group.clone());
            tokens.pop_front();
            form
        }
        Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => {
            let span = punct.span();
            let value: TokenStream = mem::take(tokens).into_iter().skip(1).collect();
            if value.is_empty() {
                cx.error(span, format_args!("`{key} =` lacks its value; write one after the `=`"));
                Form::Malformed
            } else {
                Form::Value(value)
            }
        }
        _ => Form::Flag,
    };
    Some(Entry { ident, key, form })
}

/// The key of that name or, where it was reported as misspelt, the one that was surely meant.
fn known_key(cx: &Ctxt, ident: &Ident, keys: &Keys, others: &Keys) -> Option<&'static str> {
    let name = ident.unraw().to_string();
    let Keys { attribute, usage, .. } = keys;
    if let Some(key) = keys.all.iter().find(|key| **key == name) {
        return Some(key);
    }
    if others.all.contains(&name.as_str()) {
        let Keys { attribute: other, place, .. } = others;
        cx.error(
            ident.span(),
            format_args!(
                "`{name}` is not a key of `#[{attribute}]`; it belongs on {place}, in `#[{other}(...)]`"
            ),
        );
        return None;
    }
    let near = nearest(&name, keys.all.iter().copied());
    let remedy = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("`#[{attribute}]` takes {usage}"),
    };
    cx.error(ident.span(), format_args!("unknown key `{name}`; {remedy}"));
    near
}

impl Entry {
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// Where the flag stands: a value too many is reported, and the flag taken as given.
    pub fn flag(&self, cx: &Ctxt) -> Span {
        let Self { ident, key, form } = self;
        if matches!(form, Form::List(_) | Form::Value(_)) {
            cx.error(ident.span(), format_args!("`{key}` takes no value; write `{key}` alone"));
        }
        ident.span()
    }

    /// The value, which is one name.
    pub fn ident(&self, cx: &Ctxt, usage: &str) -> Option<Ident> {
        let tokens = flatten(self.value(cx, usage)?);
        if let [TokenTree::Ident(ident)] = tokens.as_slice() {
            return Some(ident.clone());
        }
        cx.error(
            self.first_span(&tokens),
            format_args!("this is not a name; write `{usage}`, without quotes"),
        );
        None
    }

    /// The value, which is a path.
    pub fn path(&self, cx: &Ctxt) -> Option<Path> {
        let tokens = flatten(self.value(cx, "crate = path")?);
        let span = self.first_span(&tokens);
        let path = Path::parse_mod_style.parse2(tokens.into_iter().collect());
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
                cx.error(
                    self.ident.span(),
                    format_args!("`{}` needs a value; write `{usage}`", self.key),
                );
                None
            }
        }
    }

    fn first_span(&self, tokens: &[TokenTree]) -> Span {
        tokens.first().map_or_else(|| self.ident.span(), TokenTree::span)
    }

    /// Where the key stands, and whatever is in `key(..)`.
    pub fn tokens(&self, cx: &Ctxt, usage: &str) -> Option<(Span, TokenStream)> {
        match &self.form {
            Form::List(group) => Some((self.ident.span(), group.stream())),
            Form::Malformed => None,
            Form::Flag | Form::Value(_) => {
                cx.error(
                    self.ident.span(),
                    format_args!("`{}` needs a list; write `{usage}`", self.key),
                );
                None
            }
        }
    }

    /// The names in `key(A, B)`.
    pub fn list(&self, cx: &Ctxt) -> List {
        let Self { ident, key, form } = self;
        let mut list = List { names: Vec::new(), is_garbled: true };
        let group = match form {
            Form::List(group) => group,
            Form::Malformed => return list,
            Form::Flag | Form::Value(_) => {
                cx.error(
                    ident.span(),
                    format_args!("`{key}` needs a list of states; write `{key}(A, B)`"),
                );
                return list;
            }
        };
        let runs = split_at_commas(cx, group.stream());
        if runs.is_empty() {
            cx.error(
                ident.span(),
                format_args!("`{key}` names no state; write `{key}(A, B)` or remove it"),
            );
            return list;
        }
        list.is_garbled = false;
        for run in runs {
            self.add_names(cx, run, &mut list);
        }
        list
    }

    /// Reads what stands between two commas: one name or, with the comma between them forgotten,
    /// more.
    fn add_names(&self, cx: &Ctxt, run: VecDeque<TokenTree>, list: &mut List) {
        let is_names = run.iter().all(|token| matches!(token, TokenTree::Ident(_)));
        let span = run.front().map_or_else(|| self.ident.span(), TokenTree::span);
        let mut names = run.into_iter().filter_map(|token| match token {
            TokenTree::Ident(name) => Some(name),
            _ => None,
        });
        if !is_names {
            cx.error(
                span,
                format_args!(
                    "this is not a state; `{}` takes the names of variants, without path, data or quotes",
                    self.key
                ),
            );
            // The last name in a path is the variant's.
            let variant = names.next_back();
            list.is_garbled |= variant.is_none();
            list.names.extend(variant);
            return;
        }
        list.names.extend(names.next());
        for name in names {
            cx.error(name.span(), format_args!("unexpected `{name}`; separate states with commas"));
            list.names.push(name);
        }
    }
}

/// The runs of tokens between commas; one comma at the end is fine, an empty run is reported.
///
/// What a `macro_rules!` fragment wraps in invisible brackets is taken out of them.
fn split_at_commas(cx: &Ctxt, tokens: TokenStream) -> Vec<VecDeque<TokenTree>> {
    let mut runs = Vec::new();
    let mut run = VecDeque::new();
    for token in flatten(tokens) {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                if run.is_empty() {
                    cx.error(punct.span(), "nothing before this comma; remove it");
                } else {
                    runs.push(mem::take(&mut run));
                }
            }
            token => run.push_back(token),
        }
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs
}
