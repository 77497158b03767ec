//! Models that endpoints serve: XGBoost's JSON and a linear one, both read from files.

pub mod artifact;
mod columns;
mod forest;
mod scorer;

use serde::Deserialize;

pub use self::{
    columns::{Column, Columns},
    forest::Forest,
    scorer::{Form, Scorer, Scratch},
};

/// A model file that cannot be served, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("model not readable: {0}")]
pub struct Unreadable(pub(crate) String);

/// A model: numbers in, numbers out.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    Forest(Forest),
    Linear(Linear),
}

/// A weighted sum of the inputs; a missing input adds nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Linear {
    objective: LinearObjective,
    intercept: f64,
    weights: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
enum LinearObjective {
    #[serde(rename = "binary:logistic")]
    Logistic,
    #[serde(rename = "reg:squarederror")]
    Identity,
}

impl Model {
    /// Reads a model: XGBoost's `save_model("x.json")`, or
    /// `{"linear":{"objective":"binary:logistic","intercept":0.1,"weights":[…]}}`.
    pub fn parse(json: &[u8]) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct File {
            linear: Option<Linear>,
            learner: Option<forest::Learner>,
        }
        let file: File =
            serde_json::from_slice(json).map_err(|error| Unreadable(error.to_string()))?;
        match file {
            File { linear: Some(linear), .. } => Ok(Self::Linear(linear)),
            File { learner: Some(learner), .. } => learner.forest().map(Self::Forest),
            _ => Err(Unreadable("neither `learner` nor `linear` in the file".to_owned())),
        }
    }

    /// Returns how many inputs the model takes.
    pub fn inputs(&self) -> usize {
        match self {
            Self::Forest(forest) => forest.inputs(),
            Self::Linear(linear) => linear.weights.len(),
        }
    }

    /// Replaces `outputs` by the prediction: one number, or one for each class.
    ///
    /// A missing input is NaN, as in XGBoost; inputs that are not given are missing.
    pub fn predict(&self, inputs: &[f32], outputs: &mut Vec<f32>) {
        match self {
            Self::Forest(forest) => forest.predict(inputs, outputs),
            Self::Linear(linear) => {
                outputs.clear();
                outputs.push(linear.predict(inputs));
            }
        }
    }
}

impl Linear {
    fn predict(&self, inputs: &[f32]) -> f32 {
        let pairs = self.weights.iter().zip(inputs).filter(|(_, input)| !input.is_nan());
        let sum: f64 =
            self.intercept + pairs.map(|(weight, input)| weight * f64::from(*input)).sum::<f64>();
        match self.objective {
            LinearObjective::Logistic => (1.0 / (1.0 + (-sum).exp())) as f32,
            LinearObjective::Identity => sum as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(objective: &str, inputs: &[f32], expect: f32) {
        let json = format!(
            r#"{{"linear":{{"objective":"{objective}","intercept":0.5,"weights":[2.0,-1.0]}}}}"#
        );
        let mut outputs = vec![9.0];
        Model::parse(json.as_bytes()).unwrap().predict(inputs, &mut outputs);
        assert_eq!(outputs, [expect]);
    }

    #[test]
    fn linear_model_weighs_its_inputs() {
        check("reg:squarederror", &[1.0, 0.25], 2.25);
        check("reg:squarederror", &[1.0, f32::NAN], 2.5);
        check("reg:squarederror", &[1.0], 2.5);
        check("binary:logistic", &[0.0, 0.5], 0.5);
    }

    #[test]
    fn foreign_files_are_refused_with_reasons() {
        let reason = |json: &str| Model::parse(json.as_bytes()).unwrap_err().to_string();
        assert_eq!(reason("{}"), "model not readable: neither `learner` nor `linear` in the file");
        assert!(reason("[").starts_with("model not readable: EOF"));
    }
}
