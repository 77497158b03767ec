/// What a monitor looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Monitor {
    DataQuality,
    ModelQuality,
    ModelBias,
    ModelExplainability,
}

impl Monitor {
    /// Returns the word that settings, keys and events use.
    pub fn word(self) -> &'static str {
        match self {
            Self::DataQuality => "data_quality",
            Self::ModelQuality => "model_quality",
            Self::ModelBias => "model_bias",
            Self::ModelExplainability => "model_explainability",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        let all =
            [Self::DataQuality, Self::ModelQuality, Self::ModelBias, Self::ModelExplainability];
        all.into_iter().find(|it| it.word() == word)
    }
}

/// The place of one monitor: an endpoint's variant and what is looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    pub endpoint: String,
    pub variant: String,
    pub monitor: Monitor,
}

impl Slot {
    pub fn new(endpoint: impl Into<String>, variant: impl Into<String>, monitor: Monitor) -> Self {
        Self { endpoint: endpoint.into(), variant: variant.into(), monitor }
    }
}
