//! The few numbers that the README shows.

use crate::{
    contest::{Result, Results, Role},
    report::{Table, number},
};

struct Row {
    what: &'static str,
    contest: &'static str,
    measure: usize,
    unit: &'static str,
    more_is_better: bool,
}

const fn row(what: &'static str, contest: &'static str, measure: usize, unit: &'static str) -> Row {
    Row { what, contest, measure, unit, more_is_better: false }
}

const ROWS: [Row; 3] = [
    row("a transition", "transition", 0, "ns"),
    Row {
        more_is_better: true,
        ..row("transitions won by 2 threads (more is better)", "contended", 0, "M/s")
    },
    row("a hand-off between two threads", "threads", 0, "µs"),
];

/// The contests that the README's picture shows.
pub const CHARTED: [&str; 4] = ["transition", "contended", "hold", "guarded"];

/// The table, where all that it shows was measured.
pub fn table(all: &[Results]) -> Option<String> {
    let mut table = Table::new(["", "statemachine", "of the limit", "of the best rival"]);
    for row in &ROWS {
        let results = all.iter().find(|results| results.id == row.contest)?;
        let value = |result: &Result| result.measured[row.measure].0.median;
        let of = |role| results.results.iter().filter(move |result| result.role == role);
        let best = |role| {
            let order = |a: &&Result, b: &&Result| value(a).total_cmp(&value(b));
            if row.more_is_better { of(role).max_by(order) } else { of(role).min_by(order) }
        };
        let ours = value(of(Role::Ours).next()?);
        let beside = |other: Option<&Result>| match other {
            Some(other) => format!("{} ({})", number(ours / value(other)), other.name),
            None => String::new(),
        };
        table.row([
            row.what.to_owned(),
            format!("{} {}", number(ours), row.unit),
            beside(of(Role::Limit).next()),
            beside(best(Role::Rival)),
        ]);
    }
    Some(table.markdown())
}
