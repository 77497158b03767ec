//! Bias as published metrics (reference: formats F.5, H.6).

use crate::metrics::{Line, MetricSource};
use engine::bias::{BiasReport, Figure, Stage};
use std::io;

/// Writes a line `bias_metric_{NAME}` for each figure; what has none is left out.
///
/// The caller asks `publish_cloudwatch_metrics` first. Infinity is told as the
/// largest number that CloudWatch takes.
pub fn write_bias_metrics(
    source: &MetricSource,
    report: &BiasReport,
    mut to: impl io::Write,
) -> io::Result<()> {
    for stage in Stage::ALL {
        let Some(told) = report.stage(stage) else { continue };
        let word = match stage {
            Stage::PreTraining => "Pre-training",
            Stage::PostTraining => "Post-Training",
        };
        for facet in &told.facets {
            let of = [
                ("BiasStage", word),
                ("Label", told.label.as_str()),
                ("LabelValue", told.label_value.as_str()),
                ("Facet", facet.facet.as_str()),
                ("FacetValue", facet.value.as_str()),
            ];
            for it in &facet.metrics {
                let Figure::Value(value) = it.figure else { continue };
                let name = format!("bias_metric_{}", it.metric.name());
                Line::of_value(source, &name, value).with(&of).write(&mut to)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Moment;
    use engine::bias::{BiasMetric, FacetReport, MetricReport, StageReport};

    #[test]
    fn figures_are_published_with_their_facet() {
        let metric =
            |metric, figure| MetricReport { metric, figure, interval: None, support: None };
        let facet = FacetReport {
            facet: "sex".into(),
            value: "0".into(),
            rows: None,
            metrics: vec![
                metric(BiasMetric::Dppl, Figure::Value(0.25)),
                metric(BiasMetric::Ft, Figure::Nothing("why".into())),
                metric(BiasMetric::Te, Figure::Value(f64::NEG_INFINITY)),
            ],
        };
        let stage = StageReport { label: "y".into(), label_value: "1".into(), facets: vec![facet] };
        let report = BiasReport { post_training: Some(stage), pre_training: None };
        let source = MetricSource {
            endpoint: Some("churn".into()),
            schedule: Some("bias-hourly".into()),
            time: Moment::of_text("2026-03-04T10:00:00Z").expect("a time"),
        };
        let mut bytes = Vec::new();
        write_bias_metrics(&source, &report, &mut bytes).unwrap();
        let lines: Vec<serde_json::Value> = bytes
            .split(|it| *it == b'\n')
            .filter(|it| !it.is_empty())
            .map(|it| serde_json::from_slice(it).unwrap())
            .collect();
        let names: Vec<&str> = lines.iter().filter_map(|it| it["MetricName"].as_str()).collect();
        assert_eq!(names, ["bias_metric_DPPL", "bias_metric_TE"]);
        let dimensions: Vec<(&str, &str)> = lines[0]["Dimensions"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| Some((it["Name"].as_str()?, it["Value"].as_str()?)))
            .collect();
        let expect = [
            ("Endpoint", "churn"),
            ("MonitoringSchedule", "bias-hourly"),
            ("BiasStage", "Post-Training"),
            ("Label", "y"),
            ("LabelValue", "1"),
            ("Facet", "sex"),
            ("FacetValue", "0"),
        ];
        assert_eq!(dimensions, expect);
        let least = lines[1]["StatisticValues"]["Sum"].as_f64().unwrap();
        assert!((least / -2.348_543e108 - 1.0).abs() < 1e-6, "{least}");
    }
}
