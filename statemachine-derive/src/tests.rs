//! The derive as a function of tokens: whatever comes in, it comes back, and what it gives back can
//! be parsed.

use std::str::FromStr as _;

use proc_macro2::TokenStream;
use proptest::{
    collection::vec,
    prelude::{ProptestConfig, Strategy, any, prop_assert, proptest},
    sample::select,
};

use crate::derive;

/// What may stand in an attribute: keys, near misses, names, punctuation and things out of place.
const SOUP: &[&str] = &[
    "initial",
    "to",
    "terminal",
    "restored",
    "name",
    "states",
    "kind",
    "reset",
    "can_always_reach",
    "crate",
    "intial",
    "too",
    "A",
    "B",
    "Bb",
    "AToB",
    "InTransition",
    "State",
    "r#type",
    "self",
    "Self",
    "super",
    "_",
    "=",
    ",",
    ",",
    ",",
    "::",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "1",
    "1.5",
    "\"A\"",
    "'a",
    "'c'",
    "-",
    "#",
    "!",
    "to(A)",
    "to(B, AToB)",
    "to()",
    "name = word",
    "crate = a::b",
    "name = self",
    "kind = Ab",
    "can_always_reach(A)",
    "<",
    ">",
    "é",
    "文",
];

/// Names for variants and enums, most of them awkward.
const NAMES: &[&str] = &[
    "A",
    "B",
    "AToB",
    "Machine",
    "Kind",
    "State",
    "InTransition",
    "HTTPReady",
    "Http",
    "HTTP",
    "FinWait1",
    "_1",
    "__",
    "Self_",
    "r#type",
    "r#match",
    "union",
    "Größe",
    "文",
    "℘1",
    "İx",
    "A_",
    "Ref",
    "elf",
];

const FIELDS: &[&str] = &[
    "",
    "()",
    "{}",
    "(u8)",
    "(T)",
    "(&'a T, Vec<Self>)",
    "{ a: u8 }",
    "{ r#type: &'a [T; N], b: Self }",
    "(for<'b> fn(&'b T) -> Self)",
    "(<T as Iterator>::Item)",
    "(Box<dyn Fn(&T) + 'a>)",
    "([u8; { const X: usize = 1; X }])",
    "(m!(T))",
    "(#[state(to(A))] u8)",
    "((u8))",
    "(impl Copy, !)",
];

const GENERICS: &[(&str, &str)] = &[
    ("", ""),
    ("<'a, T, const N: usize>", ""),
    (
        "<'a, T: ?Sized + Iterator<Item = Self> = u8, const N: super::Size = { 1 + 1 }>",
        "where T: 'a, Self: Sized",
    ),
    ("<T>", "where for<'view> &'view T: Copy"),
    ("<#[state] T, const A: bool>", ""),
    ("<'view, 'never>", "where 'view: 'never"),
];

const BEFORE: &[&str] = &[
    "",
    "pub",
    "pub(crate)",
    "pub(super)",
    "pub(in super::super)",
    "pub(in crate::a)",
    "#[non_exhaustive]",
    "/// Docs with [a link].\n pub",
    "#[doc(hidden)]",
    "#[repr(u8)]",
];

/// Tokens of the soup in brackets that match.
fn soup() -> impl Strategy<Value = String> {
    vec(select(SOUP), 0..8).prop_map(|words| {
        let text = words.join(" ");
        match TokenStream::from_str(&text) {
            Ok(_) => text,
            Err(_) => words
                .into_iter()
                .filter(|word| !"()[]{}".contains(word))
                .collect::<Vec<_>>()
                .join(" "),
        }
    })
}

fn attr(name: &'static str) -> impl Strategy<Value = String> {
    let list = soup().prop_map(move |soup| format!("#[{name}({soup})]"));
    let other = select(vec!["", "= 1", "[a]", "::a(b)", "{ to(A) }"])
        .prop_map(move |rest| format!("#[{name} {rest}]"));
    proptest::prop_oneof![8 => list, 1 => other, 1 => soup().prop_map(|_| String::new())]
}

fn variant() -> impl Strategy<Value = String> {
    let names = (select(NAMES), select(FIELDS));
    (vec(attr("state"), 0..3), names, attr("machine"), any::<u8>()).prop_map(
        |(attrs, (name, fields), misplaced, dice)| {
            let misplaced = if dice == 0 { misplaced } else { String::new() };
            let value = if dice < 8 { "= if true { 3 } else { 4 }" } else { "" };
            format!("{} {misplaced} /// Docs.\n {name} {fields} {value},", attrs.join(" "))
        },
    )
}

fn declaration() -> impl Strategy<Value = String> {
    let head = (select(BEFORE), vec(attr("machine"), 0..2), select(NAMES), select(GENERICS));
    (head, vec(variant(), 0..8)).prop_map(
        |((before, attrs, name, (generics, bounds)), variants)| {
            format!(
                "{} {before} enum {name} {generics} {bounds} {{ {} }}",
                attrs.join(" "),
                variants.join(" ")
            )
        },
    )
}

