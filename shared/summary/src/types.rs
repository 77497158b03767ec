use crate::Summary;

/// How many cells look like which type, by Deequ's `DataType` rules.
///
/// `missing` counts the cells that hold nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TypeTally {
    pub missing: u64,
    pub integral: u64,
    pub fractional: u64,
    pub boolean: u64,
    pub text: u64,
}

impl TypeTally {
    /// The cells that hold something.
    pub fn present(&self) -> u64 {
        self.integral + self.fractional + self.boolean + self.text
    }
}

impl Summary for TypeTally {
    fn merge(&mut self, other: &Self) {
        self.missing += other.missing;
        self.integral += other.integral;
        self.fractional += other.fractional;
        self.boolean += other.boolean;
        self.text += other.text;
    }
}
