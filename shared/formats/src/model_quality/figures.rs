//! Lines of `cloudwatch_metrics.jsonl` for model quality (reference: formats H.6).

use crate::metrics::{Line, MetricSource};
use engine::quality::statistics::QualityStatistics;
use std::io;

/// Writes a line for each figure that has a value, under AWS's bare name of it.
///
/// The caller asks `publish_cloudwatch_metrics` first.
pub fn write_figures(
    source: &MetricSource,
    statistics: &QualityStatistics,
    mut to: impl io::Write,
) -> io::Result<()> {
    for it in &statistics.metrics {
        let Some(value) = it.value else { continue };
        Line::of_value(source, it.metric.word(), value).write(&mut to)?;
    }
    Ok(())
}
