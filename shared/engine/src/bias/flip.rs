//! The flip test: would a row be predicted otherwise if it were outside of the facet?
//!
//! After Black, Yeom & Fredrikson (FlipTest, 2020) as Clarify does it: each row of
//! the facet is predicted by a vote of the nearest rows outside of it, in the space
//! of all other columns. It needs the rows, so it is a second reading of the data;
//! its [`FlipCost`] is known beforehand.

use super::{
    BiasError, BiasMetric, BiasSummary, ColumnRef, Predicted, Stage,
    analysis::{Group, Outcome, groups_of},
    cell::{Shape, Shapes},
    summary::Seen,
    tree::Points,
};
use dataset::{Block, SetAside, Sink};
use std::{sync::Arc, thread};
use summary::Summary;

/// Neighbours that vote, and of how many rows on one is enough.
const NEIGHBOURS: usize = 5;
const FEW: usize = 9;

/// What came of the flip test of one facet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlipOutcome {
    /// Rows of the facet that others like them would see rejected (`gained`) or
    /// accepted (`lost`), of all rows of the facet.
    Counted { gained: u64, lost: u64, rows: u64 },
    /// Why it was not made.
    Refused(String),
}

/// What the flip test of one facet needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlipCost {
    /// Rows that are asked about, and rows that answer.
    pub asked: u64,
    pub answering: u64,
    /// Columns that make the distance, unless some turn out to be text.
    pub columns: usize,
    /// Whether a tree spares looking at every pair.
    pub by_tree: bool,
    /// Differences of coordinates that are computed, about.
    pub steps: f64,
    pub bytes: u64,
}

impl FlipCost {
    fn of(asked: u64, answering: u64, columns: usize) -> Self {
        let by_tree = Points::has_tree(columns);
        let (n, m) = (answering as f64, asked as f64);
        let log = (n + 2.0).log2();
        // Points a search visits: a leaf on each side and what lies near in every dimension.
        let visited =
            if by_tree { n.min(32.0 * log + 8.0 * 1.8_f64.powi(columns as i32)) } else { n };
        let planted = if by_tree { n * log } else { 0.0 };
        let steps = (planted + m * visited) * columns as f64;
        let bytes = (asked + answering) * (8 * columns as u64 + 8);
        Self { asked, answering, columns, by_tree, steps, bytes }
    }
}

/// The flip tests of a configuration, which take in the rows.
///
/// It holds a number for each row and column, so ask [`costs`](Self::costs) first.
/// Where rows are equally far the first ones vote, so read on one thread where
/// answers must not depend on threads.
#[derive(Debug, Clone, Default)]
pub struct FlipTest {
    plan: Option<Arc<Plan>>,
    predicted: Option<Seen>,
    facets: Vec<Seen>,
    shapes: Vec<Shapes>,
    /// Features row by row, missing ones as zero.
    values: Vec<f64>,
    is_accepted: Vec<bool>,
    /// The class of each row, facet by facet.
    classes: Vec<Vec<u16>>,
    codes: Vec<u16>,
}

/// What is asked of the rows.
#[derive(Debug)]
struct Plan {
    is_accepted: Vec<bool>,
    facets: Vec<FacetPlan>,
    /// Names of the columns that are neither label nor prediction nor left out.
    features: Vec<String>,
}

#[derive(Debug)]
struct FacetPlan {
    name: String,
    groups: Vec<(Group, FlipCost)>,
    /// The facet's own place among the features, which its distances leave out.
    own: Option<usize>,
}

