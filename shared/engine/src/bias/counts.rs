//! The counts that every closed-form metric is made of.

/// Rows of one side by observed and predicted outcome.
///
/// Numbers of rows; fractions come up only where an interval takes a row away.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Outcomes {
    pub true_positive: f64,
    pub false_positive: f64,
    pub false_negative: f64,
    pub true_negative: f64,
}

impl Outcomes {
    pub fn rows(&self) -> f64 {
        self.true_positive + self.false_positive + self.false_negative + self.true_negative
    }

    /// Rows whose observed label is a good one.
    pub fn positive(&self) -> f64 {
        self.true_positive + self.false_negative
    }

    pub fn negative(&self) -> f64 {
        self.true_negative + self.false_positive
    }

    pub fn predicted_positive(&self) -> f64 {
        self.true_positive + self.false_positive
    }

    pub fn predicted_negative(&self) -> f64 {
        self.true_negative + self.false_negative
    }

    pub(super) fn add(&mut self, observed: bool, predicted: bool, rows: f64) {
        *match (observed, predicted) {
            (true, true) => &mut self.true_positive,
            (false, true) => &mut self.false_positive,
            (true, false) => &mut self.false_negative,
            (false, false) => &mut self.true_negative,
        } += rows;
    }

    fn cells(&mut self) -> [&mut f64; 4] {
        [
            &mut self.true_positive,
            &mut self.false_positive,
            &mut self.false_negative,
            &mut self.true_negative,
        ]
    }
}

/// The rows of a facet and the rest of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sides {
    pub facet: Outcomes,
    pub rest: Outcomes,
}

impl Sides {
    pub fn rows(&self) -> f64 {
        self.facet.rows() + self.rest.rows()
    }

    /// Returns the counts without one row, for each kind of row there is, and the
    /// number of such rows.
    pub(super) fn one_less(&self) -> Vec<(f64, Self)> {
        let mut all = Vec::with_capacity(8);
        for place in 0..8 {
            let mut less = *self;
            let side = if place < 4 { &mut less.facet } else { &mut less.rest };
            let [one, two, three, four] = side.cells();
            let count = match place % 4 {
                0 => one,
                1 => two,
                2 => three,
                _ => four,
            };
            let rows = *count;
            if 0.0 < rows {
                *count -= 1.0;
                all.push((rows, less));
            }
        }
        all
    }
}

/// What one value of a facet comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    pub sides: Sides,
    /// The same by group; `None` without a group variable.
    pub groups: Option<Vec<Sides>>,
}
