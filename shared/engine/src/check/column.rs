use super::{CheckSettings, words};
use crate::{
    constraints::{
        CategoricalDriftMethod, ComparisonMethod, ConfigOverrides, FeatureConstraints,
        MonitoringConfig,
    },
    drift,
    statistics::{Category, Feature, InferredType, MOST_CATEGORIES, Numbers, Texts, Values},
    violation::{Violation, ViolationCheck},
};
use std::collections::HashSet;

/// The rules that hold for one column: its overrides over the general ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rules {
    pub(super) evaluate_constraints: bool,
    datatype_check_threshold: f64,
    domain_content_threshold: f64,
    perform_comparison: bool,
    comparison_threshold: f64,
    comparison_method: ComparisonMethod,
    categorical_comparison_threshold: f64,
    categorical_drift_method: CategoricalDriftMethod,
}

impl Rules {
    pub(super) fn of(config: &MonitoringConfig, own: &ConfigOverrides) -> Self {
        let comparison_threshold = own.comparison_threshold.unwrap_or(config.comparison_threshold);
        // What the column says of distances goes before what is said of categories in general.
        let categorical = own
            .categorical_comparison_threshold
            .or(own.comparison_threshold)
            .or(config.categorical_comparison_threshold);
        Self {
            evaluate_constraints: own.evaluate_constraints.unwrap_or(config.evaluate_constraints),
            datatype_check_threshold: own
                .datatype_check_threshold
                .unwrap_or(config.datatype_check_threshold),
            domain_content_threshold: own
                .domain_content_threshold
                .unwrap_or(config.domain_content_threshold),
            perform_comparison: own.perform_comparison.unwrap_or(config.perform_comparison),
            comparison_threshold,
            comparison_method: own.comparison_method.unwrap_or(config.comparison_method),
            categorical_comparison_threshold: categorical.unwrap_or(comparison_threshold),
            categorical_drift_method: own
                .categorical_drift_method
                .unwrap_or(config.categorical_drift_method),
        }
    }
}

/// One column that both sides have.
pub(super) struct Column<'a> {
    pub(super) constraints: &'a FeatureConstraints,
    pub(super) rules: Rules,
    pub(super) before: Option<&'a Feature>,
    pub(super) now: &'a Feature,
    pub(super) settings: CheckSettings,
}

/// How far a column is from its baseline, and how far it may be.
pub(super) struct Distance {
    pub(super) value: f64,
    threshold: f64,
    /// Of a chi-squared test, whose distance is `1 - p`.
    p_value: Option<f64>,
}

