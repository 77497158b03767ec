use statrs::function::gamma::gamma_ur;

use super::{Share, Z99, fisher_tail};
use crate::finding::Effect;

/// Expected rows below which a cell is too small for the chi-squared law.
const SMALL_CELL: f64 = 5.0;

/// The rows that hold one value, before and now.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    pub reference: f64,
    pub current: f64,
}

/// Measures how far two samples of categories lie apart.
///
/// `value` is the total variation distance with its expectation under no change
/// taken off in quadrature, since noise alone parts any two samples. The
/// interval is normal over the set of values that gained. `p_value` is
/// Pearson's test of homogeneity with small cells merged, and Fisher's exact
/// test on each small cell (Bonferroni over both). `None` where a side is empty.
pub fn categories(counts: &[Counts], floor: f64) -> Option<Effect> {
    let n: f64 = counts.iter().map(|it| it.current).sum();
    let m: f64 = counts.iter().map(|it| it.reference).sum();
    if n <= 0.0 || m <= 0.0 {
        return None;
    }
    let (mut gained, mut gained_from, mut noise) = (0.0, 0.0, 0.0);
    for it in counts {
        let (before, now) = (it.reference / m, it.current / n);
        if before < now {
            gained += now;
            gained_from += before;
        }
        let pooled = (it.reference + it.current) / (n + m);
        noise += (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    }
    // The mean of |x| for a normal x is sqrt(2/pi) of its deviation.
    noise *= 0.5 * (2.0 / std::f64::consts::PI).sqrt();
    let distance = gained - gained_from;
    let value = (distance * distance - noise * noise).max(0.0).sqrt();
    let half = Z99 * (variance(gained, n) + variance(gained_from, m)).sqrt();
    let p_value = homogeneity(counts, n, m);
    Some(Effect {
        value,
        low: (distance - noise - half).max(0.0),
        high: (distance + half).min(1.0),
        floor,
        p_value,
    })
}

fn variance(share: f64, rows: f64) -> f64 {
    let share = (share * rows + 1.0) / (rows + 2.0);
    share * (1.0 - share) / rows
}

fn homogeneity(counts: &[Counts], n: f64, m: f64) -> f64 {
    let least_side = n.min(m);
    let expected = |it: &Counts| (it.reference + it.current) * least_side / (n + m);
    let (small, mut cells): (Vec<Counts>, Vec<Counts>) =
        counts.iter().copied().partition(|it| expected(it) < SMALL_CELL);
    let exact = small
        .iter()
        .map(|it| {
            let (now, before) =
                (Share { hits: it.current, rows: n }, Share { hits: it.reference, rows: m });
            2.0 * fisher_tail(now, before).min(fisher_tail(before, now))
        })
        .fold(1.0, f64::min);
    let rest = small.iter().fold(Counts::default(), |sum, it| Counts {
        reference: sum.reference + it.reference,
        current: sum.current + it.current,
    });
    if SMALL_CELL <= expected(&rest) {
        cells.push(rest);
    } else if let Some(least) = cells.iter_mut().min_by(|a, b| expected(a).total_cmp(&expected(b)))
    {
        least.reference += rest.reference;
        least.current += rest.current;
    }
    let merged = if cells.len() < 2 { 1.0 } else { pearson(&cells, n, m) };
    if small.is_empty() {
        return merged;
    }
    (2.0 * merged.min(exact * small.len() as f64)).min(1.0)
}

/// Upper tail of Pearson's statistic of a table of two rows.
fn pearson(cells: &[Counts], n: f64, m: f64) -> f64 {
    let mut statistic = 0.0;
    for it in cells {
        let all = it.reference + it.current;
        let (now, before) = (all * n / (n + m), all * m / (n + m));
        statistic += (it.current - now).powi(2) / now + (it.reference - before).powi(2) / before;
    }
    if statistic <= 0.0 {
        return 1.0;
    }
    gamma_ur((cells.len() - 1) as f64 / 2.0, statistic / 2.0)
}
