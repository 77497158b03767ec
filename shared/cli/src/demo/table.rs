//! The user's own table, for a demo on it: one part is the reference, the rest is drawn from again and again.

mod fit;
mod records;
mod split;

use std::io::Read;

use local::{model::Scorer, random::Random};

use self::{
    records::{Cells, Records},
    split::Order,
};
use super::traffic::{Cell, Column, Kind, Rows};
use crate::Failure;

/// A table beyond this is cut after its last whole row before; a demo needs no more.
const LARGEST: u64 = 64 << 20;

/// The fewest rows that can be split into a reference and traffic.
const FEWEST: usize = 100;

/// A table with its columns told apart, split, and with a model of its label.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    columns: Vec<Column>,
    /// The place of each column among the cells of a row.
    places: Vec<usize>,
    cells: Cells,
    /// Rows of the reference.
    reference: Vec<u32>,
    /// Rows to draw traffic from.
    pool: Vec<u32>,
    scorer: Option<Scorer>,
    /// Rows that had another number of cells than the first, or were not UTF-8.
    pub set_aside: usize,
    /// Whether the table was too large to be read to its end.
    pub cut: bool,
}

impl Table {
    /// Reads a CSV table; with a label, that column is not a feature, and a linear model of it is fitted.
    ///
    /// A first row without any number is a header; otherwise the columns are `c0`, `c1` …
    /// The same seed gives the same split.
    pub(crate) fn read(table: impl Read, label: Option<&str>, seed: u64) -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        let read = table.take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|error| Failure::new(format!("the table cannot be read: {error}")))?;
        let cut = bytes.len() as u64 > LARGEST;
        let records = records::read(&bytes, cut);
        drop(bytes);
        let Records { names, cells, set_aside } =
            records.ok_or_else(|| Failure::new("the table is empty"))?;
        if cells.rows() < FEWEST {
            let rows = cells.rows();
            return Err(Failure::new(format!(
                "the table has {rows} whole rows; a demo needs at least {FEWEST}"
            )));
        }
        let label = label.map(|label| find(&names, label)).transpose()?;
        let places: Vec<usize> = (0..names.len()).filter(|at| Some(*at) != label).collect();
        let described: Vec<Described> =
            (0..names.len()).map(|at| describe(&names[at], &cells, at)).collect();
        let orders: Vec<&Order> = places.iter().map(|at| &described[*at].order).collect();
        let mut random = Random::named(seed, "split");
        let (reference, pool) = split::balanced(cells.rows(), &orders, &mut random);
        let columns: Vec<Column> = places.iter().map(|at| described[*at].column.clone()).collect();
        let mut table =
            Self { columns, places, cells, reference, pool, scorer: None, set_aside, cut };
        if let Some(label) = label {
            table.scorer = Some(fit::fit(&table, &described[label].column, label)?);
        }
        Ok(table)
    }

    /// Returns the features in order, without the label.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the model of the label; a table without a label has none.
    pub(crate) fn scorer(&self) -> Option<&Scorer> {
        self.scorer.as_ref()
    }

    /// Returns the first rows of the reference.
    pub(crate) fn reference(&self, rows: usize) -> Rows<'_> {
        let mut taken = Rows::wide(self.columns.len());
        for row in self.reference.iter().take(rows) {
            self.copy(*row as usize, taken.add(0));
        }
        taken
    }

    /// Draws one row of the traffic part into cells.
    pub(crate) fn draw<'a>(&'a self, random: &mut Random, cells: &mut [Cell<'a>]) {
        let row = self.pool[random.below(self.pool.len() as u64) as usize];
        self.copy(row as usize, cells);
    }

    fn copy<'a>(&'a self, row: usize, cells: &mut [Cell<'a>]) {
        for (cell, place) in cells.iter_mut().zip(&self.places) {
            *cell = match self.cells.get(row, *place) {
                "" => Cell::Empty,
                text => Cell::Text(text),
            };
        }
    }
}

/// A column, and its rows in the order of their values.
struct Described {
    column: Column,
    order: Order,
}

fn describe(name: &str, cells: &Cells, at: usize) -> Described {
    let rows: Vec<u32> = (0..cells.rows() as u32).collect();
    let text = |row: u32| cells.get(row as usize, at);
    let numbers: Vec<Option<f64>> = rows.iter().map(|row| number(text(*row))).collect();
    let present: Vec<f64> = numbers.iter().copied().flatten().collect();
    let filled = rows.iter().filter(|row| !text(**row).is_empty()).count();
    let mut sorted = rows;
    // A column is of numbers where every cell that holds anything holds one.
    let kind = if present.len() == filled && filled > 0 {
        sorted.sort_by(|a, b| {
            let (a, b) = (numbers[*a as usize], numbers[*b as usize]);
            a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal)
        });
        Kind::Number { deviation: deviation(&present) }
    } else {
        sorted.sort_by_key(|row| text(*row));
        Kind::Word
    };
    let same = |a: &u32, b: &u32| match kind {
        Kind::Number { .. } => numbers[*a as usize] == numbers[*b as usize],
        Kind::Word => text(*a) == text(*b),
    };
    let ends: Vec<usize> = sorted
        .chunk_by(same)
        .scan(0, |end, group| {
            *end += group.len();
            Some(*end)
        })
        .collect();
    let distinct = ends.len() - usize::from(filled < cells.rows());
    Described {
        column: Column { name: name.to_owned(), kind, distinct },
        order: Order { rows: sorted, ends },
    }
}

fn find(names: &[String], label: &str) -> Result<usize, Failure> {
    names.iter().position(|name| name == label).ok_or_else(|| {
        let known = names.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
        Failure::new(format!("no column is named {label}; the table has {known}"))
    })
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

fn deviation(numbers: &[f64]) -> f64 {
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    (numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / count).sqrt()
}

#[cfg(test)]
mod tests;
