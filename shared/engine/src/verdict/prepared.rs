use std::collections::{BTreeMap, BTreeSet};

use crate::constraints::{Constraints, FeatureConstraints, MonitoringConfig};
use crate::effect::Ranks;
use crate::statistics::{Category, Feature, InferredType, Statistics, Values};

/// A baseline with its columns sorted, ready to judge many windows.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedBaseline {
    pub(super) rows: u64,
    pub(super) columns: Vec<Column>,
}

impl PreparedBaseline {
    /// Sorts every column once; constraints are told by name.
    pub fn new(statistics: &Statistics, constraints: &Constraints) -> Self {
        let mut own: BTreeMap<&str, &FeatureConstraints> = BTreeMap::new();
        for it in &constraints.features {
            own.entry(&it.name).or_insert(it);
        }
        let column = |feature: &Feature| {
            Column::new(feature, own.get(feature.name.as_str()).copied(), &constraints.config)
        };
        Self { rows: statistics.rows, columns: statistics.features.iter().map(column).collect() }
    }
}

/// One column of the baseline.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) inferred_type: InferredType,
    pub(super) present: u64,
    pub(super) missing: u64,
    /// Cells of another type than `inferred_type`.
    pub(super) mistyped: u64,
    pub(super) kind: Kind,
    pub(super) check_contract: bool,
    pub(super) check_drift: bool,
}

/// What the values of a column are compared by.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Numbers {
        ranks: Ranks,
        min: f64,
        max: f64,
    },
    Texts {
        categories: Vec<Category>,
        domains: Option<BTreeSet<String>>,
    },
    /// Each row its own value: only the contract is checked.
    Identifier,
    TooManyKinds,
    Nothing,
}

/// Least number of values that shows a column to be a key.
const KEY_ROWS: f64 = 100.0;
/// Share of values of their own that makes a column a key.
const KEY_KINDS: f64 = 0.998;
/// Largest distance from a uniform spread that a counter or a time keeps.
const KEY_UNEVEN: f64 = 0.15;
/// Share of values of their own above which texts are keys.
const TEXT_KEY_KINDS: f64 = 0.5;

impl Column {
    fn new(feature: &Feature, own: Option<&FeatureConstraints>, config: &MonitoringConfig) -> Self {
        let expected = own.map_or(feature.inferred_type, |it| it.inferred_type);
        let cells = feature.present + feature.missing;
        // A user who lowers `completeness` allows for more missing cells.
        let allowed = own
            .and_then(|it| it.completeness)
            .map_or(0.0, |least| ((1.0 - least).clamp(0.0, 1.0) * cells as f64).floor())
            as u64;
        let missing = feature.missing.max(allowed).min(cells);
        let switch = |own_switch: Option<bool>, general: bool| own_switch.unwrap_or(general);
        let overrides = own.map(|it| &it.overrides);
        Self {
            name: feature.name.clone(),
            inferred_type: expected,
            present: cells - missing,
            missing,
            mistyped: mistyped(feature, expected),
            kind: Kind::of(feature, own),
            check_contract: switch(
                overrides.and_then(|it| it.evaluate_constraints),
                config.evaluate_constraints,
            ),
            check_drift: switch(
                overrides.and_then(|it| it.perform_comparison),
                config.perform_comparison,
            ),
        }
    }
}

impl Kind {
    fn of(feature: &Feature, own: Option<&FeatureConstraints>) -> Self {
        match &feature.values {
            Values::Numbers(numbers) => {
                let Some(ranks) = Ranks::of(&numbers.sketch) else { return Self::Nothing };
                if feature.inferred_type == InferredType::Integral && is_key(&ranks) {
                    return Self::Identifier;
                }
                Self::Numbers { ranks, min: numbers.min, max: numbers.max }
            }
            Values::Texts(texts) => {
                let Some(categories) = &texts.categories else { return Self::TooManyKinds };
                let rows: u64 = categories.iter().map(|it| it.count).sum();
                let kinds = categories.len() as f64;
                if 2.0 < kinds && TEXT_KEY_KINDS * (rows as f64) < kinds {
                    return Self::Identifier;
                }
                let mut categories = categories.clone();
                categories.sort_by(|a, b| a.value.cmp(&b.value));
                let domains = own.and_then(|it| it.domains.as_ref());
                Self::Texts { categories, domains: domains.map(|it| it.iter().cloned().collect()) }
            }
            Values::None => Self::Nothing,
        }
    }
}

/// Whether whole numbers are keys: no two alike, and evenly spread.
///
/// Counters, times and account numbers are; money and counts repeat themselves
/// or crowd somewhere.
fn is_key(ranks: &Ranks) -> bool {
    if ranks.rows() < KEY_ROWS || ranks.distinct_share() < KEY_KINDS {
        return false;
    }
    let (first, last) = (ranks.quantile(0.0), ranks.quantile(1.0));
    let even = |share: f64| {
        let place = (ranks.quantile(share) - first) / (last - first);
        (place - share).abs() <= KEY_UNEVEN
    };
    first < last && (1..20).all(|it| even(f64::from(it) / 20.0))
}

/// Cells whose type is not the expected one; whole numbers pass as fractions.
pub(super) fn mistyped(feature: &Feature, expected: InferredType) -> u64 {
    let Some(types) = feature.types else {
        return mistyped_by_inference(feature, expected);
    };
    match expected {
        InferredType::Integral => types.present() - types.integral,
        InferredType::Fractional => types.present() - types.integral - types.fractional,
        InferredType::String | InferredType::Unknown => 0,
    }
}

/// What the inferred type and the kept values tell where no tally was kept.
fn mistyped_by_inference(feature: &Feature, expected: InferredType) -> u64 {
    let passes = |value: &str| match expected {
        InferredType::Integral => value.parse::<i64>().is_ok(),
        InferredType::Fractional => value.parse::<f64>().is_ok_and(f64::is_finite),
        InferredType::String | InferredType::Unknown => true,
    };
    match (&feature.values, expected, feature.inferred_type) {
        (_, InferredType::String | InferredType::Unknown, _) => 0,
        (Values::Texts(texts), _, _) => match &texts.categories {
            Some(kept) => kept.iter().filter(|it| !passes(&it.value)).map(|it| it.count).sum(),
            None => feature.present,
        },
        (Values::Numbers(_), InferredType::Integral, InferredType::Fractional) => feature.present,
        _ => 0,
    }
}
