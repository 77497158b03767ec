//! The adapters against answers in AWS's own words, and against a wire that breaks.

mod answers;
mod classes;
mod monitoring;
mod objects;
mod wire;
