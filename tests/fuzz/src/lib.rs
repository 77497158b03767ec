//! What the targets check: the same as the short tests of each crate.
//!
//! A further target is a file in `fuzz_targets`, a `[[bin]]`, and a function here.

#[path = "../../../shared/dataset/tests/fuzz_short/check.rs"]
mod check;
#[path = "../../../shared/formats/tests/fuzz_short/check.rs"]
mod documents;

pub fn csv(input: &[u8]) {
    check::csv(input);
}

pub fn json_lines(input: &[u8]) {
    check::json_lines(input);
}

pub fn capture(input: &[u8]) {
    check::capture(input);
}

pub fn labels(input: &[u8]) {
    check::labels(input);
}

pub fn inferences(input: &[u8]) {
    check::inferences(input);
}

pub fn gzip(input: &[u8]) {
    check::gzip(input);
}

pub fn parquet(input: &[u8]) {
    check::parquet(input);
}

pub fn bias_config(input: &[u8]) {
    documents::bias_config(input);
}

pub fn bias_analysis(input: &[u8]) {
    documents::bias_analysis(input);
}

pub fn shap_config(input: &[u8]) {
    documents::shap_config(input);
}

pub fn shap_analysis(input: &[u8]) {
    documents::shap_analysis(input);
}

pub fn json_model(input: &[u8]) {
    documents::json_model(input);
}

pub fn answers(input: &[u8]) {
    documents::answers(input);
}
