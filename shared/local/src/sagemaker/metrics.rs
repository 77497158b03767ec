//! Metrics that containers leave behind for CloudWatch.
//!
//! A container writes JSON lines below `/opt/ml/output/metrics/cloudwatch`, and the platform puts them into a namespace
//! that the container cannot choose (SageMaker developer guide, "CloudWatch Metrics for Bring Your Own Containers").

use jiff::Timestamp;
use serde::Deserialize;

use super::{container::ContainerEnd, processing::Job, shape::MonitoringType};
use crate::cloudwatch::{CloudWatch, Metric, StatisticSet};

const FOLDER: &str = "/opt/ml/output/metrics/cloudwatch/";

/// What one job has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobMetrics {
    pub namespace: String,
    /// One JSON object a line.
    pub lines: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    metric_name: String,
    timestamp: Option<Timestamp>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    value: Option<f64>,
    statistic_values: Option<Values>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Values {
    sample_count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
}

impl JobMetrics {
    /// Returns what the job of an execution has left, where its environment asks for publishing.
    pub(super) fn of(job: &Job, end: &ContainerEnd) -> Option<Self> {
        let environment = job.shown.request.environment.as_ref()?;
        let wanted =
            environment.get("publish_cloudwatch_metrics").is_some_and(|it| it == "Enabled");
        let family = job.run.as_ref().filter(|_| wanted)?.plan.resolved.family;
        let files = end.files.iter().filter(|(path, _)| path.starts_with(FOLDER));
        let lines: String = files.map(|(_, body)| String::from_utf8_lossy(body)).collect();
        // sagemaker-formats H.6.
        let kind = match family {
            MonitoringType::DataQuality => "data-metrics",
            MonitoringType::ModelQuality => "model-metrics",
            MonitoringType::ModelBias => "bias-metrics",
            MonitoringType::ModelExplainability => "explainability-metrics",
        };
        let namespace = format!("aws/sagemaker/Endpoints/{kind}");
        (!lines.is_empty()).then_some(Self { namespace, lines })
    }

    /// Puts them into CloudWatch; a line that is none is passed over.
    pub(crate) fn publish(self, now: Timestamp, to: &mut CloudWatch) {
        for line in self.lines.lines() {
            let Ok(line) = serde_json::from_str::<Line>(line) else { continue };
            let set = match (line.value, line.statistic_values) {
                (Some(value), None) => {
                    StatisticSet { samples: 1, sum: value, least: value, most: value }
                }
                (None, Some(it)) => StatisticSet {
                    samples: it.sample_count as u64,
                    sum: it.sum,
                    least: it.minimum,
                    most: it.maximum,
                },
                _ => continue,
            };
            let dimensions = line.dimensions.into_iter().map(|it| (it.name, it.value)).collect();
            let namespace = self.namespace.clone();
            let metric = Metric { namespace, name: line.metric_name, dimensions };
            to.put_set(metric, line.timestamp.unwrap_or(now), set);
        }
    }
}
