//! What a table is held to from now on, suggested from one that is good.

use crate::{
    constraints::{
        CategoricalDriftMethod, ConfigOverrides, Constraints, FeatureConstraints, MonitoringConfig,
    },
    statistics::{Feature, MOST_CATEGORIES, Statistics, Texts, Values},
};

/// Share of a column's distinct values that may occur once only in a domain.
const MAY_BE_SINGLE: f64 = 0.1;

/// Suggests the constraints that `statistics` meet, as AWS's baseline job does.
///
/// Every column gets its inferred type and its observed completeness, numbers
/// whether they are non-negative, and texts of few values a domain, the most
/// frequent first: Deequ's `CategoricalRangeRule`, with at most
/// [`MOST_CATEGORIES`] values (reference: formats D.4). The table they come from
/// breaks none of them.
pub fn suggest(statistics: &Statistics, drift: CategoricalDriftMethod) -> Constraints {
    let features = statistics.features.iter().map(constraints).collect();
    let config =
        MonitoringConfig { categorical_drift_method: drift, ..MonitoringConfig::default() };
    Constraints { features, config }
}

fn constraints(feature: &Feature) -> FeatureConstraints {
    let (non_negative, domains) = match &feature.values {
        Values::Numbers(numbers) => (Some(0.0 <= numbers.min), None),
        Values::Texts(texts) => (None, domain(texts)),
        Values::None => (None, None),
    };
    FeatureConstraints {
        name: feature.name.clone(),
        inferred_type: feature.inferred_type,
        completeness: feature.completeness(),
        non_negative,
        domains,
        overrides: ConfigOverrides::default(),
    }
}

/// The values of a text column that has few, and nearly all of them more than once.
fn domain(texts: &Texts) -> Option<Vec<String>> {
    let categories = texts.categories.as_deref()?;
    if categories.is_empty() || MOST_CATEGORIES < categories.len() {
        return None;
    }
    let single = categories.iter().filter(|it| it.count == 1).count();
    let few = single as f64 / categories.len() as f64 <= MAY_BE_SINGLE;
    few.then(|| categories.iter().map(|it| it.value.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{Category, InferredType, Numbers};

    fn feature(values: Values) -> Feature {
        Feature { name: "x".into(), present: 998, missing: 2, values, ..Feature::default() }
    }

    fn suggested(feature: Feature) -> FeatureConstraints {
        let statistics = Statistics { rows: 1000, features: vec![feature] };
        suggest(&statistics, CategoricalDriftMethod::LInfinity).features.swap_remove(0)
    }

    fn texts(counts: &[u64]) -> Values {
        let each = counts.iter().enumerate();
        let categories: Vec<Category> =
            each.map(|(it, count)| Category { value: format!("v{it}"), count: *count }).collect();
        Values::Texts(Texts { distinct: counts.len() as f64, categories: Some(categories) })
    }

    #[test]
    fn completeness_is_what_was_observed() {
        let got =
            suggested(Feature { inferred_type: InferredType::Integral, ..feature(Values::None) });
        assert_eq!(got.completeness, Some(0.998));
        assert_eq!(got.inferred_type, InferredType::Integral);
        assert_eq!(suggested(Feature::default()).completeness, None);
    }

    #[test]
    fn numbers_are_non_negative_from_zero_on() {
        for (min, expect) in [(-0.1, false), (-0.0, true), (0.0, true), (3.0, true)] {
            let numbers = Numbers { min, ..Numbers::default() };
            let got = suggested(feature(Values::Numbers(numbers)));
            assert_eq!((got.non_negative, got.domains), (Some(expect), None), "{min}");
        }
    }

    #[test]
    fn domain_needs_few_values_seen_more_than_once() {
        let names = |count: usize| (0..count).map(|it| format!("v{it}")).collect::<Vec<_>>();
        let domain = |counts: &[u64]| suggested(feature(texts(counts))).domains;
        assert_eq!(domain(&[700, 300]), Some(names(2)));
        assert_eq!(domain(&[2; 120]), Some(names(120)));
        assert_eq!(domain(&[2; 121]), None);
        assert_eq!(domain(&[9, 9, 9, 9, 9, 9, 9, 9, 9, 1]), Some(names(10)));
        assert_eq!(domain(&[9, 9, 9, 9, 9, 9, 9, 9, 1]), None);
        assert_eq!(domain(&[]), None);
        let many = Values::Texts(Texts { distinct: 1e6, categories: None });
        assert_eq!(suggested(feature(many)).domains, None);
    }

    #[test]
    fn drift_method_is_the_callers_choice() {
        let got = suggest(&Statistics::default(), CategoricalDriftMethod::ChiSquared).config;
        assert_eq!(got.categorical_drift_method, CategoricalDriftMethod::ChiSquared);
        assert_eq!(
            got.comparison_threshold + got.datatype_check_threshold,
            1.1,
            "the values AWS's baseline job writes"
        );
    }
}
