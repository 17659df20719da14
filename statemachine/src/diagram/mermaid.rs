//! Mermaid's `stateDiagram-v2`.

use std::fmt::Write as _;

use super::Picture;

/// Words that mean something to Mermaid, which does not mind their case.
const KEYWORDS: [&str; 22] = [
    "accdescr",
    "acctitle",
    "as",
    "choice",
    "class",
    "classdef",
    "click",
    "default",
    "direction",
    "end",
    "fork",
    "hide",
    "href",
    "join",
    "note",
    "root",
    "root_end",
    "root_start",
    "scale",
    "state",
    "statediagram",
    "style",
];

pub(super) fn write(picture: Picture) -> String {
    let ids = ids(picture.states);
    let mut text = String::from("stateDiagram-v2\n");
    let mut line = |line: &str| {
        _ = writeln!(text, "    {line}");
    };
    let (framed, others) = picture.groups();
    let is_framed = |state: &str| framed.iter().any(|(_, states)| states.contains(&state));
    let labelled = |position: usize| {
        let (id, label) = (&ids[position], picture.label(position));
        (*id != label).then(|| format!("state \"{}\" as {id}", escaped(&label)))
    };
    // What stands in a frame is declared there.
    for position in (0..ids.len()).filter(|&position| !is_framed(picture.states[position])) {
        labelled(position).iter().for_each(|text| line(text));
    }
    for (name, states) in &framed {
        let id = unused(&format!("group_{name}"), picture.states);
        line(&format!("state \"{}\" as {id} {{", escaped(name)));
        for state in *states {
            let position = picture.position(state);
            let text = labelled(position).unwrap_or_else(|| ids[position].clone());
            line(&format!("    {text}"));
        }
        line("}");
    }
    for (name, states) in others {
        let first = &ids[picture.position(states[0])];
        line(&format!("note left of {first}: {name} is {}", states.join(", ")));
    }
    line(&format!("[*] --> {}", ids[picture.initial()]));
    for (position, node) in picture.graph.nodes.iter().enumerate() {
        if node.restored && position != picture.initial() {
            line(&format!("[*] --> {}: restored", ids[position]));
        }
    }
    for (from, to) in picture.transitions {
        line(&format!("{} --> {}", ids[picture.position(from)], ids[picture.position(to)]));
    }
    if picture.graph.reset {
        let any = unused("any", picture.states);
        line(&format!("state \"any state\" as {any}"));
        line(&format!("{any} --> {}: reset", ids[picture.initial()]));
    }
    for (id, node) in ids.iter().zip(picture.graph.nodes) {
        if node.terminal {
            line(&format!("{id} --> [*]"));
        }
    }
    if let Some(current) = picture.current {
        line("classDef current stroke-width:4px,font-weight:bold");
        line(&format!("class {} current", ids[usize::from(current)]));
    }
    text
}

/// A name for each state that Mermaid takes for one: the state's own where that is possible.
fn ids(states: &[&str]) -> Vec<String> {
    let id = |(position, state): (usize, &&str)| {
        if is_plain(state) { (*state).to_owned() } else { unused(&format!("s{position}"), states) }
    };
    states.iter().enumerate().map(id).collect()
}

fn is_plain(name: &str) -> bool {
    let is_word = name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    is_word && !KEYWORDS.contains(&name.to_ascii_lowercase().as_str())
}

/// The name, made longer until no state has it.
fn unused(name: &str, states: &[&str]) -> String {
    let mut name = name.to_owned();
    while states.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// As it may stand between quotes.
fn escaped(text: &str) -> String {
    text.replace('#', "#35;").replace('"', "#quot;")
}
