//! Sorting and merging of finite numbers, fast where they are well spread.

/// Sorts finite numbers.
pub(super) fn sort(numbers: &mut [f64]) {
    numbers.sort_unstable_by(f64::total_cmp);
}

/// Merges two sorted runs.
pub(super) fn merge(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    let mut merged = vec![0.0; ours.len() + theirs.len()];
    let (mut from_ours, mut from_theirs) = (0, 0);
    while from_ours < ours.len() && from_theirs < theirs.len() {
        let (our, their) = (ours[from_ours], theirs[from_theirs]);
        let first = our <= their;
        merged[from_ours + from_theirs] = if first { our } else { their };
        from_ours += usize::from(first);
        from_theirs += usize::from(!first);
    }
    let (ours, theirs) = (&ours[from_ours..], &theirs[from_theirs..]);
    let (our_rest, their_rest) = merged[from_ours + from_theirs..].split_at_mut(ours.len());
    our_rest.copy_from_slice(ours);
    their_rest.copy_from_slice(theirs);
    merged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorting_agrees_with_the_standard_library(
            rows in prop::collection::vec(prop_oneof![-1e9..1e9f64, (-9..9i32).prop_map(f64::from)], 0..300),
        ) {
            let (mut got, mut want) = (rows.clone(), rows);
            sort(&mut got);
            want.sort_by(f64::total_cmp);
            prop_assert_eq!(got, want);
        }

        #[test]
        fn merging_agrees_with_sorting(
            mut a in prop::collection::vec((-9..9i32).prop_map(f64::from), 0..40),
            mut b in prop::collection::vec((-9..9i32).prop_map(f64::from), 0..40),
        ) {
            sort(&mut a);
            sort(&mut b);
            let mut want = [a.clone(), b.clone()].concat();
            want.sort_by(f64::total_cmp);
            prop_assert_eq!(merge(&a, &b), want);
        }
    }
}
