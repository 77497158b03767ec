use super::*;
use crate::{
    Levels, TypeTally,
    baseline::suggest,
    constraints::{CategoricalDriftMethod, ComparisonMethod, ConfigOverrides},
    statistics::{Category, InferredType, Numbers, Texts, Values},
};
use std::slice::from_ref;

/// A column of whole numbers.
fn whole(name: &str, rows: &[i32]) -> Feature {
    let rows: Vec<f64> = rows.iter().map(|it| f64::from(*it)).collect();
    let present = rows.len() as u64;
    let min = rows.iter().copied().fold(f64::INFINITY, f64::min);
    let max = rows.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sketch = Levels::from_values(&rows);
    let numbers = Numbers { min, max, sketch, ..Numbers::default() };
    Feature {
        name: name.into(),
        inferred_type: InferredType::Integral,
        present,
        missing: 0,
        values: Values::Numbers(numbers),
        types: Some(TypeTally { integral: present, ..TypeTally::default() }),
    }
}

fn texts(name: &str, counts: &[(&str, u64)]) -> Feature {
    let present = counts.iter().map(|it| it.1).sum();
    let category =
        |(value, count): &(&str, u64)| Category { value: (*value).into(), count: *count };
    let categories: Vec<Category> = counts.iter().map(category).collect();
    let distinct = categories.len() as f64;
    Feature {
        name: name.into(),
        inferred_type: InferredType::String,
        present,
        missing: 0,
        values: Values::Texts(Texts { distinct, categories: Some(categories) }),
        types: Some(TypeTally { text: present, ..TypeTally::default() }),
    }
}

fn table(features: &[Feature]) -> Statistics {
    let rows = features.first().map_or(0, |it| it.present + it.missing);
    Statistics { rows, features: features.to_vec() }
}

fn suggested(baseline: &Statistics) -> Constraints {
    suggest(baseline, CategoricalDriftMethod::LInfinity)
}

