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
        "guards",
        "malformed",
        "names",
        "one_error",
        "shape",
        "unknown",
    ] {
        cases.compile_fail(format!("ui/{kind}/*.rs"));
    }
}
