//! Faulty windows: one column of thirty changes, and the alert is timed.

use crate::chance::Chance;
use crate::months::Watched;
use crate::traffic::{Column, Fault};

/// Trials that share one draw of the baseline.
const TRIALS_A_BASELINE: u32 = 5;

/// How often and how soon a fault led to an incident that names its column.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) trials: u32,
    /// Within one window, within three.
    pub(crate) at_once: u32,
    pub(crate) in_three: u32,
    /// Incidents that closed within twelve windows of the fault's end.
    pub(crate) recovered: u32,
}

impl Found {
    pub(crate) fn share(&self) -> f64 {
        f64::from(self.in_three) / f64::from(self.trials)
    }
}

/// Puts the fault into `column` for three windows, after two without it.
pub(crate) fn find(
    columns: &[Column],
    column: usize,
    rows: u64,
    fault: Fault,
    trials: u32,
    seed: u64,
) -> Found {
    let mut found = Found { trials, ..Found::default() };
    let mut fresh = Watched::new(columns, &mut Chance::new(seed));
    for trial in 0..trials {
        let mut chance = Chance::new(seed + 1_000_003 * u64::from(trial));
        if trial % TRIALS_A_BASELINE == 0 {
            fresh = Watched::new(columns, &mut chance);
        }
        let mut watched = fresh.clone();
        let start = i64::from(trial % 24);
        let mut named_after = None;
        for hour in 0..5 {
            let now = if hour < 2 { Fault::None } else { fault };
            watched.hour(columns, rows, start + hour, (column, now), &mut chance);
            if 2 <= hour && named_after.is_none() && watched.names(column) {
                named_after = Some(hour - 1);
            }
        }
        found.at_once += u32::from(named_after == Some(1));
        found.in_three += u32::from(named_after.is_some());
        for hour in 5..17 {
            if watched.all_resolved() {
                break;
            }
            watched.hour(columns, rows, start + hour, (column, Fault::None), &mut chance);
        }
        found.recovered += u32::from(named_after.is_some() && watched.all_resolved());
    }
    found
}
