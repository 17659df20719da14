//! How long machines take to compile: rings of N states with three transitions each.

mod rings;

use std::{
    cell::Cell,
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
    rc::Rc,
};

use crate::{
    contest::{Contest, Contestant, Role, time},
    usage::Usage,
};

const RUNTIME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachine");
const LOCK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");

const SIZES: [usize; 4] = [10, 20, 50, 200];

/// Up to 32 states each undeclared transition has a message of its own, up to 64 the nearest have, and above
/// none has.
const BESIDE_MESSAGES: [usize; 5] = [20, 32, 64, 65, 100];

pub fn contest() -> Contest {
    let crates = Rc::new(Crate::new());
    let contestant = |name, role, ring: fn(usize) -> String| {
        let crates = Rc::clone(&crates);
        let programs: Vec<Program> = SIZES
            .iter()
            .filter_map(|&states| crates.program(name, states, &ring(states)))
            .collect();
        (programs.len() == SIZES.len()).then(|| {
            Contestant::new(name, role, move || {
                let checks: Vec<_> = programs.iter().map(|program| crates.check(program)).collect();
                let seconds = checks.iter().map(|check| check.seconds);
                seconds.chain(checks.last().map(|check| check.cpu_seconds)).collect()
            })
        })
    };
    Contest {
        id: "compile",
        title: "Compile time",
        about: "`cargo check` of a ring of N states with three transitions each, its dependencies \
                built.",
        measures: &["s, N = 10", "s, N = 20", "s, N = 50", "s, N = 200", "s of CPU, N = 200"],
        charted: 3,
        rounds: Some(7),
        contestants: [
            contestant("typestate by hand", Role::Limit, rings::by_hand),
            contestant("statemachine", Role::Ours, rings::ours),
            contestant("rust-fsm", Role::Rival, rings::rust_fsm),
            contestant("statig", Role::Rival, rings::statig),
            contestant("smlang", Role::Rival, rings::smlang),
            contestant("statum", Role::Rival, rings::statum),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

/// Ours with and without a message for each transition that is not declared.
pub fn messages() -> Contest {
    let crates = Crate::new();
    let programs = BESIDE_MESSAGES
        .map(|states| crates.program("statemachine", states, &rings::ours(states)).expect("ours"));
    Contest {
        id: "messages",
        title: "Compile time of the messages for illegal calls",
        about: "Up to 32 states, each undeclared transition has a message of its own; up to 64, the \
                nearest have one; above, none has. The last number is what they add at 20 states: \
                beside a ring of 20 without, as the line through 65 and 100 has it.",
        measures: &[
            "s of CPU, N = 20",
            "s, N = 32",
            "s, N = 64",
            "s, N = 65",
            "s, N = 100",
            "s for messages, N = 20",
        ],
        charted: 5,
        rounds: Some(11),
        contestants: vec![Contestant::new("statemachine", Role::Ours, move || {
            let [at_20, at_32, at_64, at_65, at_100] =
                [0, 1, 2, 3, 4].map(|index| crates.check(&programs[index]).cpu_seconds);
            let without = at_65 - (at_100 - at_65) * 45.0 / 35.0;
            vec![at_20, at_32, at_64, at_65, at_100, at_20 - without]
        })],
    }
}

/// A crate with a program a ring.
struct Crate {
    folder: PathBuf,
    /// So that each check finds a change.
    checks: Cell<u32>,
}

struct Program {
    name: String,
    file: PathBuf,
    source: String,
}

struct Check {
    seconds: f64,
    cpu_seconds: f64,
}

impl Crate {
    fn new() -> Self {
        // Beside the profile's folder, in the target folder.
        let program = env::current_exe().expect("a program has a path");
        let target = program.ancestors().nth(2).expect("it is run from the target folder");
        let folder = target.join("tmp").join("rings");
        fs::create_dir_all(folder.join("src/bin")).expect("the target folder can be written");
        let manifest = format!(
            "[package]\nname = \"rings\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             statemachine = {{ path = {RUNTIME:?} }}\nrust-fsm = \"0.8\"\nsmlang = \"0.8\"\n\
             statig = \"0.4\"\nstatum = \"0.9\"\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest).expect("it can be written");
        if !folder.join("Cargo.lock").exists() {
            fs::copy(LOCK, folder.join("Cargo.lock")).expect("the workspace has a lock file");
        }
        Self { folder, checks: Cell::new(0) }
    }

    /// The program, where it compiles.
    fn program(&self, rival: &str, states: usize, source: &str) -> Option<Program> {
        let name = format!("{}_{states}", rival.replace([' ', '-'], "_"));
        let file = self.folder.join("src/bin").join(format!("{name}.rs"));
        fs::write(&file, source).expect("it can be written");
        let program = Program { name, file, source: source.to_owned() };
        let compiles = self.cargo_check(&program, Stdio::inherit());
        if !compiles {
            eprintln!("left out: {rival} does not compile with {states} states");
        }
        compiles.then_some(program)
    }

    fn check(&self, program: &Program) -> Check {
        self.checks.set(self.checks.get() + 1);
        let source = format!("{}// {}\n", program.source, self.checks.get());
        fs::write(&program.file, source).expect("it can be written");
        let mut seconds = 0.0;
        let usage = Usage::of_children(|| {
            seconds = time(|| assert!(self.cargo_check(program, Stdio::null()))).as_secs_f64();
        });
        Check { seconds, cpu_seconds: usage.cpu_microseconds / 1e6 }
    }

    fn cargo_check(&self, program: &Program, errors: Stdio) -> bool {
        let status = Command::new(env!("CARGO"))
            .args(["check", "--quiet", "--bin", &program.name])
            .arg("--target-dir")
            .arg(self.folder.join("target"))
            .current_dir(&self.folder)
            .stderr(errors)
            .status();
        status.expect("cargo can be run").success()
    }
}
