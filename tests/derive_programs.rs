//! Programs that are made here and handed to the compiler: every illegal call of a real protocol,
//! and declarations at random.

use std::{fmt::Write as _, fs, path::Path};

use statemachine_tests::programs;

/// What the compiler says about a program, without colours.
fn check(name: &str, program: &str) -> (bool, String) {
    check_with(name, program, "2024", "")
}

/// The same in another edition, and with flags for the compiler, which is given them for all that the
/// program depends on.
fn check_with(name: &str, program: &str, edition: &str, flags: &str) -> (bool, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    programs::package(&folder, edition, "");
    let source = folder.join("src");
    fs::create_dir_all(&source).expect("a folder for the program");
    fs::write(source.join("main.rs"), program).expect("the program");
    let mut command = programs::check(&folder);
    if !flags.is_empty() {
        command.env("CARGO_TARGET_DIR", folder.join("target")).env("RUSTFLAGS", flags);
    }
    let output = command.output().expect("cargo runs");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The connection of RFC 9293, figure 5, with the words of its states.
const TCP: [(&str, &str, &[usize]); 11] = [
    ("Closed", "closed", &[1, 2]),
    ("Listen", "listen", &[0, 2, 3]),
    ("SynSent", "syn_sent", &[0, 3, 4]),
    ("SynReceived", "syn_received", &[1, 4, 5]),
    ("Established", "established", &[5, 7]),
    ("FinWait1", "fin_wait1", &[6, 8, 10]),
    ("FinWait2", "fin_wait2", &[10]),
    ("CloseWait", "close_wait", &[9]),
    ("Closing", "closing", &[10]),
    ("LastAck", "last_ack", &[0]),
    ("TimeWait", "time_wait", &[0]),
];

#[test]
fn each_illegal_call_of_tcp_is_one_error() {
    let mut program = String::from(
        "use statemachine::StateMachine;\n#[derive(StateMachine)]\n#[machine(can_always_reach(Closed))]\nenum Tcp {\n",
    );
    let mut declared_at = Vec::new();
    for (name, _, targets) in TCP {
        let targets: Vec<&str> = targets.iter().map(|&target| TCP[target].0).collect();
        declared_at.push(program.lines().count() + 1);
        writeln!(program, "#[state(to({}))] {name},", targets.join(", ")).expect("a string");
    }
    program.push_str("}\nfn main() {\n    let tcp = TcpMachine::new();\n");
    // The line of each illegal call.
    let mut illegal = Vec::new();
    for (from, (_, word, targets)) in TCP.iter().enumerate() {
        for (to, (_, other, _)) in TCP.iter().enumerate() {
            writeln!(program, "    let _ = tcp.{word}_to_{other}().try_commit();")
                .expect("a string");
            if !targets.contains(&to) {
                illegal.push((program.lines().count(), from, to));
            }
        }
    }
    program.push_str("}\n");

    let (success, said) = check("tcp", &program);
    assert!(!success, "illegal calls compile:\n{said}");
    let errors: Vec<&str> = said.split("\nerror").skip(1).collect();
    // Cargo's own closing line is one more.
    let errors = &errors[..errors.len() - 1];
    assert_eq!(illegal.len(), 121 - 21);
    assert_eq!(errors.len(), illegal.len(), "one error a call:\n{said}");
    for (error, (line, from, to)) in errors.iter().zip(illegal) {
        let first = error.lines().next().unwrap_or_default();
        let at = format!("--> src/main.rs:{line}:");
        assert!(error.contains(&at), "not {at}\n{error}");
        assert!(first.contains("has no transition to"), "{first}");
        assert!(first.contains(TCP[from].0) && first.contains(TCP[to].0), "{first}");
        assert!(error.contains("^ illegal transition"), "{error}");
        let legal = format!("--> src/main.rs:{}:", declared_at[from]);
        assert!(error.contains(&legal), "the legal ones are not pointed at: {error}");
    }
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

/// A declaration without mistakes: a ring, so that all is reached, with more transitions across.
fn declaration(dice: &mut Dice) -> String {
    const NAMES: [&str; 12] = [
        "Idle",
        "HTTPReady",
        "FinWait1",
        "New",
        "Self_",
        "Every",
        "Result",
        "Option",
        "r#Box",
        "Start",
        "A1",
        "Größe",
    ];
    const GENERICS: [(&str, &str, &[&str]); 4] = [
        ("", "", &["String", "&'static str", "Vec<Option<u8>>"]),
        ("<'a, T>", "", &["&'a T", "std::borrow::Cow<'a, [u8]>", "Option<&'a [T]>"]),
        ("<T: Clone + ?Sized, const N: usize>", "where T: Send", &["Box<T>", "[u8; N]", "u8"]),
        (
            "<'a, 'b, I: Iterator = std::vec::IntoIter<u8>>",
            "where 'a: 'b",
            &["&'b I::Item", "&'b &'a I", "u8"],
        ),
    ];
    let (generics, bounds, types) = GENERICS[dice.roll(GENERICS.len())];
    let states = 1 + dice.roll(NAMES.len());
    let first = dice.roll(NAMES.len());
    let name = |i: usize| NAMES[(first + i) % NAMES.len()];
    let mut variants = String::new();
    for state in 0..states {
        let mut targets = vec![(state + 1) % states];
        for _ in 0..dice.roll(4) {
            let target = dice.roll(states);
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        let targets: Vec<&str> = targets.into_iter().map(name).collect();
        let extra =
            dice.pick(&["", "", "name = other_word, "]).replace("other", &format!("w{state}"));
        let ty = dice.pick(types);
        let fields = match dice.roll(6) {
            0 => "()".to_owned(),
            1 => format!("({ty})"),
            2 => format!("({ty}, u8)"),
            3 => format!("{{ field: {ty}, r#type: Box<Self> }}"),
            _ => String::new(),
        };
        writeln!(
            variants,
            "    #[state({extra}to({}))] {}{fields},",
            targets.join(", "),
            name(state)
        )
        .expect("a string");
    }
    // One variant that uses every parameter.
    let all = ["", "&'a T", "Box<T>, [u8; N]", "&'a &'b I, I"]
        [GENERICS.iter().position(|(other, ..)| *other == generics).unwrap_or(0)];
    writeln!(variants, "    #[state(restored, to({}))] Last({all}),", name(0)).expect("a string");
    let (vis, machine) = (
        dice.pick(&["", "pub(crate) ", "pub(super) ", "pub(in super::super) "]),
        dice.pick(&[
            "",
            "#[machine(reset)] ",
            "#[machine(name = Gate, states = gates, kind = Sort)] ",
        ]),
    );
    format!(
        "#[derive(statemachine::StateMachine)]\n{machine}{vis}enum Subject{generics} {bounds} {{\n{variants}}}\n"
    )
}

#[test]
fn what_is_accepted_compiles() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut program = String::from("#![deny(warnings)]\n#![allow(dead_code)]\nmod outer {\n");
    for i in 0..60 {
        let declaration = declaration(&mut dice);
        // Every third one in the body of a function.
        if i % 3 == 0 {
            let local = declaration.replace("pub(in super::super) ", "").replace("pub(super) ", "");
            writeln!(program, "fn f{i}() {{\n{local}}}").expect("a string");
        } else {
            writeln!(program, "mod m{i} {{\n{declaration}}}").expect("a string");
        }
    }
    program.push_str("}\nfn main() {}\n");
    let (success, said) = check("random", &program);
    assert!(success, "{said}");
}

/// A user who checks a lock of their own with `loom` builds everything with `--cfg loom`, this library
/// included.
#[test]
fn a_build_for_the_model_checker_has_the_same_machines() {
    let program = r#"
use std::time::{Duration, Instant};

#[derive(statemachine::StateMachine)]
enum Slot {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty))]
    Full(String),
}

