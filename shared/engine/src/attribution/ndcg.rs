use std::{cmp::Ordering, fmt};

/// Why two rankings cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unranked {
    /// One feature is always first.
    TooFew,
    /// The gain of a negative attribution has no meaning; only `median` makes some.
    Negative,
    /// One of the two is no finite number.
    NotANumber,
}

impl fmt::Display for Unranked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooFew => "fewer than two features can be compared",
            Self::Negative => {
                "the reference has negative attributions, which have no rank; aggregate by mean_abs"
            }
            Self::NotANumber => "an attribution is no finite number",
        })
    }
}

/// Returns how well the order by `current` keeps the large values of `reference` first: 1 is the reference's own order.
///
/// Normalised discounted cumulative gain with discount `1/log2(rank + 1)`, as scikit-learn's `ndcg_score(reference,
/// current)`: features with equal current values share their ranks' mean discount, and a reference of zeros gives 0
/// (Järvelin and Kekäläinen 2002; McSherry and Najork 2008 on ties; formats G).
pub fn ndcg(pairs: &[(f64, f64)]) -> Result<f64, Unranked> {
    if pairs.len() < 2 {
        return Err(Unranked::TooFew);
    }
    if pairs.iter().any(|(reference, current)| !reference.is_finite() || !current.is_finite()) {
        return Err(Unranked::NotANumber);
    }
    if pairs.iter().any(|(reference, _)| *reference < 0.0) {
        return Err(Unranked::Negative);
    }
    let best = gain(pairs, |it| it.0);
    if best == 0.0 {
        return Ok(0.0);
    }
    Ok(gain(pairs, |it| it.1) / best)
}

/// Discounted cumulative gain in the order of `key`, largest first.
fn gain(pairs: &[(f64, f64)], key: impl Fn(&(f64, f64)) -> f64) -> f64 {
    let down = |one: &(f64, f64), two: &(f64, f64)| {
        key(two).partial_cmp(&key(one)).unwrap_or(Ordering::Equal)
    };
    let mut order = pairs.to_vec();
    order.sort_by(down);
    let (mut rank, mut sum) = (0, 0.0);
    for tied in order.chunk_by(|one, two| key(one) == key(two)) {
        let discounts: f64 = (rank..rank + tied.len()).map(discount).sum();
        let gains: f64 = tied.iter().map(|it| it.0).sum();
        sum += gains / tied.len() as f64 * discounts;
        rank += tied.len();
    }
    sum
}

fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 2.0).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reference: &[f64], current: &[f64], expect: f64) {
        let pairs: Vec<_> = reference.iter().copied().zip(current.iter().copied()).collect();
        let got = ndcg(&pairs).unwrap();
        assert!((got - expect).abs() < 1e-12, "{got} is not {expect}");
    }

    #[test]
    fn documented_example_gives_its_value() {
        // AWS: "Monitor feature attribution drift"; printed there as 0.69.
        check(&[0.70, 0.50, 0.05], &[0.1, 0.2, 0.3], 0.687_639_624_122_622);
    }

    #[test]
    fn scores_are_those_of_scikit_learn() {
        // ndcg_score of scikit-learn 1.9.1.
        check(&[3.0, 2.0, 1.0, 0.0], &[3.0, 2.0, 1.0, 0.0], 1.0);
        check(&[3.0, 2.0, 1.0, 0.0], &[0.0, 0.0, 0.0, 0.0], 0.806_913_656_672_054_3);
        check(&[3.0, 2.0, 1.0, 0.0], &[1.0, 1.0, 0.0, 2.0], 0.684_186_699_988_722_7);
        check(&[0.0, 0.0], &[1.0, 2.0], 0.0);
    }

    #[test]
    fn senseless_rankings_are_refused() {
        assert_eq!(ndcg(&[(1.0, 1.0)]), Err(Unranked::TooFew));
        assert_eq!(ndcg(&[(1.0, 1.0), (-1.0, 0.0)]), Err(Unranked::Negative));
        assert_eq!(ndcg(&[(1.0, f64::NAN), (1.0, 0.0)]), Err(Unranked::NotANumber));
    }
}
