use std::{collections::BTreeMap, fmt, ops::Range};

use super::{
    Aggregate, Cell, Coalitions, Explained, Groups, Link, MOST_SAMPLES, ShapSettings, Table,
    Unexplainable, solver::Solver,
};

/// A model that answers rows at once; whoever waits for something drives [`KernelShap`] batch by batch instead.
pub trait BatchModel<T> {
    type Failed;

    /// Returns one row of outputs for each row.
    fn answer(&mut self, rows: &Table<T>) -> Result<Table<f64>, Self::Failed>;
}

/// Why [`explain`] failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExplainFailed<F> {
    Model(F),
    Unexplainable(Unexplainable),
}

impl<F> From<Unexplainable> for ExplainFailed<F> {
    fn from(why: Unexplainable) -> Self {
        Self::Unexplainable(why)
    }
}

impl<F: fmt::Display> fmt::Display for ExplainFailed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(why) => why.fmt(f),
            Self::Unexplainable(why) => why.fmt(f),
        }
    }
}

/// Asks the model all that is needed, at most about `most` rows at a time.
pub fn explain<T: Cell, M: BatchModel<T>>(
    mut kernel: KernelShap<T>,
    model: &mut M,
    most: usize,
) -> Result<Explained, ExplainFailed<M::Failed>> {
    let mut rows = Table::new(kernel.width());
    while let Some(batch) = kernel.next_batch(most) {
        kernel.fill(&batch, &mut rows);
        let outputs = model.answer(&rows).map_err(ExplainFailed::Model)?;
        kernel.answer(&batch, &outputs)?;
    }
    Ok(kernel.finish()?)
}

/// KernelSHAP of rows against a baseline, as questions and answers (Lundberg and Lee 2017).
///
/// Take batches with [`Self::next_batch`], score their rows with [`Self::fill`], and hand the outputs to
/// [`Self::answer`] in any order, several at a time if you like; the result does not depend on it. All rows in which
/// equally many features vary share their coalitions.
#[derive(Debug)]
pub struct KernelShap<T> {
    settings: ShapSettings,
    groups: Groups,
    baseline: Table<T>,
    rows: Table<T>,
    /// The features of each row that differ from some row of the baseline.
    varying: Vec<Vec<usize>>,
    plans: BTreeMap<usize, Plan>,
    next: Cursor,
    outputs: Option<usize>,
    /// The mean answer to the baseline, for each output.
    null: Vec<f64>,
    open: BTreeMap<usize, Open>,
    /// The first row without values.
    settled: usize,
    aggregate: Aggregate,
    local: Vec<f64>,
}

#[derive(Debug)]
struct Plan {
    coalitions: Coalitions,
    solver: Solver,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    Baseline,
    /// The row itself.
    Row(usize),
    /// A row's coalitions from here on.
    Coalitions(usize, usize),
    End,
}

/// What is known of a row that has no values yet.
#[derive(Debug, Default)]
struct Open {
    /// The answer to the row itself.
    itself: Vec<f64>,
    /// The mean answer to each coalition, output by output.
    means: Vec<f64>,
    missing: usize,
}

/// Rows to score, as [`KernelShap::fill`] writes them out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    parts: Vec<Part>,
    rows: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Baseline,
    Itself(usize),
    Coalitions(usize, Range<usize>),
}

impl Batch {
    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

impl<T: Cell> KernelShap<T> {
    /// Gets ready to explain `rows`; both tables have a column for each of the groups' columns.
    pub fn new(
        settings: ShapSettings,
        groups: Groups,
        baseline: Table<T>,
        rows: Table<T>,
    ) -> Result<Self, Unexplainable> {
        for table in [&baseline, &rows] {
            if table.width() != groups.width() {
                let (given, wanted) = (table.width(), groups.width());
                return Err(Unexplainable::Width { given, wanted });
            }
        }
        if baseline.is_empty() {
            return Err(Unexplainable::NoBaseline);
        }
        if rows.is_empty() {
            return Err(Unexplainable::NoRows);
        }
        if let Some(given) = settings.num_samples.filter(|it| MOST_SAMPLES < *it) {
            return Err(Unexplainable::TooManySamples(given));
        }
        let varying: Vec<Vec<usize>> =
            rows.rows().map(|row| varying(row, &baseline, &groups)).collect();
        let mut plans = BTreeMap::new();
        for players in varying.iter().map(Vec::len).filter(|it| 2 <= *it) {
            plans.entry(players).or_insert_with(|| {
                let coalitions = Coalitions::draw(players, settings.num_samples, settings.seed);
                Plan { solver: Solver::of(&coalitions), coalitions }
            });
        }
        Ok(Self {
            settings,
            groups,
            baseline,
            rows,
            varying,
            plans,
            next: Cursor::Baseline,
            outputs: None,
            null: Vec::new(),
            open: BTreeMap::new(),
            settled: 0,
            aggregate: Aggregate::default(),
            local: Vec::new(),
        })
    }

