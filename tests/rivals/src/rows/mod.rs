//! What is measured: one file a table.

mod alone;
mod contended;
mod guarded;
mod handoff;
mod herd;
mod hold;
mod look;
mod many;
mod refused;
mod stored;
mod transition;

use super::contest::Contest;

/// All of them, in the order in which they are shown.
pub fn contests() -> Vec<Contest> {
    vec![
        transition::contest(),
        guarded::contest(),
        look::contest(),
        hold::contest(),
        refused::contest(),
        contended::contest(),
        handoff::between_threads(),
        handoff::between_tasks(),
        herd::uninterested(),
        herd::same_transition(),
        many::contest(),
        alone::contest(),
        stored::sqlite(),
        stored::postgres(),
    ]
}
