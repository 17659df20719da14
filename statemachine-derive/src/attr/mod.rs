//! Attributes: `#[machine(...)]` and `#[state(...)]` into values that keep their spans.

mod group;
mod syntax;

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, LitStr, Path};

pub use self::group::GroupAttr;
use self::syntax::{Keys, List, entries};
use crate::ctxt::Ctxt;

/// What `#[machine(...)]` says.
#[derive(Default)]
pub struct MachineAttr {
    pub name: Option<Ident>,
    pub states: Option<Ident>,
    pub kind: Option<Ident>,
    /// What else the kind derives, and the attributes that it has: where the key stands, and the
    /// tokens.
    pub kind_derive: Option<(Span, TokenStream)>,
    pub kind_attr: Option<(Span, TokenStream)>,
    /// Where `reset` stands.
    pub reset: Option<Span>,
    pub can_always_reach: Vec<Ident>,
    pub groups: Vec<GroupAttr>,
    /// Whether a group was reported and left out: it may have had targets, of any state.
    pub has_garbled_groups: bool,
    /// Where `stored` stands, and the name of the machine in the store, if one is given.
    pub stored: Option<(Span, Option<LitStr>)>,
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
    /// The name of the state in the store.
    pub stored: Option<LitStr>,
    /// The name of the struct of the variant's fields.
    pub data: Option<Ident>,
    /// Whether something was reported that may have been a target.
    pub is_garbled: bool,
}

const MACHINE_KEYS: Keys = Keys {
    attribute: "machine",
    title: "`#[machine]`",
    place: "the enum",
    all: &[
        "name",
        "states",
        "kind",
        "kind_derive",
        "kind_attr",
        "reset",
        "can_always_reach",
        "group",
        "stored",
        "crate",
    ],
    lists: &["can_always_reach"],
    repeated: &["group"],
    usage: "`name = Type`, `states = module`, `kind = Type`, `kind_derive(A, B)`, `kind_attr(..)`, `reset`, `can_always_reach(A, B)`, `group(Name = A | B)`, `stored` and `crate = path`",
};

const STATE_KEYS: Keys = Keys {
    attribute: "state",
    title: "`#[state]`",
    place: "a variant",
    all: &["initial", "to", "terminal", "restored", "name", "stored", "data"],
    lists: &["to"],
    repeated: &[],
    usage: "`initial`, `to(A, B)`, `terminal`, `restored`, `name = word`, `stored = \"name\"` and `data = Type`",
};