    /// Returns the number of columns of a row.
    pub fn width(&self) -> usize {
        self.groups.width()
    }

    /// Returns how many rows the model is asked for in all: what this costs.
    pub fn cost(&self) -> u64 {
        let one = |row: usize| match self.varying[row].len() {
            0 => 0,
            _ => 1 + self.coalitions(row) as u64 * self.baseline.len() as u64,
        };
        self.baseline.len() as u64 + (0..self.rows.len()).map(one).sum::<u64>()
    }

    fn coalitions(&self, row: usize) -> usize {
        self.plans.get(&self.varying[row].len()).map_or(0, |it| it.coalitions.len())
    }

    /// Returns the next rows to ask for, or `None` when all were handed out.
    ///
    /// At most `most` rows, but at least the baseline's number, since a coalition is not cut.
    pub fn next_batch(&mut self, most: usize) -> Option<Batch> {
        let mut batch = Batch { parts: Vec::new(), rows: 0 };
        loop {
            let room = most.saturating_sub(batch.rows);
            let (part, rows, next) = match self.next {
                Cursor::Baseline => (Part::Baseline, self.baseline.len(), Cursor::Row(0)),
                Cursor::Row(row) if row == self.rows.len() => {
                    self.next = Cursor::End;
                    continue;
                }
                Cursor::Row(row) if self.varying[row].is_empty() => {
                    self.next = Cursor::Row(row + 1);
                    self.open.insert(row, Open::default());
                    self.settle();
                    continue;
                }
                Cursor::Row(row) => (Part::Itself(row), 1, Cursor::Coalitions(row, 0)),
                Cursor::Coalitions(row, from) if from == self.coalitions(row) => {
                    self.next = Cursor::Row(row + 1);
                    continue;
                }
                Cursor::Coalitions(row, from) => {
                    let each = self.baseline.len();
                    let count = (room / each).max(1).min(self.coalitions(row) - from);
                    let to = from + count;
                    (Part::Coalitions(row, from..to), count * each, Cursor::Coalitions(row, to))
                }
                Cursor::End => break,
            };
            if 0 < batch.rows && room < rows {
                break;
            }
            if let Part::Itself(row) = part {
                let missing = 1 + self.coalitions(row);
                self.open.insert(row, Open { missing, ..Open::default() });
            }
            batch.parts.push(part);
            batch.rows += rows;
            self.next = next;
        }
        (0 < batch.rows).then_some(batch)
    }

    /// Writes out the rows of a batch, over what was there.
    pub fn fill(&self, batch: &Batch, rows: &mut Table<T>) {
        if rows.width() == self.width() {
            rows.clear();
        } else {
            *rows = Table::new(self.width());
        }
        for part in &batch.parts {
            match part {
                Part::Baseline => rows.append(&self.baseline),
                Part::Itself(row) => drop(rows.copy(self.rows.row(*row))),
                Part::Coalitions(row, range) => self.fill_coalitions(*row, range.clone(), rows),
            }
        }
    }

    fn fill_coalitions(&self, row: usize, range: Range<usize>, rows: &mut Table<T>) {
        let Some(plan) = self.plans.get(&self.varying[row].len()) else { return };
        let varying = &self.varying[row];
        let own = self.rows.row(row);
        let mut columns = Vec::with_capacity(own.len());
        for at in range {
            columns.clear();
            for player in plan.coalitions.members(at) {
                columns.extend_from_slice(self.groups.columns(varying[player]));
            }
            for base in self.baseline.rows() {
                let cells = rows.copy(base);
                for column in &columns {
                    cells[*column].clone_from(&own[*column]);
                }
            }
        }
    }

