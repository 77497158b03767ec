/// Returns the largest probability that Benjamini and Hochberg's procedure takes.
///
/// Of `k` probabilities in rising order it is the last `p_i <= q i / k`; below
/// zero where there is none, so that no probability passes.
pub fn false_discovery_limit(p_values: impl Iterator<Item = f64>, q: f64) -> f64 {
    let mut sorted: Vec<f64> = p_values.collect();
    sorted.sort_by(f64::total_cmp);
    let k = sorted.len() as f64;
    let passed = sorted.iter().zip(1..).filter(|(p, rank)| **p <= q * f64::from(*rank) / k);
    passed.last().map_or(-1.0, |(p, _)| *p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(p_values: &[f64], q: f64, expect: usize) {
        let limit = false_discovery_limit(p_values.iter().copied(), q);
        assert_eq!(p_values.iter().filter(|p| **p <= limit).count(), expect);
    }

    #[test]
    fn paper_example_rejects_four_of_fifteen() {
        // Benjamini and Hochberg (1995), section 4: myocardial infarction, q = 0.05.
        let paper = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        check(&paper, 0.05, 4);
    }

    #[test]
    fn no_probabilities_pass_nothing() {
        check(&[], 0.01, 0);
        check(&[0.011], 0.01, 0);
        check(&[0.0], 0.01, 1);
    }

    #[test]
    fn larger_ones_pass_with_smaller_ones() {
        // Two at 0.04 pass q = 0.05 only together (p2 <= 2/2 q).
        check(&[0.04, 0.045], 0.05, 2);
        check(&[0.04, 0.9], 0.05, 0);
    }
}
