use super::{Aggregate, Table};

/// The values of rows, as they were made.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    pub aggregate: Aggregate,
    /// The model's mean answer to the baseline, on the link's scale, for each output.
    ///
    /// A row's values and this add up to the model's answer to the row.
    pub expected: Vec<f64>,
    /// A row of values for each row that was explained: all features for the first output, then for the next.
    pub local: Option<Table<f64>>,
}

impl Explained {
    /// Returns what the rows say together; outputs without a label are `label0`, `label1`, …
    pub fn global(&self, labels: &[String], names: &[String]) -> GlobalShap {
        let label = |at: usize| labels.get(at).cloned().unwrap_or_else(|| format!("label{at}"));
        let labels: Vec<String> = (0..self.expected.len()).map(label).collect();
        self.aggregate.global(&labels, names, &self.expected)
    }
}

/// What the values of many rows say together: `analysis.json` of explainability.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GlobalShap {
    pub labels: Vec<LabelShap>,
    /// Rows that were explained; 0 where a file does not tell.
    pub rows: u64,
}

/// One output of a model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelShap {
    /// Such as `label0`.
    pub label: String,
    pub expected: Option<f64>,
    /// Features with their aggregated values, in the table's order.
    pub features: Vec<(String, f64)>,
}

impl LabelShap {
    /// Returns the value of a feature.
    pub fn value(&self, feature: &str) -> Option<f64> {
        self.features.iter().find(|it| it.0 == feature).map(|it| it.1)
    }
}