    /// Takes the model's answers to a batch: a row of outputs for each of its rows.
    pub fn answer(&mut self, batch: &Batch, outputs: &Table<f64>) -> Result<(), Unexplainable> {
        let width = *self.outputs.get_or_insert(outputs.width());
        if outputs.width() != width {
            return Err(Unexplainable::Answers { given: outputs.width(), wanted: width });
        }
        if outputs.len() != batch.rows {
            return Err(Unexplainable::Answers { given: outputs.len(), wanted: batch.rows });
        }
        for it in outputs.cells() {
            if !it.is_finite() {
                return Err(Unexplainable::NotANumber);
            }
            if self.settings.link == Link::Logit && !(0.0..=1.0).contains(it) {
                return Err(Unexplainable::NotAProbability);
            }
        }
        let mut rest = outputs.cells();
        let each = self.baseline.len() * width;
        for part in &batch.parts {
            match part {
                Part::Baseline => self.null = mean(take(&mut rest, each), width),
                Part::Itself(row) => {
                    let own = take(&mut rest, width).to_vec();
                    if let Some(open) = self.open.get_mut(row) {
                        open.itself = own;
                        open.missing -= 1;
                    }
                }
                Part::Coalitions(row, range) => {
                    let all = self.coalitions(*row);
                    let answers = take(&mut rest, range.len() * each);
                    if let Some(open) = self.open.get_mut(row) {
                        open.means.resize(all * width, 0.0);
                        for (at, answers) in range.clone().zip(answers.chunks_exact(each)) {
                            for (output, it) in mean(answers, width).into_iter().enumerate() {
                                open.means[output * all + at] = it;
                            }
                        }
                        open.missing -= range.len();
                    }
                }
            }
        }
        self.settle();
        Ok(())
    }

    /// Turns answers to values, row by row in their order, so that sums do not depend on the order of the answers.
    fn settle(&mut self) {
        while !self.null.is_empty()
            && self.open.get(&self.settled).is_some_and(|it| it.missing == 0)
        {
            let row = self.settled;
            let Some(open) = self.open.remove(&row) else { return };
            let values = self.values(row, &open);
            if row == 0 {
                let (outputs, features) = (self.null.len(), self.groups.len());
                self.aggregate = Aggregate::new(self.settings.aggregate, outputs, features);
            }
            self.aggregate.add(&values);
            if self.settings.keep_local {
                self.local.extend_from_slice(&values);
            }
            self.settled += 1;
        }
    }

    fn values(&self, row: usize, open: &Open) -> Vec<f64> {
        let (varying, features) = (&self.varying[row], self.groups.len());
        let mut values = vec![0.0; self.null.len() * features];
        let link = self.settings.link;
        let mut solved = Vec::with_capacity(varying.len());
        for ((output, null), values) in
            self.null.iter().enumerate().zip(values.chunks_exact_mut(features))
        {
            let Some(itself) = open.itself.get(output) else { continue };
            let nobody = link.of(*null);
            let whole = link.of(*itself) - nobody;
            if let Some(plan) = self.plans.get(&varying.len()) {
                let all = plan.coalitions.len();
                let means = &open.means[output * all..(output + 1) * all];
                plan.solver.solve(means.iter().map(|it| link.of(*it) - nobody), whole, &mut solved);
                for (feature, value) in varying.iter().zip(&solved) {
                    values[*feature] = *value;
                }
            } else if let [only] = varying.as_slice() {
                values[*only] = whole;
            }
        }
        values
    }

    /// Returns the values of all rows.
    ///
    /// Answers must have come for every batch; a missing one is [`Unexplainable::Answers`].
    pub fn finish(self) -> Result<Explained, Unexplainable> {
        if self.settled < self.rows.len() {
            let (given, wanted) = (self.settled, self.rows.len());
            return Err(Unexplainable::Answers { given, wanted });
        }
        let expected = self.null.iter().map(|it| self.settings.link.of(*it)).collect();
        let width = self.null.len() * self.groups.len();
        let local = if self.settings.keep_local { Table::of(width, self.local) } else { None };
        Ok(Explained { aggregate: self.aggregate, expected, local })
    }
}

/// Returns the features of a row that differ from some row of the baseline.
fn varying<T: Cell>(row: &[T], baseline: &Table<T>, groups: &Groups) -> Vec<usize> {
    let differs = |column: &usize| baseline.rows().any(|base| !base[*column].same(&row[*column]));
    (0..groups.len()).filter(|it| groups.columns(*it).iter().any(differs)).collect()
}

fn take<'a>(from: &mut &'a [f64], count: usize) -> &'a [f64] {
    let (taken, rest) = from.split_at(count.min(from.len()));
    *from = rest;
    taken
}

/// Returns the mean row.
fn mean(rows: &[f64], width: usize) -> Vec<f64> {
    if rows.len() == width {
        return rows.to_vec();
    }
    let mut sums = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        for (sum, it) in sums.iter_mut().zip(row) {
            *sum += it;
        }
    }
    let count = (rows.len() / width.max(1)) as f64;
    sums.iter().map(|it| it / count).collect()
}
