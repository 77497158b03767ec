use std::collections::BTreeMap;

use super::LabelIndex;

/// Upper bounds of the delays that are told apart, in seconds; the last count is
/// of longer ones.
pub const DELAYS: [i64; 14] = [
    60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200, 604_800, 1_209_600,
    2_592_000, 7_776_000,
];

/// How well labels and inferences met.
///
/// Mergeable over disjoint sets of ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatchStatistics {
    /// Inferences, each once.
    pub inferences: u64,
    /// Inferences with a label.
    pub merged: u64,
    /// Inferences that came again and were left out.
    pub repeated: u64,
    /// Labels that could be read.
    pub labels: u64,
    /// Labels that say again what one before them said for the same id.
    pub duplicates: u64,
    /// Labels that say other than the one that counted before them.
    pub conflicts: u64,
    /// Ids whose label met no inference.
    pub orphans: u64,
    /// By hour since 1970 of the inference.
    pub hours: BTreeMap<i64, HourMatches>,
    /// Merged inferences by how long after them their label became known: up to
    /// each of [`DELAYS`], and longer. Labels without a time are not in it.
    pub delays: [u64; DELAYS.len() + 1],
    /// Labels that became known before their inference was made.
    pub early: u64,
}

/// One hour's part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HourMatches {
    pub inferences: u64,
    pub merged: u64,
}

impl HourMatches {
    /// Returns the share of inferences that have a label.
    pub fn coverage(&self) -> Option<f64> {
        share(self.merged, self.inferences)
    }
}

impl MatchStatistics {
    /// Counts the labels of an index.
    pub fn of_labels(index: &LabelIndex) -> Self {
        Self {
            labels: index.read() as u64,
            duplicates: index.duplicates,
            conflicts: index.conflicts,
            ..Self::default()
        }
    }

    /// Counts an inference with a label; `delay` in microseconds.
    pub fn merged(&mut self, hour: i64, delay: Option<i64>) {
        self.inferences += 1;
        self.merged += 1;
        let counts = self.hours.entry(hour).or_default();
        counts.inferences += 1;
        counts.merged += 1;
        match delay {
            Some(delay) if delay < 0 => self.early += 1,
            Some(delay) => {
                let bucket = DELAYS.partition_point(|it| it * 1_000_000 < delay);
                self.delays[bucket] += 1;
            }
            None => {}
        }
    }

    pub fn unlabelled(&mut self, hour: i64) {
        self.inferences += 1;
        self.hours.entry(hour).or_default().inferences += 1;
    }

    /// Returns the share of inferences that have a label.
    pub fn match_rate(&self) -> Option<f64> {
        share(self.merged, self.inferences)
    }

    pub fn merge(&mut self, other: &Self) {
        self.inferences += other.inferences;
        self.merged += other.merged;
        self.repeated += other.repeated;
        self.labels += other.labels;
        self.duplicates += other.duplicates;
        self.conflicts += other.conflicts;
        self.orphans += other.orphans;
        self.early += other.early;
        for (hour, counts) in &other.hours {
            let own = self.hours.entry(*hour).or_default();
            own.inferences += counts.inferences;
            own.merged += counts.merged;
        }
        for (own, more) in self.delays.iter_mut().zip(&other.delays) {
            *own += more;
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (0 < whole).then(|| part as f64 / whole as f64)
}
