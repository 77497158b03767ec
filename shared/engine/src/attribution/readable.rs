use std::{convert::Infallible, fmt};

use super::{BatchModel, Forest, Linear, Table};

/// A model whose artefact can be read, so that nobody needs to be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Readable {
    Forest(Forest),
    Linear(Linear),
}

/// How the sums of a model become its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// The sum itself.
    Identity,
    /// A probability; the sum is its log-odds.
    Logistic,
    /// A probability for each class.
    Softprob,
    /// The class itself, which no attribution explains.
    Softmax,
}

/// What is wrong with a model's artefact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenModel(pub String);

impl fmt::Display for BrokenModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BrokenModel {}

impl Objective {
    /// Turns sums to answers in place.
    pub fn answer(self, sums: &mut Vec<f64>) {
        match self {
            Self::Identity => {}
            Self::Logistic => {
                for it in sums {
                    *it = 1.0 / (1.0 + (-*it).exp());
                }
            }
            Self::Softprob => {
                let top = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                for it in sums.iter_mut() {
                    *it = (*it - top).exp();
                }
                let whole: f64 = sums.iter().sum();
                for it in sums {
                    *it /= whole;
                }
            }
            Self::Softmax => {
                let first_best = sums.iter().enumerate().rev().max_by(|a, b| a.1.total_cmp(b.1));
                let class = first_best.map_or(0.0, |best| best.0 as f64);
                sums.clear();
                sums.push(class);
            }
        }
    }
}

impl Readable {
    /// Returns how many inputs the model takes.
    pub fn inputs(&self) -> usize {
        match self {
            Self::Forest(forest) => forest.inputs(),
            Self::Linear(linear) => linear.weights.len(),
        }
    }

    pub fn objective(&self) -> Objective {
        match self {
            Self::Forest(forest) => forest.objective(),
            Self::Linear(linear) => linear.objective,
        }
    }

    /// Replaces `answers` by the model's answer to a row; a missing input is NaN.
    pub fn answer_row(&self, row: &[f32], answers: &mut Vec<f64>) {
        answers.clear();
        match self {
            Self::Forest(forest) => forest.sums(row, answers),
            Self::Linear(linear) => answers.push(linear.sum(row)),
        }
        self.objective().answer(answers);
    }
}

impl BatchModel<f32> for Readable {
    type Failed = Infallible;

    fn answer(&mut self, rows: &Table<f32>) -> Result<Table<f64>, Infallible> {
        let mut all = Vec::with_capacity(rows.len());
        let mut answers = Vec::new();
        for row in rows.rows() {
            self.answer_row(row, &mut answers);
            all.extend_from_slice(&answers);
        }
        Ok(Table::of(answers.len().max(1), all).unwrap_or_default())
    }
}
