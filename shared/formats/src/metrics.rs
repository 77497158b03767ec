//! `cloudwatch_metrics.jsonl`, from which the platform publishes (formats H.6).

use crate::{moment::Moment, number::Double};
use engine::{
    check::{FeatureDistance, align},
    constraints::Constraints,
    statistics::{Feature, Statistics, Values},
};
use serde::Serialize;
use std::{collections::HashMap, io};

/// Where the file lies in a processing container.
pub const PATH: &str = "/opt/ml/output/metrics/cloudwatch/cloudwatch_metrics.jsonl";

/// CloudWatch takes names and values of dimensions up to this many characters.
const LONGEST_NAME: usize = 255;

/// CloudWatch refuses numbers beyond this, `2^360`.
const LARGEST: f64 = 2.348_542_582_773_833_3e108;

/// Whose metrics these are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricSource {
    /// `None` of a batch transform's monitor.
    pub endpoint: Option<String>,
    pub schedule: Option<String>,
    pub time: Moment,
}

/// Writes a line for each metric of each column whose `emit_metrics` is on.
///
/// `feature_data_{f}` of numbers, `feature_non_null_{f}` (the share of cells that
/// hold something), and `feature_baseline_drift_{f}`. The caller asks
/// `publish_cloudwatch_metrics` first.
pub fn write(
    source: &MetricSource,
    constraints: &Constraints,
    current: &Statistics,
    distances: &[FeatureDistance],
    mut to: impl io::Write,
) -> io::Result<()> {
    let known: Vec<&str> = constraints.features.iter().map(|it| it.name.as_str()).collect();
    let seen: Vec<&str> = current.features.iter().map(|it| it.name.as_str()).collect();
    let known: HashMap<usize, usize> =
        align(&known, &seen).pairs.into_iter().map(|(known, seen)| (seen, known)).collect();
    let distances: HashMap<&str, f64> =
        distances.iter().map(|it| (it.feature.as_str(), it.distance)).collect();
    for (at, feature) in current.features.iter().enumerate() {
        let constraint = known.get(&at).map(|it| &constraints.features[*it]);
        let own = constraint.and_then(|it| it.overrides.emit_metrics);
        if !own.unwrap_or(constraints.config.emit_metrics) {
            continue;
        }
        let name = constraint.map_or(&feature.name, |it| &it.name);
        for (kind, values) in measured(feature, distances.get(name.as_str()).copied()) {
            let line = Line {
                metric_name: cut(&format!("{kind}_{name}")),
                timestamp: source.time,
                dimensions: dimensions(source),
                statistic_values: values,
                unit: "None",
            };
            line.write(&mut to)?;
        }
    }
    Ok(())
}

fn measured(feature: &Feature, distance: Option<f64>) -> Vec<(&'static str, StatisticValues)> {
    let mut measured = Vec::with_capacity(3);
    if let Values::Numbers(numbers) = &feature.values {
        // Cells that are no numbers are not among them; a file may lack the sketch.
        let count = match numbers.sketch.count() {
            0 => feature.present,
            count => count,
        } as f64;
        let values = StatisticValues::new(count, numbers.sum, numbers.min, numbers.max);
        measured.push(("feature_data", values));
    }
    if let Some(share) = feature.completeness() {
        measured.push(("feature_non_null", StatisticValues::new(1.0, share, share, share)));
    }
    if let Some(distance) = distance {
        let values = StatisticValues::new(1.0, distance, distance, distance);
        measured.push(("feature_baseline_drift", values));
    }
    measured
}

fn dimensions(source: &MetricSource) -> Vec<Dimension<'_>> {
    [("Endpoint", &source.endpoint), ("MonitoringSchedule", &source.schedule)]
        .into_iter()
        .filter_map(|(name, value)| Some(Dimension { name, value: cut(value.as_ref()?) }))
        .collect()
}

/// CloudWatch takes printable ASCII only.
fn cut(text: &str) -> String {
    let printable = |it: char| if it.is_ascii_graphic() || it == ' ' { it } else { '_' };
    text.chars().map(printable).take(LONGEST_NAME).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Line<'a> {
    metric_name: String,
    timestamp: Moment,
    dimensions: Vec<Dimension<'a>>,
    statistic_values: StatisticValues,
    unit: &'static str,
}

impl<'a> Line<'a> {
    /// A line of one value.
    pub(crate) fn of_value(source: &'a MetricSource, name: &str, value: f64) -> Self {
        Self {
            metric_name: cut(name),
            timestamp: source.time,
            dimensions: dimensions(source),
            statistic_values: StatisticValues::new(1.0, value, value, value),
            unit: "None",
        }
    }

    /// Adds dimensions; CloudWatch takes none that is empty.
    pub(crate) fn with(mut self, of: &[(&'a str, &'a str)]) -> Self {
        let told = of.iter().filter(|it| !it.1.trim().is_empty());
        self.dimensions.extend(told.map(|(name, value)| Dimension { name, value: cut(value) }));
        self
    }

