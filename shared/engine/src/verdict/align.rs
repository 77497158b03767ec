use super::PreparedBaseline;
use super::compare::joined;
use super::prepared::{Column, Kind};
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
    /// The window names no columns.
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

/// Pairs columns by name, or by position where the window names none.
///
/// A window without names and with another number of columns is laid along the
/// baseline so that the distances of the paired columns add up to the least:
/// that tells which column was dropped or put in between.
pub fn align(baseline: &PreparedBaseline, current: &Statistics) -> Pairing {
    let (before, now) = (&baseline.columns, &current.features);
    let by_position = !now.is_empty() && now.iter().all(|it| is_position(&it.name));
    let same_names =
        before.len() == now.len() && before.iter().zip(now).all(|(a, b)| a.name == b.name);
    if !by_position || same_names {
        return by_name(before, now);
    }
    let mut pairing = Pairing { by_position, ..Pairing::default() };
    let (longer, shorter) = (before.len().max(now.len()), before.len().min(now.len()));
    let mut skipped = if longer == shorter {
        Vec::new()
    } else if MOST_COMPARISONS < (longer - shorter + 1) * shorter {
        (shorter..longer).collect()
    } else if now.len() < before.len() {
        best_skips(longer, shorter, |i, j| unlike(&before[i], &now[j]))
    } else {
        best_skips(longer, shorter, |i, j| unlike(&before[j], &now[i]))
    };
    skipped.sort_unstable();
    let kept = (0..longer).filter(|it| skipped.binary_search(it).is_err());
    if now.len() < before.len() {
        pairing.pairs = kept.zip(0..).collect();
        pairing.missing = skipped;
    } else {
        pairing.pairs = (0..).zip(kept).collect();
        pairing.extra = skipped;
    }
    pairing
}

fn by_name(before: &[Column], now: &[Feature]) -> Pairing {
    let mut places: Vec<(&str, usize)> =
        now.iter().enumerate().map(|(idx, it)| (it.name.as_str(), idx)).collect();
    places.sort_unstable();
    let mut taken = vec![false; now.len()];
    let mut pairing = Pairing::default();
    for (idx, column) in before.iter().enumerate() {
        let found = places.partition_point(|(name, _)| *name < column.name.as_str());
        match places.get(found) {
            Some((name, place)) if *name == column.name && !taken[*place] => {
                taken[*place] = true;
                pairing.pairs.push((idx, *place));
            }
            _ => pairing.missing.push(idx),
        }
    }
    pairing.extra = (0..now.len()).filter(|idx| !taken[*idx]).collect();
    pairing
}

/// `_c0`, `_c1` …: the names of columns that have none.
fn is_position(name: &str) -> bool {
    let digits = name.strip_prefix("_c").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())
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
