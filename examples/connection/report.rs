//! What happened, and whether that is what should.

use std::{fmt, iter::Sum, time::Duration};

/// What one client saw, or all of them together.
#[derive(Default)]
pub struct Tally {
    pub answered: u64,
    pub wrong: u64,
    pub connects: u64,
    pub failed_connects: u64,
    pub refused: u64,
    pub longest_wait: Duration,
    pub gave_up: Vec<String>,
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |mut sum, tally| {
            sum.gave_up.extend(tally.gave_up);
            Self {
                answered: sum.answered + tally.answered,
                wrong: sum.wrong + tally.wrong,
                connects: sum.connects + tally.connects,
                failed_connects: sum.failed_connects + tally.failed_connects,
                refused: sum.refused + tally.refused,
                longest_wait: sum.longest_wait.max(tally.longest_wait),
                gave_up: sum.gave_up,
            }
        })
    }
}

pub struct Report {
    pub requests: u64,
    pub tally: Tally,
    /// As the server counted them.
    pub hang_ups: u64,
    /// As the clients saw it.
    pub most_connecting: usize,
    /// As the server saw it.
    pub most_open: usize,
}

impl Report {
    fn reconnects(&self) -> u64 {
        self.tally.connects.saturating_sub(1)
    }

    /// All that should not be; nothing if all is well.
    pub fn failures(&self) -> Vec<String> {
        let Self { requests, tally, hang_ups, most_connecting, most_open } = self;
        let missing = requests - tally.answered - tally.wrong;
        let reconnects = self.reconnects();
        let checks = [
            (missing == 0, format!("{missing} answers are missing")),
            (tally.wrong == 0, format!("{} answers are wrong", tally.wrong)),
            (*most_connecting <= 1, format!("{most_connecting} threads connected at once")),
            (*most_open <= 1, format!("{most_open} connections were open at once")),
            (reconnects <= *hang_ups, format!("{reconnects} reconnects for {hang_ups} hang-ups")),
        ];
        let failed = checks.into_iter().filter(|(is_well, _)| !is_well).map(|(_, failure)| failure);
        tally.gave_up.iter().cloned().chain(failed).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests: _, tally, hang_ups, most_connecting, most_open } = self;
        let mut row = |label: &str, value: &dyn fmt::Display| writeln!(f, "{label:<40}{value:>10}");
        row("requests answered", &tally.answered)?;
        row("hang-ups survived", hang_ups)?;
        row("reconnects", &self.reconnects())?;
        row("failed connects, rolled back", &tally.failed_connects)?;
        row("most threads ever connecting at once", most_connecting)?;
        row("most connections ever open at once", most_open)?;
        row("threads refused", &tally.refused)?;
        row("longest wait for a connection, ms", &tally.longest_wait.as_millis())
    }
}
