use summary::Summary;

use super::{AggregateMethod, GlobalShap, LabelShap};

/// Adds up the values of rows: sums for means, the values themselves for a median.
///
/// A median keeps eight bytes a row, output and feature; means keep nothing a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aggregate {
    method: AggregateMethod,
    outputs: usize,
    features: usize,
    rows: u64,
    sums: Vec<f64>,
    kept: Vec<Vec<f64>>,
}

impl Aggregate {
    /// Makes an empty aggregate of so many outputs and features.
    pub fn new(method: AggregateMethod, outputs: usize, features: usize) -> Self {
        let slots = outputs * features;
        let keeps = method == AggregateMethod::Median;
        Self {
            method,
            outputs,
            features,
            rows: 0,
            sums: vec![0.0; if keeps { 0 } else { slots }],
            kept: vec![Vec::new(); if keeps { slots } else { 0 }],
        }
    }

    /// Adds a row: the values of all features for the first output, then for the next.
    ///
    /// A row of another shape is an error of the caller and is passed over.
    pub fn add(&mut self, values: &[f64]) {
        if values.len() != self.outputs * self.features {
            return;
        }
        self.rows += 1;
        for (sum, value) in self.sums.iter_mut().zip(values) {
            *sum +=
                if self.method == AggregateMethod::MeanSq { value * value } else { value.abs() };
        }
        for (kept, value) in self.kept.iter_mut().zip(values) {
            kept.push(*value);
        }
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the aggregated values by name; `labels` and `expected` have one entry an output.
    pub fn global(&self, labels: &[String], names: &[String], expected: &[f64]) -> GlobalShap {
        let features = self.features.max(1);
        let values: Vec<f64> = (0..self.outputs * self.features).map(|at| self.value(at)).collect();
        let labels = values
            .chunks(features)
            .zip(labels)
            .enumerate()
            .map(|(output, (values, label))| LabelShap {
                label: label.clone(),
                expected: expected.get(output).copied(),
                features: names.iter().cloned().zip(values.iter().copied()).collect(),
            })
            .collect();
        GlobalShap { labels, rows: self.rows }
    }

    fn value(&self, at: usize) -> f64 {
        match self.kept.get(at) {
            Some(kept) => median(kept),
            None => self.sums[at] / self.rows.max(1) as f64,
        }
    }
}

impl Summary for Aggregate {
    fn merge(&mut self, other: &Self) {
        if other.rows == 0 {
            return;
        }
        if self.rows == 0 {
            self.clone_from(other);
            return;
        }
        self.rows += other.rows;
        for (sum, more) in self.sums.iter_mut().zip(&other.sums) {
            *sum += more;
        }
        for (kept, more) in self.kept.iter_mut().zip(&other.kept) {
            kept.extend_from_slice(more);
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        count if count % 2 == 1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [[f64; 2]; 4] = [[1.0, -4.0], [-3.0, 0.0], [2.0, 2.0], [5.0, -1.0]];

    #[track_caller]
    fn check(method: AggregateMethod, expect: [f64; 2]) {
        let mut whole = Aggregate::new(method, 1, 2);
        let (mut one, mut two) = (whole.clone(), whole.clone());
        for (at, row) in ROWS.iter().enumerate() {
            whole.add(row);
            if at < 1 { one.add(row) } else { two.add(row) }
        }
        two.merge(&one);
        two.merge(&Aggregate::default());
        let mut none = Aggregate::default();
        none.merge(&two);
        for sum in [whole, two, none] {
            let global = sum.global(&["label0".into()], &["a".into(), "b".into()], &[0.5]);
            let values: Vec<f64> = global.labels[0].features.iter().map(|it| it.1).collect();
            assert_eq!((values, global.rows), (expect.to_vec(), 4));
        }
    }

    #[test]
    fn methods_aggregate_as_numpy_does() {
        // np.abs(v).mean(0), np.median(v, 0), (v ** 2).mean(0).
        check(AggregateMethod::MeanAbs, [2.75, 1.75]);
        check(AggregateMethod::Median, [1.5, -0.5]);
        check(AggregateMethod::MeanSq, [9.75, 5.25]);
    }
}
