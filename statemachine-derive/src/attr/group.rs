//! What `group(...)` says: `group(Live = Connecting | Connected, to(Closed))`.

use std::{collections::VecDeque, mem};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

use super::{
    STATE_KEYS, add,
    syntax::{self, COMMAS, Keys, is_path, is_punct, split_at_commas},
};
use crate::{ctxt::Ctxt, tokens::flatten};

/// One group, as it is written.
pub struct GroupAttr {
    pub name: Ident,
    pub states: Vec<Ident>,
    pub to: Vec<Ident>,
    /// Whether something was reported that may have been a target.
    pub is_garbled: bool,
    /// Whether something was reported that may have been a state.
    pub lacks_states: bool,
}

const USAGE: &str = "write `group(Name = A | B)` or `group(Name = A | B, to(C))`";

const KEYS: Keys = Keys {
    attribute: "group",
    title: "`group`",
    place: "the enum",
    all: &["to"],
    lists: &["to"],
    repeated: &[],
    usage: "its states, `Name = A | B`, and `to(C, D)`",
};

impl GroupAttr {
    /// Reads what is in the brackets; what cannot be understood is reported.
    pub fn read(cx: &Ctxt, key: Span, tokens: TokenStream) -> Option<Self> {
        let mut runs: VecDeque<_> = split_at_commas(cx, tokens).into();
        let mut first = runs.pop_front().unwrap_or_default();
        let name = match first.pop_front() {
            Some(TokenTree::Ident(name)) => name,
            other => {
                let span = other.map_or(key, |token| token.span());
                cx.error(span, format_args!("a group begins with its name; {USAGE}"));
                return None;
            }
        };
        let mut members = Members::default();
        match first.pop_front() {
            Some(equals) if is_punct(&equals, "=") => {}
            Some(colon) if is_punct(&colon, ":") => {
                cx.error(
                    colon.span(),
                    format_args!("`=` stands between a group and its states; {USAGE}"),
                );
            }
            other => {
                let span = other.map_or_else(|| name.span(), |token| token.span());
                cx.error(span, format_args!("the group `{name}` lacks its states; {USAGE}"));
                members.are_reported = true;
                first.clear();
            }
        }
        let rest = members.read(cx, &name, first);
        while let Some(state) = runs.front().and_then(only_name) {
            cx.error(state.span(), format_args!("unexpected comma before `{state}`; {SEPARATE}"));
            members.states.push(state);
            runs.pop_front();
        }
        if members.states.is_empty() && !members.are_reported {
            cx.error(name.span(), format_args!("the group `{name}` is empty; {USAGE}"));
            members.are_reported = true;
        }
        runs.extend(rest);
        let entries = syntax::entries_of(cx, runs, &KEYS, &STATE_KEYS);
        let (mut to, mut is_garbled) = (Vec::new(), entries.is_garbled);
        for entry in entries.all {
            let list = entry.list(cx, "name those that all of the group lead to, or remove it");
            is_garbled |= list.is_garbled;
            add(&mut to, list);
        }
        let Members { states, are_reported: lacks_states } = members;
        Some(Self { name, states, to, is_garbled, lacks_states })
    }
}

const SEPARATE: &str = "separate the states of a group with `|`";
const NOT_A_STATE: &str =
    "this is not a state; `group` takes the names of variants, without path, data or quotes";

#[derive(Default)]
struct Members {
    states: Vec<Ident>,
    /// Whether some of them may be missing, which was said.
    are_reported: bool,
}

impl Members {
    /// Reads `A | B`. Gives back what is no longer a state but a key, with the comma before it forgotten.
    fn read(
        &mut self,
        cx: &Ctxt,
        group: &Ident,
        mut tokens: VecDeque<TokenTree>,
    ) -> Option<VecDeque<TokenTree>> {
        if let [TokenTree::Group(brackets)] = &*tokens.make_contiguous()
            && let Some(states) = only_names(brackets.stream())
        {
            let list = states.iter().map(Ident::to_string).collect::<Vec<_>>().join(" | ");
            cx.error(
                brackets.span(),
                format_args!("the states of a group have no brackets; write `{group} = {list}`"),
            );
            self.states = states;
            return None;
        }
        let mut piece = VecDeque::new();
        while let Some(token) = tokens.pop_front() {
            match token {
                TokenTree::Ident(key) if key == "to" => {
                    let message = "unexpected `to`; separate it from the states with a comma";
                    cx.error(key.span(), message);
                    tokens.push_front(TokenTree::Ident(key));
                    self.add(cx, piece);
                    return Some(tokens);
                }
                separator if is_punct(&separator, "|") => self.add(cx, mem::take(&mut piece)),
                separator if is_punct(&separator, COMMAS) => {
                    let message = format_args!("unexpected `{separator}`; {SEPARATE}");
                    cx.error(separator.span(), message);
                    self.add(cx, mem::take(&mut piece));
                }
                token => piece.push_back(token),
            }
        }
        self.add(cx, piece);
        None
    }

    /// Reads what stands between two `|`: one name or, with the `|` between them forgotten, more.
    fn add(&mut self, cx: &Ctxt, piece: VecDeque<TokenTree>) {
        let Some(first) = piece.front() else { return };
        let span = first.span();
        let is_names = piece.iter().all(|token| matches!(token, TokenTree::Ident(_)));
        let is_path = is_path(&piece);
        let mut names = piece.into_iter().filter_map(|token| match token {
            TokenTree::Ident(name) => Some(name),
            _ => None,
        });
        if !is_names {
            cx.error(span, NOT_A_STATE);
            // The last name in a path is the variant's.
            let variant = names.next_back().filter(|_| is_path);
            self.are_reported |= variant.is_none();
            self.states.extend(variant);
            return;
        }
        self.states.extend(names.next());
        for name in names {
            cx.error(name.span(), format_args!("unexpected `{name}`; {SEPARATE}"));
            self.states.push(name);
        }
    }
}

/// The name that stands alone between two commas and is no key.
fn only_name(run: &VecDeque<TokenTree>) -> Option<Ident> {
    let is_key = |name: &Ident| STATE_KEYS.all.iter().any(|key| name == key);
    match run.front() {
        Some(TokenTree::Ident(name)) if run.len() == 1 && !is_key(name) => Some(name.clone()),
        _ => None,
    }
}

/// The names, if there is nothing else but what separates them.
fn only_names(tokens: TokenStream) -> Option<Vec<Ident>> {
    let mut names = Vec::new();
    for token in flatten(tokens) {
        match token {
            TokenTree::Ident(name) => names.push(name),
            token if is_punct(&token, ",|") => {}
            _ => return None,
        }
    }
    (!names.is_empty()).then_some(names)
}
