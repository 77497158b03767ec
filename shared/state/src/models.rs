use crate::Shelves;
use engine::attribution::{ModelForm, Readable, Table};
use formats::scoring::Scoring;
use ports::{Objects, ReadModels, ScoreRows};

impl<O: Objects> ReadModels for Shelves<O> {
    fn model(&self, bytes: &[u8]) -> Result<Readable, String> {
        formats::model::read(bytes).map_err(|why| why.to_string())
    }

    fn shap_rows(&self, bytes: &[u8]) -> Result<Vec<Vec<Option<String>>>, String> {
        formats::shap_config::baseline_rows(bytes).map_err(|why| why.to_string())
    }
    fn scoring(
        &self,
        form: &ModelForm,
        columns: &[String],
        numeric: Vec<bool>,
    ) -> Result<Box<dyn ScoreRows>, String> {
        let scoring = Scoring::new(form.clone(), columns.to_vec(), numeric);
        scoring.map(|it| Box::new(Scores(it)) as Box<dyn ScoreRows>).map_err(|why| why.to_string())
    }
}

struct Scores(Scoring);

impl ScoreRows for Scores {
    fn content_type(&self) -> &str {
        self.0.content_type()
    }

    fn accept(&self) -> Option<&str> {
        self.0.accept()
    }

    fn request(&self, rows: &Table<String>) -> Vec<u8> {
        self.0.request(rows)
    }

    fn scores(&self, content_type: &str, body: &[u8], rows: usize) -> Result<Table<f64>, String> {
        self.0.scores(content_type, body, rows).map_err(|why| why.to_string())
    }
}
