//! What a machine looks like in the languages of other tools.

#![allow(missing_docs, dead_code, reason = "the machines are only looked at")]

use statemachine::{Machine, StateMachine};

#[path = "../../examples/machines.rs"]
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
    #[state(name = whichever, to(Node))]
    any,
    #[state(terminal)]
    Node,
}

/// The README's first machine.
#[derive(StateMachine)]
enum Connection {
    #[state(initial, to(Connected))]
    Disconnected,
    #[state(to(Disconnected))]
    Connected(std::net::TcpStream),
}

macro_rules! assert_snapshot {
    ($actual:expr, $file:literal) => {{
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/", $file);
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
    assert_snapshot!(Marks::mermaid(), "diagrams/marks.mmd");
}

#[test]
fn dot_shows_every_mark() {
    assert_snapshot!(Marks::dot(), "diagrams/marks.dot");
}

/// Groups: one in a frame, one that shares a state with it, one of a single state.
#[derive(StateMachine)]
#[machine(group(Live = Connecting | Connected, to(Closed)), group(Quiet = Idle | Connected), group(End = Closed))]
enum Grouped {
    #[state(to(Connecting))]
    Idle,
    #[state(to(Connected))]
    Connecting,
    #[state(to(Idle))]
    Connected(u8),
    #[state(terminal)]
    Closed,
}

#[test]
fn groups_are_framed_in_all_languages() {
    assert_snapshot!(Grouped::mermaid(), "diagrams/grouped.mmd");
    assert_snapshot!(Grouped::dot(), "diagrams/grouped.dot");
    #[cfg(feature = "svg")]
    assert_snapshot!(Grouped::svg(), "diagrams/grouped.svg");
}

#[test]
fn odd_names_are_renamed_in_mermaid() {
    assert_snapshot!(Odd::mermaid(), "diagrams/odd.mmd");
}

/// Mermaid's own names for the whole picture, its start and its end.
#[test]
fn a_state_named_like_the_root_is_renamed_in_mermaid() {
    #[derive(StateMachine)]
    #[allow(non_camel_case_types)]
    enum Tree {
        #[state(to(root_start))]
        root,
        #[state(to(root_end))]
        root_start,
        #[state(to(Root))]
        root_end,
        #[state(name = other, to(roots))]
        Root,
        #[state(to(root))]
        roots,
    }
    let text = Tree::mermaid();
    for line in [r#"state "root" as s0"#, "[*] --> s0", "s0 --> s1", "s2 --> s3", "s3 --> roots"] {
        assert!(text.contains(&format!("    {line}\n")), "{line:?} is not in {text}");
    }
}

#[test]
fn odd_names_are_quoted_in_dot() {
    assert_snapshot!(Odd::dot(), "diagrams/odd.dot");
}

#[test]
fn well_known_machines_in_mermaid() {
    assert_snapshot!(Tcp::mermaid(), "diagrams/tcp.mmd");
    assert_snapshot!(Http2Stream::mermaid(), "diagrams/http2_stream.mmd");
    assert_snapshot!(Container::mermaid(), "diagrams/container.mmd");
}

#[test]
fn well_known_machines_in_dot() {
    assert_snapshot!(Tcp::dot(), "diagrams/tcp.dot");
    assert_snapshot!(Http2Stream::dot(), "diagrams/http2_stream.dot");
    assert_snapshot!(Container::dot(), "diagrams/container.dot");
}

#[cfg(feature = "svg")]
#[test]
fn svg_shows_every_mark() {
    assert_snapshot!(Marks::svg(), "diagrams/marks.svg");
}

#[cfg(feature = "svg")]
#[test]
fn odd_names_are_escaped_and_have_room_in_svg() {
    assert_snapshot!(Odd::svg(), "diagrams/odd.svg");
}

/// What is written in the picture, in alphabetical order.
#[cfg(feature = "svg")]
fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("it is well-formed");
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
    let mut texts: Vec<String> = texts.filter_map(|text| text.text()).map(str::to_owned).collect();
    texts.sort_unstable();
    texts
}

#[cfg(feature = "svg")]
#[test]
fn svg_names_every_state_once_and_what_stands_beside_them() {
    let mut expected =
        ["Ready", "Working(..)", "Failed(..)", "Archived", "any state: reset", "restored"];
    expected.sort_unstable();
    assert_eq!(texts(&Marks::svg()), expected);
    let mut expected = Tcp::STATES.to_vec();
    expected.sort_unstable();
    assert_eq!(texts(&Tcp::svg()), expected);
    assert_eq!(texts(&TcpMachine::new().svg()), expected);
}

/// Too large to be drawn.
#[cfg(feature = "svg")]
#[test]
fn a_machine_of_very_many_states_says_that_it_is_not_drawn() {
    macro_rules! ring {
        ($($state:ident $next:ident),*) => {
            #[derive(StateMachine)]
            enum Large {
                $(#[state(to($next))] $state),*
            }
        };
    }
    ring!(
        A0 A1, A1 A2, A2 A3, A3 A4, A4 A5, A5 A6, A6 A7, A7 A8, A8 A9, A9 B0, B0 B1, B1 B2, B2 B3,
        B3 B4, B4 B5, B5 B6, B6 B7, B7 B8, B8 B9, B9 C0, C0 C1, C1 C2, C2 C3, C3 C4, C4 C5, C5 C6,
        C6 C7, C7 C8, C8 C9, C9 D0, D0 D1, D1 D2, D2 D3, D3 D4, D4 D5, D5 D6, D6 D7, D7 D8, D8 D9,
        D9 E0, E0 E1, E1 E2, E2 E3, E3 E4, E4 E5, E5 E6, E6 E7, E7 E8, E8 E9, E9 F0, F0 F1, F1 F2,
        F2 F3, F3 F4, F4 F5, F5 F6, F6 F7, F7 F8, F8 F9, F9 G0, G0 G1, G1 G2, G2 G3, G3 G4, G4 A0
    );
    assert!(Large::svg().contains("too many states or transitions to be drawn"));
    assert!(texts(&Large::svg()).is_empty());
    assert!(Large::mermaid().contains("G4 --> A0"));
}

/// Too dense to be drawn: 17 states, each of which leads to every other.
#[cfg(feature = "svg")]
#[test]
fn a_machine_of_very_many_transitions_says_that_it_is_not_drawn() {
    macro_rules! web {
        ($([$($before:ident)*] $state:ident [$($behind:ident)*])*) => {
            #[derive(StateMachine)]
            enum Dense {
                $(#[state(to($($before,)* $($behind),*))] $state),*
            }
        };
    }
    // Moves one state after the other from behind to before.
    macro_rules! all {
        ([$($before:ident)*] [] $($rows:tt)*) => { web!($($rows)*); };
        ([$($before:ident)*] [$state:ident $($behind:ident)*] $($rows:tt)*) => {
            all!([$($before)* $state] [$($behind)*] $($rows)* [$($before)*] $state [$($behind)*]);
        };
    }
    all!([] [A B C D E F G H I J K L M N O P Q]);
    assert_eq!(Dense::TRANSITIONS.len(), 17 * 16);
    assert!(Dense::svg().contains("too many states or transitions to be drawn"));
    assert!(texts(&Dense::svg()).is_empty());
    assert!(Dense::mermaid().contains("Q --> A"));
}

#[cfg(feature = "svg")]
#[test]
fn the_picture_in_the_readme_is_up_to_date() {
    assert_snapshot!(Connection::svg(), "../docs/connection.svg");
}

#[cfg(feature = "svg")]
#[test]
fn well_known_machines_in_svg() {
    assert_snapshot!(Tcp::svg(), "diagrams/tcp.svg");
    assert_snapshot!(Http2Stream::svg(), "diagrams/http2_stream.svg");
    assert_snapshot!(Container::svg(), "diagrams/container.svg");
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
    machine.closed_to_syn_sent().try_commit().unwrap();
    assert_eq!(added(&Tcp::mermaid(), &machine.mermaid()), [style, "class SynSent current"]);
    assert!(machine.dot().contains("\"SynSent\" [penwidth=3]\n"));
    assert_eq!(machine.dot().matches("penwidth").count(), 1);
}

#[cfg(feature = "svg")]
#[test]
fn a_live_machine_is_marked_in_svg() {
    let machine = TcpMachine::new();
    let mark = |svg: &str| {
        assert_eq!(svg.matches("state current\"").count(), 1);
        let rest = svg.split_once("state current\"").unwrap().1;
        let text = rest.split_once("</text>").unwrap().0;
        text.rsplit_once('>').unwrap().1.to_owned()
    };
    assert_eq!(mark(&machine.svg()), "Closed");
    assert_eq!(machine.svg().replace("state current", "state"), Tcp::svg());
    machine.closed_to_listen().try_commit().unwrap();
    assert_eq!(mark(&machine.svg()), "Listen");
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
