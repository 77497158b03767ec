use statrs::function::gamma::ln_gamma;

use super::Z99;
use crate::finding::Effect;

/// `hits` among `rows`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Share {
    pub hits: f64,
    pub rows: f64,
}

impl Share {
    pub fn new(hits: u64, rows: u64) -> Self {
        Self { hits: hits as f64, rows: rows as f64 }
    }

    /// Returns the share, or `None` of no rows.
    pub fn value(self) -> Option<f64> {
        (0.0 < self.rows).then(|| self.hits / self.rows)
    }

    /// Wilson's 99 % interval.
    fn interval(self) -> (f64, f64) {
        let (p, n, z) = (self.hits / self.rows, self.rows, Z99);
        let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        ((centre - half).max(0.0), (centre + half).min(1.0))
    }
}

/// Measures how much a share rose; a fall is an effect of zero.
///
/// The interval is Newcombe's (1998, method 10) from two of Wilson's;
/// `p_value` is Fisher's exact test, one-sided. `None` where a side has no rows.
pub fn rise(before: Share, after: Share, floor: f64) -> Option<Effect> {
    let (was, is) = (before.value()?, after.value()?);
    let ((was_low, was_high), (is_low, is_high)) = (before.interval(), after.interval());
    let change = is - was;
    let low = change - ((is - is_low).powi(2) + (was_high - was).powi(2)).sqrt();
    let high = change + ((is_high - is).powi(2) + (was - was_low).powi(2)).sqrt();
    Some(Effect {
        value: change.clamp(0.0, 1.0),
        low: low.min(change).clamp(0.0, 1.0),
        high: high.max(change).clamp(0.0, 1.0),
        floor,
        p_value: fisher_tail(after, before),
    })
}

/// Measures the share of rows outside a range taken from a sample of `reference` rows.
///
/// Where nothing changed, the rows beyond both ends together are as many as
/// lie before the second of the reference's rows in the joint order: at least
/// `k` with the probability that the first `k + 1` of the joint order hold at
/// most one of the reference (a negative hypergeometric law).
pub fn beyond_range(reference: f64, outside: Share, floor: f64) -> Option<Effect> {
    let value = outside.value()?;
    let (low, high) = outside.interval();
    let (n, m, k) = (outside.rows, reference, outside.hits);
    let p_value = if k < 1.0 { 1.0 } else { at_most_one_reference(n, m, k + 1.0) };
    Some(Effect { value, low, high, floor, p_value })
}

/// Returns the probability of at least `ours.hits`, given the hits of both sides.
pub fn fisher_tail(ours: Share, theirs: Share) -> f64 {
    let (n, m) = (ours.rows, theirs.rows);
    let hits = ours.hits + theirs.hits;
    let most = hits.min(n);
    let mut k = ours.hits;
    if k <= (hits - m).max(0.0) {
        return 1.0;
    }
    // Fewer terms lie on the far side of the mode when the share fell.
    if k <= hits * n / (n + m) {
        return 1.0
            - fisher_tail(
                Share { hits: theirs.hits + 1.0, rows: m },
                Share { hits: ours.hits - 1.0, rows: n },
            );
    }
    let mut term = (ln_choose(n, k) + ln_choose(m, hits - k) - ln_choose(n + m, hits)).exp();
    let mut tail = 0.0;
    while k <= most && tail * 1e-12 < term {
        tail += term;
        term *= (n - k) / (k + 1.0) * (hits - k) / (m - hits + k + 1.0);
        k += 1.0;
    }
    tail.clamp(0.0, 1.0)
}

/// Probability that `draws` of `n + m` rows hold at most one of the `m`.
fn at_most_one_reference(n: f64, m: f64, draws: f64) -> f64 {
    let all = ln_choose(n + m, draws);
    let none = if draws <= n { (ln_choose(n, draws) - all).exp() } else { 0.0 };
    let one = if draws - 1.0 <= n { m * (ln_choose(n, draws - 1.0) - all).exp() } else { 0.0 };
    (none + one).clamp(0.0, 1.0)
}

fn ln_choose(n: f64, k: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}
