use crate::Shelves;
use engine::attribution::Readable;
use ports::{Objects, ReadModels};

impl<O: Objects> ReadModels for Shelves<O> {
    fn model(&self, bytes: &[u8]) -> Result<Readable, String> {
        formats::model::read(bytes).map_err(|why| why.to_string())
    }

    fn shap_rows(&self, bytes: &[u8]) -> Result<Vec<Vec<Option<String>>>, String> {
        formats::shap_config::baseline_rows(bytes).map_err(|why| why.to_string())
    }
}
