use engine::attribution::Readable;

/// Reads models whose artefacts can be read, and rows that stand for absent features.
pub trait ReadModels {
    /// Reads a model, or says in words why it cannot be.
    fn model(&self, bytes: &[u8]) -> Result<Readable, String>;

    /// Reads rows of cells: CSV without a header, JSON, or JSON Lines.
    fn shap_rows(&self, bytes: &[u8]) -> Result<Vec<Vec<Option<String>>>, String>;
}
