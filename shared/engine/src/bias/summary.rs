//! One pass over a table into counts that add up.

use super::{
    BiasConfig, BiasError, ColumnRef, Nature, Predicted, Value, Watched,
    cell::Wanted,
    column::{Column, MISSING},
    table::{Codes, Table},
};
use dataset::{Block, SetAside, Sink};
use std::sync::Arc;
use summary::Summary;

/// What is kept of a table for a bias analysis: rows counted by facet, group,
/// label and prediction.
///
/// It takes blocks as a [`Sink`] and merges with summaries of other parts of the
/// same table; its default, which looks at nothing, is the identity. Memory is
/// bounded: a facet without values has 128 of them at most, a group variable
/// 2,048, and each table 32 MB.
#[derive(Debug, Clone, Default)]
pub struct BiasSummary {
    pub(super) looking: Option<Looking>,
    unreadable: u64,
}

/// The columns of one configuration and their counts.
#[derive(Debug, Clone)]
pub(super) struct Looking {
    pub(super) config: Arc<BiasConfig>,
    pub(super) rows: u64,
    pub(super) label: Seen,
    pub(super) predicted: Option<Seen>,
    pub(super) group: Option<Seen>,
    pub(super) facets: Vec<Facet>,
    /// Names of all columns, as they came last.
    pub(super) columns: Vec<String>,
    codes: [Vec<u16>; 3],
    facet_codes: Vec<u16>,
}

/// A column and where it was found.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    name: ColumnRef,
    pub(super) column: Column,
    place: Option<usize>,
    is_there: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Facet {
    pub(super) seen: Seen,
    pub(super) table: Table,
}

/// Values of a facet that are told apart when none is named.
const FACET_VALUES: usize = 127;
/// Values of a group variable.
const GROUPS: usize = 2047;

impl BiasSummary {
    /// Makes an empty summary of what `config` looks at.
    pub fn new(config: Arc<BiasConfig>) -> Self {
        Self { looking: Some(Looking::new(config)), unreadable: 0 }
    }

    /// Rows that were read.
    pub fn rows(&self) -> u64 {
        self.looking.as_ref().map_or(0, |it| it.rows)
    }

    /// Names of all columns, as they came last; none of no rows.
    pub fn columns(&self) -> &[String] {
        self.looking.as_ref().map_or(&[], |it| &it.columns)
    }

    /// Records that were set aside.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Whether every column was found; the first that was not is an error.
    pub(super) fn looking(&self) -> Result<&Looking, BiasError> {
        let it = self.looking.as_ref().ok_or(BiasError::NoConfig)?;
        let others = it.predicted.iter().chain(&it.group);
        let all =
            std::iter::once(&it.label).chain(it.facets.iter().map(|it| &it.seen)).chain(others);
        for seen in all {
            if !seen.is_there {
                return Err(BiasError::NoColumn(seen.name.clone()));
            }
        }
        Ok(it)
    }
}

impl Looking {
    fn new(config: Arc<BiasConfig>) -> Self {
        let predicted = config.predicted.as_ref().map(|it| {
            let wanted = match it {
                Predicted::Label(_) => Wanted::new(&config.label.values, config.label.nature),
                Predicted::Probability { threshold, .. } => {
                    Wanted::new(&[Value::Number(*threshold)], Some(Nature::Continuous))
                }
            };
            Seen::new(it.column().clone(), Column::of_values(wanted))
        });
        let watched = |it: &Watched, most: usize| {
            let column = if it.values.is_empty() {
                Column::of_kinds(most)
            } else {
                Column::of_values(Wanted::new(&it.values, it.nature))
            };
            Seen::new(it.column.clone(), column)
        };
        let facet = |it| Facet { seen: watched(it, FACET_VALUES), table: Table::default() };
        let group = config.group.clone().map(|it| Seen::new(it, Column::of_kinds(GROUPS)));
        Self {
            rows: 0,
            label: watched(&config.label, FACET_VALUES),
            predicted,
            group,
            facets: config.facets.iter().map(facet).collect(),
            columns: Vec::new(),
            codes: Default::default(),
            facet_codes: Vec::new(),
            config,
        }
    }

