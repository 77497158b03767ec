mod cell;
mod column;
mod decimals;
mod short;

use std::collections::HashMap;
use std::thread;

use dataset::{Block, SetAside, Sink};
use summary::Summary;

use self::column::{Column, Room};
use crate::statistics::{Feature, InferredType, Statistics};

/// What is kept of a table while its rows go by: one bounded summary a column.
///
/// It takes blocks as a [`Sink`], merges with profiles of other parts of the
/// same table, and answers with [`Statistics`]. Columns are told apart by name
/// and keep the order in which they first came. A column that comes late, or
/// not in every part, is missing on the rows without it.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    rows: u64,
    columns: Vec<Named>,
    places: HashMap<String, usize>,
    unreadable: u64,
    reasons: Vec<SetAside>,
    room: Room,
    /// Profiles that share the rows with this one; 0 counts as 1.
    shards: usize,
}

#[derive(Debug, Clone)]
struct Named {
    name: String,
    column: Column,
}

impl Profile {
    /// Makes one of several profiles that share the rows evenly and are merged at the end.
    pub fn of_shards(shards: usize) -> Self {
        Self { shards, ..Self::default() }
    }

    /// Set-aside records of which place and reason are kept.
    pub const REASONS: usize = 100;

    /// Rows that were read.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Records that were set aside.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// The first records that were set aside, at most [`Profile::REASONS`].
    pub fn reasons(&self) -> &[SetAside] {
        &self.reasons
    }

    /// Returns the statistics of every column, by the type its cells have.
    pub fn statistics(&self) -> Statistics {
        self.statistics_as(|_| None)
    }

    /// Returns the statistics with the values that a baseline can be compared to.
    ///
    /// Where `expected` names a column's type, its cells are summarised as that
    /// type: all of them as texts where text is expected, and those that are
    /// numbers where numbers are. Columns without such cells stay as they are,
    /// and `inferred_type` and `types` tell what the cells really look like.
    ///
    /// A profile of shards asks its columns on as many threads.
    pub fn statistics_as(
        &self,
        expected: impl Fn(&str) -> Option<InferredType> + Sync,
    ) -> Statistics {
        let feature = |Named { name, column }: &Named| {
            let mut column = column.clone();
            column.settle();
            let types = column.types(self.rows);
            Feature {
                name: name.clone(),
                inferred_type: column::inferred_type(&types),
                present: types.present(),
                missing: types.missing,
                values: column.values(expected(name)),
                types: Some(types),
            }
        };
        let part = self.columns.len().div_ceil(self.shards.max(1)).max(1);
        let features = |columns: &[Named]| columns.iter().map(feature).collect::<Vec<_>>();
        let features = if part < self.columns.len() {
            thread::scope(|scope| {
                let mut parts = self.columns.chunks(part);
                let mine = parts.next().unwrap_or_default();
                let beside: Vec<_> = parts.map(|it| scope.spawn(|| features(it))).collect();
                let mut all = features(mine);
                for thread in beside {
                    match thread.join() {
                        Ok(features) => all.extend(features),
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
                all
            })
        } else {
            features(&self.columns)
        };
        Statistics { rows: self.rows, features }
    }

    fn column(&mut self, place: usize, name: &str) -> &mut Column {
        let here = self.columns.get(place).is_some_and(|it| it.name == name);
        let place = if here { place } else { self.place(name) };
        &mut self.columns[place].column
    }

    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.columns.len();
        self.places.insert(name.to_owned(), place);
        self.columns.push(Named { name: name.to_owned(), column: Column::of_shards(self.shards) });
        place
    }

    fn keep_reasons(&mut self, reasons: &[SetAside]) {
        let room = Self::REASONS - self.reasons.len();
        self.reasons.extend(reasons.iter().take(room).cloned());
    }
}

impl Sink for Profile {
    fn block(&mut self, block: &Block<'_>) {
        self.rows += block.rows as u64;
        let mut room = std::mem::take(&mut self.room);
        for (place, (name, cells)) in block.names.iter().zip(block.columns).enumerate() {
            self.column(place, name).see(block, cells, &mut room);
        }
        self.room = room;
    }

    fn set_aside(&mut self, why: SetAside, _record: &[u8]) {
        self.unreadable += 1;
        self.keep_reasons(&[why]);
    }
}

impl Summary for Profile {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.unreadable += other.unreadable;
        self.keep_reasons(&other.reasons);
        for (place, Named { name, column }) in other.columns.iter().enumerate() {
            self.column(place, name).merge(column);
        }
    }
}

#[cfg(test)]
mod tests;
