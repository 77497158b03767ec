use engine::Levels;
use engine::statistics::{Feature, Statistics, Values};
use std::collections::HashMap;

/// Statistics of a baseline, ready to be drawn many times.
#[derive(Debug, Clone, Default)]
pub struct Reference {
    statistics: Statistics,
    ranks: Vec<Ranks>,
    places: HashMap<String, usize>,
}

impl Reference {
    pub fn new(statistics: Statistics) -> Self {
        let ranks = statistics.features.iter().map(Ranks::of).collect();
        let places = statistics.features.iter().enumerate();
        let places = places.map(|(at, it)| (it.name.clone(), at)).collect();
        Self { statistics, ranks, places }
    }

    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    pub(crate) fn feature(&self, name: &str) -> Option<(&Feature, &Ranks)> {
        let at = *self.places.get(name)?;
        Some((self.statistics.features.get(at)?, self.ranks.get(at)?))
    }
}

/// The values of a numeric column in order, with the rows up to each.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ranks {
    items: Vec<f64>,
    rows: Vec<u64>,
}

impl Ranks {
    /// Holds nothing for a column without numbers.
    pub(crate) fn of(feature: &Feature) -> Self {
        match &feature.values {
            Values::Numbers(it) => Self::of_levels(&it.sketch),
            _ => Self::default(),
        }
    }

    fn of_levels(levels: &Levels) -> Self {
        let mut sum = 0u64;
        let (items, rows) = levels
            .sorted()
            .into_iter()
            .filter(|(item, _)| item.is_finite())
            .map(|(item, weight)| {
                sum = sum.saturating_add(weight);
                (item, sum)
            })
            .unzip();
        Self { items, rows }
    }

    pub(crate) fn total(&self) -> u64 {
        self.rows.last().copied().unwrap_or_default()
    }

    /// Returns the least value with at least the share `q` at or below it.
    pub(crate) fn quantile(&self, q: f64) -> Option<f64> {
        let goal = q * self.total() as f64;
        let at = self.rows.partition_point(|it| (*it as f64) < goal);
        self.items.get(at).or(self.items.last()).copied()
    }

    /// Returns the share of rows below `x`, or 0 of no rows.
    pub(crate) fn below(&self, x: f64) -> f64 {
        let at = self.items.partition_point(|it| *it < x);
        let rows = if at == 0 { 0 } else { self.rows[at - 1] };
        rows as f64 / self.total().max(1) as f64
    }
}
