use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::statistics::{Numbers, Texts, Values};
use dataset::Cell;

/// Rows as a reader hands them on: blocks of three rows, `None` is missing.
fn profile(names: &[&str], rows: &[Vec<Option<&str>>]) -> Profile {
    let mut profile = Profile::default();
    feed(&mut profile, names, rows);
    profile
}

fn feed(profile: &mut Profile, names: &[&str], rows: &[Vec<Option<&str>>]) {
    let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
    for rows in rows.chunks(3) {
        let mut bytes = Vec::new();
        let mut columns = vec![Vec::new(); names.len()];
        for row in rows {
            for (column, cell) in columns.iter_mut().zip(row) {
                column.push(cell.map_or(Cell::MISSING, |text| {
                    let start = bytes.len() as u32;
                    bytes.extend_from_slice(text.as_bytes());
                    Cell { start, end: bytes.len() as u32 }
                }));
            }
        }
        let block =
            Block { rows: rows.len(), names: &names, bytes: &bytes, columns: &columns, at: 0 };
        profile.block(&block);
    }
}

fn column(cells: &[&str]) -> Feature {
    let rows: Vec<Vec<Option<&str>>> =
        cells.iter().map(|cell| vec![(*cell != "∅").then_some(*cell)]).collect();
    profile(&["x"], &rows).statistics().features.remove(0)
}

fn numbers(feature: &Feature) -> &Numbers {
    let Values::Numbers(numbers) = &feature.values else { panic!("{feature:?}") };
    numbers
}

fn texts(feature: &Feature) -> &Texts {
    let Values::Texts(texts) = &feature.values else { panic!("{feature:?}") };
    texts
}

fn categories(feature: &Feature) -> Vec<(&str, u64)> {
    let categories = texts(feature).categories.as_ref().unwrap();
    categories.iter().map(|it| (it.value.as_str(), it.count)).collect()
}

#[test]
fn columns_have_the_type_of_their_cells() {
    use InferredType::{Fractional, Integral, String, Unknown};
    for (cells, want) in [
        (&["1", "2"][..], Integral),
        (&["1", "∅", "2.0"], Fractional),
        (&["1", "1e3"], Fractional),
        (&["1", "NaN"], String),
        (&["1", "true"], String),
        (&["true", "false"], String),
        (&["a"], String),
        (&["", "∅"], String),
        (&["∅", "∅"], Unknown),
    ] {
        assert_eq!(column(cells).inferred_type, want, "{cells:?}");
    }
}

