use super::scores::{Bin, Scores};
use super::subsample::{Draw, TIMES, deviation};
use summary::Summary;

/// Two kinds of rows by score: positives and negatives, or whatever is ranked.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranking {
    /// Sorted, where all scores are known.
    high: Vec<f64>,
    low: Vec<f64>,
    /// Rising, else.
    bins: Option<Vec<(Bin, Bin)>>,
    pub(super) positives: u64,
    pub(super) negatives: u64,
}

/// Rows of one score.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Run {
    pub(super) score: f64,
    pub(super) positives: u64,
    pub(super) negatives: u64,
}

/// The area under the ROC curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) value: f64,
    /// The true one is no further away than this.
    pub(super) error: f64,
    pub(super) standard_deviation: Option<f64>,
}

impl Ranking {
    /// Ranks the scores of both kinds; each is given with whether it is positive.
    pub(super) fn of<'a>(groups: impl Iterator<Item = (&'a Scores, bool)> + Clone) -> Self {
        if groups.clone().any(|(it, _)| !it.binned.is_empty()) {
            return Self::of_bins(groups);
        }
        let kind = |wanted: bool| {
            let mut scores: Vec<f64> = Vec::new();
            for (it, _) in groups.clone().filter(|(_, is)| *is == wanted) {
                scores.extend_from_slice(&it.exact);
            }
            // The stable sort takes groups that are sorted as they are.
            scores.sort_by(f64::total_cmp);
            scores
        };
        let (high, low) = (kind(true), kind(false));
        let (positives, negatives) = (high.len() as u64, low.len() as u64);
        Self { high, low, bins: None, positives, negatives }
    }

    fn of_bins<'a>(groups: impl Iterator<Item = (&'a Scores, bool)>) -> Self {
        let mut sides = [Scores::default(), Scores::default()];
        for (it, is_positive) in groups {
            sides[usize::from(is_positive)].merge(it);
        }
        sides.iter_mut().for_each(Scores::blur);
        // Both sides get the pages and the width of bins that either has.
        let [mut low, mut high] = sides;
        let (bare_low, bare_high) = (low.binned.emptied(), high.binned.emptied());
        low.binned.merge(&bare_high);
        high.binned.merge(&bare_low);
        let pairs = high.binned.bins().zip(low.binned.bins());
        let bins: Vec<(Bin, Bin)> =
            pairs.map(|(a, b)| (*a, *b)).filter(|(a, b)| 0 < a.rows + b.rows).collect();
        let positives = bins.iter().map(|it| it.0.rows).sum();
        let negatives = bins.iter().map(|it| it.1.rows).sum();
        Self { bins: Some(bins), positives, negatives, ..Self::default() }
    }

    pub(super) fn rows(&self) -> u64 {
        self.positives + self.negatives
    }

    /// Goes through the runs from the highest score to the lowest.
    #[inline]
    pub(super) fn falling(&self, mut see: impl FnMut(Run)) {
        if let Some(bins) = &self.bins {
            for (a, b) in bins.iter().rev() {
                let score = (a.sum + b.sum) / (a.rows + b.rows) as f64;
                see(Run { score, positives: a.rows, negatives: b.rows });
            }
            return;
        }
        let (mut i, mut j) = (self.high.len(), self.low.len());
        while 0 < i || 0 < j {
            let score = match (i.checked_sub(1), j.checked_sub(1)) {
                (Some(a), Some(b)) => self.high[a].max(self.low[b]),
                (Some(a), None) => self.high[a],
                (None, Some(b)) => self.low[b],
                (None, None) => break,
            };
            let mut run = Run { score, ..Run::default() };
            while 0 < i && self.high[i - 1] == score {
                i -= 1;
                run.positives += 1;
            }
            while 0 < j && self.low[j - 1] == score {
                j -= 1;
                run.negatives += 1;
            }
            see(run);
        }
    }

    /// Returns the area under the ROC curve; `None` of one kind only.
    pub(super) fn area(&self, seed: u64) -> Option<Area> {
        let mut whole = Trapezes::default();
        let mut tied = 0.0;
        let mut draws = Draw::all(self.rows(), seed);
        let mut parts = [Trapezes::default(); TIMES];
        self.falling(|run| {
            whole.add(run.positives, run.negatives);
            tied += run.positives as f64 * run.negatives as f64;
            for (part, draw) in parts.iter_mut().zip(draws.iter_mut().flatten()) {
                let positives = draw.take(run.positives);
                part.add(positives, draw.take(run.negatives));
            }
        });
        let value = whole.share()?;
        let pairs = self.positives as f64 * self.negatives as f64;
        let error = if self.bins.is_some() { 0.5 * tied / pairs } else { 0.0 };
        let standard_deviation = draws.and_then(|_| deviation(parts.map(Trapezes::share)));
        Some(Area { value, error, standard_deviation })
    }
}

/// Pairs that are ranked rightly; a tie counts half.
#[derive(Debug, Clone, Copy, Default)]
struct Trapezes {
    above: u64,
    below: u64,
    pairs: f64,
}

impl Trapezes {
    #[inline]
    fn add(&mut self, positives: u64, negatives: u64) {
        self.pairs += negatives as f64 * (self.above as f64 + 0.5 * positives as f64);
        self.above += positives;
        self.below += negatives;
    }

    fn share(self) -> Option<f64> {
        let pairs = self.above as f64 * self.below as f64;
        (0.0 < pairs).then(|| self.pairs / pairs)
    }
}
