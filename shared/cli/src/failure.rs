use std::fmt;
use std::path::Path;

/// Why a command could not do what was asked, in words that say what to do.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// A file or folder that could not be used, and why.
    pub fn at(path: &Path, why: impl fmt::Display) -> Self {
        Self(format!("{}: {why}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<engine::scan::ScanError> for Failure {
    fn from(error: engine::scan::ScanError) -> Self {
        Self(error.to_string())
    }
}