#[test]
fn numbers_are_summed_up_by_hand() {
    let feature = column(&["1", "2", "∅", "4", "5"]);
    let got = numbers(&feature);
    assert_eq!((feature.present, feature.missing, feature.completeness()), (4, 1, Some(0.8)));
    assert_eq!((got.mean, got.sum, got.min, got.max), (3.0, 12.0, 1.0, 5.0));
    assert_eq!(got.std_dev, 2.5f64.sqrt());
    assert_eq!(got.sketch.data, [[1.0, 2.0, 4.0, 5.0]]);
    let counts: Vec<f64> = got.buckets.iter().map(|it| it.count).collect();
    assert_eq!(counts, [1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
    assert_eq!((got.buckets[1].low, got.buckets[9].high), (1.4, 5.0));
}

#[test]
fn one_value_fills_the_last_bucket() {
    let feature = column(&["7", "7", "7"]);
    let counts: Vec<f64> = numbers(&feature).buckets.iter().map(|it| it.count).collect();
    assert_eq!(counts, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0]);
}

#[test]
fn texts_are_counted_with_numbers_among_them() {
    let feature = column(&["b", "1", "b", "", "∅", "1.0", "1"]);
    assert_eq!(categories(&feature), [("1", 2), ("b", 2), ("", 1), ("1.0", 1)]);
    assert_eq!((texts(&feature).distinct, feature.present), (4.0, 6));
    let types = feature.types.unwrap();
    assert_eq!((types.integral, types.fractional, types.text, types.missing), (2, 1, 3, 1));
}

#[test]
fn text_after_many_numbers_keeps_the_distinct_count() {
    let mut cells: Vec<String> = (0..60_000).map(|i| format!("{}", i % 30_000)).collect();
    cells.push("late".to_owned());
    let feature = column(&cells.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(texts(&feature).categories, None);
    let off = texts(&feature).distinct / 30_001.0 - 1.0;
    assert!(off.abs() < 0.027, "{off}");
}

#[test]
fn categories_are_complete_up_to_the_limit() {
    for (kinds, whole) in [(10_000, true), (10_001, false)] {
        let cells: Vec<String> = (0..2 * kinds).map(|i| format!("k{}", i % kinds)).collect();
        let feature = column(&cells.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(texts(&feature).categories.is_some(), whole);
        let off = texts(&feature).distinct / f64::from(kinds) - 1.0;
        assert!(off.abs() < if whole { 1e-12 } else { 0.027 }, "{off}");
    }
}

#[test]
fn late_columns_miss_the_rows_before() {
    let mut whole = profile(&["a"], &[vec![Some("1")], vec![Some("2")]]);
    feed(&mut whole, &["b", "a"], &[vec![Some("x"), Some("3")]]);
    let statistics = whole.statistics();
    let seen: Vec<_> =
        statistics.features.iter().map(|it| (it.name.as_str(), it.present, it.missing)).collect();
    assert_eq!(seen, [("a", 3, 0), ("b", 1, 2)]);
    assert_eq!(statistics.rows, 3);
}

#[test]
fn values_follow_the_type_a_baseline_expects() {
    let whole = profile(&["x"], &[vec![Some("1")], vec![Some("2")], vec![Some("2")]]);
    let texted = whole.statistics_as(|_| Some(InferredType::String));
    assert_eq!(categories(&texted.features[0]), [("2", 2), ("1", 1)]);
    assert_eq!(texted.features[0].inferred_type, InferredType::Integral);
    let mixed = profile(&["x"], &[vec![Some("1")], vec![Some("oops")], vec![Some("2.5")]]);
    let numbered = mixed.statistics_as(|_| Some(InferredType::Fractional));
    assert_eq!(numbers(&numbered.features[0]).sum, 3.5);
    let wordy =
        profile(&["x"], &[vec![Some("oops")]]).statistics_as(|_| Some(InferredType::Integral));
    assert_eq!(categories(&wordy.features[0]), [("oops", 1)]);
}

#[test]
fn set_aside_records_are_counted_and_few_kept() {
    let mut whole = Profile::default();
    for offset in 0..250 {
        whole.set_aside(SetAside { offset, reason: "not JSON" }, b"secret");
    }
    let twin = whole.clone();
    whole.merge(&twin);
    assert_eq!(
        (whole.unreadable(), whole.reasons().len(), whole.reasons()[99].offset),
        (500, 100, 99)
    );
}

#[test]
fn overflowing_numbers_stay_finite() {
    let feature = column(&["1e999", "-1e999", "1e308", "1"]);
    let got = numbers(&feature);
    assert_eq!((got.min, got.max), (f64::MIN, f64::MAX));
    assert!(got.mean.is_finite() && got.sum.is_finite() && got.std_dev.is_finite());
    assert!(got.buckets.iter().all(|it| it.low.is_finite() && it.high.is_finite()));
    assert_eq!(got.buckets.iter().map(|it| it.count).sum::<f64>(), 4.0);
}

#[test]
fn wide_tables_of_few_rows_stay_small() {
    let names: Vec<String> = (0..5000).map(|i| format!("c{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let wide = profile(&names, &vec![vec![Some("1.5"); 5000]; 4]);
    assert_eq!(wide.statistics().features.len(), 5000);
    assert!(size_of::<Column>() < 600, "{}", size_of::<Column>());
}

/// One column of so many rows, in three parts that are merged.
fn merged(cell: impl Fn(u32) -> String, rows: u32) -> Feature {
    let part = |from: u32, to: u32| {
        let cells: Vec<String> = (from..to).map(&cell).collect();
        let rows: Vec<Vec<Option<&str>>> = cells.iter().map(|it| vec![Some(it.as_str())]).collect();
        profile(&["x"], &rows)
    };
    let mut whole = part(0, rows / 2);
    Summary::merge(&mut whole, &part(rows / 2, rows / 2 + 10));
    Summary::merge(&mut whole, &part(rows / 2 + 10, rows));
    whole.statistics().features.remove(0)
}

#[test]
fn many_decimals_are_counted_exactly() {
    let number = |i: u32| f64::from(i * 7919 % 30_011) / 100.0 - 40.0;
    let feature = merged(|i| number(i).to_string(), 120_000);
    let got = numbers(&feature);
    let rows: Vec<f64> = (0..120_000).map(number).collect();
    let want =
        |low: f64, high: f64| rows.iter().filter(|x| low <= **x && **x < high).count() as f64;
    for (i, bucket) in got.buckets.iter().enumerate() {
        let high = if i == 9 { f64::INFINITY } else { bucket.high };
        let off = (bucket.count - want(bucket.low, high)).abs();
        assert!(off <= 20.0, "bucket {i}: {} for {}", bucket.count, want(bucket.low, high));
    }
    let mean = rows.iter().sum::<f64>() / 120_000.0;
    assert!((got.mean - mean).abs() < 1e-9, "{} for {mean}", got.mean);
    let spread = rows.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 120_000.0;
    assert!((got.std_dev - spread.sqrt()).abs() < 1e-9);
    assert_eq!((got.min, got.max), (-40.0, 260.1));
    assert_eq!(got.sketch.count(), 120_000);
    assert_eq!(feature.types.unwrap().present(), 120_000);
}

#[test]
fn numbers_among_texts_stay_categories() {
    // A late text makes texts of numbers that were counted as numbers.
    let cell = |i: u32| match i {
        60_000 => "late".to_owned(),
        _ if i.is_multiple_of(10) => "7.50".to_owned(),
        _ => (i % 9).to_string(),
    };
    let feature = merged(cell, 100_000);
    let mut want: HashMap<String, u64> = HashMap::new();
    for i in 0..100_000 {
        *want.entry(cell(i)).or_default() += 1;
    }
    let got = categories(&feature).into_iter().map(|it| (it.0.to_owned(), it.1));
    assert_eq!(got.collect::<HashMap<_, _>>(), want);
    assert_eq!(texts(&feature).distinct, 11.0);
}

/// Everything but the sketch's own items, column by column.
fn answers(profile: &Profile) -> Vec<(String, u64, u64, String)> {
    let mut answers: Vec<_> = profile
        .statistics()
        .features
        .into_iter()
        .map(|it| {
            let values = match &it.values {
                Values::Numbers(n) => format!("{:.9} {:.9} {:?}", n.mean, n.std_dev, n.buckets),
                other => format!("{other:?}"),
            };
            (it.name, it.present, it.missing, values)
        })
        .collect();
    answers.sort();
    answers
}

proptest! {
    #[test]
    fn profiles_merge_as_one_pass(
        cells in prop::collection::vec(prop_oneof![
            Just(None), Just(Some("a")), (0..4usize).prop_map(|i| Some(["1", "2.5", "true", "-3"][i])),
        ], 0..24),
        cut in 0..24usize,
    ) {
        let rows: Vec<Vec<Option<&str>>> = cells.chunks_exact(2).map(<[_]>::to_vec).collect();
        let (first, second) = rows.split_at(cut.min(rows.len()));
        let whole = profile(&["x", "y"], &rows);
        let (a, b) = (profile(&["x", "y"], first), profile(&["x", "y"], second));
        let (mut ab, mut ba, mut none) = (a.clone(), b.clone(), Profile::default());
        ab.merge(&b);
        ba.merge(&a);
        none.merge(&whole);
        prop_assert_eq!(answers(&ab), answers(&whole));
        prop_assert_eq!(answers(&ba), answers(&whole));
        prop_assert_eq!(answers(&none), answers(&whole));
        prop_assert_eq!(ab.rows(), rows.len() as u64);
    }

    #[test]
    fn counts_agree_with_brute_force(cells in prop::collection::vec("[ab1]{0,2}", 1..40)) {
        let refs: Vec<&str> = cells.iter().map(String::as_str).collect();
        let refs = [&refs[..], &["z"]].concat();
        let mut want: HashMap<&str, u64> = HashMap::new();
        for text in &refs {
            *want.entry(text).or_default() += 1;
        }
        let feature = column(&refs);
        prop_assert_eq!(categories(&feature).into_iter().collect::<HashMap<_, _>>(), want);
    }
}
