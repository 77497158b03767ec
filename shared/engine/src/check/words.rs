//! The descriptions of violations. AWS's where they are known (formats D.5).

use crate::{statistics::InferredType, violation::ViolationCheck};

pub(super) fn data_type(expected: InferredType, threshold: f64, observed: f64) -> String {
    let name = name(expected);
    format!(
        "Data type match requirement is not met. Expected data type: {name}, Expected match: {}. \
         Observed: Only {} of data is {name}.",
        percent(threshold),
        percent(observed)
    )
}

/// For statistics that were read from a file, which does not count types.
pub(super) fn data_type_of_column(
    expected: InferredType,
    threshold: f64,
    now: InferredType,
) -> String {
    format!(
        "Data type match requirement is not met. Expected data type: {}, Expected match: {}. \
         Observed: The column is {}.",
        name(expected),
        percent(threshold),
        name(now)
    )
}

pub(super) fn completeness(threshold: f64, observed: f64) -> String {
    format!(
        "Completeness requirement is not met. Expected completeness: {}. \
         Observed: Only {} of data is present.",
        percent(threshold),
        percent(observed)
    )
}

pub(super) fn drift(distance: f64, threshold: f64) -> String {
    let distance = above(distance, threshold);
    format!("Baseline drift distance: {distance} exceeds threshold: {threshold:?}")
}

/// A p-value that is too small, put so that readers of distances understand it.
pub(super) fn chi_squared(p_value: f64, distance: f64, threshold: f64) -> String {
    format!(
        "Chi-squared p-value: {p_value:.3e}. Baseline drift distance: {} exceeds threshold: {:?}",
        above(distance, threshold),
        rounded(threshold)
    )
}

pub(super) fn columns(check: ViolationCheck, current: usize, baseline: usize) -> String {
    let kind = if check == ViolationCheck::MissingColumn { "missing" } else { "extra" };
    format!(
        "There are {kind} columns in current dataset. Number of columns in current dataset: \
         {current}, Number of columns in baseline constraints: {baseline}"
    )
}

pub(super) fn categorical_values(threshold: f64, observed: f64) -> String {
    format!(
        "Categorical values requirement is not met. Expected match: {}. \
         Observed: Only {} of data is in the domain.",
        percent(threshold),
        percent(observed)
    )
}

fn name(kind: InferredType) -> &'static str {
    match kind {
        InferredType::Integral => "Integral",
        InferredType::Fractional => "Fractional",
        InferredType::String => "String",
        InferredType::Unknown => "Unknown",
    }
}

/// Cut, not rounded: what misses 100 % by little must not read as 100 %.
fn percent(share: f64) -> String {
    // A hair more than the share, so that 0.982 does not become 98.1999.
    format!("{:?}%", (share * 1e6 + 1e-6).floor() / 1e4)
}

/// Six digits, or as many as it takes to lie above the threshold.
fn above(distance: f64, threshold: f64) -> String {
    let short = rounded(distance);
    let shown = if threshold < short { short } else { distance };
    format!("{shown:?}")
}

fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_aws() {
        assert_eq!(
            data_type(InferredType::Integral, 1.0, 0.982),
            "Data type match requirement is not met. Expected data type: Integral, \
             Expected match: 100.0%. Observed: Only 98.2% of data is Integral."
        );
        assert_eq!(drift(0.2813, 0.1), "Baseline drift distance: 0.2813 exceeds threshold: 0.1");
    }

    #[test]
    fn percentages_are_never_rounded_up() {
        for (share, expect) in [
            (1.0, "100.0%"),
            (0.999_999_9, "99.9999%"),
            (0.982, "98.2%"),
            (0.29, "29.0%"),
            (1.0 / 3.0, "33.3333%"),
            (0.0, "0.0%"),
        ] {
            assert_eq!(percent(share), expect);
        }
    }

    #[test]
    fn distances_read_as_above_their_threshold() {
        assert_eq!(above(0.123_456_789, 0.1), "0.123457");
        assert_eq!(above(0.100_000_000_1, 0.1), "0.1000000001");
        assert_eq!(above(1.0, 0.0), "1.0");
    }
}