impl MachineAttr {
    /// Reads the enum's attributes.
    pub fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut read = Self::default();
        for entry in entries(cx, attrs, &MACHINE_KEYS, &STATE_KEYS).all {
            match entry.key() {
                "name" => read.name = entry.item(cx, "name = Type"),
                "states" => read.states = entry.item(cx, "states = module"),
                "kind" => read.kind = entry.item(cx, "kind = Type"),
                "kind_derive" => read.kind_derive = entry.tokens(cx, "kind_derive(A, B)"),
                "kind_attr" => read.kind_attr = entry.tokens(cx, "kind_attr(attribute(..))"),
                "reset" => read.reset = entry.flag(cx),
                "group" => {
                    let tokens = entry.tokens(cx, "group(Name = A | B)");
                    let group = tokens.and_then(|(key, tokens)| GroupAttr::read(cx, key, tokens));
                    read.has_garbled_groups |= group.is_none();
                    read.groups.extend(group);
                }
                "stored" => read.stored = Some(entry.flag_or_text(cx, "stored = \"name\"")),
                "can_always_reach" => {
                    let remedy = "write `can_always_reach(A, B)` or remove it";
                    add(&mut read.can_always_reach, entry.list(cx, remedy));
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
        let entries = entries(cx, attrs, &STATE_KEYS, &MACHINE_KEYS);
        read.is_garbled = entries.is_garbled;
        for entry in entries.all {
            match entry.key() {
                "initial" => read.initial = entry.flag(cx),
                "to" => {
                    let remedy =
                        "name those that it leads to, or write `terminal` if there are none";
                    let list = entry.list(cx, remedy);
                    read.is_garbled |= list.is_garbled;
                    add(read.to.get_or_insert_default(), list);
                }
                "terminal" => read.terminal = entry.flag(cx),
                "restored" => read.restored = entry.flag(cx),
                "stored" => read.stored = entry.text(cx, "stored = \"name\""),
                "data" => read.data = entry.item(cx, "data = Type"),
                _ => read.name = entry.ident(cx, "name = word"),
            }
        }
        read
    }
}

/// Reports attributes where neither kind belongs: they would be ignored in silence.
///
/// `true` if there are any.
pub fn refuse(cx: &Ctxt, attrs: &[Attribute], place: &str) -> bool {
    let mut is_any = false;
    for attr in attrs {
        for Keys { attribute, .. } in [&MACHINE_KEYS, &STATE_KEYS] {
            if attr.path().is_ident(attribute) {
                is_any = true;
                cx.error(
                    syntax::name_span(attr),
                    format_args!(
                        "`#[{attribute}]` does not belong on {place}; `#[machine(...)]` goes on the enum and `#[state(...)]` on a variant"
                    ),
                );
            }
        }
    }
    is_any
}

/// Adds the list of a key that was given again, without what is there already.
fn add(names: &mut Vec<Ident>, list: List) {
    if names.is_empty() {
        *names = list.names;
        return;
    }
    for name in list.names {
        if !names.contains(&name) {
            names.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::{MachineAttr, StateAttr};
    use crate::ctxt::Ctxt;

    fn state(attr: &syn::Attribute) -> (StateAttr, String) {
        let cx = Ctxt::new();
        let read = StateAttr::read(&cx, std::slice::from_ref(attr));
        (read, cx.into_compile_errors().to_string())
    }

    fn names(to: &StateAttr) -> Vec<String> {
        to.to.iter().flatten().map(ToString::to_string).collect()
    }

    #[test]
    fn everything_that_a_state_can_say_is_read() {
        let (read, errors) =
            state(&parse_quote!(#[state(initial, to(A, B,), terminal, restored, name = r#type,)]));
        assert_eq!(errors, "");
        assert!(read.initial.is_some() && read.terminal.is_some() && read.restored.is_some());
        assert_eq!(names(&read), ["A", "B"]);
        assert_eq!(read.name.map(|name| name.to_string()), Some("r#type".to_owned()));
    }

    #[test]
    fn everything_that_a_machine_can_say_is_read() {
        let cx = Ctxt::new();
        let read = MachineAttr::read(
            &cx,
            &[
                parse_quote!(#[machine(name = Link, states = link)]),
                parse_quote!(#[machine(kind = LinkKind, reset, can_always_reach(A), crate = a::b)]),
                parse_quote!(#[machine(kind_derive(A, b::C), kind_attr(serde(rename = "x")))]),
                parse_quote!(#[machine(stored = "links")]),
            ],
        );
        assert!(cx.into_compile_errors().is_empty());
        let MachineAttr {
            name,
            states,
            kind,
            kind_derive,
            kind_attr,
            reset,
            can_always_reach,
            groups,
            has_garbled_groups,
            stored,
            krate,
        } = read;
        let (_, stored) = stored.expect("it is read");
        assert_eq!(stored.map(|name| name.value()).as_deref(), Some("links"));
        assert!(groups.is_empty());
        assert!(kind_derive.is_some() && kind_attr.is_some());
        assert!(name.is_some() && states.is_some() && kind.is_some() && reset.is_some());
        assert!(!has_garbled_groups);
        assert_eq!(can_always_reach.len(), 1);
        assert!(krate.is_some());
    }

    #[test]
    fn nothing_is_fine() {
        for attr in [parse_quote!(#[state]), parse_quote!(#[state()])] {
            let (read, errors) = state(&attr);
            assert_eq!(errors, "");
            assert!(read.to.is_none());
        }
    }

    #[test]
    fn a_mistake_leaves_the_rest_understood() {
        let (read, errors) =
            state(&parse_quote!(#[state(initial = yes, too(A B), 3, terminal restored)]));
        assert_eq!(errors.matches("compile_error").count(), 5);
        assert!(read.initial.is_some() && read.terminal.is_some() && read.restored.is_some());
        assert_eq!(names(&read), ["A", "B"]);
    }

    #[test]
    fn invisible_brackets_are_looked_through() {
        let name = proc_macro2::Group::new(proc_macro2::Delimiter::None, quote::quote!(A));
        let (read, errors) = state(&parse_quote!(#[state(to(#name))]));
        assert_eq!(errors, "");
        assert_eq!(names(&read), ["A"]);
    }
}
