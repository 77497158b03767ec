//! What is monitored: one type of analysis on one variant of one endpoint.

/// What a monitor looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MonitorType {
    #[default]
    DataQuality,
    ModelQuality,
    ModelBias,
    ModelExplainability,
}

impl MonitorType {
    pub const ALL: [Self; 4] =
        [Self::DataQuality, Self::ModelQuality, Self::ModelBias, Self::ModelExplainability];

    /// Returns the word that files, keys and people use.
    pub fn word(self) -> &'static str {
        match self {
            Self::DataQuality => "data_quality",
            Self::ModelQuality => "model_quality",
            Self::ModelBias => "model_bias",
            Self::ModelExplainability => "model_explainability",
        }
    }

    /// Returns the type that `word` names; `-` stands for `_` as well.
    pub fn of_word(word: &str) -> Option<Self> {
        let word = word.replace('-', "_");
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// One monitor of the suite.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Monitor {
    pub endpoint: String,
    pub variant: String,
    pub kind: MonitorType,
}