fn told(found: &[Violation]) -> String {
    let line = |it: &Violation| format!("{}: {}", it.feature, it.check.word());
    found.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn found(before: &Statistics, constraints: &Constraints, now: &Statistics) -> Vec<Violation> {
    violations(Some(before), constraints, now, CheckSettings::default())
}

/// What `now` breaks of what is suggested for `before`.
#[track_caller]
fn check(before: &[Feature], now: &[Feature], expect: &str) {
    let (before, now) = (table(before), table(now));
    assert_eq!(told(&found(&before, &suggested(&before), &now)), expect);
}

fn hundred() -> Vec<i32> {
    (0..100).collect()
}

#[test]
fn table_breaks_nothing_of_itself() {
    let both = [whole("age", &hundred()), texts("plan", &[("basic", 70), ("pro", 30)])];
    check(&both, &both, "");
    check(&both, &[both[1].clone(), both[0].clone()], "");
    check(&[], &[], "");
}

#[test]
fn types_are_counted_cell_by_cell() {
    let mut now = whole("age", &hundred());
    now.types = Some(TypeTally { integral: 982, text: 18, missing: 500, ..TypeTally::default() });
    check(&[whole("age", &hundred())], from_ref(&now), "age: data_type_check");

    let before = table(&[whole("age", &hundred())]);
    let all = found(&before, &suggested(&before), &table(&[now]));
    assert_eq!((all[0].observed, all[0].threshold), (0.982, 1.0));
    assert_eq!(
        all[0].description,
        "Data type match requirement is not met. Expected data type: Integral, \
         Expected match: 100.0%. Observed: Only 98.2% of data is Integral."
    );
}

#[test]
fn whole_numbers_satisfy_a_fractional_column() {
    let before = Feature { inferred_type: InferredType::Fractional, ..whole("x", &hundred()) };
    check(from_ref(&before), &[whole("x", &hundred())], "");
    let halves = TypeTally { integral: 50, fractional: 50, ..TypeTally::default() };
    let now = Feature { types: Some(halves), ..before.clone() };
    check(from_ref(&before), from_ref(&now), "");
    check(&[whole("x", &hundred())], &[now], "x: data_type_check");
}

#[test]
fn any_cell_satisfies_text_and_unknown_columns() {
    let mixed = TypeTally { integral: 60, boolean: 20, text: 20, ..TypeTally::default() };
    let before = texts("zip", &[("07", 100)]);
    check(from_ref(&before), &[Feature { types: Some(mixed), ..before.clone() }], "");
    let blank = Feature { name: "x".into(), missing: 100, ..Feature::default() };
    check(&[blank], &[whole("x", &hundred())], "");
}

#[test]
fn statistics_of_a_file_are_checked_by_column_type() {
    let before = [whole("x", &hundred())];
    let read = |feature: Feature| Feature { types: None, ..feature };
    check(&before, &[read(whole("x", &hundred()))], "");
    check(&before, &[read(texts("x", &[("a", 100)]))], "x: data_type_check");
    let fractional = Feature { inferred_type: InferredType::Fractional, ..before[0].clone() };
    check(&before, &[read(fractional.clone())], "x: data_type_check");
    check(&[fractional], &[read(whole("x", &hundred()))], "");
}

#[test]
fn missing_cells_break_completeness() {
    let before = [whole("age", &hundred())];
    let now = Feature { missing: 25, ..before[0].clone() };
    check(&before, from_ref(&now), "age: completeness_check");
    check(from_ref(&now), &before, "");
    let before = table(&before);
    let all = found(&before, &suggested(&before), &table(&[now]));
    assert_eq!((all[0].observed, all[0].threshold), (0.8, 1.0));
    assert_eq!(
        all[0].description,
        "Completeness requirement is not met. Expected completeness: 100.0%. \
         Observed: Only 80.0% of data is present."
    );
}

#[test]
fn empty_window_breaks_nothing_but_its_columns() {
    let before = [whole("age", &hundred()), texts("plan", &[("basic", 70), ("pro", 30)])];
    let empty = before.clone().map(|it| Feature { name: it.name, ..Feature::default() });
    check(&before, &empty, "");
    check(&before, &[], "age: missing_column_check, plan: missing_column_check");
}

#[test]
fn column_that_is_all_missing_breaks_completeness_only() {
    let before = [whole("age", &hundred())];
    let now = Feature { name: "age".into(), missing: 100, ..Feature::default() };
    check(&before, &[now], "age: completeness_check");
}

#[test]
fn moved_numbers_break_drift() {
    let moved: Vec<i32> = hundred().iter().map(|it| it + 60).collect();
    let (before, now) = (table(&[whole("x", &hundred())]), table(&[whole("x", &moved)]));
    let mut constraints = suggested(&before);
    let all = found(&before, &constraints, &now);
    assert_eq!(told(&all), "x: baseline_drift_check");
    let robust = 0.6 - 1.8 * (200.0_f64 / 10_000.0).sqrt();
    assert!((all[0].observed - robust).abs() < 1e-12);
    assert_eq!(all[0].description, "Baseline drift distance: 0.345442 exceeds threshold: 0.1");

    constraints.config.comparison_method = ComparisonMethod::Simple;
    let all = found(&before, &constraints, &now);
    assert_eq!(all[0].description, "Baseline drift distance: 0.6 exceeds threshold: 0.1");
    // Exceeds means more than.
    constraints.config.comparison_threshold = all[0].observed;
    assert_eq!(found(&before, &constraints, &now), []);
}

#[test]
fn drift_needs_the_baselines_statistics() {
    let before = table(&[whole("x", &[0; 100])]);
    let now = table(&[whole("x", &[9; 100])]);
    let constraints = suggested(&before);
    assert_eq!(violations(None, &constraints, &now, CheckSettings::default()), []);
    assert_eq!(told(&found(&before, &constraints, &now)), "x: baseline_drift_check");
}

#[test]
fn ranks_of_distinct_values_are_a_choice() {
    let ones = |ones: usize| {
        let rows: Vec<i32> = (0..1000).map(|it| i32::from(it < ones)).collect();
        table(&[whole("flag", &rows)])
    };
    let (before, now) = (ones(100), ones(900));
    let constraints = suggested(&before);
    let settings = CheckSettings { ranks: Ranks::DistinctValues };
    assert_eq!(violations(Some(&before), &constraints, &now, settings), []);
    assert_eq!(told(&found(&before, &constraints, &now)), "flag: baseline_drift_check");
}

#[test]
fn new_texts_break_drift_and_domain() {
    let before = [texts("plan", &[("basic", 700), ("pro", 300)])];
    check(
        &before,
        &[texts("plan", &[("basic", 400), ("gold", 350), ("pro", 250)])],
        "plan: baseline_drift_check, plan: categorical_values_check",
    );
    check(
        &before,
        &[texts("plan", &[("basic", 700), ("pro", 290), ("gold", 10)])],
        "plan: categorical_values_check",
    );
    check(&before, &[texts("plan", &[("basic", 300), ("pro", 700)])], "plan: baseline_drift_check");
    check(&before, &[texts("plan", &[("basic", 1000)])], "plan: baseline_drift_check");
}

#[test]
fn domain_tells_its_share_and_no_value() {
    let before = table(&[texts("plan", &[("basic", 700), ("pro", 300)])]);
    let now = table(&[texts("plan", &[("basic", 650), ("pro", 300), ("s3cret", 50)])]);
    let all = found(&before, &suggested(&before), &now);
    assert_eq!((all[0].observed, all[0].threshold), (0.95, 1.0));
    assert_eq!(
        all[0].description,
        "Categorical values requirement is not met. Expected match: 100.0%. \
         Observed: Only 95.0% of data is in the domain."
    );
}

#[test]
fn texts_past_counting_break_the_domain() {
    let before = [texts("plan", &[("basic", 700), ("pro", 300)])];
    let mut now = before[0].clone();
    now.values = Values::Texts(Texts { distinct: 402.0, categories: None });
    check(&before, from_ref(&now), "plan: categorical_values_check");
    let before = table(&before);
    let all = found(&before, &suggested(&before), &table(&[now]));
    assert_eq!(all[0].observed, 0.6);
}

#[test]
fn texts_past_the_files_limit_are_not_compared() {
    let many: Vec<(String, u64)> = (0..121).map(|it| (format!("v{it}"), 10)).collect();
    let many: Vec<(&str, u64)> = many.iter().map(|it| (it.0.as_str(), it.1)).collect();
    check(&[texts("id", &many)], &[texts("id", &[("other", 1210)])], "");
    check(
        &[texts("id", &many[..120])],
        &[texts("id", &[("v0", 1210)])],
        "id: baseline_drift_check",
    );
}

#[test]
fn numbers_in_a_text_column_are_taken_as_texts() {
    let before = [texts("zip", &[("07", 500), ("x", 500)])];
    check(&before, &[whole("zip", &[7; 100])], "zip: baseline_drift_check");
    check(
        &before,
        &[whole("zip", &[1; 100])],
        "zip: baseline_drift_check, zip: categorical_values_check",
    );
}

#[test]
fn chi_squared_breaks_below_its_threshold() {
    let before = table(&[texts("plan", &[("a", 223), ("b", 20), ("c", 25), ("d", 12), ("e", 13)])]);
    let now = table(&[texts("plan", &[("a", 207), ("b", 20), ("c", 25), ("d", 14), ("e", 25)])]);
    let mut constraints = suggest(&before, CategoricalDriftMethod::ChiSquared);
    let all = found(&before, &constraints, &now);
    assert_eq!(told(&all), "plan: baseline_drift_check");
    assert!((all[0].observed - (1.0 - 0.013_227_994_814_265_176)).abs() < 1e-9);
    assert_eq!(
        all[0].description,
        "Chi-squared p-value: 1.323e-2. Baseline drift distance: 0.986772 exceeds threshold: 0.9"
    );
    constraints.config.categorical_comparison_threshold = Some(0.01);
    assert_eq!(found(&before, &constraints, &now), []);
}

#[test]
fn missing_and_extra_columns_are_named() {
    let [a, b, c] = ["a", "b", "c"].map(|it| whole(it, &hundred()));
    check(&[a.clone(), b.clone()], from_ref(&a), "b: missing_column_check");
    check(from_ref(&a), &[c.clone(), a.clone()], "c: extra_column_check");
    check(
        &[a.clone(), b.clone()],
        &[c.clone(), a.clone()],
        "b: missing_column_check, c: extra_column_check",
    );
    let before = table(&[a.clone(), b]);
    let all = found(&before, &suggested(&before), &table(&[a]));
    assert_eq!((all[0].observed, all[0].threshold), (1.0, 2.0));
    assert!(all[0].description.contains("Number of columns in current dataset: 1"));
}

#[test]
fn columns_without_names_are_compared_by_position() {
    let before = [whole("age", &hundred()), texts("plan", &[("basic", 70), ("pro", 30)])];
    let now = |names: [&str; 2]| {
        let mut now = before.clone();
        now[0].name = names[0].into();
        now[1].name = names[1].into();
        now[0].missing = 100;
        now
    };
    check(&before, &now(["_c0", "_c1"]), "age: completeness_check");
    check(&now(["_c0", "_c1"]), &before, "");
}

#[test]
fn unequal_counts_without_names_say_only_that() {
    let before = [whole("age", &hundred()), texts("plan", &[("basic", 70), ("pro", 30)])];
    check(&before, &[whole("_c0", &[9; 100])], "Missing columns: missing_column_check");
    let three = ["_c0", "_c1", "_c2"].map(|it| whole(it, &[9; 100]));
    check(&before, &three, "Extra columns: extra_column_check");
}

#[test]
fn general_switches_turn_checks_off() {
    let before = table(&[whole("x", &hundred()), whole("gone", &hundred())]);
    let broken = Feature { missing: 100, ..whole("x", &[9; 100]) };
    let now = table(&[broken]);
    let mut constraints = suggested(&before);
    let all = "x: completeness_check, x: baseline_drift_check, gone: missing_column_check";
    assert_eq!(told(&found(&before, &constraints, &now)), all);
    constraints.config.perform_comparison = false;
    let rest = "x: completeness_check, gone: missing_column_check";
    assert_eq!(told(&found(&before, &constraints, &now)), rest);
    constraints.config.evaluate_constraints = false;
    assert_eq!(found(&before, &constraints, &now), []);
}

#[test]
fn a_columns_own_settings_go_first() {
    let before = table(&["x", "y", "gone"].map(|it| whole(it, &hundred())));
    let broken = |name| Feature { missing: 100, ..whole(name, &[9; 100]) };
    let now = table(&[broken("x"), broken("y")]);
    let mut constraints = suggested(&before);
    constraints.features[0].overrides.evaluate_constraints = Some(false);
    constraints.features[2].overrides.evaluate_constraints = Some(false);
    constraints.features[1].overrides.perform_comparison = Some(false);
    assert_eq!(told(&found(&before, &constraints, &now)), "y: completeness_check");

    constraints.features[0].overrides.evaluate_constraints = None;
    constraints.features[0].overrides.comparison_threshold = Some(0.99);
    constraints.features[0].completeness = None;
    assert_eq!(told(&found(&before, &constraints, &now)), "y: completeness_check");

    constraints.features[0].overrides.comparison_threshold = Some(0.5);
    let all = "x: baseline_drift_check, y: completeness_check";
    assert_eq!(told(&found(&before, &constraints, &now)), all);
}

#[test]
fn a_columns_own_thresholds_hold_for_shares() {
    let before = table(&[texts("plan", &[("a", 700), ("b", 300)])]);
    let now = table(&[texts("plan", &[("a", 700), ("b", 280), ("c", 20)])]);
    let mut constraints = suggested(&before);
    constraints.features[0].overrides.domain_content_threshold = Some(0.98);
    assert_eq!(found(&before, &constraints, &now), []);
    constraints.features[0].overrides.domain_content_threshold = Some(0.99);
    assert_eq!(told(&found(&before, &constraints, &now)), "plan: categorical_values_check");
    constraints.features[0].overrides = ConfigOverrides::default();
    constraints.config.domain_content_threshold = 0.5;
    assert_eq!(found(&before, &constraints, &now), []);
}

#[test]
fn constraints_without_columns_are_those_of_the_statistics() {
    let before = table(&[whole("x", &hundred()), whole("gone", &hundred())]);
    let now = table(&[whole("x", &[9; 100])]);
    let constraints = Constraints::default();
    let all = "x: baseline_drift_check, gone: missing_column_check";
    assert_eq!(told(&found(&before, &constraints, &now)), all);
}

#[test]
fn distances_are_told_broken_or_not() {
    let before = table(&[whole("x", &hundred()), texts("plan", &[("a", 70), ("b", 30)])]);
    let mut constraints = suggested(&before);
    let told = distances(&before, &constraints, &before, CheckSettings::default());
    let told: Vec<_> = told.iter().map(|it| (it.feature.as_str(), it.distance)).collect();
    assert_eq!(told, [("x", 0.0), ("plan", 0.0)]);
    constraints.features[0].overrides.perform_comparison = Some(false);
    let told = distances(&before, &constraints, &before, CheckSettings::default());
    assert_eq!(told.len(), 1);
}

#[test]
fn expected_types_follow_the_alignment() {
    let mut before = [whole("age", &hundred()), texts("plan", &[("a", 2)]), Feature::default()];
    before[2].name = "blank".into();
    let constraints = suggested(&table(&before));
    let by_name = expected_types(&constraints, &["plan", "new", "blank"]);
    assert_eq!(by_name, HashMap::from([("plan".to_owned(), InferredType::String)]));
    let by_place = expected_types(&constraints, &["_c0", "_c1", "_c2"]);
    let expect = [("_c0", InferredType::Integral), ("_c1", InferredType::String)];
    assert_eq!(by_place, expect.map(|(name, kind)| (name.to_owned(), kind)).into());
}

#[test]
fn a_texts_own_threshold_goes_before_that_of_categories() {
    let before = table(&[texts("plan", &[("a", 700), ("b", 300)])]);
    let now = table(&[texts("plan", &[("a", 400), ("b", 600)])]);
    let mut constraints = suggested(&before);
    let broken = "plan: baseline_drift_check";
    assert_eq!(told(&found(&before, &constraints, &now)), broken);
    constraints.features[0].overrides.comparison_threshold = Some(0.5);
    assert_eq!(found(&before, &constraints, &now), []);
    constraints.features[0].overrides.categorical_comparison_threshold = Some(0.1);
    assert_eq!(told(&found(&before, &constraints, &now)), broken);

    // In general: categories have their own threshold, or that of numbers.
    constraints.features[0].overrides = ConfigOverrides::default();
    constraints.config.categorical_comparison_threshold = Some(0.5);
    assert_eq!(found(&before, &constraints, &now), []);
    constraints.config.categorical_comparison_threshold = None;
    assert_eq!(told(&found(&before, &constraints, &now)), broken);
    constraints.config.comparison_threshold = 0.5;
    assert_eq!(found(&before, &constraints, &now), []);
}
