use super::{Groups, Objective, Table};

/// A weighted sum of the inputs; a missing input (NaN) adds nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    pub objective: Objective,
    pub intercept: f64,
    pub weights: Vec<f64>,
}

impl Linear {
    /// Returns the sum before the objective.
    pub fn sum(&self, row: &[f32]) -> f64 {
        self.intercept
            + self.weights.iter().zip(row).map(|(weight, it)| part(*weight, *it)).sum::<f64>()
    }
}

/// Exact values of a weighted sum: each input's part, less its mean part in the baseline.
#[derive(Debug, Clone)]
pub struct LinearShap {
    weights: Vec<f64>,
    of_column: Vec<usize>,
    /// Minus the mean part of each feature in the baseline.
    start: Vec<f64>,
    expected: f64,
}

impl LinearShap {
    /// Gets ready; the baseline has at least one row, and all widths agree.
    pub fn of(model: &Linear, groups: &Groups, baseline: &Table<f32>) -> Self {
        let rows = baseline.len().max(1) as f64;
        let of_column: Vec<usize> =
            (0..model.weights.len()).map(|it| groups.of_column(it)).collect();
        let mut start = vec![0.0; groups.len()];
        let mut expected = model.intercept;
        for row in baseline.rows() {
            for ((weight, it), feature) in model.weights.iter().zip(row).zip(&of_column) {
                let mean = part(*weight, *it) / rows;
                start[*feature] -= mean;
                expected += mean;
            }
        }
        Self { weights: model.weights.clone(), of_column, start, expected }
    }

    /// Returns the mean sum of the baseline.
    pub fn expected(&self) -> f64 {
        self.expected
    }

    /// Replaces `values` by the value of each feature.
    pub fn values(&self, row: &[f32], values: &mut Vec<f64>) {
        values.clone_from(&self.start);
        for ((weight, it), feature) in self.weights.iter().zip(row).zip(&self.of_column) {
            values[*feature] += part(*weight, *it);
        }
    }
}

fn part(weight: f64, input: f32) -> f64 {
    if input.is_nan() { 0.0 } else { weight * f64::from(input) }
}