fn comes_back(source: &str) -> Result<(), String> {
    let Ok(tokens) = TokenStream::from_str(source) else {
        return Ok(());
    };
    let output = derive(tokens).to_string();
    match syn::parse_file(&output) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{error} in {output}")),
    }
}

proptest! {
    // A failure prints its shortest source, which becomes a test by hand.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_declaration_comes_back(source in declaration()) {
        let result = comes_back(&source);
        prop_assert!(result.is_ok(), "{result:?}");
    }

    #[test]
    fn any_tokens_come_back(words in vec(select(SOUP), 0..24)) {
        let result = comes_back(&words.join(" "));
        prop_assert!(result.is_ok(), "{result:?}");
    }

    #[test]
    fn structs_and_unions_come_back(
        head in select(vec!["struct A;", "struct A(u8);", "pub struct A<T: Copy> { t: T }", "union A { a: u8 }"]),
        attrs in vec(attr("machine"), 0..3),
    ) {
        let result = comes_back(&format!("{} {head}", attrs.join(" ")));
        prop_assert!(result.is_ok(), "{result:?}");
    }
}

/// The errors for a declaration and the items beside them.
fn errors_and_items(source: &str) -> (usize, usize) {
    let output = derive(TokenStream::from_str(source).expect("tokens"));
    let file: syn::File = syn::parse2(output).expect("items");
    let is_error = |item: &&syn::Item| {
        let syn::Item::Macro(item) = item else { return false };
        item.mac.path.segments.last().is_some_and(|name| name.ident == "compile_error")
    };
    let errors = file.items.iter().filter(is_error).count();
    (errors, file.items.len() - errors)
}

#[test]
fn the_largest_machine_is_accepted_and_the_next_refused() {
    let ring = |states: usize| {
        let variants = (0..states).map(|i| format!("#[state(to(S{}))] S{i},", (i + 1) % states));
        format!("enum Ring {{ {} }}", variants.collect::<String>())
    };
    assert_eq!(errors_and_items(&ring(1024)).0, 0);
    let (errors, items) = errors_and_items(&ring(1025));
    assert_eq!(errors, 1);
    assert!(items > 2 * 1025);
}

#[test]
fn mistakes_leave_all_items_standing() {
    let (errors, sound) =
        errors_and_items("enum A { #[state(to(B))] A { a: u8 }, #[state(to(A))] B }");
    assert_eq!(errors, 0);
    let (errors, broken) =
        errors_and_items("enum A { #[state(to(Bb))] A { a: u8 }, #[state(too(A, A))] B }");
    assert_eq!((errors, broken), (3, sound));
}

/// In snake case these lose what they start with, and with it what a name may start with.
#[test]
fn what_does_not_parse_leaves_the_other_variants() {
    let variants = "#[state(to(Done))] Idle, VARIANT, #[state(terminal)] Done";
    for broken in ["Busy { peer: }", "#[state(initial), ..] Busy", "Busy(Vec<u8)", "Busy 5", "= 3"]
    {
        let source = format!("enum Job {{ {} }}", variants.replace("VARIANT", broken));
        let (errors, items) = errors_and_items(&source);
        assert_eq!(errors, 1, "{broken}");
        assert!(items > 20, "{broken}: {items}");
        let tokens = TokenStream::from_str(&source).expect("the source can be lexed");
        let derived = derive(tokens).to_string();
        for name in ["idle_to_done", "in_done", "is_idle"] {
            assert!(derived.contains(name), "{broken}: no {name}");
        }
    }
}

/// The state before and the one after are both there, with the data of the first.
#[test]
fn a_comma_that_is_missing_takes_no_variant_away() {
    let states = |separator: &str| {
        let source = format!(
            "enum Job {{ #[state(to(Busy))] Idle, #[state(to(Done))] Busy(u8){separator} #[state(terminal)] Done }}"
        );
        errors_and_items(&source)
    };
    let ((none, all), (one, left)) = (states(","), states(""));
    assert_eq!((none, one), (0, 1));
    assert_eq!(left, all);
}

#[test]
fn a_name_may_start_with_what_snake_case_drops() {
    for name in ["_1", "_\u{93e}", "\u{2118}1", "__"] {
        let (errors, _) = errors_and_items(&format!("enum E {{ #[state(to({name}))] {name} }}"));
        assert_eq!(errors, 0, "{name}");
    }
}

/// An example in a variant's docs is tested once, where it was written.
#[test]
fn copied_examples_are_not_tested() {
    let source = |docs: &str| {
        format!("enum E {{ #[doc = {docs:?}] #[state(to(A))] A {{ #[doc = {docs:?}] f: u8 }} }}")
    };
    let copies = |docs: &str, attribute: &str| {
        let tokens = TokenStream::from_str(&source(docs)).expect("tokens");
        let text: String = derive(tokens).to_string().split_whitespace().collect();
        text.matches(attribute).count()
    };
    for example in [" ```\n f();\n ```", "     f();"] {
        assert!(copies(example, "#[cfg_attr(not(doctest),doc=") > 5);
        assert_eq!(copies(example, "#[doc=\"```"), 0);
    }
    assert_eq!(copies(" Plain.", "doctest"), 0);
    assert!(copies(" Plain.", "#[doc=\"Plain.\"]") > 5);
}

