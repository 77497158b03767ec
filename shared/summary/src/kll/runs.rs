//! Sorting and merging of finite numbers, fast where they are well spread.

/// Sorts finite numbers.
///
/// Each number goes to the slot where it would lie if all were evenly spread,
/// then the slots are sorted on their own: linear for what is near even or
/// normal, and no worse than the library's sort for the rest.
pub(super) fn sort(numbers: &mut [f64]) {
    let low = numbers.iter().copied().fold(f64::INFINITY, |a, b| if b < a { b } else { a });
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a });
    let scale = (SLOTS - 1) as f64 / (high - low);
    if numbers.len() < 64 || !scale.is_normal() {
        numbers.sort_unstable_by(f64::total_cmp);
        return;
    }
    // Adding 2^52 rounds to an integer and leaves it in the low bits.
    let slot = |number: f64| ((number - low) * scale + TWO_52).to_bits() as usize % SLOTS;
    let mut ends = [0u16; SLOTS + 1];
    for number in &*numbers {
        ends[slot(*number) + 1] += 1;
    }
    let mut sum = 0;
    let mut crowded = false;
    for end in &mut ends {
        crowded |= CROWD < *end;
        sum += *end;
        *end = sum;
    }
    let mut spread = vec![0.0; numbers.len()];
    for number in &*numbers {
        let place = &mut ends[slot(*number)];
        spread[usize::from(*place)] = *number;
        *place += 1;
    }
    if crowded {
        // Every end has moved to the start of the next slot.
        let mut start = 0;
        for end in &ends[..SLOTS] {
            let end = usize::from(*end);
            if usize::from(CROWD) < end - start {
                spread[start..end].sort_unstable_by(f64::total_cmp);
            }
            start = end;
        }
    }
    insert(&mut spread);
    numbers.copy_from_slice(&spread);
}

/// Slots of a batch: about one for each number.
const SLOTS: usize = 4096;

/// Numbers in one slot that are better sorted by the library.
const CROWD: u16 = 12;

const TWO_52: f64 = 4_503_599_627_370_496.0;

/// Sorts numbers that are nearly sorted.
fn insert(numbers: &mut [f64]) {
    for i in 1..numbers.len() {
        let number = numbers[i];
        let mut place = i;
        while 0 < place && number < numbers[place - 1] {
            numbers[place] = numbers[place - 1];
            place -= 1;
        }
        numbers[place] = number;
    }
}

/// Merges two sorted runs, from both ends at once: each end waits for its own
/// comparisons, so two ends take hardly longer than one.
pub(super) fn merge(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    let mut merged = vec![0.0; ours.len() + theirs.len()];
    // So many items can be taken from either end before a run is used up.
    let steps = ours.len().min(theirs.len());
    let (front, rest) = merged.split_at_mut(steps);
    let (middle, back) = rest.split_at_mut(rest.len() - steps);
    let (mut our_low, mut their_low) = (0, 0);
    let (mut our_high, mut their_high) = (ours.len(), theirs.len());
    for (low, high) in front.iter_mut().zip(back.iter_mut().rev()) {
        let (our, their) = (ours[our_low], theirs[their_low]);
        let first = our <= their;
        *low = if first { our } else { their };
        our_low += usize::from(first);
        their_low += usize::from(!first);
        let (our, their) = (ours[our_high - 1], theirs[their_high - 1]);
        let last = our <= their;
        *high = if last { their } else { our };
        their_high -= usize::from(last);
        our_high -= usize::from(!last);
    }
    merge_into(middle, &ours[our_low..our_high], &theirs[their_low..their_high]);
    merged
}

fn merge_into(merged: &mut [f64], ours: &[f64], theirs: &[f64]) {
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
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn batches_of_extreme_spread_are_sorted() {
        let ulps: Vec<f64> =
            (0..4096u64).map(|i| f64::from_bits(1f64.to_bits() + i * 7919 % 13)).collect();
        let wide: Vec<f64> = (0..4096).map(|i| [f64::MAX, f64::MIN, 0.0, 1.0][i % 4]).collect();
        let tiny: Vec<f64> = (0..4096u64).map(|i| f64::from_bits(i * 7919 % 4099)).collect();
        let tail: Vec<f64> =
            (0..4096).map(|i| 1e15 / f64::from(i * 7919 % 4099 + 1).powi(4)).collect();
        for rows in [ulps, wide, tiny, tail, vec![3.5; 4096]] {
            let (mut got, mut want) = (rows.clone(), rows);
            sort(&mut got);
            want.sort_by(f64::total_cmp);
            assert_eq!(got, want);
        }
    }

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
        fn spread_of_any_kind_is_sorted(
            exponents in prop::collection::vec((-300..300i32, any::<i32>()), 64..400),
            narrow in 0..300i32,
        ) {
            let rows: Vec<f64> =
                exponents.iter().map(|(e, m)| f64::from(*m) * 10f64.powi(e % (narrow + 1))).collect();
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
