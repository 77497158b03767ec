//! The demo's requests: seeded rows with a daily rhythm, and the faults put into them.
//!
//! Without a fault the distributions never move; only the number of rows does. Every hour of every endpoint has a
//! stream of chance of its own, so that hours can be drawn in any order.

mod cells;
mod customers;
mod injection;

use std::f64::consts::TAU;

use local::random::Random;

pub(crate) use self::{
    cells::{Cell, Row, Rows, write_table},
    injection::{Fault, Injection},
};
use super::table::Table;

const HOUR: i64 = 3600;

/// The share of the busiest hour that the quietest has.
const NIGHT: f64 = 0.15;

/// The hour of the day, in UTC, that is the busiest.
const BUSIEST: f64 = 15.0;

/// A column of the rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub name: String,
    pub kind: Kind,
    /// How many different values the reference rows hold.
    pub distinct: usize,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Numbers, with the standard deviation of the reference rows.
    Number {
        deviation: f64,
    },
    Word,
}

/// Where rows come from, and what is done to them.
#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    source: Source,
    seed: u64,
    busiest: f64,
    columns: Vec<Column>,
    injections: Vec<Injection>,
    silences: Vec<Silence>,
}

#[derive(Debug, Clone)]
enum Source {
    Customers,
    Table(Box<Table>),
}

#[derive(Debug, Clone)]
struct Silence {
    endpoint: String,
    from: i64,
    until: i64,
}

impl Traffic {
    /// Draws customers of a phone company, which the shipped churn model scores.
    pub(crate) fn generated(seed: u64) -> Self {
        Self::over(Source::Customers, seed)
    }

    /// Draws rows of a table again and again; a part of the table is kept apart as the reference.
    pub(crate) fn resampled(table: Table, seed: u64) -> Self {
        Self::over(Source::Table(Box::new(table)), seed)
    }

    fn over(source: Source, seed: u64) -> Self {
        let (busiest, injections, silences) = (480.0, Vec::new(), Vec::new());
        let mut traffic = Self { source, seed, busiest, columns: Vec::new(), injections, silences };
        traffic.columns = match &traffic.source {
            Source::Customers => customers::columns(&traffic.reference(4000)),
            Source::Table(table) => table.columns().to_vec(),
        };
        traffic
    }

    /// Sets the mean number of rows of the busiest hour; endpoints have from 0.7 to 1.3 of it.
    #[cfg(test)]
    pub(crate) fn paced(self, busiest: f64) -> Self {
        Self { busiest, ..self }
    }

    /// Puts a fault into the rows of an endpoint.
    ///
    /// Returns what is wrong with it: a feature that is not there, or one the fault cannot be put into.
    pub(crate) fn inject(&mut self, injection: Injection) -> Result<(), String> {
        injection.check(&self.columns)?;
        self.injections.push(injection);
        Ok(())
    }

    /// Sends an endpoint nothing from a time on and before another, in seconds since 1970.
    pub(crate) fn silence(&mut self, endpoint: &str, from: i64, until: i64) {
        self.silences.push(Silence { endpoint: endpoint.to_owned(), from, until });
    }

    /// Returns the columns in the order of the cells.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns rows that no fault has touched, for a baseline; at most as many as a table keeps for reference.
    pub(crate) fn reference(&self, rows: usize) -> Rows<'_> {
        let mut random = Random::named(self.seed, "reference");
        match &self.source {
            Source::Customers => {
                let mut drawn = Rows::wide(customers::WIDTH);
                for _ in 0..rows {
                    customers::draw(&mut random, drawn.add(0));
                }
                drawn
            }
            Source::Table(table) => table.reference(rows),
        }
    }

    /// Returns the rows an endpoint is sent in the hour that starts at a time in seconds since 1970, by ascending time.
    pub(crate) fn hour(&self, endpoint: &str, start: i64) -> Rows<'_> {
        let mut random = Random::named(self.seed, &format!("hour {start} of {endpoint}"));
        let count = random.count(self.expected(endpoint, start));
        let mut times: Vec<i64> =
            (0..count).map(|_| start * 1000 + random.below(HOUR as u64 * 1000) as i64).collect();
        times.sort_unstable();
        times.retain(|at_ms| !self.silenced(endpoint, at_ms.div_euclid(1000)));
        let mut rows = Rows::wide(self.columns.len());
        for at_ms in times {
            let cells = rows.add(at_ms);
            match &self.source {
                Source::Customers => customers::draw(&mut random, cells),
                Source::Table(table) => table.draw(&mut random, cells),
            }
        }
        // A stream apart: a fault in one feature changes no other cell.
        for injection in self.injections.iter().filter(|it| it.endpoint == endpoint) {
            let mut random = Random::named(
                self.seed,
                &format!("fault {start} of {endpoint} in {}", injection.fault.feature()),
            );
            injection.apply(&self.columns, &mut random, &mut rows);
        }
        rows
    }

    fn expected(&self, endpoint: &str, start: i64) -> f64 {
        let size = 0.7 + 0.6 * Random::named(self.seed, &format!("size of {endpoint}")).unit();
        let hour = start.rem_euclid(24 * HOUR) as f64 / HOUR as f64;
        let wave = 0.5 + 0.5 * ((hour - BUSIEST) / 24.0 * TAU).cos();
        self.busiest * size * (NIGHT + (1.0 - NIGHT) * wave)
    }

    fn silenced(&self, endpoint: &str, second: i64) -> bool {
        self.silences
            .iter()
            .any(|it| it.endpoint == endpoint && it.from <= second && second < it.until)
    }
}

#[cfg(test)]
mod tests;
