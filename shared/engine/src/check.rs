//! The six checks of AWS's data-quality monitor (reference: formats D.5).

mod alignment;
mod column;
mod words;

pub use alignment::{AlignedBy, Alignment, align};

use crate::{
    constraints::{Constraints, FeatureConstraints},
    drift::Ranks,
    statistics::{Feature, InferredType, Statistics},
    violation::{Violation, ViolationCheck},
};
use column::{Column, Rules};
use std::collections::HashMap;

/// How checks are made, beyond what the constraints say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CheckSettings {
    pub ranks: Ranks,
}

/// Returns every broken constraint of `current`, in column order.
///
/// Drift is checked where `baseline` holds the column. A column whose
/// `evaluate_constraints` is off is not checked at all, and where the general
/// switch is off nothing is. Columns are paired by [`align`]; where that pairs
/// nothing, the only violation is that the counts of columns differ, as checks of
/// columns that do not belong together mislead. Descriptions hold names, counts
/// and shares, never a value of the table.
pub fn violations(
    baseline: Option<&Statistics>,
    constraints: &Constraints,
    current: &Statistics,
    settings: CheckSettings,
) -> Vec<Violation> {
    if !constraints.config.evaluate_constraints {
        return Vec::new();
    }
    let expected = expected(baseline, constraints);
    let alignment = align(&names_of(&expected), &names(current));
    let count = ColumnCount { current: current.features.len(), baseline: expected.len() };
    if alignment.by == AlignedBy::Nothing {
        return count.violation().into_iter().collect();
    }
    let before = Before::new(baseline, &expected);
    let mut places = vec![None; expected.len()];
    for (at, place) in &alignment.pairs {
        places[*at] = Some(*place);
    }
    let mut found = Vec::new();
    for (at, feature) in expected.iter().enumerate() {
        let rules = Rules::of(&constraints.config, &feature.overrides);
        if !rules.evaluate_constraints {
            continue;
        }
        let Some(place) = places[at] else {
            found.push(count.missing(&feature.name));
            continue;
        };
        let column = Column {
            constraints: feature,
            rules,
            before: before.feature(at),
            now: &current.features[place],
            settings,
        };
        found.extend(column.violations());
    }
    found.extend(alignment.extra.iter().map(|at| count.extra(&current.features[*at].name)));
    found
}

/// Returns the type that each column of `current` should have, by its own name.
///
/// What a profile must know to summarise a column as its baseline's type, whatever
/// it looks like now. Columns that the constraints do not name are left out.
pub fn expected_types(
    constraints: &Constraints,
    current: &[&str],
) -> HashMap<String, InferredType> {
    let alignment = align(&names_of(&constraints.features), current);
    alignment
        .pairs
        .into_iter()
        .map(|(at, place)| (current[place].to_owned(), constraints.features[at].inferred_type))
        .filter(|(_, kind)| *kind != InferredType::Unknown)
        .collect()
}

/// The distance of one column from its baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureDistance {
    /// The baseline's name.
    pub feature: String,
    /// `1 - p` where categories are compared by [`ChiSquared`].
    ///
    /// [`ChiSquared`]: crate::constraints::CategoricalDriftMethod::ChiSquared
    pub distance: f64,
}

/// Returns the distance of every column that is compared, broken or not.
///
/// The numbers that `feature_baseline_drift_{f}` tells; columns whose comparison
/// is off, or impossible, are left out.
pub fn distances(
    baseline: &Statistics,
    constraints: &Constraints,
    current: &Statistics,
    settings: CheckSettings,
) -> Vec<FeatureDistance> {
    let expected = expected(Some(baseline), constraints);
    let alignment = align(&names_of(&expected), &names(current));
    let before = Before::new(Some(baseline), &expected);
    let distance = |(at, place): &(usize, usize)| {
        let feature = &expected[*at];
        let rules = Rules::of(&constraints.config, &feature.overrides);
        let now = &current.features[*place];
        let column =
            Column { constraints: feature, rules, before: before.feature(*at), now, settings };
        let distance = column.distance()?.value;
        Some(FeatureDistance { feature: feature.name.clone(), distance })
    };
    alignment.pairs.iter().filter_map(distance).collect()
}

/// The columns there should be: those of the constraints, or of the statistics
/// where the constraints name none.
fn expected(baseline: Option<&Statistics>, constraints: &Constraints) -> Vec<FeatureConstraints> {
    if !constraints.features.is_empty() {
        return constraints.features.clone();
    }
    let features = baseline.map_or(&[] as &[Feature], |it| &it.features);
    features
        .iter()
        .map(|it| FeatureConstraints { name: it.name.clone(), ..FeatureConstraints::default() })
        .collect()
}

fn names(statistics: &Statistics) -> Vec<&str> {
    statistics.features.iter().map(|it| it.name.as_str()).collect()
}

fn names_of(expected: &[FeatureConstraints]) -> Vec<&str> {
    expected.iter().map(|it| it.name.as_str()).collect()
}

/// The baseline's statistics by the index of their constraints.
struct Before<'a>(Vec<Option<&'a Feature>>);

impl<'a> Before<'a> {
    fn new(baseline: Option<&'a Statistics>, expected: &[FeatureConstraints]) -> Self {
        let mut features = vec![None; expected.len()];
        if let Some(baseline) = baseline {
            for (at, place) in align(&names_of(expected), &names(baseline)).pairs {
                features[at] = Some(&baseline.features[place]);
            }
        }
        Self(features)
    }

    fn feature(&self, at: usize) -> Option<&'a Feature> {
        self.0[at]
    }
}

#[derive(Clone, Copy)]
struct ColumnCount {
    current: usize,
    baseline: usize,
}

impl ColumnCount {
    /// The violation of tables whose columns cannot be paired.
    fn violation(self) -> Option<Violation> {
        if self.current < self.baseline {
            return Some(self.missing("Missing columns"));
        }
        (self.baseline < self.current).then(|| self.extra("Extra columns"))
    }

    fn missing(self, feature: &str) -> Violation {
        self.broken(feature, ViolationCheck::MissingColumn)
    }

    fn extra(self, feature: &str) -> Violation {
        self.broken(feature, ViolationCheck::ExtraColumn)
    }

    fn broken(self, feature: &str, check: ViolationCheck) -> Violation {
        Violation {
            feature: feature.to_owned(),
            check,
            observed: self.current as f64,
            threshold: self.baseline as f64,
            description: words::columns(check, self.current, self.baseline),
            ..Violation::default()
        }
    }
}

#[cfg(test)]
mod tests;