static SLOT: SlotMachine = SlotMachine::new();

fn main() {
    let _ = SLOT.empty_to_full().until(Instant::now() + Duration::from_secs(1));
    let _ = SLOT.in_full().within(Duration::from_secs(1));
}
"#;
    let (success, said) = check_with("model", program, "2024", "--cfg loom");
    assert!(success, "{said}");
}

/// A derive's tokens are of its own edition, the user's of theirs: what the user wrote may be no keyword
/// where it was written and one where it is copied to.
#[test]
fn crates_of_older_editions_have_machines() {
    let declarations = r#"
extern crate statemachine;

#[derive(statemachine::StateMachine)]
enum Light {
    #[state(to(gen))]
    Red,
    #[state(to(Red))]
    gen,
}

#[derive(statemachine::StateMachine)]
enum Lamp {
    #[state(to(gen))]
    Off { gen: u8, r#async: u8 },
    #[state(to(Off, r#async))]
    gen(u8, u8),
    #[state(to(Off))]
    r#async(Box<dyn std::fmt::Debug>),
}

mod outer {
    mod inner {
        #[derive(statemachine::StateMachine)]
        VISIBILITY enum Door {
            #[state(to(Open))]
            Closed,
            #[state(to(Closed))]
            Open(u8),
        }
    }
}

fn main() {
    let light = LightMachine::new();
    let _ = light.red_to_gen().try_commit();
}
"#;
    for (edition, visibility) in
        [("2015", "pub(in outer)"), ("2018", "pub(in crate::outer)"), ("2021", "pub(super)")]
    {
        let program = format!(
            "#![deny(warnings)]\n#![allow(dead_code, non_camel_case_types)]\n{}",
            declarations.replace("VISIBILITY", visibility)
        );
        let (success, said) = check_with(&format!("edition{edition}"), &program, edition, "");
        assert!(success, "{edition}:\n{said}");
    }
}

/// The library under another name, and no `crate = ..` that says so.
#[test]
fn a_renamed_library_is_missed_once() {
    let program = r#"
#[derive(sm::StateMachine)]
enum Slot {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty, Sorted))]
    Full(String),
    #[state(to(Empty))]
    Sorted { by: u8 },
}

