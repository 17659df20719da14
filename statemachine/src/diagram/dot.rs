//! DOT, the language of Graphviz.

use std::fmt::Write as _;

use super::Picture;

/// The nodes that are no states: no state's name has a space.
const START: &str = "the start";
const RESTORED: &str = "the restored";
const ANY: &str = "any state";

pub(super) fn write(picture: Picture) -> String {
    let mut text = format!("digraph {} {{\n", quoted(picture.name));
    let mut line = |line: &str| {
        _ = writeln!(text, "    {line}");
    };
    line("node [shape=box, style=rounded]");
    line(&format!("{} [shape=point, width=0.15]", quoted(START)));
    for (position, node) in picture.graph.nodes.iter().enumerate() {
        let mut attributes = Vec::new();
        if node.data {
            attributes.push(format!("label={}", quoted(&picture.label(position))));
        }
        if node.terminal {
            attributes.push("peripheries=2".to_owned());
        }
        if picture.current.map(usize::from) == Some(position) {
            attributes.push("penwidth=3".to_owned());
        }
        let state = quoted(picture.states[position]);
        if attributes.is_empty() {
            line(&state);
        } else {
            line(&format!("{state} [{}]", attributes.join(", ")));
        }
    }
    let (framed, others) = picture.groups();
    for (name, states) in framed {
        let states: Vec<String> = states.iter().map(|state| quoted(state)).collect();
        line(&format!(
            "subgraph {} {{ label={}; style=\"rounded,dotted\"; {} }}",
            quoted(&format!("cluster {name}")),
            quoted(name),
            states.join("; ")
        ));
    }
    for (name, states) in others {
        let text = quoted(&format!("{name}: {}", states.join(", ")));
        line(&format!("{text} [shape=plaintext]"));
    }
    let initial = quoted(picture.states[picture.initial()]);
    line(&format!("{} -> {initial}", quoted(START)));
    let restored = |position: &usize| {
        picture.graph.nodes[*position].restored && *position != picture.initial()
    };
    for position in (0..picture.states.len()).filter(restored) {
        let (start, state) = (quoted(RESTORED), quoted(picture.states[position]));
        line(&format!("{start} [shape=point, width=0.15]"));
        line(&format!("{start} -> {state} [label=restored, style=dashed]"));
    }
    for (from, to) in picture.transitions {
        line(&format!("{} -> {}", quoted(from), quoted(to)));
    }
    if picture.graph.reset {
        line(&format!("{} [style=\"rounded,dashed\"]", quoted(ANY)));
        line(&format!("{} -> {initial} [label=reset, style=dashed]", quoted(ANY)));
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
