use super::corrected;
use crate::{Levels, constraints::ComparisonMethod};

/// How the ranks of a sketch's items are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ranks {
    /// Every item counts with its weight: the true distribution.
    #[default]
    Multiset,
    /// Each distinct value counts once, with the weight of its highest level.
    ///
    /// What Deequ's `getRankMap` makes of equal items: they overwrite each other.
    /// A 0/1 column looks the same whatever its share of ones, and a small window
    /// of whole numbers looks far from a large one of the same distribution. For
    /// results that compare with AWS's; continuous columns do not differ.
    DistinctValues,
}

/// Returns the L-infinity distance of two distributions of numbers.
///
/// `None` where one of them has no items. Takes `O(k log k)` of the items.
pub fn numeric(one: &Levels, two: &Levels, method: ComparisonMethod, ranks: Ranks) -> Option<f64> {
    let (one, two) = (weighed(one, ranks), weighed(two, ranks));
    let (n, m) = (total(&one), total(&two));
    if n == 0.0 || m == 0.0 {
        return None;
    }
    Some(corrected(method, supremum(&one, n, &two, m), n, m))
}

/// Every distinct item and its weight, in rising order.
fn weighed(levels: &Levels, ranks: Ranks) -> Vec<(f64, u64)> {
    match ranks {
        Ranks::Multiset => levels.sorted(),
        Ranks::DistinctValues => {
            let mut items: Vec<(f64, usize)> = levels
                .data
                .iter()
                .enumerate()
                .flat_map(|(level, items)| items.iter().map(move |item| (item + 0.0, level)))
                .collect();
            // The highest level comes first, and `dedup` keeps the first.
            items.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            items.dedup_by(|next, kept| next.0 == kept.0);
            items.into_iter().map(|(item, level)| (item, 1 << level.min(63))).collect()
        }
    }
}

fn total(items: &[(f64, u64)]) -> f64 {
    items.iter().map(|(_, weight)| *weight as f64).sum()
}

/// The greatest difference of two cumulative distributions, over all items of both.
fn supremum(one: &[(f64, u64)], n: f64, two: &[(f64, u64)], m: f64) -> f64 {
    let (mut one, mut two) = (one.iter().peekable(), two.iter().peekable());
    let (mut below_one, mut below_two, mut most) = (0.0, 0.0, 0.0_f64);
    while let Some(item) = least(one.peek(), two.peek()) {
        while let Some((_, weight)) = one.next_if(|it| it.0 <= item) {
            below_one += *weight as f64;
        }
        while let Some((_, weight)) = two.next_if(|it| it.0 <= item) {
            below_two += *weight as f64;
        }
        most = most.max((below_one / n - below_two / m).abs());
    }
    most
}

