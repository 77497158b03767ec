use super::PreparedBaseline;
use super::compare::joined;
use super::prepared::{Column, Kind};
use crate::check::{self, AlignedBy, Alignment};
use crate::effect::{Ranks, categories, numbers};
use crate::statistics::{Feature, Statistics, Values};

/// Comparisons of columns that finding a dropped one may cost.
const MOST_COMPARISONS: usize = 20_000;

/// Which column of a window is which of the baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairing {
    /// Index in the baseline, index in the window; in the baseline's order.
    pub pairs: Vec<(usize, usize)>,
    /// Columns of the baseline that the window lacks.
    pub missing: Vec<usize>,
    /// Columns of the window that the baseline lacks.
    pub extra: Vec<usize>,
    /// One side names no columns.
    pub by_position: bool,
}

impl Pairing {
    pub(super) fn pairs<'a>(
        &self,
        baseline: &'a PreparedBaseline,
        current: &'a Statistics,
    ) -> impl Iterator<Item = (&'a Column, &'a Feature)> {
        self.pairs.iter().map(|(before, now)| (&baseline.columns[*before], &current.features[*now]))
    }
}

/// Pairs columns by name, or by position where one side names none.
///
/// Tables of which one names no columns, and of another number of them, are laid
/// along each other so that the distances of the paired columns add up to the
/// least: that tells which column was dropped or put in between.
pub fn align(baseline: &PreparedBaseline, current: &Statistics) -> Pairing {
    let (before, now) = (&baseline.columns, &current.features);
    let ours: Vec<&str> = before.iter().map(|it| it.name.as_str()).collect();
    let theirs: Vec<&str> = now.iter().map(|it| it.name.as_str()).collect();
    let Alignment { by, pairs, missing, extra } = check::align(&ours, &theirs);
    match by {
        AlignedBy::Name | AlignedBy::Position => {
            Pairing { pairs, missing, extra, by_position: by == AlignedBy::Position }
        }
        AlignedBy::Nothing => by_likeness(before, now),
    }
}

fn by_likeness(before: &[Column], now: &[Feature]) -> Pairing {
    let (longer, shorter) = (before.len().max(now.len()), before.len().min(now.len()));
    let mut skipped = if MOST_COMPARISONS < (longer - shorter + 1) * shorter {
        (shorter..longer).collect()
    } else if now.len() < before.len() {
        best_skips(longer, shorter, |i, j| unlike(&before[i], &now[j]))
    } else {
        best_skips(longer, shorter, |i, j| unlike(&before[j], &now[i]))
    };
    skipped.sort_unstable();
    let kept = (0..longer).filter(|it| skipped.binary_search(it).is_err());
    let mut pairing = Pairing { by_position: true, ..Pairing::default() };
    if now.len() < before.len() {
        pairing.pairs = kept.zip(0..).collect();
        pairing.missing = skipped;
    } else {
        pairing.pairs = (0..).zip(kept).collect();
        pairing.extra = skipped;
    }
    pairing
}

/// Returns the places of the longer list to leave out at the least cost.
fn best_skips(longer: usize, shorter: usize, cost: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let most = longer - shorter;
    // least[j][s]: cost of the first j of the shorter with s of the longer left out.
    let mut least = vec![vec![0.0; most + 1]; shorter + 1];
    let mut skips = vec![vec![true; most + 1]; shorter + 1];
    for j in 1..=shorter {
        for s in 0..=most {
            let paired = least[j - 1][s] + cost(j - 1 + s, j - 1);
            skips[j][s] = 0 < s && least[j][s - 1] <= paired;
            least[j][s] = if skips[j][s] { least[j][s - 1] } else { paired };
        }
    }
    let (mut j, mut s) = (shorter, most);
    let mut left_out = Vec::with_capacity(most);
    while 0 < s {
        if skips[j][s] {
            s -= 1;
            left_out.push(j + s);
        } else {
            j -= 1;
        }
    }
    left_out
}

/// How little a column of the window is like one of the baseline, from 0 to 1.
fn unlike(before: &Column, now: &Feature) -> f64 {
    let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
    let missing = share(before.missing, before.missing + before.present)
        - share(now.missing, now.missing + now.present);
    missing.abs().max(values_unlike(before, now))
}

fn values_unlike(before: &Column, now: &Feature) -> f64 {
    match (&before.kind, &now.values) {
        (Kind::Numbers { ranks, .. }, Values::Numbers(now)) => {
            Ranks::of(&now.sketch).map_or(1.0, |now| numbers(ranks, &now, 0.0).value)
        }
        (Kind::Texts { categories: before, .. }, Values::Texts(now)) => match &now.categories {
            Some(now) => categories(&joined(before, now), 0.0).map_or(1.0, |it| it.value),
            None => 1.0,
        },
        // What cannot be compared is told by its kind alone.
        (Kind::Identifier, Values::Numbers(_)) | (Kind::TooManyKinds, Values::Texts(_)) => 0.5,
        (Kind::Nothing, Values::None) => 0.0,
        _ => 1.0,
    }
}
