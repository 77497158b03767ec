use super::corrected;
use crate::{constraints::ComparisonMethod, statistics::Category};
use std::collections::HashMap;

/// Returns the L-infinity distance of two distributions of texts.
///
/// The greatest difference of one value's share; `None` where one of them has no
/// rows.
pub fn categorical(one: &[Category], two: &[Category], method: ComparisonMethod) -> Option<f64> {
    let (n, m) = (rows(one), rows(two));
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let mut shares: HashMap<&str, (f64, f64)> = HashMap::with_capacity(one.len());
    for it in one {
        shares.entry(&it.value).or_default().0 += it.count as f64 / n;
    }
    for it in two {
        shares.entry(&it.value).or_default().1 += it.count as f64 / m;
    }
    let most = shares.values().map(|(one, two)| (one - two).abs()).fold(0.0, f64::max);
    Some(corrected(method, most, n, m))
}

fn rows(categories: &[Category]) -> f64 {
    categories.iter().map(|it| it.count as f64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ComparisonMethod::{Robust, Simple};
    use proptest::prelude::*;

    fn categories(counts: &[(&str, u64)]) -> Vec<Category> {
        let each = counts.iter();
        each.map(|(value, count)| Category { value: (*value).to_owned(), count: *count }).collect()
    }

    #[test]
    fn golden_value_of_deequ_holds() {
        let one = categories(&[("a", 10), ("b", 20), ("c", 25), ("d", 10), ("e", 5)]);
        let two = categories(&[("a", 11), ("b", 20), ("c", 25), ("d", 10), ("e", 10)]);
        let distance = categorical(&one, &two, Simple).unwrap();
        assert!((distance - 0.060_150_375_939_849_62).abs() < 1e-15, "{distance}");
        assert_eq!(categorical(&one, &two, Robust), Some(0.0));
    }

    #[test]
    fn values_of_one_side_count_in_full() {
        let one = categories(&[("a", 3), ("b", 1)]);
        assert_eq!(categorical(&one, &categories(&[("c", 9)]), Simple), Some(1.0));
        assert_eq!(categorical(&one, &categories(&[("b", 9)]), Simple), Some(0.75));
    }

    #[test]
    fn nothing_has_no_distance() {
        let some = categories(&[("a", 3)]);
        assert_eq!(categorical(&some, &[], Simple), None);
        assert_eq!(categorical(&categories(&[("a", 0)]), &some, Robust), None);
    }

    fn column() -> impl Strategy<Value = Vec<Category>> {
        prop::collection::vec(1..40_u64, 1..6).prop_map(|counts| {
            let each = counts.into_iter().enumerate();
            each.map(|(it, count)| Category { value: format!("v{it}"), count }).collect()
        })
    }

    proptest! {
        #[test]
        fn distance_keeps_its_laws(one in column(), two in column()) {
            let distance = categorical(&one, &two, Simple).unwrap();
            prop_assert!((0.0..=1.0 + 1e-12).contains(&distance));
            prop_assert_eq!(categorical(&two, &one, Simple), Some(distance));
            prop_assert_eq!(categorical(&one, &one, Simple), Some(0.0));
            prop_assert!(categorical(&one, &two, Robust).unwrap() <= distance);
        }
    }
}