fn least(one: Option<&&(f64, u64)>, two: Option<&&(f64, u64)>) -> Option<f64> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.0.min(two.0)),
        (Some(only), None) | (None, Some(only)) => Some(only.0),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ComparisonMethod::{Robust, Simple};
    use proptest::prelude::*;

    fn levels(data: Vec<Vec<f64>>) -> Levels {
        Levels { k: 2048.0, c: 0.64, data }
    }

    /// The distance by walking the rows, one by one, for every value there is.
    fn stupid(one: &Levels, two: &Levels) -> f64 {
        let rows = |levels: &Levels| -> Vec<f64> {
            let each = levels.data.iter().enumerate();
            each.flat_map(|(h, items)| items.iter().flat_map(move |x| vec![*x; 1 << h])).collect()
        };
        let (one, two) = (rows(one), rows(two));
        let share = |rows: &[f64], x: f64| {
            rows.iter().filter(|it| **it <= x).count() as f64 / rows.len() as f64
        };
        one.iter()
            .chain(&two)
            .map(|x| (share(&one, *x) - share(&two, *x)).abs())
            .fold(0.0, f64::max)
    }

    /// A literal reading of `getRankMap`: a map that equal items overwrite.
    fn stupid_distinct(one: &Levels, two: &Levels) -> f64 {
        type Weights = Vec<(f64, f64)>;
        let map = |levels: &Levels| -> Weights {
            let mut map: Weights = Vec::new();
            for (h, items) in levels.data.iter().enumerate() {
                for item in items {
                    map.retain(|(known, _)| known != item);
                    map.push((*item, f64::from(1_u32 << h)));
                }
            }
            map
        };
        let (one, two) = (map(one), map(two));
        let share = |map: &Weights, x: f64| {
            let total: f64 = map.iter().map(|it| it.1).sum();
            map.iter().filter(|it| it.0 <= x).map(|it| it.1).sum::<f64>() / total
        };
        one.iter()
            .chain(&two)
            .map(|(x, _)| (share(&one, *x) - share(&two, *x)).abs())
            .fold(0.0, f64::max)
    }

    #[test]
    fn golden_value_of_deequ_holds() {
        let one = Levels::from_values(&[1.0, 2.0, 3.0, 4.0]);
        let two = Levels::from_values(&[2.0, 3.0, 4.0, 5.0]);
        for ranks in [Ranks::Multiset, Ranks::DistinctValues] {
            assert_eq!(numeric(&one, &two, Simple, ranks), Some(0.25));
            assert_eq!(numeric(&one, &two, Robust, ranks), Some(0.0));
        }
    }

    #[test]
    fn nothing_has_no_distance() {
        let some = Levels::from_values(&[1.0]);
        for none in [Levels::default(), levels(vec![vec![], vec![]])] {
            assert_eq!(numeric(&some, &none, Simple, Ranks::Multiset), None);
            assert_eq!(numeric(&none, &some, Robust, Ranks::DistinctValues), None);
        }
    }

    #[test]
    fn distinct_values_hide_a_moved_share() {
        // Reference D.6: P(1) = 0.1 against 0.9 has the distance 0 there.
        let share = |ones: usize| {
            let mut rows = vec![0.0; 100 - ones];
            rows.extend(vec![1.0; ones]);
            Levels::from_values(&rows)
        };
        let near = |ranks| numeric(&share(10), &share(90), Simple, ranks).unwrap();
        assert_eq!(near(Ranks::DistinctValues), 0.0);
        assert!((near(Ranks::Multiset) - 0.8).abs() < 1e-12);
    }

    #[test]
    fn distinct_values_alarm_on_a_small_window() {
        // Whole numbers of one distribution, 60 rows against 9 999.
        let rows = |n: usize| -> Vec<f64> {
            (0..n).map(|it| (-((it as f64 + 0.5) / n as f64).ln() * 12.0).floor()).collect()
        };
        let (large, small) = (Levels::from_values(&rows(9_999)), Levels::from_values(&rows(60)));
        assert!(0.1 < numeric(&large, &small, Simple, Ranks::DistinctValues).unwrap());
        assert_eq!(numeric(&large, &small, Robust, Ranks::Multiset), Some(0.0));
    }

    #[test]
    fn robust_takes_off_what_chance_makes() {
        let one = Levels::from_values(&(0..1000).map(f64::from).collect::<Vec<_>>());
        let two = Levels::from_values(&(500..1500).map(f64::from).collect::<Vec<_>>());
        let robust = numeric(&one, &two, Robust, Ranks::Multiset).unwrap();
        assert!((robust - (0.5 - 1.8 * (2.0_f64 / 1000.0).sqrt())).abs() < 1e-12, "{robust}");
        // The two counts weigh alike: 1/n + 1/m.
        let few = Levels::from_values(&[-1.0; 50]);
        let expect = 1.0 - 1.8 * (1.0_f64 / 1000.0 + 1.0 / 50.0).sqrt();
        for (a, b) in [(&one, &few), (&few, &one)] {
            let robust = numeric(a, b, Robust, Ranks::Multiset).unwrap();
            assert!((robust - expect).abs() < 1e-12, "{robust}");
        }
    }

    fn sketch() -> impl Strategy<Value = Levels> {
        prop::collection::vec(prop::collection::vec(-6..6_i32, 0..8), 1..4)
            .prop_map(|data| {
                levels(data.iter().map(|it| it.iter().map(|x| f64::from(*x)).collect()).collect())
            })
            .prop_filter("has items", |it| 0 < it.count())
    }

    proptest! {
        #[test]
        fn distance_keeps_its_laws(one in sketch(), two in sketch()) {
            for ranks in [Ranks::Multiset, Ranks::DistinctValues] {
                let simple = numeric(&one, &two, Simple, ranks).unwrap();
                prop_assert!((0.0..=1.0).contains(&simple));
                prop_assert_eq!(numeric(&two, &one, Simple, ranks), Some(simple));
                prop_assert_eq!(numeric(&one, &one, Simple, ranks), Some(0.0));
                let robust = numeric(&one, &two, Robust, ranks).unwrap();
                prop_assert!((0.0..=simple).contains(&robust));
            }
        }

        #[test]
        fn distance_agrees_with_a_walk(one in sketch(), two in sketch()) {
            let got = numeric(&one, &two, Simple, Ranks::Multiset).unwrap();
            prop_assert!((got - stupid(&one, &two)).abs() < 1e-12);
            let got = numeric(&one, &two, Simple, Ranks::DistinctValues).unwrap();
            prop_assert!((got - stupid_distinct(&one, &two)).abs() < 1e-12);
        }
    }
}