fn main() {
    let slot = SlotMachine::new();
    let _ = slot.empty_to_full().try_commit_with("text".to_owned());
}
"#;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("renamed");
    programs::package(&folder, "2024", "");
    let manifest = folder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    let text = text.replace("statemachine.path", "sm.package = \"statemachine\"\nsm.path");
    fs::write(&manifest, text).expect("the manifest");
    fs::create_dir_all(folder.join("src")).expect("a folder for the program");
    let check = |program: &str| {
        fs::write(folder.join("src/main.rs"), program).expect("the program");
        let output = programs::check(&folder).output().expect("cargo runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (success, said) = check(program);
    assert!(!success && said.contains("could not find `statemachine`"), "{said}");
    // Cargo's own closing line is one more.
    assert_eq!(said.matches("\nerror").count(), 2, "{said}");
    let (success, said) = check(&program.replace("enum", "#[machine(crate = sm)]\nenum"));
    assert!(success, "{said}");
}

/// In that edition `async` is a name, and `core` is not found from the root.
#[test]
fn a_crate_of_2015_has_machines_and_messages() {
    let program = r#"
extern crate statemachine;

#[derive(statemachine::StateMachine)]
enum Lamp {
    #[state(to(async))]
    off,
    #[state(to(off))]
    async(u8),
}

fn main() {
    let lamp = LampMachine::new();
    let _ = lamp.off_to_async().try_commit_with(1);
}
"#;
    let (success, said) = check_with("of2015", program, "2015", "");
    assert!(success, "{said}");
    let (success, said) = check_with("of2015", &program.replace("to(off)", "to(of)"), "2015", "");
    assert!(!success && said.contains("unknown state `of`; did you mean `off`?"), "{said}");
}
