//! What the targets check: the same as the short tests of each crate.
//!
//! A further target is a file in `fuzz_targets`, a `[[bin]]`, and a function here.

#[path = "../../../shared/dataset/tests/fuzz_short/check.rs"]
mod check;

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
