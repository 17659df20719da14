//! Programs with one mistake each, and what is said about them: `messages/README.md` has a row for
//! each program in its folder.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use serde_json::Value;
use statemachine_tests::programs;

/// What no message may say, unless the row's last cell admits it: names that no user has seen, and helps
/// that mislead.
const NEVER: [&str; 10] = [
    "__private",
    "__field",
    "verbs!",
    "UnsafeCell",
    "'view",
    "'never",
    "proc-macro derive produced unparsable tokens",
    "crate::Connection,",
    "crate::Link,",
    "in this macro invocation",
];

/// One line of the table.
struct Row {
    program: String,
    /// How many messages there are.
    messages: usize,
    /// Where the first one points: the line, the column, and what is there.
    at: String,
    /// What the first one says, or begins with.
    says: String,
    score: usize,
    why: String,
}

#[test]
fn one_mistake_brings_the_messages_of_the_table() {
    let rows = rows();
    let said = said(&rows);
    let mut wrong = String::new();
    for row in &rows {
        let messages = said.get(&row.program).map_or(&[][..], Vec::as_slice);
        for mistake in compare(row, messages) {
            writeln!(wrong, "{}: {mistake}", row.program).expect("a string");
        }
        if wrong.contains(&format!("{}: ", row.program)) {
            for message in messages {
                writeln!(wrong, "{}", rendered(message)).expect("a string");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// In which the messages differ from the row.
fn compare(row: &Row, messages: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    if messages.len() != row.messages {
        wrong.push(format!("{} messages, not {}", messages.len(), row.messages));
    }
    if let Some(first) = messages.first() {
        let (at, says) = (place(first), text(&first["message"]));
        if at != row.at {
            wrong.push(format!("the first message is at {at}, not at {}", row.at));
        }
        if row.says.is_empty() || !says.contains(&row.says) {
            wrong.push(format!("the first message is {says:?}, not {:?}", row.says));
        }
    }
    for message in messages {
        let said = NEVER.into_iter().filter(|never| rendered(message).contains(never));
        for never in said.filter(|never| !row.why.contains(never)) {
            wrong.push(format!("a message says {never:?}"));
        }
    }
    wrong
}

#[test]
fn the_table_has_all_programs_and_keeps_to_its_scores() {
    let rows = rows();
    let programs: Vec<_> = rows.iter().map(|row| row.program.as_str()).collect();
    let mut files: Vec<_> = fs::read_dir(folder())
        .expect("the programs")
        .filter_map(|file| Some(file.ok()?.file_name().to_str()?.strip_suffix(".rs")?.to_owned()))
        .collect();
    files.sort();
    assert_eq!(programs, files, "one row for each program, by name");
    for Row { program, messages, score, why, .. } in &rows {
        let most = [usize::MAX, 10, 4, 1][*score];
        assert!(*messages <= most, "{program}: {messages} messages have no {score}");
        assert!(*messages > 0 || *score == 0, "{program}: nothing said has no {score}");
        assert_eq!(*score < 3, !why.is_empty(), "{program}: what is less than 3 has a reason");
    }
    assert!(rows.iter().filter(|row| row.score == 1).count() <= 10, "more than ten have a 1");
}

/// The lines of the table.
fn rows() -> Vec<Row> {
    let table = fs::read_to_string(folder().join("README.md")).expect("the table");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    rows.map(|row| {
        let cells: Vec<_> = row.split(" |").map(str::trim).collect();
        let [program, messages, at, says, score, why] = cells[..] else {
            panic!("a row has six cells: {row}");
        };
        Row {
            program: program.trim_end_matches('`').to_owned(),
            messages: messages.parse().expect("a count"),
            at: at.to_owned(),
            says: says.to_owned(),
            score: score.parse().expect("a score"),
            why: why.to_owned(),
        }
    })
    .collect()
}

/// What cargo shows of each program: a message that reads as one before it is not shown again.
fn said(rows: &[Row]) -> BTreeMap<String, Vec<Value>> {
    let mut targets = String::new();
    for Row { program, .. } in rows {
        let path = folder().join(format!("{program}.rs"));
        writeln!(targets, "[[bin]]\nname = \"{program}\"\npath = {path:?}").expect("a string");
    }
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("messages");
    programs::package(&package, "2024", &targets);
    let output = programs::check(&package)
        .args(["--keep-going", "--jobs=2", "--message-format=json"])
        .output()
        .expect("cargo runs");
    let mut said: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let lines = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).expect("cargo writes JSON");
        // The last one only counts those before.
        if line["reason"] != "compiler-message" || line["message"]["spans"] == Value::Array(vec![])
        {
            continue;
        }
        let messages = said.entry(text(&line["target"]["name"])).or_default();
        let message = &line["message"];
        if !messages.iter().any(|before| rendered(before) == rendered(message)) {
            messages.push(message.clone());
        }
    }
    assert!(!said.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// The line, the column and the text that a message underlines.
fn place(message: &Value) -> String {
    let spans = message["spans"].as_array().map_or(&[][..], Vec::as_slice);
    let span = spans.iter().find(|span| span["is_primary"] == true).expect("a place");
    let line = &span["text"][0];
    let end = |key: &str| line[key].as_u64().and_then(|end| usize::try_from(end).ok());
    let (start, end) =
        (end("highlight_start").expect("a start"), end("highlight_end").expect("an end"));
    let token: String = text(&line["text"]).chars().take(end - 1).skip(start - 1).collect();
    format!("{}:{} `{token}`", span["line_start"], span["column_start"])
}

fn rendered(message: &Value) -> &str {
    message["rendered"].as_str().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/messages"))
}
