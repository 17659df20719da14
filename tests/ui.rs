//! What does not compile, and what is said about it; one folder a kind of mistake. In `pass`, what
//! compiles where names are hard to tell apart.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    for kind in [
        "calls",
        "conflict",
        "duplicate",
        "graph",
        "groups",
        "guards",
        "malformed",
        "names",
        "one_error",
        "sealed",
        "shape",
        "unknown",
    ] {
        cases.compile_fail(format!("ui/{kind}/*.rs"));
    }
    if cfg!(feature = "stored") {
        cases.compile_fail("ui/stored/*.rs");
    } else {
        cases.compile_fail("ui/stored_without_a_store/*.rs");
    }
}

/// The readme shows a declaration and how the compiler's message about its misuse begins: those of one
/// case, whose file it calls `src/main.rs`.
#[test]
fn readme() {
    let readme = include_str!("../README.md");
    let case = include_str!("ui/calls/of_the_readme.rs");
    let message = include_str!("ui/calls/of_the_readme.stderr");

    let start = case.find("#[derive").expect("the case has a declaration");
    let end = case.find("fn main").expect("the case has a misuse");
    assert!(readme.contains(&case[start..end]), "the readme declares something else");

    let (_, quoted) = readme.split_once("```text\n").expect("the readme quotes a message");
    let (quoted, _) = quoted.split_once("```").expect("the quotation ends");
    assert!(quoted.contains("illegal transition"), "the readme quotes too little:\n{quoted}");
    let message = message.replace("ui/calls/of_the_readme.rs", "src/main.rs");
    assert!(
        message.starts_with(quoted),
        "the readme quotes:\n{quoted}and what is said is:\n{message}"
    );
}
