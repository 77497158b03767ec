//! Attributions as published metrics (reference: formats H.6).

use crate::metrics::{Line, MetricSource};
use engine::attribution::GlobalShap;
use std::io;

/// Writes a line `feature_{name}` for each feature and label, and `ExpectedValue` for each label.
///
/// The caller asks `publish_cloudwatch_metrics` first.
pub fn write_shap_metrics(
    source: &MetricSource,
    global: &GlobalShap,
    mut to: impl io::Write,
) -> io::Result<()> {
    for label in &global.labels {
        let of = |kind: &'static str| {
            [
                ("ExplainabilityMethod", "KernelShap"),
                ("Label", label.label.as_str()),
                ("ValueType", kind),
            ]
        };
        for (name, value) in &label.features {
            let line = Line::of_value(source, &format!("feature_{name}"), *value);
            line.with(&of("GlobalShapValues")).write(&mut to)?;
        }
        if let Some(expected) = label.expected {
            let line = Line::of_value(source, "ExpectedValue", expected);
            line.with(&of("ExpectedValue")).write(&mut to)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::attribution::LabelShap;
    use serde_json::{Value, json};

    #[test]
    fn features_are_published_with_their_label() {
        let features = vec![("age".to_owned(), 0.25)];
        let label = LabelShap { label: "churn".into(), expected: Some(0.5), features };
        let global = GlobalShap { labels: vec![label], rows: 3 };
        let source = MetricSource { endpoint: Some("e".into()), ..MetricSource::default() };
        let mut bytes = Vec::new();
        write_shap_metrics(&source, &global, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
        let names: Vec<&Value> = lines.iter().map(|it| &it["MetricName"]).collect();
        assert_eq!(names, ["feature_age", "ExpectedValue"]);
        let expect = json!([
            {"Name": "Endpoint", "Value": "e"},
            {"Name": "ExplainabilityMethod", "Value": "KernelShap"},
            {"Name": "Label", "Value": "churn"},
            {"Name": "ValueType", "Value": "GlobalShapValues"}]);
        assert_eq!(lines[0]["Dimensions"], expect);
        assert_eq!(lines[1]["StatisticValues"]["Sum"], json!(0.5));
    }
}