impl Column<'_> {
    /// Returns at most one violation of each check, in the order of the checks.
    pub(super) fn violations(&self) -> impl Iterator<Item = Violation> {
        [self.data_type(), self.completeness(), self.drift(), self.categorical_values()]
            .into_iter()
            .flatten()
    }

    fn broken(
        &self,
        check: ViolationCheck,
        observed: f64,
        threshold: f64,
        description: String,
    ) -> Violation {
        let feature = self.constraints.name.clone();
        Violation { feature, check, observed, threshold, description, ..Violation::default() }
    }

    /// The share of cells of the expected type, of those that hold something.
    fn data_type(&self) -> Option<Violation> {
        let expected = self.constraints.inferred_type;
        let threshold = self.rules.datatype_check_threshold;
        let Some(types) = &self.now.types else { return self.data_type_of_column() };
        let matching = match expected {
            InferredType::Integral => types.integral,
            // A whole number is a number, too.
            InferredType::Fractional => types.integral + types.fractional,
            // Whatever can be read is a text; nothing is known of `Unknown`.
            InferredType::String | InferredType::Unknown => return None,
        };
        let present = types.present();
        if present == 0 {
            return None;
        }
        let observed = matching as f64 / present as f64;
        (observed < threshold).then(|| {
            let text = words::data_type(expected, threshold, observed);
            self.broken(ViolationCheck::DataType, observed, threshold, text)
        })
    }

    /// The same of statistics that were read from a file: it names the column's
    /// type and no shares, so a column of another type misses by a cell at least.
    fn data_type_of_column(&self) -> Option<Violation> {
        let (expected, now) = (self.constraints.inferred_type, self.now.inferred_type);
        let fits = match (expected, now) {
            (InferredType::String | InferredType::Unknown, _)
            | (_, InferredType::Unknown)
            | (InferredType::Fractional, InferredType::Integral) => true,
            (expected, now) => expected == now,
        };
        if fits || self.now.present == 0 {
            return None;
        }
        let threshold = self.rules.datatype_check_threshold;
        let observed = (self.now.present - 1) as f64 / self.now.present as f64;
        (observed < threshold).then(|| {
            let text = words::data_type_of_column(expected, threshold, now);
            self.broken(ViolationCheck::DataType, observed, threshold, text)
        })
    }

    fn completeness(&self) -> Option<Violation> {
        let threshold = self.constraints.completeness?;
        let observed = self.now.completeness()?;
        (observed < threshold).then(|| {
            let text = words::completeness(threshold, observed);
            self.broken(ViolationCheck::Completeness, observed, threshold, text)
        })
    }

    fn drift(&self) -> Option<Violation> {
        let Distance { value, threshold, p_value } = self.distance()?;
        (threshold < value).then(|| {
            let text = match p_value {
                Some(p_value) => words::chi_squared(p_value, value, threshold),
                None => words::drift(value, threshold),
            };
            self.broken(ViolationCheck::BaselineDrift, value, threshold, text)
        })
    }

    pub(super) fn distance(&self) -> Option<Distance> {
        let rules = &self.rules;
        if !rules.evaluate_constraints || !rules.perform_comparison {
            return None;
        }
        match (&self.before?.values, &self.now.values) {
            (Values::Numbers(before), Values::Numbers(now)) => {
                let (before, now) = (&before.sketch, &now.sketch);
                let ranks = self.settings.ranks;
                let value = drift::numeric(before, now, rules.comparison_method, ranks)?;
                Some(Distance { value, threshold: rules.comparison_threshold, p_value: None })
            }
            (Values::Texts(before), now) => self.categorical_distance(known(before)?, now),
            _ => None,
        }
    }

    fn categorical_distance(&self, before: &[Category], now: &Values) -> Option<Distance> {
        let rules = &self.rules;
        let of_numbers;
        let now = match now {
            Values::Texts(now) => now.categories.as_deref()?,
            Values::Numbers(now) => {
                of_numbers = as_categories(now, before.iter().map(|it| it.value.as_str()));
                &of_numbers
            }
            Values::None => return None,
        };
        let threshold = rules.categorical_comparison_threshold;
        match rules.categorical_drift_method {
            CategoricalDriftMethod::LInfinity => {
                let value = drift::categorical(before, now, rules.comparison_method)?;
                Some(Distance { value, threshold, p_value: None })
            }
            CategoricalDriftMethod::ChiSquared => {
                let p_value = drift::chi_squared(before, now)?.p_value;
                let (value, threshold) = (1.0 - p_value, 1.0 - threshold);
                Some(Distance { value, threshold, p_value: Some(p_value) })
            }
        }
    }

    /// The share of values inside the domain.
    fn categorical_values(&self) -> Option<Violation> {
        let domains = self.constraints.domains.as_deref()?;
        let threshold = self.rules.domain_content_threshold;
        let observed = match &self.now.values {
            Values::Texts(texts) => texts_inside(texts, self.now.present, domains)?,
            Values::Numbers(numbers) => {
                let values = domains.iter().map(String::as_str);
                inside(&as_categories(numbers, values), domains)?
            }
            Values::None => return None,
        };
        (observed < threshold).then(|| {
            let text = words::categorical_values(threshold, observed);
            self.broken(ViolationCheck::CategoricalValues, observed, threshold, text)
        })
    }
}

/// The categories of a baseline, where they are few enough to be in its file:
/// what is said of statistics in memory and of the same from a file must agree.
fn known(texts: &Texts) -> Option<&[Category]> {
    texts.categories.as_deref().filter(|it| it.len() <= MOST_CATEGORIES)
}

/// The share of rows inside the domain.
///
/// Where values are too many to be kept, each value beyond the domain's size has a
/// row at least: then this is the most that the share can be.
fn texts_inside(texts: &Texts, present: u64, domains: &[String]) -> Option<f64> {
    if let Some(categories) = &texts.categories {
        return inside(categories, domains);
    }
    let outside = (texts.distinct - domains.len() as f64).max(0.0);
    (0 < present).then(|| (1.0 - outside / present as f64).max(0.0))
}

fn inside(categories: &[Category], domains: &[String]) -> Option<f64> {
    let domains: HashSet<&str> = domains.iter().map(String::as_str).collect();
    let rows: u64 = categories.iter().map(|it| it.count).sum();
    let inside: u64 =
        categories.iter().filter(|it| domains.contains(it.value.as_str())).map(|it| it.count).sum();
    (0 < rows).then(|| inside as f64 / rows as f64)
}

/// The numbers of a column as categories, where texts are expected.
///
/// A window may hold only those values of a text column that look like numbers. A
/// number takes the spelling of the value it equals, so that `7` is `"07"`.
fn as_categories<'a>(numbers: &Numbers, values: impl Iterator<Item = &'a str>) -> Vec<Category> {
    let spelled: Vec<(f64, &str)> =
        values.filter_map(|it| Some((it.trim().parse().ok()?, it))).collect();
    let category = |(number, count): (f64, u64)| {
        let known = spelled.iter().find(|it| it.0 == number);
        Category { value: known.map_or_else(|| number.to_string(), |it| it.1.to_owned()), count }
    };
    numbers.sketch.sorted().into_iter().map(category).collect()
}