impl BiasSummary {
    /// Returns the flip tests that the configuration asks for; `None` where it asks
    /// for none, or where there are no predictions to test.
    pub fn flip_test(&self) -> Result<Option<FlipTest>, BiasError> {
        let looking = self.looking()?;
        let config = &looking.config;
        if !config.wanted(Stage::PostTraining).contains(&BiasMetric::Ft) {
            return Ok(None);
        }
        let (Some(seen), Some(Ok(predicted))) =
            (&looking.predicted, Outcome::of(looking)?.predicted)
        else {
            return Ok(None);
        };
        let place = |it: &ColumnRef| it.place(&looking.columns);
        let predicted_column = config.predicted.as_ref().map(Predicted::column);
        let excluded = config.excluded.iter().chain(predicted_column).chain([&config.label.column]);
        let excluded: Vec<Option<usize>> = excluded.map(place).collect();
        let is_feature = |at: &usize| !excluded.contains(&Some(*at));
        let features: Vec<usize> = (0..looking.columns.len()).filter(is_feature).collect();
        let facets = looking.facets.iter().zip(&config.facets).map(|(facet, watched)| {
            let own = place(&watched.column);
            let own = features.iter().position(|it| Some(*it) == own);
            let columns = features.len() - usize::from(own.is_some());
            let rows = facet.table.rows_of(0, facet.seen.column.classes());
            let groups = groups_of(facet, watched).unwrap_or_default().into_iter().map(|group| {
                let of_group = rows.iter().zip(&group.is_in).filter(|it| *it.1).map(|it| it.0);
                let asked: u64 = of_group.sum();
                let cost = FlipCost::of(asked, looking.rows - asked, columns);
                (group, cost)
            });
            FacetPlan { name: watched.shown(&looking.columns), groups: groups.collect(), own }
        });
        let plan = Plan {
            is_accepted: predicted.is_in,
            facets: facets.collect(),
            features: features.iter().map(|it| looking.columns[*it].clone()).collect(),
        };
        Ok(Some(FlipTest {
            predicted: Some(seen.clone()),
            facets: looking.facets.iter().map(|it| it.seen.clone()).collect(),
            shapes: vec![Shapes::default(); plan.features.len()],
            classes: vec![Vec::new(); plan.facets.len()],
            plan: Some(Arc::new(plan)),
            ..FlipTest::default()
        }))
    }
}

impl FlipTest {
    /// Returns what each test needs: facet, value and cost.
    pub fn costs(&self) -> impl Iterator<Item = (&str, &str, FlipCost)> {
        let facets = self.plan.iter().flat_map(|it| &it.facets);
        facets.flat_map(|facet| {
            let cost = |it: &'_ (Group, FlipCost)| it.1;
            facet.groups.iter().map(move |it| (facet.name.as_str(), it.0.value.as_str(), cost(it)))
        })
    }

    /// Returns the steps and the bytes that all tests need together; they are made one after the other.
    pub fn needs(&self) -> (f64, u64) {
        let all = self.costs().map(|it| it.2);
        all.fold((0.0, 0), |(steps, bytes), it| (steps + it.steps, it.bytes.max(bytes)))
    }

    /// Makes the tests of the rows that were read, on so many threads.
    pub fn outcomes(&self, threads: usize) -> FlipOutcomes {
        let mut all = Vec::new();
        for (at, facet) in self.plan.iter().flat_map(|it| &it.facets).enumerate() {
            for (group, _) in &facet.groups {
                let outcome = self.outcome(at, facet, group, threads);
                all.push((facet.name.clone(), group.value.clone(), outcome));
            }
        }
        FlipOutcomes { made: all, left_out: None }
    }

    fn outcome(&self, at: usize, facet: &FacetPlan, group: &Group, threads: usize) -> FlipOutcome {
        let is_in = |row: &usize| group.is_in[usize::from(self.classes[at][*row])];
        let (asked, answering): (Vec<usize>, Vec<usize>) =
            (0..self.is_accepted.len()).partition(is_in);
        let refused = |why: &str| FlipOutcome::Refused(why.to_owned());
        if asked.is_empty() {
            return refused("Facet set is empty");
        }
        if answering.is_empty() {
            return refused("Negated Facet set is empty");
        }
        let others = || self.shapes.iter().enumerate().filter(|it| Some(it.0) != facet.own);
        if others().any(|it| !it.1.is_numeric()) {
            return refused("FlipTest does not support non-numeric columns");
        }
        if others().any(|it| it.1.has(Shapes::MISSING)) {
            return refused("Input X contains NaN.");
        }
        if others().next().is_none() {
            return refused("there is no other column to tell rows apart by");
        }
        let points = |rows: &[usize]| {
            let mut points = Vec::with_capacity(rows.len() * self.shapes.len());
            for row in rows {
                self.push_point(*row, facet.own, &mut points);
            }
            points
        };
        let dimensions = others().count();
        let tree = Points::new(points(&answering), dimensions);
        let accepted: Vec<bool> = answering.iter().map(|it| self.is_accepted[*it]).collect();
        let neighbours = if answering.len() <= FEW { 1 } else { NEIGHBOURS };
        let vote = |rows: &[usize]| {
            let (mut gained, mut lost) = (0, 0);
            let (mut point, mut found) = (Vec::with_capacity(dimensions), Vec::new());
            for row in rows {
                point.clear();
                self.push_point(*row, facet.own, &mut point);
                tree.nearest(&point, neighbours, &mut found);
                let votes = found.iter().filter(|it| accepted[it.place as usize]).count();
                match (self.is_accepted[*row], found.len() < 2 * votes) {
                    (true, false) => gained += 1,
                    (false, true) => lost += 1,
                    _ => {}
                }
            }
            (gained, lost)
        };
        let part = asked.len().div_ceil(threads.max(1));
        let parts: Vec<(u64, u64)> = thread::scope(|scope| {
            let threads: Vec<_> =
                asked.chunks(part).map(|rows| scope.spawn(|| vote(rows))).collect();
            let join = |it: thread::ScopedJoinHandle<'_, _>| match it.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            threads.into_iter().map(join).collect()
        });
        let gained = parts.iter().map(|it| it.0).sum();
        let lost = parts.iter().map(|it| it.1).sum();
        FlipOutcome::Counted { gained, lost, rows: asked.len() as u64 }
    }

