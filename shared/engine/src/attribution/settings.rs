use std::fmt;

/// Coalitions that one row may be asked for.
pub const MOST_SAMPLES: u32 = 1 << 20;

/// How attributions are made: `methods.shap` of `analysis_config.json`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShapSettings {
    /// Coalitions a row; `None` takes `2 M + 2048` for `M` features that vary, as the `shap` package does.
    ///
    /// Where all coalitions are no more than that, each is asked once and the values are exact.
    pub num_samples: Option<u32>,
    pub aggregate: AggregateMethod,
    pub link: Link,
    /// Chooses the coalitions: those of the `shap` package after `numpy.random.seed`.
    pub seed: u32,
    /// Whether the values of every row are kept.
    pub keep_local: bool,
}

/// How the values of many rows become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AggregateMethod {
    #[default]
    MeanAbs,
    /// Of the values with their signs.
    Median,
    MeanSq,
}

impl AggregateMethod {
    pub const ALL: [Self; 3] = [Self::MeanAbs, Self::Median, Self::MeanSq];

    /// Returns Clarify's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::MeanAbs => "mean_abs",
            Self::Median => "median",
            Self::MeanSq => "mean_sq",
        }
    }

    /// Returns the method that Clarify's `word` names.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// On which scale values add up to the model's answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Link {
    /// As the model answers.
    #[default]
    Identity,
    /// Log-odds of a probability: Clarify's `use_logit`.
    Logit,
}

/// A probability nearer to 0 or 1 has the log-odds of this distance.
const NEAREST: f64 = f64::EPSILON;

impl Link {
    /// Returns the answer on the link's scale; log-odds stay within ±36.
    pub fn of(self, answer: f64) -> f64 {
        match self {
            Self::Identity => answer,
            Self::Logit => {
                let share = answer.clamp(NEAREST, 1.0 - NEAREST);
                (share / (1.0 - share)).ln()
            }
        }
    }
}

/// Why attributions cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unexplainable {
    /// Rows have another width than the baseline or the groups.
    Width {
        given: usize,
        wanted: usize,
    },
    NoBaseline,
    NoRows,
    /// More than [`MOST_SAMPLES`] coalitions a row.
    TooManySamples(u32),
    /// The model answered another number of rows, or another number of outputs than before.
    Answers {
        given: usize,
        wanted: usize,
    },
    /// The model answered something that is no finite number.
    NotANumber,
    /// Log-odds were asked for, but an answer lies outside of [0, 1].
    NotAProbability,
}

impl fmt::Display for Unexplainable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Width { given, wanted } => {
                write!(f, "a row has {given} features where {wanted} are expected")
            }
            Self::NoBaseline => f.write_str("the SHAP baseline has no rows"),
            Self::NoRows => f.write_str("there are no rows to explain"),
            Self::TooManySamples(given) => {
                write!(f, "num_samples is {given}, of at most {MOST_SAMPLES}")
            }
            Self::Answers { given, wanted } => {
                write!(f, "the model gave {given} numbers where {wanted} are expected")
            }
            Self::NotANumber => {
                f.write_str("the model answered something that is no finite number")
            }
            Self::NotAProbability => f.write_str(
                "use_logit wants probabilities, but the model answered a number outside of [0, 1]",
            ),
        }
    }
}

impl std::error::Error for Unexplainable {}
