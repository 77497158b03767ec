use engine::attribution::{ModelForm, Readable, Table};

/// Reads models whose artefacts can be read, rows that stand for absent features, and answers of models that are asked.
pub trait ReadModels {
    /// Reads a model, or says in words why it cannot be.
    fn model(&self, bytes: &[u8]) -> Result<Readable, String>;

    /// Reads rows of cells: CSV without a header, JSON, or JSON Lines.
    fn shap_rows(&self, bytes: &[u8]) -> Result<Vec<Vec<Option<String>>>, String>;

    /// Words questions to a model of this form; a column that is not numeric is sent as texts.
    fn scoring(
        &self,
        form: &ModelForm,
        columns: &[String],
        numeric: Vec<bool>,
    ) -> Result<Box<dyn ScoreRows>, String>;
}

/// Writes requests of rows and reads the answers.
pub trait ScoreRows: Send + Sync {
    fn content_type(&self) -> &str;

    fn accept(&self) -> Option<&str>;

    fn request(&self, rows: &Table<String>) -> Vec<u8>;

    /// Reads a row of outputs for each of so many rows, or says in words why it cannot; no answer is in them.
    fn scores(&self, content_type: &str, body: &[u8], rows: usize) -> Result<Table<f64>, String>;
}