    fn see(&mut self, block: &Block<'_>) {
        self.rows += block.rows as u64;
        if self.columns.len() != block.names.len() {
            self.columns = block.names.to_vec();
        }
        let [label, predicted, group] = &mut self.codes;
        self.label.code(block, label);
        if let Some(it) = &mut self.predicted {
            it.code(block, predicted);
        }
        if let Some(it) = &mut self.group {
            it.code(block, group);
        }
        let classes = |it: &Option<Seen>| it.as_ref().map_or(1, |it| it.column.classes());
        let others = [classes(&self.group), self.label.column.classes(), classes(&self.predicted)];
        for facet in &mut self.facets {
            facet.seen.code(block, &mut self.facet_codes);
            let [of_group, of_label, of_predicted] = others;
            let codes = Codes { facet: &self.facet_codes, group, label, predicted };
            let classes = [facet.seen.column.classes(), of_group, of_label, of_predicted];
            facet.table.add(codes, classes);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        if self.columns.len() < other.columns.len() {
            self.columns.clone_from(&other.columns);
        }
        let label = self.label.merge(&other.label);
        let both = |one: &mut Option<Seen>, two: &Option<Seen>| match (one, two) {
            (Some(one), Some(two)) => one.merge(two),
            _ => vec![MISSING],
        };
        let predicted = both(&mut self.predicted, &other.predicted);
        let group = both(&mut self.group, &other.group);
        let classes = |it: &Option<Seen>| it.as_ref().map_or(1, |it| it.column.classes());
        let others = [classes(&self.group), self.label.column.classes(), classes(&self.predicted)];
        for (one, two) in self.facets.iter_mut().zip(&other.facets) {
            let facet = one.seen.merge(&two.seen);
            let [of_group, of_label, of_predicted] = others;
            let classes = [one.seen.column.classes(), of_group, of_label, of_predicted];
            one.table.merge(&two.table, [&facet, &group, &label, &predicted], classes);
        }
    }
}

impl Seen {
    fn new(name: ColumnRef, column: Column) -> Self {
        Self { name, column, place: None, is_there: false }
    }

    pub(super) fn code(&mut self, block: &Block<'_>, codes: &mut Vec<u16>) {
        let place = self.place(block.names);
        self.is_there |= place.is_some();
        match place.and_then(|it| block.columns.get(it)) {
            Some(cells) if cells.len() == block.rows => self.column.code(block, cells, codes),
            _ => self.column.skip(block.rows, codes),
        }
    }

    fn place(&mut self, names: &[String]) -> Option<usize> {
        let ColumnRef::Name(name) = &self.name else { return self.name.place(names) };
        let known = self.place.filter(|it| names.get(*it) == Some(name));
        self.place = known.or_else(|| self.name.place(names));
        self.place
    }

    fn merge(&mut self, other: &Self) -> Vec<u16> {
        self.is_there |= other.is_there;
        self.column.merge(&other.column)
    }
}

impl Sink for BiasSummary {
    fn block(&mut self, block: &Block<'_>) {
        if let Some(looking) = &mut self.looking {
            looking.see(block);
        }
    }

    fn set_aside(&mut self, _why: SetAside, _record: &[u8]) {
        self.unreadable += 1;
    }
}

impl Summary for BiasSummary {
    /// Merges a summary of the same configuration.
    fn merge(&mut self, other: &Self) {
        self.unreadable += other.unreadable;
        match (&mut self.looking, &other.looking) {
            (Some(one), Some(two)) => one.merge(two),
            (none @ None, Some(two)) => *none = Some(two.clone()),
            (_, None) => {}
        }
    }
}
