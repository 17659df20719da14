//! Tables, as Markdown.

use std::{fmt::Write as _, fs, process::Command, thread::available_parallelism};

use crate::{
    contest::{Results, Role, Spread},
    growth::Growth,
};

/// A table of cells; the first column is text.
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    pub fn row(&mut self, row: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }

    pub fn markdown(&self) -> String {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let line = |row: &[String]| {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
        };
        let rule = widths.iter().enumerate().map(|(column, &width)| {
            if column == 0 { "-".repeat(width) } else { format!("{}:", "-".repeat(width - 1)) }
        });
        let mut text = line(&self.head);
        text += &format!("| {} |\n", rule.collect::<Vec<_>>().join(" | "));
        for row in &self.rows {
            text += &line(row);
        }
        text
    }
}

/// Three digits, as far as they are known.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn ratio(ratio: Spread) -> String {
    format!("{} ({}–{})", number(ratio.median), number(ratio.low), number(ratio.high))
}

impl Results {
    pub fn table(&self) -> String {
        let mut head = vec![String::new()];
        for measure in self.measures {
            head.extend([(*measure).to_owned(), "ratio".to_owned()]);
        }
        let mut table = Table::new(head);
        for result in &self.results {
            let is_ours = result.role == Role::Ours;
            let mark = |text: String| if is_ours { format!("**{text}**") } else { text };
            let mut row = vec![mark(match result.role {
                Role::Limit => format!("{}: the limit", result.name),
                Role::Ours | Role::Rival => result.name.to_owned(),
            })];
            for (value, own) in &result.measured {
                row.extend([mark(number(value.median)), ratio(*own)]);
            }
            table.row(row);
        }
        table.markdown()
    }

    pub fn markdown(&self) -> String {
        format!("### {}\n\n{}\n\n{}", self.title, self.about, self.table())
    }
}

pub fn growth_table(growths: &[Growth]) -> String {
    let mut table = Table::new(["what", "with more and more", "ns", "exponent", "why"]);
    for growth in growths {
        let points =
            growth.points.iter().map(|(count, cost)| format!("{count}: {}", number(*cost)));
        table.row([
            growth.operation.to_owned(),
            growth.of.to_owned(),
            points.collect::<Vec<_>>().join(", "),
            format!("{:.2}", growth.exponent()),
            growth.reason.to_owned(),
        ]);
    }
    table.markdown()
}

/// What this was measured on, and how busy it was.
pub fn machine(load_before: &str) -> String {
    let line = |path: &str, key: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
        line.split_once(':').map_or(line.clone(), |(_, value)| value.trim().to_owned())
    };
    let said = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output().map(|output| output.stdout);
        String::from_utf8_lossy(&output.unwrap_or_default()).trim().to_owned()
    };
    let mut text = String::new();
    _ = write!(
        text,
        "{}, {} cores, Linux {}; {}, `bench` profile, thin LTO. Load before and after: {} and {}.",
        line("/proc/cpuinfo", "model name"),
        available_parallelism().map_or(0, usize::from),
        said("uname", "-r"),
        said("rustc", "--version"),
        load_before,
        load(),
    );
    text
}

/// How many threads ran or wanted to, on average in the last minute.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// How far apart the middle half of the rounds is, over all that was timed: the median of it.
///
/// None where nothing was.
pub fn noise(results: &[Results]) -> Option<f64> {
    let spreads: Vec<f64> = results
        .iter()
        .flat_map(|results| &results.results)
        .flat_map(|result| &result.measured)
        .filter(|(value, _)| value.median > 0.0)
        .map(|(value, _)| (value.high - value.low) / value.median)
        .collect();
    (!spreads.is_empty()).then(|| Spread::of(spreads).median)
}

/// Puts the text between the two comments that name its place.
///
/// # Panics
///
/// Where there are no such comments.
pub fn place(document: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- measured: {name} -->\n"), "<!-- end -->");
    let (before, rest) =
        document.split_once(&begin).unwrap_or_else(|| panic!("the document has no place {name}"));
    let (_, after) = rest.split_once(end).unwrap_or_else(|| panic!("the place {name} has no end"));
    format!("{before}{begin}\n{}\n\n{end}{after}", text.trim())
}