/// The methods that the page of a machine shows, in its order, each with its docs.
fn page(source: &str) -> Vec<(String, String)> {
    let output = derive(TokenStream::from_str(source).expect("tokens"));
    let file: syn::File = syn::parse2(output).expect("items");
    let is_inherent = |item: &syn::Item| {
        matches!(item, syn::Item::Impl(item) if item.trait_.is_none()
            && item.items.iter().any(|item| matches!(item, syn::ImplItem::Fn(f) if f.sig.ident == "from_state")))
    };
    let Some(syn::Item::Impl(of_machine)) = file.items.into_iter().find(is_inherent) else {
        panic!("the machine has no methods");
    };
    let mut methods = Vec::new();
    for item in of_machine.items {
        let syn::ImplItem::Fn(method) = item else { continue };
        let is_hidden = |attr: &syn::Attribute| matches!(&attr.meta, syn::Meta::List(list) if list.path.is_ident("doc"));
        if method.attrs.iter().any(is_hidden) {
            continue;
        }
        let docs = method.attrs.iter().filter_map(|attr| match &attr.meta {
            syn::Meta::NameValue(syn::MetaNameValue {
                value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
                ..
            }) => Some(text.value()),
            _ => None,
        });
        methods.push((method.sig.ident.to_string(), docs.collect::<Vec<_>>().join("\n")));
    }
    methods
}

#[test]
fn the_page_of_a_machine_shows_what_to_write_next() {
    let methods = page(
        "#[machine(reset, group(Live = B | Type, to(A)))] enum E {
            #[state(initial, to(B))] A,
            #[state(to(A, Type))] B { peer: u8, r#in: u8 },
            #[state(to(A, D))] Type(u8, u8),
            #[state(terminal)] D(u8),
        }",
    );
    let names: Vec<_> = methods.iter().map(|(name, _)| name.as_str()).collect();
    let expected = "new a_to_b b_to_a b_to_type type_to_a type_to_d to_a to_b to_type to_d reset \
        live_to_a live_to_type in_a when_a is_a in_b when_b is_b in_type when_type is_type in_d \
        when_d is_d in_live when_live is_live from_state from_kind into_state";
    assert_eq!(names.join(" "), expected);
    for (name, line) in [
        ("a_to_b", "machine.a_to_b().within(limit)?.commit_with(EB { peer, r#in });"),
        ("b_to_a", "machine.b_to_a().within(limit)?.commit();"),
        ("b_to_type", "machine.b_to_type().within(limit)?.commit_with((a, b));"),
        ("to_d", "machine.to_d().within(limit)?.commit_with(data);"),
        ("reset", "machine.reset().within(limit)?.commit();"),
        ("live_to_a", "machine.live_to_a().within(limit)?.commit();"),
        ("in_b", "let b = machine.in_b().within(limit)?;"),
        // `type` is no name of a variable.
        ("in_type", "let guard = machine.in_type().within(limit)?;"),
        ("in_live", "let live = machine.in_live().within(limit)?;"),
        ("when_d", "machine.when_d().await?;"),
    ] {
        let (_, docs) = methods.iter().find(|(other, _)| other == name).expect("a method");
        // As text, it is no test of the user's crate.
        assert!(docs.contains(&format!("\n\n ```text\n {line}\n ```")), "{name}: {docs}");
    }
}

#[test]
fn what_to_write_next_has_no_lines_that_are_wider_than_a_page() {
    let methods = page(
        "enum E {
            #[state(initial, to(Six))] A,
            #[state(to(WithNamesThatAreNotShort, Paid))] Six(u8, u8, u8, u8, u8, u8),
            #[state(to(A))] WithNamesThatAreNotShort { reference: u8, of_what: u8 },
            #[state(to(A))] Paid { reference: u8, provider: u8, amount_in_cents: u8, currency: u8, paid_at: u8 },
        }",
    );
    for (name, lines) in [
        ("a_to_six", "machine.a_to_six().within(limit)?.commit_with((a, b, c, d, e, f));"),
        (
            "with_names_that_are_not_short_to_a",
            "machine.with_names_that_are_not_short_to_a().within(limit)?.commit();",
        ),
        (
            "six_to_with_names_that_are_not_short",
            "machine
     .six_to_with_names_that_are_not_short()
     .within(limit)?
     .commit_with(EWithNamesThatAreNotShort { reference, of_what });",
        ),
        (
            "six_to_paid",
            "machine
     .six_to_paid()
     .within(limit)?
     .commit_with(EPaid {
         reference,
         provider,
         amount_in_cents,
         currency,
         paid_at,
     });",
        ),
    ] {
        let (_, docs) = methods.iter().find(|(other, _)| other == name).expect("a method");
        assert!(docs.contains(&format!("\n\n ```text\n {lines}\n ```")), "{name}: {docs}");
    }
}
