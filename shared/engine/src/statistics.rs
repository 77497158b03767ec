//! What is known of a table: the content of AWS's `statistics.json`.

use summary::{Levels, TypeTally};

/// Statistics of every column of one table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Statistics {
    /// Rows that were read; set-aside records are not among them.
    pub rows: u64,
    pub features: Vec<Feature>,
}

impl Statistics {
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.features.iter().find(|it| it.name == name)
    }
}

/// Statistics of one column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Feature {
    pub name: String,
    pub inferred_type: InferredType,
    /// Cells that hold something.
    pub present: u64,
    pub missing: u64,
    pub values: Values,
    /// How the cells looked, one by one; `None` when read from a file, which
    /// does not keep it.
    pub types: Option<TypeTally>,
}

impl Feature {
    /// Returns the share of cells that hold something, or `None` of no cells.
    pub fn completeness(&self) -> Option<f64> {
        let cells = self.present + self.missing;
        (0 < cells).then(|| self.present as f64 / cells as f64)
    }
}

/// The type AWS's analyzer names for a column (reference: formats D.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InferredType {
    Integral,
    Fractional,
    String,
    /// No cell holds anything.
    #[default]
    Unknown,
}

/// The values of a column, summarised by kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Values {
    Numbers(Numbers),
    Texts(Texts),
    #[default]
    None,
}

/// A summary of numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Numbers {
    pub mean: f64,
    pub sum: f64,
    /// Population standard deviation, `sqrt(m2 / n)`, as Deequ's.
    pub std_dev: f64,
    pub min: f64,
    pub max: f64,
    /// Ten buckets of equal width over `[min, max]`; half-open but the last.
    pub buckets: Vec<Bucket>,
    pub sketch: Levels,
}

/// One bar of a histogram, `[low, high)`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bucket {
    pub low: f64,
    pub high: f64,
    /// Rows; an estimate where the sketch is one.
    pub count: f64,
}

/// Columns with more distinct values than this have no categories in the file.
///
/// Deequ's default limit (reference: formats D.1).
pub const MOST_CATEGORIES: usize = 120;

/// A summary of texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Texts {
    /// Distinct values: exact below the sketch's limit, an estimate above.
    pub distinct: f64,
    /// Every value with its count, most frequent first, then by value; `None`
    /// where there are too many values to keep them all.
    pub categories: Option<Vec<Category>>,
}

/// One value of a column and the rows that hold it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Category {
    pub value: String,
    pub count: u64,
}