    fn push_point(&self, row: usize, own: Option<usize>, to: &mut Vec<f64>) {
        let width = self.shapes.len();
        let values = self.values[row * width..(row + 1) * width].iter().enumerate();
        to.extend(values.filter(|it| Some(it.0) != own).map(|it| it.1));
    }
}

/// What came of every flip test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlipOutcomes {
    made: Vec<(String, String, FlipOutcome)>,
    /// Why there are no others.
    left_out: Option<String>,
}

impl FlipOutcomes {
    /// Says why no test was made, as the report tells it.
    pub fn left_out(why: impl Into<String>) -> Self {
        Self { made: Vec::new(), left_out: Some(why.into()) }
    }

    /// Returns the outcome of one value of a facet.
    pub fn of(&self, facet: &str, value: &str) -> FlipOutcome {
        let same = self.made.iter().find(|it| it.0 == facet && it.1 == value);
        let why = || self.left_out.clone().unwrap_or_else(|| NOT_MADE.to_owned());
        same.map_or_else(|| FlipOutcome::Refused(why()), |it| it.2.clone())
    }
}

/// Why there is no flip test where nobody asked for its second reading.
pub(super) const NOT_MADE: &str =
    "the flip test was not made: it needs a second reading of the rows";

impl Sink for FlipTest {
    fn block(&mut self, block: &Block<'_>) {
        let (Some(plan), Some(predicted)) = (&self.plan, &mut self.predicted) else { return };
        predicted.code(block, &mut self.codes);
        let is_accepted = |it: &u16| plan.is_accepted.get(usize::from(*it)).is_some_and(|it| *it);
        self.is_accepted.extend(self.codes.iter().map(is_accepted));
        for (seen, classes) in self.facets.iter_mut().zip(&mut self.classes) {
            seen.code(block, &mut self.codes);
            classes.extend_from_slice(&self.codes);
        }
        let (width, from) = (plan.features.len(), self.values.len());
        self.values.resize(from + block.rows * width, 0.0);
        for (at, (name, shapes)) in plan.features.iter().zip(&mut self.shapes).enumerate() {
            let cells = block.names.iter().position(|it| it == name).map(|it| &block.columns[it]);
            let Some(cells) = cells else {
                shapes.see_missing(0 < block.rows);
                continue;
            };
            let column = self.values[from..].iter_mut().skip(at).step_by(width.max(1));
            for (value, cell) in column.zip(cells) {
                match block.text(*cell).and_then(Shape::of) {
                    Some(shape) => {
                        shapes.see(shape);
                        *value = match shape {
                            Shape::Whole(it) | Shape::Fraction(it) => it,
                            Shape::Switch(it) => f64::from(u8::from(it)),
                            Shape::Text => 0.0,
                        };
                    }
                    None => shapes.see_missing(true),
                }
            }
        }
    }

    fn set_aside(&mut self, _why: SetAside, _record: &[u8]) {}
}

impl Summary for FlipTest {
    /// Appends the rows of another part of the same table.
    fn merge(&mut self, other: &Self) {
        if self.plan.is_none() {
            *self = other.clone();
            return;
        }
        self.values.extend_from_slice(&other.values);
        self.is_accepted.extend_from_slice(&other.is_accepted);
        for (one, two) in self.classes.iter_mut().zip(&other.classes) {
            one.extend_from_slice(two);
        }
        for (one, two) in self.shapes.iter_mut().zip(&other.shapes) {
            one.merge(*two);
        }
    }
}
