//! What a machine looks like in the languages of other tools.

#![allow(missing_docs, dead_code, reason = "the machines are only looked at")]

use statemachine::{Machine, StateMachine};

#[path = "../examples/machines.rs"]
mod machines;

use machines::{Container, Http2Stream, Tcp, TcpMachine};

/// One of every mark.
#[derive(StateMachine)]
#[machine(reset)]
enum Marks {
    #[state(to(Working, Failed))]
    Ready,
    #[state(to(Working, Ready))]
    Working(u32),
    #[state(terminal)]
    Failed { error: String },
    #[state(restored, to(Ready))]
    Archived,
}

/// Words of Mermaid, of DOT, of neither's alphabet, and one that looks made up.
#[derive(StateMachine)]
#[machine(reset)]
#[allow(non_camel_case_types)]
enum Odd {
    #[state(name = status, to(End, Größe, r#Type))]
    State,
    #[state(to(s2, any))]
    End,
    #[state(to(Node))]
    Größe,
    #[state(to(Node))]
    r#Type,
    #[state(to(Node))]
    s2,
    #[state(to(Node))]
    any,
    #[state(terminal)]
    Node,
}

macro_rules! assert_snapshot {
    ($actual:expr, $file:literal) => {{
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/diagrams/", $file);
        let actual: String = $actual;
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, &actual).expect("the folder of the snapshots is there");
        }
        let expected = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(actual, expected, "{path} differs; BLESS=1 writes it anew");
    }};
}

#[test]
fn mermaid_shows_every_mark() {
    assert_snapshot!(Marks::mermaid(), "marks.mmd");
}

#[test]
fn dot_shows_every_mark() {
    assert_snapshot!(Marks::dot(), "marks.dot");
}

#[test]
fn odd_names_are_renamed_in_mermaid() {
    assert_snapshot!(Odd::mermaid(), "odd.mmd");
}

#[test]
fn odd_names_are_quoted_in_dot() {
    assert_snapshot!(Odd::dot(), "odd.dot");
}

#[test]
fn well_known_machines_in_mermaid() {
    assert_snapshot!(Tcp::mermaid(), "tcp.mmd");
    assert_snapshot!(Http2Stream::mermaid(), "http2_stream.mmd");
    assert_snapshot!(Container::mermaid(), "container.mmd");
}

#[test]
fn well_known_machines_in_dot() {
    assert_snapshot!(Tcp::dot(), "tcp.dot");
    assert_snapshot!(Http2Stream::dot(), "http2_stream.dot");
    assert_snapshot!(Container::dot(), "container.dot");
}

/// What the second text has beside the first, where nothing else differs.
fn added(without: &str, with: &str) -> Vec<String> {
    let mut known = without.lines().peekable();
    let added = with.lines().filter(|line| known.next_if_eq(line).is_none());
    let added = added.map(|line| line.trim().to_owned()).collect();
    assert_eq!(known.next(), None, "a line is missing");
    added
}

#[test]
fn a_live_machine_marks_the_state_that_it_is_in() {
    let machine = TcpMachine::new();
    let style = "classDef current stroke-width:4px,font-weight:bold";
    assert_eq!(added(&Tcp::mermaid(), &machine.mermaid()), [style, "class Closed current"]);
    machine.closed_to_syn_sent().commit().unwrap();
    assert_eq!(added(&Tcp::mermaid(), &machine.mermaid()), [style, "class SynSent current"]);
    assert!(machine.dot().contains("\"SynSent\" [penwidth=3]\n"));
    assert_eq!(machine.dot().matches("penwidth").count(), 1);
}

#[test]
fn a_live_machine_in_transition_is_still_where_it_was() {
    let machine = TcpMachine::new();
    let listening = machine.closed_to_listen().now().unwrap();
    assert!(machine.mermaid().ends_with("class Closed current\n"));
    listening.commit();
    assert!(machine.mermaid().ends_with("class Listen current\n"));
}

#[test]
fn the_current_state_keeps_its_other_marks() {
    let machine = Machine::from_state(Container::Created { pid: 1 });
    assert!(machine.dot().contains("\"Created\" [label=\"Created(..)\", penwidth=3]\n"));
    let machine = Machine::from_state(Container::Stopped);
    assert!(machine.dot().contains("\"Stopped\" [peripheries=2, penwidth=3]\n"));
}

#[test]
fn a_current_state_of_an_odd_name_is_marked_by_its_other_name() {
    let machine = Machine::from_state(Odd::Größe);
    assert!(machine.mermaid().contains("state \"Größe\" as s2_\n"));
    assert!(machine.mermaid().ends_with("class s2_ current\n"));
}
