//! The syntax that both attributes have: entries between commas, each a `key`, a `key(...)` or a
//! `key = value`.
//!
//! Each entry is read by itself, so that a mistake in one leaves the others understood.

use std::{collections::VecDeque, iter, mem};

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, LitStr, Meta, Path, ext::IdentExt as _, parse::Parser as _};

use crate::{ctxt::Ctxt, names, resolve::nearest, tokens::flatten};

/// The keys that an attribute takes.
pub struct Keys {
    pub attribute: &'static str,
    /// As messages call it.
    pub title: &'static str,
    /// What it belongs on.
    pub place: &'static str,
    pub all: &'static [&'static str],
    /// Those of them that take a list of states.
    pub lists: &'static [&'static str],
    /// Those that may be given any number of times.
    pub repeated: &'static [&'static str],
    pub usage: &'static str,
}

/// The well-formed entries of all attributes of one name.
#[derive(Default)]
pub struct Entries {
    /// Each key once, but for those with lists and those that repeat.
    pub all: Vec<Entry>,
    /// Whether something was reported and left out.
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
    /// The names of a list that lacks its round brackets, which was reported.
    Names(Vec<Ident>),
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
    let mut entries = Entries::default();
    for attr in attrs {
        if attr.path().is_ident(others.attribute) {
            let Keys { attribute: wrong, place, .. } = others;
            cx.error(
                name_span(attr),
                format_args!("`#[{wrong}]` belongs on {place}; here it is `#[{attribute}(...)]`"),
            );
            let meant = arguments(attr).and_then(|tokens| as_if_right(tokens, keys, others));
            match meant {
                Some(meant) => entries.all.extend(meant),
                None => entries.is_garbled = true,
            }
        }
        if !attr.path().is_ident(attribute) {
            continue;
        }
        match &attr.meta {
            Meta::Path(_) => {}
            Meta::List(list) if matches!(list.delimiter, syn::MacroDelimiter::Paren(_)) => {
                add_attribute(cx, list.tokens.clone(), keys, others, &mut entries);
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
    if !attrs.iter().any(|attr| attr.path().is_ident(attribute)) {
        // Rust itself reports an attribute that there is not.
        for attr in attrs {
            let mut meant = meanings(attr, keys).into_iter().flatten();
            let right = meant.find_map(|tokens| as_if_right(tokens, keys, others));
            entries.all.extend(right.into_iter().flatten());
        }
    }
    entries
}

/// What stands in the brackets of an attribute under another name, if it is what this one could say.
fn as_if_right(tokens: TokenStream, keys: &Keys, others: &Keys) -> Option<Vec<Entry>> {
    let cx = Ctxt::new();
    let mut entries = Entries::default();
    add_attribute(&cx, tokens, keys, others, &mut entries);
    let is_right = cx.into_compile_errors().is_empty() && !entries.is_garbled;
    is_right.then_some(entries.all)
}

fn arguments(attr: &Attribute) -> Option<TokenStream> {
    let Meta::List(list) = &attr.meta else { return None };
    Some(list.tokens.clone())
}

/// What an attribute that there is not may have been meant to say: its own list if its name is near, as
/// that of `states(..)` is, and itself as a key, as in `#[to(A)]`, `#[transition(A)]` and
/// `#[state::terminal]`.
fn meanings(attr: &Attribute, keys: &Keys) -> [Option<TokenStream>; 2] {
    let segments: Vec<_> =
        attr.path().segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
    let (name, keys_meant) = match segments.as_slice() {
        // Alone it may be an attribute of another derive, unless it is a list of states.
        [name] => (name, keys.lists),
        [first, name] if ["state", "machine"].contains(&first.as_str()) => (name, keys.all),
        _ => return [None, None],
    };
    let other_words = ["transition", "transitions"].contains(&name.as_str());
    let meant = if other_words { "to" } else { name };
    let key = keys_meant.iter().find(|key| meant == **key);
    let key = key.map(|key| Ident::new(key, name_span(attr)));
    let list = arguments(attr);
    let as_key = match (key, &list, &attr.meta) {
        (Some(key), Some(list), _) => Some(quote!(#key(#list))),
        (Some(key), None, Meta::Path(_)) if key != "to" => Some(quote!(#key)),
        _ => None,
    };
    let is_near = nearest(name, iter::once(keys.attribute)).is_some();
    [list.filter(|_| is_near || other_words), as_key]
}

/// Reads what stands in the brackets of one attribute.
fn add_attribute(
    cx: &Ctxt,
    tokens: TokenStream,
    keys: &Keys,
    others: &Keys,
    entries: &mut Entries,
) {
    add_runs(cx, split_at_commas(cx, tokens).into(), keys, others, entries);
}

/// The well-formed entries among what stands between commas.
pub fn entries_of(
    cx: &Ctxt,
    runs: VecDeque<VecDeque<TokenTree>>,
    keys: &Keys,
    others: &Keys,
) -> Entries {
    let mut entries = Entries::default();
    add_runs(cx, runs, keys, others, &mut entries);
    entries
}

fn add_runs(
    cx: &Ctxt,
    mut runs: VecDeque<VecDeque<TokenTree>>,
    keys: &Keys,
    others: &Keys,
    entries: &mut Entries,
) {
    let earlier = entries.all.len();
    while let Some(mut run) = runs.pop_front() {
        if let Some(entry) = without_brackets(cx, &mut run, &mut runs, keys) {
            add_entry(cx, entry, keys, entries, earlier);
        }
        add_run(cx, run, keys, others, entries, earlier);
    }
}

/// Takes `to A, B`, `to [A, B]` or `to = [A, B]` off the tokens: a list that lacks its round
/// brackets, which is reported. What stands behind a comma belongs to it if it is no key.
fn without_brackets(
    cx: &Ctxt,
    run: &mut VecDeque<TokenTree>,
    runs: &mut VecDeque<VecDeque<TokenTree>>,
    keys: &Keys,
) -> Option<Entry> {
    let Some(TokenTree::Ident(ident)) = run.front().cloned() else { return None };
    let key = *keys.lists.iter().find(|key| ident == **key)?;
    let is_arrow = |token: &&TokenTree| is_punct(token, "=:->");
    let start = 1 + run.iter().skip(1).take_while(is_arrow).count();
    let has_equals = start > 1;
    let is_key = |name: &Ident| keys.all.iter().any(|key| name == key);
    let names = match run.get(start)? {
        TokenTree::Group(group) if has_equals || group.delimiter() != Delimiter::Parenthesis => {
            let names = only_names(flatten(group.stream()))?;
            run.drain(..=start);
            names
        }
        TokenTree::Ident(first) if !is_key(first) => {
            let mut names = Vec::new();
            run.drain(..start);
            loop {
                while let Some(TokenTree::Ident(name)) = run.front()
                    && !is_key(name)
                {
                    names.push(name.clone());
                    run.pop_front();
                    if run.len() > 1 && run.front().is_some_and(|next| is_punct(next, COMMAS)) {
                        run.pop_front();
                    }
                }
                let more = runs.front().is_some_and(|next| match next.front() {
                    Some(TokenTree::Ident(name)) => next.len() == 1 && !is_key(name),
                    _ => false,
                });
                if !run.is_empty() || !more {
                    break;
                }
                run.extend(runs.pop_front().into_iter().flatten());
            }
            names
        }
        _ => return None,
    };
    let texts: Vec<String> = names.iter().map(ToString::to_string).collect();
    cx.error(
        ident.span(),
        format_args!(
            "`{key}` takes its states in round brackets; write `{key}({})`",
            texts.join(", ")
        ),
    );
    Some(Entry { ident, key, form: Form::Names(names) })
}

/// The names, if there is nothing else between commas.
fn only_names(tokens: Vec<TokenTree>) -> Option<Vec<Ident>> {
    let mut names = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(name) => names.push(name),
            TokenTree::Punct(punct) if punct.as_char() == ',' => {}
            _ => return None,
        }
    }
    (!names.is_empty()).then_some(names)
}

/// Where an attribute's name stands.
pub fn name_span(attr: &Attribute) -> Span {
    let first = attr.path().segments.first();
    first.map_or_else(Span::call_site, |segment| segment.ident.span())
}

/// Reads what stands between two commas: one entry or, with the comma between them forgotten, more.
///
/// The first `earlier` entries are those of other attributes, which lists add up with: so `cfg_attr`
/// can add a state to them.
fn add_run(
    cx: &Ctxt,
    run: VecDeque<TokenTree>,
    keys: &Keys,
    others: &Keys,
    entries: &mut Entries,
    earlier: usize,
) {
    let mut rest = run;
    while !rest.is_empty() {
        // What belongs elsewhere is no target.
        let is_elsewhere = matches!(
            rest.front(),
            Some(TokenTree::Ident(key)) if others.all.contains(&key.to_string().as_str())
        );
        let Some(entry) = entry(cx, &mut rest, keys, others) else {
            entries.is_garbled |= !is_elsewhere;
            return;
        };
        add_entry(cx, entry, keys, entries, earlier);
        let Some(next) = rest.front() else { return };
        let what = match next {
            TokenTree::Group(_) => "brackets".to_owned(),
            token => format!("`{token}`"),
        };
        cx.error(next.span(), format_args!("unexpected {what}; separate keys with commas"));
        let is_key =
            matches!(next, TokenTree::Ident(next) if keys.all.iter().any(|key| next == key));
        if !is_key {
            entries.is_garbled = true;
            return;
        }
    }
}

/// Adds an entry; a second one of its key is reported.
fn add_entry(cx: &Ctxt, entry: Entry, keys: &Keys, entries: &mut Entries, earlier: usize) {
    if keys.repeated.contains(&entry.key) {
        entries.all.push(entry);
        return;
    }
    let is_list = keys.lists.contains(&entry.key);
    let since = if is_list { earlier.min(entries.all.len()) } else { 0 };
    let is_given = entries.all[since..].iter().any(|other| other.key == entry.key);
    if is_given {
        let remedy = if is_list { "put all states in one list" } else { "keep one of the two" };
        cx.error(entry.ident.span(), format_args!("`{}` is given twice; {remedy}", entry.key));
    }
    // Both lists count, so that uses of what either names bring no errors.
    if !is_given || is_list {
        entries.all.push(entry);
    }
}

/// Takes one entry off the tokens, or reports why they start with none.
fn entry(cx: &Ctxt, tokens: &mut VecDeque<TokenTree>, keys: &Keys, others: &Keys) -> Option<Entry> {
    let Keys { title, usage, .. } = keys;
    let ident = match tokens.pop_front()? {
        TokenTree::Ident(ident) => ident,
        other => {
            cx.error(other.span(), format_args!("this is not a key; {title} takes {usage}"));
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
    let Keys { title, usage, .. } = keys;
    if let Some(key) = keys.all.iter().find(|key| **key == name) {
        return Some(key);
    }
    if others.all.contains(&name.as_str()) {
        let Keys { attribute: other, place, .. } = others;
        cx.error(
            ident.span(),
            format_args!(
                "`{name}` is not a key of {title}; it belongs on {place}, in `#[{other}(...)]`"
            ),
        );
        return None;
    }
    let near = nearest(&name, keys.all.iter().copied());
    let is_a_states_name = name.starts_with(char::is_uppercase) && keys.all.contains(&"to");
    let remedy = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if name == "from" && keys.all.contains(&"to") => {
            "a transition is declared where it starts, by `to(...)`".to_owned()
        }
        None if is_a_states_name => {
            format!("if it is a state that this one leads to, write `to({name})`")
        }
        None => format!("{title} takes {usage}"),
    };
    cx.error(ident.span(), format_args!("unknown key `{name}`; {remedy}"));
    near
}

impl Entry {
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// Where the flag stands: a value too many is reported, and the flag taken as given if the value
    /// is not `false`.
    pub fn flag(&self, cx: &Ctxt) -> Option<Span> {
        let Self { ident, key, form } = self;
        let value = match form {
            Form::List(group) => group.stream().to_string(),
            Form::Value(tokens) => tokens.to_string(),
            Form::Names(_) | Form::Flag | Form::Malformed => return Some(ident.span()),
        };
        if value == "false" {
            cx.error(
                ident.span(),
                format_args!("`{key}` takes no value, and is off unless it is named; remove it"),
            );
            return None;
        }
        cx.error(ident.span(), format_args!("`{key}` takes no value; write `{key}` alone"));
        Some(ident.span())
    }

    /// The value, which names an item.
    pub fn item(&self, cx: &Ctxt, usage: &str) -> Option<Ident> {
        let name = self.ident(cx, usage)?;
        if names::is_fit(&name.to_string()) {
            return Some(name);
        }
        cx.error(
            name.span(),
            format_args!("`{name}` is a keyword that no item can have as its name; choose another"),
        );
        None
    }

    /// The value, which is one name.
    pub fn ident(&self, cx: &Ctxt, usage: &str) -> Option<Ident> {
        let tokens = flatten(self.value(cx, usage)?);
        if let [TokenTree::Ident(ident)] = tokens.as_slice() {
            return Some(ident.clone());
        }
        let span = self.first_span(&tokens);
        let text = syn::parse2::<LitStr>(tokens.into_iter().collect());
        let meant = text.as_ref().ok().and_then(|text| text.parse::<Ident>().ok());
        let usage = match &meant {
            Some(name) => format!("{} = {name}`, without quotes", self.key),
            None if text.is_ok() => format!("{usage}`, without quotes"),
            None => format!("{usage}`, one word without a path"),
        };
        cx.error(span, format_args!("this is not a name; write `{usage}"));
        meant
    }

    /// The value, which is a text in quotes and not empty.
    pub fn text(&self, cx: &Ctxt, usage: &str) -> Option<LitStr> {
        let tokens = flatten(self.value(cx, usage)?);
        let span = self.first_span(&tokens);
        match syn::parse2::<LitStr>(tokens.into_iter().collect()) {
            Ok(text) if !text.value().is_empty() => Some(text),
            Ok(text) => {
                cx.error(text.span(), format_args!("the text is empty; write `{usage}`"));
                None
            }
            Err(_) => {
                cx.error(span, format_args!("this is not a text in quotes; write `{usage}`"));
                None
            }
        }
    }

    /// Where the key stands, and the text that may follow it.
    pub fn flag_or_text(&self, cx: &Ctxt, usage: &str) -> (Span, Option<LitStr>) {
        let text = match self.form {
            Form::Flag => None,
            Form::Value(_) | Form::List(_) | Form::Names(_) | Form::Malformed => {
                self.text(cx, usage)
            }
        };
        (self.ident.span(), text)
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
            Form::Flag | Form::List(_) | Form::Names(_) => {
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
            Form::Flag | Form::Value(_) | Form::Names(_) => {
                cx.error(
                    self.ident.span(),
                    format_args!("`{}` needs a list; write `{usage}`", self.key),
                );
                None
            }
        }
    }

    /// The names in `key(A, B)`.
    ///
    /// `if_empty` is the remedy if there are none.
    pub fn list(&self, cx: &Ctxt, if_empty: &str) -> List {
        let Self { ident, key, form } = self;
        let mut list = List { names: Vec::new(), is_garbled: true };
        let group = match form {
            Form::List(group) => group,
            Form::Names(names) => return List { names: names.clone(), is_garbled: false },
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
            cx.error(ident.span(), format_args!("`{key}` names no state; {if_empty}"));
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
        if let Some(names) = separated_otherwise(&run) {
            for token in run {
                if let TokenTree::Punct(punct) = token {
                    cx.error(
                        punct.span(),
                        format_args!("unexpected `{punct}`; separate states with commas"),
                    );
                }
            }
            list.names.extend(names);
            return;
        }
        let is_names = run.iter().all(|token| matches!(token, TokenTree::Ident(_)));
        let (has_cfg, is_path) = (is_under_cfg(&run), is_path(&run));
        let span = run.front().map_or_else(|| self.ident.span(), TokenTree::span);
        let mut names = run.into_iter().filter_map(|token| match token {
            TokenTree::Ident(name) => Some(name),
            _ => None,
        });
        if has_cfg {
            list.is_garbled = true;
            let (key, attribute) = (self.key, if self.key == "to" { "state" } else { "machine" });
            cx.error(
                span,
                format_args!(
                    "`{key}(...)` takes no `#[cfg]`; write a second attribute, `#[cfg_attr(.., {attribute}({key}(A)))]`, whose list is added"
                ),
            );
            return;
        }
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
            list.is_garbled |= variant.is_none() || !is_path;
            let variant = variant.filter(|_| is_path);
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

/// What may be taken for a comma.
pub const COMMAS: &str = ";|+&/";

pub fn is_punct(token: &TokenTree, among: &str) -> bool {
    matches!(token, TokenTree::Punct(punct) if among.contains(punct.as_char()))
}

/// Whether it is `A`, `&A`, `path::A` or one of these with data: then it is known what is meant.
pub fn is_path(run: &VecDeque<TokenTree>) -> bool {
    let rest = run.iter().skip_while(|token| is_punct(token, "&"));
    let mut rest = rest.skip_while(|token| match token {
        TokenTree::Ident(_) => true,
        token => is_punct(token, ":"),
    });
    rest.all(|token| matches!(token, TokenTree::Group(_)))
}

/// The names in `A; B` and the like, where something else stands for a comma.
fn separated_otherwise(run: &VecDeque<TokenTree>) -> Option<Vec<Ident>> {
    let mut names = Vec::new();
    for (position, token) in run.iter().enumerate() {
        match token {
            TokenTree::Ident(name) if position % 2 == 0 => names.push(name.clone()),
            TokenTree::Punct(punct) if position % 2 == 1 && COMMAS.contains(punct.as_char()) => {}
            _ => return None,
        }
    }
    (names.len() > 1).then_some(names)
}

/// Whether there is an attribute `#[cfg(..)]` in front.
fn is_under_cfg(run: &VecDeque<TokenTree>) -> bool {
    let Some(TokenTree::Group(attribute)) = run.get(1) else { return false };
    let hash = matches!(run.front(), Some(TokenTree::Punct(hash)) if hash.as_char() == '#');
    let first = attribute.stream().into_iter().next();
    hash && matches!(first, Some(TokenTree::Ident(name)) if name == "cfg")
}

/// The runs of tokens between commas; one comma at the end is fine, an empty run is reported.
///
/// What a `macro_rules!` fragment wraps in invisible brackets is taken out of them.
pub fn split_at_commas(cx: &Ctxt, tokens: TokenStream) -> Vec<VecDeque<TokenTree>> {
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
