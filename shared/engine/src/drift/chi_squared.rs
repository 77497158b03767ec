use crate::statistics::Category;
use statrs::distribution::{ChiSquared as Distribution, ContinuousCDF};
use std::collections::HashMap;

/// What a chi-squared test of a sample against its expectation found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquared {
    pub statistic: f64,
    /// Probability of a sample this far off where nothing changed.
    pub p_value: f64,
    /// Categories that were left after small ones were merged.
    pub groups: usize,
}

/// Below this a category is small, where there are more than two.
const SMALL: f64 = 5.0;

/// Below this a category is small, where there are two.
const SMALL_OF_TWO: f64 = 10.0;

/// Share of categories that may be small, where there are more than two.
const MAY_BE_SMALL: f64 = 0.2;

/// Tests `sample` against the shares of `expected`, as Deequ does.
///
/// Values that `expected` does not know are left out. Expected counts are scaled
/// to the rows of the sample; while too many are small, the smallest is merged
/// into the second smallest (of equal ones, the first by value). `None` where
/// fewer than two categories or no rows are left.
pub fn chi_squared(expected: &[Category], sample: &[Category]) -> Option<ChiSquared> {
    let seen: HashMap<&str, u64> = sample.iter().map(|it| (it.value.as_str(), it.count)).collect();
    let mut groups: Vec<Group> = expected
        .iter()
        .filter(|it| 0 < it.count)
        .map(|it| Group {
            name: &it.value,
            expected: it.count as f64,
            seen: seen.get(it.value.as_str()).copied().unwrap_or(0) as f64,
        })
        .collect();
    let wanted: f64 = groups.iter().map(|it| it.expected).sum();
    let rows: f64 = groups.iter().map(|it| it.seen).sum();
    if rows == 0.0 {
        return None;
    }
    for group in &mut groups {
        // In Deequ's order: a count of exactly 5 must stay one.
        group.expected = group.expected / wanted * rows;
    }
    merge_small(&mut groups);
    let freedom = groups.len().checked_sub(1).filter(|it| 0 < *it)?;
    let statistic = groups.iter().map(|it| (it.seen - it.expected).powi(2) / it.expected).sum();
    let p_value = Distribution::new(freedom as f64).ok()?.sf(statistic);
    Some(ChiSquared { statistic, p_value, groups: groups.len() })
}

struct Group<'a> {
    name: &'a str,
    expected: f64,
    seen: f64,
}

fn merge_small(groups: &mut Vec<Group<'_>>) {
    groups.sort_by(smallest_first);
    while has_too_many_small(groups) {
        let smallest = groups.remove(0);
        groups[0].expected += smallest.expected;
        groups[0].seen += smallest.seen;
        groups.sort_by(smallest_first);
    }
}

fn smallest_first(a: &Group<'_>, b: &Group<'_>) -> std::cmp::Ordering {
    a.expected.total_cmp(&b.expected).then_with(|| a.name.cmp(b.name))
}

fn has_too_many_small(groups: &[Group<'_>]) -> bool {
    let (least, most) = match groups.len() {
        0 | 1 => return false,
        2 => (SMALL_OF_TWO, 0),
        more => (SMALL, (MAY_BE_SMALL * more as f64) as usize),
    };
    most < groups.iter().filter(|it| it.expected < least).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn categories(counts: &[(&str, u64)]) -> Vec<Category> {
        let each = counts.iter();
        each.map(|(value, count)| Category { value: (*value).to_owned(), count: *count }).collect()
    }

    #[track_caller]
    fn check(
        expected: &[(&str, u64)],
        sample: &[(&str, u64)],
        statistic: f64,
        p: f64,
        groups: usize,
    ) {
        let got = chi_squared(&categories(expected), &categories(sample)).unwrap();
        assert!((got.statistic - statistic).abs() < 1e-9, "{got:?}");
        assert!((got.p_value / p - 1.0).abs() < 1e-6, "{got:?}");
        assert_eq!(got.groups, groups);
    }

    #[test]
    fn golden_value_of_deequ_holds() {
        let sample = categories(&[("a", 207), ("b", 20), ("c", 25), ("d", 14), ("e", 25)]);
        let expected = categories(&[("a", 223), ("b", 20), ("c", 25), ("d", 12), ("e", 13)]);
        let got = chi_squared(&expected, &sample).unwrap();
        assert!((got.p_value - 0.013_227_994_814_265_176).abs() < 1e-12, "{got:?}");
    }

    #[test]
    fn values_agree_with_scipy() {
        check(
            &[("a", 223), ("b", 20), ("c", 25), ("d", 12), ("e", 13)],
            &[("a", 207), ("b", 20), ("c", 25), ("d", 14), ("e", 25)],
            12.630_803_685_909_783,
            0.013_227_994_814_265_152,
            5,
        );
        check(&[("a", 500), ("b", 500)], &[("a", 60), ("b", 40)], 4.0, 0.045_500_263_896_358_57, 2);
        check(
            &[("a", 700), ("b", 200), ("c", 60), ("d", 30), ("e", 10)],
            &[("a", 60), ("b", 25), ("c", 7), ("d", 5), ("f", 12)],
            3.081_001_472_754_047,
            0.214_273_779_883_090_07,
            3,
        );
        check(
            &[("a", 700), ("b", 200), ("c", 3), ("d", 2), ("e", 1), ("f", 1)],
            &[("a", 500), ("b", 140), ("c", 30), ("d", 2), ("e", 1)],
            150.057_737_210_783_27,
            2.602_413_967_729_509_4e-33,
            3,
        );
        check(
            &[("a", 50), ("b", 50), ("c", 1)],
            &[("a", 20), ("b", 70)],
            28.779_520_697_167_758,
            8.110_419_553_200_845e-08,
            2,
        );
    }

    #[test]
    fn nothing_to_test_is_none() {
        for (expected, sample) in [
            (&[("a", 100)][..], &[("a", 100)][..]),
            (&[("a", 50), ("b", 50)], &[("c", 9)]),
            (&[], &[("a", 9)]),
            (&[("a", 50), ("b", 50)], &[]),
            // Two small ones become one.
            (&[("a", 5), ("b", 90)], &[("a", 1), ("b", 9)]),
            // Of two, less than ten is small: seven are expected here.
            (&[("a", 100), ("b", 900)], &[("a", 3), ("b", 67)]),
        ] {
            assert_eq!(chi_squared(&categories(expected), &categories(sample)), None);
        }
    }
}
