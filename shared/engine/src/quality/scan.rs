use super::{QualitySettings, QualitySummary, Row};
use dataset::{Block, Cell, SetAside, Sink};
use summary::Summary;

/// Where something stands in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// A column by its place, from 0, as AWS does for CSV without a header.
    Index(usize),
    /// A column by its name, or a member by its path: `score` or `a.b[0]`.
    Name(String),
}

impl Attribute {
    /// Reads an index (`0`), a name (`score`) or a JSONPath (`$.predictions[0].score`).
    pub fn of_text(text: &str) -> Self {
        let text = text.trim();
        match text.parse() {
            Ok(index) if text.bytes().all(|it| it.is_ascii_digit()) => Self::Index(index),
            _ => Self::Name(text.to_owned()),
        }
    }

    /// Returns the column among `names`: by its name as written, then by place or path.
    pub fn find(&self, names: &[String]) -> Option<usize> {
        match self {
            Self::Index(index) => {
                let name = index.to_string();
                names
                    .iter()
                    .position(|it| *it == name)
                    .or_else(|| (*index < names.len()).then_some(*index))
            }
            Self::Name(name) => {
                let exact = names.iter().position(|it| it == name);
                exact.or_else(|| {
                    let path = dotted(name);
                    names.iter().position(|it| *it == path)
                })
            }
        }
    }
}

/// Turns `$.a[0]['b']` into `a.0.b`, as flattened records name it.
fn dotted(path: &str) -> String {
    let path = path.strip_prefix('$').unwrap_or(path);
    let parts = path.split(['.', '[', ']']).map(|it| it.trim_matches(['\'', '"']));
    parts.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(".")
}

/// Where a row's prediction and label stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    pub label: Option<Attribute>,
    pub prediction: Option<Attribute>,
    pub probability: Option<Attribute>,
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

    pub fn into_summary(self) -> QualitySummary {
        self.summary
    }

    /// Records that could not be read at all.
    pub fn set_aside(&self) -> u64 {
        self.set_aside
    }

    /// Returns the attributes that no column answered to.
    pub fn not_found(&self) -> Vec<&Attribute> {
        let Attributes { label, prediction, probability } = &self.attributes;
        let all = [label, prediction, probability];
        all.into_iter()
            .zip(self.found)
            .filter(|(_, is)| !is)
            .filter_map(|it| it.0.as_ref())
            .collect()
    }
}

impl Sink for QualityScan {
    fn block(&mut self, block: &Block<'_>) {
        let Attributes { label, prediction, probability } = &self.attributes;
        let columns = [label, prediction, probability].map(|it| {
            let column = it.as_ref()?.find(block.names)?;
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