    pub(crate) fn write(&self, to: &mut impl io::Write) -> io::Result<()> {
        serde_json::to_writer(&mut *to, self)?;
        to.write_all(b"\n")
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension<'a> {
    name: &'a str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StatisticValues {
    sample_count: Double,
    sum: Double,
    minimum: Double,
    maximum: Double,
}

impl StatisticValues {
    fn new(count: f64, sum: f64, minimum: f64, maximum: f64) -> Self {
        let within = |it: f64| Double(it.clamp(-LARGEST, LARGEST));
        Self {
            sample_count: within(count),
            sum: within(sum),
            minimum: within(minimum),
            maximum: within(maximum),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{
        constraints::FeatureConstraints,
        statistics::{Numbers, Texts},
    };

    fn table() -> Statistics {
        let numbers = Numbers { sum: 41_117.6, min: 18.0, max: 88.0, ..Numbers::default() };
        let feature = |name: &str, values| Feature {
            name: name.into(),
            present: 998,
            missing: 2,
            values,
            ..Feature::default()
        };
        let age = feature("age", Values::Numbers(numbers));
        let plan = feature("plan", Values::Texts(Texts::default()));
        Statistics { rows: 1000, features: vec![age, plan] }
    }

    fn lines(constraints: &Constraints, table: &Statistics) -> Vec<String> {
        let source = MetricSource {
            endpoint: Some("churn-prod".into()),
            schedule: Some("dq-hourly".into()),
            time: Moment::of_text("2026-03-04T10:00:00Z").unwrap(),
        };
        let distances = [FeatureDistance { feature: "age".into(), distance: 0.28 }];
        let mut bytes = Vec::new();
        write(&source, constraints, table, &distances, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn lines_are_those_of_the_contract() {
        let lines = lines(&Constraints::default(), &table());
        assert_eq!(lines.len(), 4);
        assert_eq!(
            lines[0],
            r#"{"MetricName":"feature_data_age","Timestamp":"2026-03-04T10:00:00Z","Dimensions":[{"Name":"Endpoint","Value":"churn-prod"},{"Name":"MonitoringSchedule","Value":"dq-hourly"}],"StatisticValues":{"SampleCount":998.0,"Sum":41117.6,"Minimum":18.0,"Maximum":88.0},"Unit":"None"}"#
        );
        // The sample of the reference, H.6.
        assert_eq!(
            lines[2],
            r#"{"MetricName":"feature_baseline_drift_age","Timestamp":"2026-03-04T10:00:00Z","Dimensions":[{"Name":"Endpoint","Value":"churn-prod"},{"Name":"MonitoringSchedule","Value":"dq-hourly"}],"StatisticValues":{"SampleCount":1.0,"Sum":0.28,"Minimum":0.28,"Maximum":0.28},"Unit":"None"}"#
        );
        assert!(lines[1].contains(r#""feature_non_null_age""#) && lines[1].contains("0.998"));
        assert!(lines[3].contains(r#""feature_non_null_plan""#));
    }

    #[test]
    fn emission_is_switched_in_general_and_by_column() {
        let mut constraints = Constraints::default();
        constraints.config.emit_metrics = false;
        assert!(lines(&constraints, &table()).is_empty());
        let mut plan = FeatureConstraints { name: "plan".into(), ..Default::default() };
        plan.overrides.emit_metrics = Some(true);
        constraints.features = vec![plan];
        assert_eq!(lines(&constraints, &table()).len(), 1);
    }

    #[test]
    fn columns_without_names_take_the_baselines() {
        let mut table = table();
        table.features[0].name = "_c0".into();
        table.features[1].name = "_c1".into();
        let named =
            ["age", "plan"].map(|it| FeatureConstraints { name: it.into(), ..Default::default() });
        let constraints = Constraints { features: named.into(), ..Constraints::default() };
        let lines = lines(&constraints, &table);
        assert!(lines[2].contains("feature_baseline_drift_age"), "{lines:?}");
    }

    #[test]
    fn what_cloudwatch_refuses_is_not_written() {
        let numbers = Numbers { sum: f64::INFINITY, max: 1e300, ..Numbers::default() };
        let name = format!("día\n{}", "x".repeat(400));
        let feature =
            Feature { name, present: 1, values: Values::Numbers(numbers), ..Feature::default() };
        let lines =
            lines(&Constraints::default(), &Statistics { rows: 1, features: vec![feature] });
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        let name = line["MetricName"].as_str().unwrap();
        assert!(name.starts_with("feature_data_d_a_x") && name.len() == 255);
        let [sum, most] = ["Sum", "Maximum"].map(|it| line["StatisticValues"][it].as_f64());
        assert_eq!((sum, most), (Some(2.0_f64.powi(360)), Some(2.0_f64.powi(360))));
    }
}
