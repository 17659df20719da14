//! The command line.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Parser;

use crate::{
    chart, compile,
    contest::{Contest, Results},
    growth::{Growth, growths},
    headline, report, rows,
};

/// Measures this library beside its rivals.
#[derive(Parser)]
#[command(name = "rivals")]
struct Arguments {
    /// Put the tables into the `benchmarks.md` of this folder of the workspace, draw
    /// `benchmarks.svg` beside it, and do the same for the few that the README shows.
    #[arg(long, value_name = "FOLDER")]
    write: Option<PathBuf>,

    /// How often each contestant has its turn.
    #[arg(long, default_value_t = 21)]
    rounds: usize,

    /// Measure only these tables: transition, guarded, look, hold, refused, contended, threads,
    /// tasks, herd, same, many, alone, sqlite, postgres, compile, messages, exact, growth.
    tables: Vec<String>,

    /// What `cargo bench` says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    fn wants(&self, table: &str) -> bool {
        self.tables.is_empty() || self.tables.iter().any(|wanted| wanted == table)
    }
}

pub fn run() {
    let arguments = Arguments::parse();
    let load = report::load();
    let mut places: Vec<(&str, String)> = Vec::new();

    #[cfg(target_arch = "x86_64")]
    if arguments.wants("exact") {
        let table = crate::exact::table();
        println!("### Counted\n\n{table}");
        places.push(("exact", table));
    }

    let mut all = Vec::new();
    let mut hold = |contest: Contest| {
        let results = contest.run(arguments.rounds);
        println!("{}", results.markdown());
        all.push(results);
    };
    rows::contests().into_iter().filter(|contest| arguments.wants(contest.id)).for_each(&mut hold);
    for (id, contest) in
        [("compile", compile::contest as fn() -> Contest), ("messages", compile::messages)]
    {
        if arguments.wants(id) {
            hold(contest());
        }
    }
    places.extend(all.iter().map(|results| (results.id, results.markdown())));

    if arguments.wants("growth") {
        let growths: Vec<Growth> = growths(arguments.rounds.min(7));
        let table = report::growth_table(&growths);
        println!("### Growth\n\n{table}");
        places.push(("growth", table));
    }

    let mut machine = report::machine(&load);
    if let Some(noise) = report::noise(&all) {
        machine += &format!(
            " {} rounds, the middle half of them within {:.0} % of each other.",
            arguments.rounds,
            100.0 * noise,
        );
    }
    println!("{machine}");

    if let Some(folder) = &arguments.write {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let headline = headline::table(&all).map(|table| format!("{table}\n{machine}"));
        places.push(("machine", machine));
        write(&workspace.join(folder), &places, &all);
        if let Some(headline) = headline {
            let charted = headline::CHARTED.map(|id| all.iter().find(|results| results.id == id));
            put(&workspace.join("README.md"), &[("headline", headline)]);
            draw(&workspace.join(folder).join("headline.svg"), charted.into_iter().flatten());
        }
    }
}

fn write(folder: &Path, places: &[(&str, String)], all: &[Results]) {
    put(&folder.join("benchmarks.md"), places);
    draw(&folder.join("benchmarks.svg"), all.iter().filter(|results| results.results.len() > 1));
}

fn put(file: &Path, places: &[(&str, String)]) {
    let document = fs::read_to_string(file).expect("the document is there");
    let place =
        |document: String, (name, text): &(&str, String)| report::place(&document, name, text);
    fs::write(file, places.iter().fold(document, place)).expect("it can be written");
}

fn draw<'a>(file: &Path, charted: impl Iterator<Item = &'a Results>) {
    let charted: Vec<&Results> = charted.collect();
    fs::write(file, chart::svg(&charted)).expect("it can be written");
}
