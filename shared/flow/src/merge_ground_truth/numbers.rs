//! How labels stand: what CloudWatch and the status page are told.

use super::place::Home;
use engine::window::Window;
use ports::{HourTruth, LABEL_DELAYS, LabelStatus, Metric, TruthLog};

/// How many captures of a window have a label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    pub captured: u64,
    pub matched: u64,
}

impl Coverage {
    /// Adds up the hours of a window.
    pub fn of(log: &TruthLog, window: Window) -> Self {
        let inside =
            log.hours.iter().filter(|it| window.start < it.hour + 3600 && it.hour < window.end);
        inside.fold(Self::default(), |sum, it| Self {
            captured: sum.captured + it.captured,
            matched: sum.matched + it.matched,
        })
    }

    /// Returns the share of captures that have a label; `None` without captures.
    pub fn share(self) -> Option<f64> {
        (0 < self.captured).then(|| self.matched as f64 / self.captured as f64)
    }

    /// Whether enough captures have a label to judge the window.
    pub fn reaches(self, least: f64) -> bool {
        0 < self.matched && self.share().is_some_and(|it| least <= it)
    }
}

/// The metric of labels that met no capture in time.
pub(super) const ORPHANED: &str = "LabelsOrphaned";

/// Counts a file of labels or captures that cannot be merged as it is.
pub(super) fn refused(home: &Home, now: i64) -> Metric {
    Metric {
        namespace: "Vigil",
        name: "FilesRefused".into(),
        dimensions: vec![("Endpoint", home.record.endpoint.clone())],
        at: now,
        value: 1.0,
        unit: "Count",
    }
}

/// Sums up the hours of `[from, until)`.
pub(super) fn status(log: &TruthLog, from: i64, until: i64, orphans: u64) -> LabelStatus {
    let hours = || log.hours.iter().filter(|it| from <= it.hour && it.hour < until);
    let sum = |of: fn(&HourTruth) -> u64| hours().map(of).sum::<u64>();
    LabelStatus {
        variant: log.variant.clone(),
        captured: sum(|it| it.captured),
        matched: sum(|it| it.matched),
        duplicates: sum(|it| it.duplicates),
        conflicts: sum(|it| it.conflicts),
        orphans,
        half_within: within(hours(), 0.5),
        untold: log.hours.iter().filter(|it| it.is_untold()).count() as u64,
    }
}

/// Returns the least bound within which a share of the labels came.
fn within<'a>(hours: impl Iterator<Item = &'a HourTruth>, share: f64) -> Option<i64> {
    let mut counts = [0_u64; 8];
    for it in hours {
        for (sum, count) in counts.iter_mut().zip(it.delays) {
            *sum += count;
        }
    }
    let all: u64 = counts.iter().sum();
    let mut so_far = 0;
    let enough = LABEL_DELAYS.iter().zip(counts).find(|(_, count)| {
        so_far += count;
        0 < all && share * all as f64 <= so_far as f64
    });
    enough.map(|(bound, _)| *bound)
}

/// Tells how the labels of a variant stand.
pub(super) fn metrics(
    endpoint: &str,
    it: &LabelStatus,
    log: &TruthLog,
    from: i64,
    now: i64,
) -> Vec<Metric> {
    let metric = |name: &str, value: f64, unit: &'static str| Metric {
        namespace: "Vigil",
        name: name.into(),
        dimensions: vec![("Endpoint", endpoint.to_owned()), ("Variant", it.variant.clone())],
        at: now,
        value,
        unit,
    };
    let mut metrics = vec![
        metric("LabelsMatched", it.matched as f64, "Count"),
        metric("LabelsPending", it.captured.saturating_sub(it.matched) as f64, "Count"),
        metric("LabelsDuplicate", it.duplicates as f64, "Count"),
        metric("LabelsConflicting", it.conflicts as f64, "Count"),
        metric(ORPHANED, it.orphans as f64, "Count"),
    ];
    let coverage = Coverage { captured: it.captured, matched: it.matched };
    metrics.extend(coverage.share().map(|it| metric("LabelCoverage", it, "None")));
    let hours = || log.hours.iter().filter(|it| from <= it.hour);
    for (name, share) in [("LabelDelayHalf", 0.5), ("LabelDelayNineOfTen", 0.9)] {
        let bound = within(hours(), share);
        metrics.extend(bound.map(|it| metric(name, it as f64, "Seconds")));
    }
    metrics
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(hour: i64, captured: u64, matched: u64, delays: [u64; 8]) -> HourTruth {
        HourTruth { hour, captured, matched, delays, ..HourTruth::default() }
    }

    #[test]
    fn coverage_counts_the_hours_of_a_window() {
        let hours = vec![hour(0, 100, 90, [0; 8]), hour(3600, 100, 10, [0; 8])];
        let log = TruthLog { hours, ..TruthLog::default() };
        let of = |start, end| Coverage::of(&log, Window { start, end });
        assert_eq!(of(0, 3600).share(), Some(0.9));
        assert_eq!(of(0, 7200).share(), Some(0.5));
        assert_eq!(of(7200, 10_800).share(), None);
        assert!(of(0, 7200).reaches(0.5) && !of(3600, 7200).reaches(0.5));
        assert!(!of(7200, 10_800).reaches(0.0), "nothing to judge");
    }

    #[test]
    fn delays_are_bounds_of_shares() {
        let hours = vec![hour(0, 0, 0, [5, 0, 3, 0, 0, 0, 0, 2])];
        let log = TruthLog { hours, ..TruthLog::default() };
        let within = |share| within(log.hours.iter(), share);
        assert_eq!((within(0.5), within(0.8), within(0.9)), (Some(60), Some(3600), None));
        assert_eq!(status(&TruthLog::default(), 0, 1, 0).half_within, None);
    }
}
