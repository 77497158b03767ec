use super::{QualitySettings, QualitySummary, Row};
use dataset::{Block, Cell, SetAside, Sink, column_of};
use summary::Summary;

/// Where a row's prediction and label stand: names, indices or paths (see [`dataset::column_of`]).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    pub label: Option<String>,
    pub prediction: Option<String>,
    pub probability: Option<String>,
}

impl Attributes {
    /// The column that a merged record's label is read into.
    pub const MERGED_LABEL: &str = "groundTruthData";
}

/// Takes blocks into a [`QualitySummary`].
#[derive(Debug, Clone, Default)]
pub struct QualityScan {
    summary: QualitySummary,
    attributes: Attributes,
    /// Whether a column for each of label, prediction and probability was ever there.
    found: [bool; 3],
    set_aside: u64,
}

impl QualityScan {
    pub fn new(settings: QualitySettings, attributes: Attributes) -> Self {
        Self { summary: QualitySummary::new(settings), attributes, ..Self::default() }
    }

    pub fn summary(&self) -> &QualitySummary {
        &self.summary
    }

    /// Sums up and sorts what is kept; whoever asks more than once asks this first.
    pub fn settle(&mut self) {
        self.summary.settle();
    }

    pub fn into_summary(mut self) -> QualitySummary {
        self.settle();
        self.summary
    }

    /// Records that could not be read at all.
    pub fn set_aside(&self) -> u64 {
        self.set_aside
    }

    /// Returns the attributes that no column answered to.
    pub fn not_found(&self) -> Vec<&str> {
        let Attributes { label, prediction, probability } = &self.attributes;
        let all = [label, prediction, probability];
        all.into_iter()
            .zip(self.found)
            .filter(|(_, is)| !is)
            .filter_map(|it| it.0.as_deref())
            .collect()
    }
}

impl Sink for QualityScan {
    fn block(&mut self, block: &Block<'_>) {
        let Attributes { label, prediction, probability } = &self.attributes;
        let columns = [label, prediction, probability].map(|it| {
            let column = column_of(block.names, it.as_deref()?)?;
            Some(block.columns[column].as_slice())
        });
        for (found, column) in self.found.iter_mut().zip(columns) {
            *found |= column.is_some();
        }
        let text = |column: Option<&[Cell]>, row: usize| block.text(column?[row]);
        for row in 0..block.rows {
            self.summary.see(Row {
                label: text(columns[0], row),
                prediction: text(columns[1], row),
                probability: text(columns[2], row),
            });
        }
    }

    fn set_aside(&mut self, _why: SetAside, _record: &[u8]) {
        self.set_aside += 1;
    }
}

impl Summary for QualityScan {
    fn merge(&mut self, other: &Self) {
        if self.attributes == Attributes::default() {
            self.attributes.clone_from(&other.attributes);
        }
        self.summary.merge(&other.summary);
        self.set_aside += other.set_aside;
        self.found.iter_mut().zip(other.found).for_each(|(own, it)| *own |= it);
    }
}
