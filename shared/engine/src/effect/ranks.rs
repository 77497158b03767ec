use summary::Levels;

/// Rank error of a KLL sketch of `k` 2048, as a share of the rows.
///
/// `datasketches` gives 1.33 % at `k` 200 for one side of one rank; the error
/// falls as `1/k`.
const SKETCH_ERROR: f64 = 0.0013;

/// A sample of numbers in order, asked for shares and quantiles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranks {
    items: Vec<f64>,
    /// Rows at or below the item of the same index.
    upto: Vec<f64>,
    /// Items before equal ones were counted as one.
    stored: usize,
    sketched: bool,
}

impl Ranks {
    /// Sorts the items of a sketch, or returns `None` where there are none.
    pub fn of(levels: &Levels) -> Option<Self> {
        let stored = levels.data.iter().map(Vec::len).sum();
        let mut ranks = Self { stored, sketched: 1 < levels.data.len(), ..Self::default() };
        let mut rows = 0.0;
        for (item, weight) in levels.sorted() {
            if item.is_finite() {
                rows += weight as f64;
                ranks.items.push(item);
                ranks.upto.push(rows);
            }
        }
        (!ranks.items.is_empty()).then_some(ranks)
    }

    /// Returns how many rows the sample stands for.
    pub fn rows(&self) -> f64 {
        self.upto.last().copied().unwrap_or_default()
    }

    /// Returns the share of kept items that no other equals.
    pub fn distinct_share(&self) -> f64 {
        self.items.len() as f64 / self.stored.max(1) as f64
    }

    /// Returns the share of rows a rank may be off by.
    pub fn rank_error(&self) -> f64 {
        if self.sketched { SKETCH_ERROR } else { 0.0 }
    }

    /// Returns the least item with at least `share` of the rows at or below it.
    pub fn quantile(&self, share: f64) -> f64 {
        let goal = share * self.rows();
        let idx = self.upto.partition_point(|upto| *upto < goal);
        self.items[idx.min(self.items.len() - 1)]
    }

    /// Returns the rows below `x`.
    pub fn below(&self, x: f64) -> f64 {
        self.at(self.items.partition_point(|item| *item < x))
    }

    /// Returns the rows at or below `x`.
    pub fn upto(&self, x: f64) -> f64 {
        self.at(self.items.partition_point(|item| *item <= x))
    }

    /// Returns the most frequent item and its share of the rows.
    pub fn mode(&self) -> (f64, f64) {
        let mut most = (self.items[0], 0.0);
        let mut before = 0.0;
        for (item, upto) in self.items.iter().zip(&self.upto) {
            if most.1 < upto - before {
                most = (*item, upto - before);
            }
            before = *upto;
        }
        (most.0, most.1 / self.rows())
    }

    /// Returns the sample with every item `x` at `(x - centre) * factor + place`.
    ///
    /// `factor` is positive: order and weights stay.
    #[must_use]
    pub fn moved(&self, centre: f64, factor: f64, place: f64) -> Self {
        let items = self.items.iter().map(|x| (x - centre) * factor + place).collect();
        Self { items, ..self.clone() }
    }

    /// Returns where the two distribution functions are furthest apart.
    ///
    /// Both are taken over the multiset at the items of either, so ties count
    /// whole. Ours stands still between two of our items while theirs rises: only
    /// our items and what lies just before them can be the widest.
    pub fn widest_gap(&self, other: &Self) -> Gap {
        let (our_rows, their_rows) = (self.rows(), other.rows());
        let mut widest = Gap::default();
        let (mut before, mut passed) = (0.0, 0);
        let mut widen = |ours: f64, theirs: f64| {
            let gap = Gap { ours: ours / our_rows, theirs: theirs / their_rows };
            if widest.distance() < gap.distance() {
                widest = gap;
            }
        };
        for (item, upto) in self.items.iter().zip(&self.upto) {
            while other.items.get(passed).is_some_and(|it| it < item) {
                passed += 1;
            }
            widen(before, other.at(passed));
            passed += usize::from(other.items.get(passed).is_some_and(|it| it == item));
            widen(*upto, other.at(passed));
            before = *upto;
        }
        widest
    }

    fn at(&self, idx: usize) -> f64 {
        if idx == 0 { 0.0 } else { self.upto[idx - 1] }
    }
}

/// Two distribution functions at one point, as shares.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Gap {
    pub ours: f64,
    pub theirs: f64,
}

impl Gap {
    pub fn distance(self) -> f64 {
        (self.ours - self.theirs).abs()
    }
}
