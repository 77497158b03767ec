//! Labels meet captured inferences.
//!
//! A label names an inference by the id that its caller gave, else by its event's
//! (reference: formats C.2). Of several labels for one id the last one counts: by
//! its time, a label without a time before all others, then by its place in the
//! input. An inference that comes twice, by the id of its event, counts once.

mod claims;
mod each;
mod index;
mod labels;
mod statistics;
#[cfg(test)]
mod tests;

pub use claims::{Claim, Claims, EventHash};
pub use dataset::{Inference, Label, LabelOptions, Truth, Unlabelled, write_label, write_merged};
pub use each::{LabelFormat, each_inference, each_label};
pub use index::{LabelIndex, Orphan, Place};
pub use labels::{LabelSink, Labels};
pub use statistics::{DELAYS, HourMatches, MatchStatistics};

/// Joins inferences with labels, all in memory.
#[derive(Debug)]
pub struct Merge {
    index: LabelIndex,
    claims: Claims,
    statistics: MatchStatistics,
}

/// What became of an inference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It has a label: its merged record was written.
    Merged,
    /// It has no label yet.
    Unlabelled,
    /// It came before and is left out.
    Repeated,
}

impl Merge {
    pub fn new(labels: Labels) -> Self {
        let index = LabelIndex::new(labels);
        let claims = Claims::new(&index, usize::MAX);
        let statistics = MatchStatistics::of_labels(&index);
        Self { index, claims, statistics }
    }

    /// Joins one inference; a merged record is appended to `out` as one line.
    pub fn add(&mut self, inference: &Inference<'_>, out: &mut Vec<u8>) -> Became {
        let found = self.index.find(&inference.key());
        let became = self.claims.settle(found, EventHash::of(inference));
        let hour = hour_of(inference.time);
        match (became, found) {
            (Became::Merged, Some(place)) => {
                let known = self.index.time(place);
                self.statistics.merged(hour, known.map(|it| it - inference.time * 1_000_000));
                inference.write_merged(|out| self.index.write(place, out), out);
            }
            (Became::Repeated, _) => self.statistics.repeated += 1,
            _ => self.statistics.unlabelled(hour),
        }
        became
    }

    /// Returns the label that counts for an inference.
    pub fn label(&self, inference: &Inference<'_>) -> Option<Place> {
        self.index.find(&inference.key())
    }

    pub fn index(&self) -> &LabelIndex {
        &self.index
    }

    /// Hands on every label that met no inference, in the order of the input.
    pub fn orphans(&self, each: &mut dyn FnMut(Orphan<'_>)) {
        self.index.orphans(&self.claims, each);
    }

    pub fn statistics(&self) -> MatchStatistics {
        let mut statistics = self.statistics.clone();
        statistics.orphans = self.claims.unclaimed(&self.index);
        statistics
    }
}

/// Returns the hour of a second, both since 1970.
pub fn hour_of(second: i64) -> i64 {
    second.div_euclid(3600)
}
