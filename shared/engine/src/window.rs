//! A stretch of time that one execution looks at.

/// The half-open interval `[start, end)`, in seconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    pub start: i64,
    pub end: i64,
}

impl Window {
    pub fn holds(self, second: i64) -> bool {
        self.start <= second && second < self.end
    }
}
