//! The figures of one analysis, as `analysis.json` tells them.

use super::{BiasConfig, BiasMetric, Stage, Watched};

/// What was measured, stage by stage; read from a baseline's file it has no intervals.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BiasReport {
    pub pre_training: Option<StageReport>,
    pub post_training: Option<StageReport>,
}

/// The facets of one stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StageReport {
    pub label: String,
    /// The good values, or the interval of them: `1`, `(0.5, 0.99]`.
    pub label_value: String,
    pub facets: Vec<FacetReport>,
}

/// The metrics of one value of one facet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FacetReport {
    /// The column.
    pub facet: String,
    /// The values, or the interval of them.
    pub value: String,
    /// Rows of the facet and of the rest; `None` where a file does not tell.
    pub rows: Option<FacetRows>,
    /// In the order of their names.
    pub metrics: Vec<MetricReport>,
}

/// How many rows stand on each side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FacetRows {
    pub facet: u64,
    pub rest: u64,
}

/// One metric of one facet.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricReport {
    pub metric: BiasMetric,
    pub figure: Figure,
    /// Where the metric lies with 95 % confidence; `None` where nothing tells.
    pub interval: Option<Interval>,
    /// The rows that the smaller side of the comparison rests on.
    pub support: Option<u64>,
}

/// A number, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// May be infinite, which is an answer (a ratio to nothing).
    Value(f64),
    /// In Clarify's words where Clarify has some.
    Nothing(String),
}

impl Figure {
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Value(it) => Some(*it),
            Self::Nothing(_) => None,
        }
    }
}

/// Where a figure lies, by 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl BiasReport {
    pub fn stage(&self, stage: Stage) -> Option<&StageReport> {
        match stage {
            Stage::PreTraining => self.pre_training.as_ref(),
            Stage::PostTraining => self.post_training.as_ref(),
        }
    }

    /// Returns every metric with its facet, the stage before training first.
    pub fn metrics(&self) -> impl Iterator<Item = (&FacetReport, &MetricReport)> {
        Stage::ALL
            .into_iter()
            .filter_map(|stage| self.stage(stage))
            .flat_map(|stage| &stage.facets)
            .flat_map(|facet| facet.metrics.iter().map(move |it| (facet, it)))
    }

    /// Returns the report without facets whose values the configuration does not name.
    #[must_use]
    pub fn of_named_values(&self, config: &BiasConfig) -> Self {
        let is_named = |facet: &FacetReport| {
            let name = |it: &Watched| it.name.clone().unwrap_or_else(|| it.column.to_string());
            config.facets.iter().any(|it| !it.values.is_empty() && name(it) == facet.facet)
        };
        let mut named = self.clone();
        for stage in named.pre_training.iter_mut().chain(&mut named.post_training) {
            stage.facets.retain(is_named);
        }
        named
    }

    /// Returns one metric of one value of a facet.
    pub fn metric(&self, facet: &str, value: &str, metric: BiasMetric) -> Option<&MetricReport> {
        let stage = self.stage(metric.stage())?;
        let facet = stage.facets.iter().find(|it| it.facet == facet && it.value == value)?;
        facet.metrics.iter().find(|it| it.metric == metric)
    }
}
