//! The flip test: would a row be predicted otherwise if it were outside of the facet?

/// What came of the flip test of one facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlipOutcome {
    /// Rows of the facet that others like them would see rejected (`gained`) or
    /// accepted (`lost`), of all rows of the facet.
    Counted { gained: u64, lost: u64, rows: u64 },
    /// Why it was not made.
    Refused(String),
}
