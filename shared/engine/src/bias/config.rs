//! What a bias analysis looks at.

use super::{BiasMetric, BiasReport, words};
use std::{collections::BTreeMap, fmt};

/// Columns, values and limits of one analysis; the reading of `analysis_config.json`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BiasConfig {
    /// Names of the columns where the data have none.
    pub headers: Vec<String>,
    /// The observed outcome, and which values of it are good ones.
    pub label: Watched,
    /// Predictions; without them only what comes before training is computed.
    pub predicted: Option<Predicted>,
    /// One report for each.
    pub facets: Vec<Watched>,
    /// What CDDL and CDDPL are conditioned on.
    pub group: Option<ColumnRef>,
    /// Columns that the flip test leaves out.
    pub excluded: Vec<ColumnRef>,
    /// Metrics to compute; `None` means all of the stage.
    pub pre_training: Option<Vec<BiasMetric>>,
    pub post_training: Option<Vec<BiasMetric>>,
    pub judging: Judging,
}

impl BiasConfig {
    /// Calls columns that are told by place by their names, as far as there are some.
    pub fn name_columns(&mut self, names: &[String]) {
        let name = |column: &mut ColumnRef| {
            if let ColumnRef::Place(place) = column
                && let Some(name) = names.get(*place)
            {
                *column = ColumnRef::Name(name.clone());
            }
        };
        name(&mut self.label.column);
        self.facets.iter_mut().for_each(|it| name(&mut it.column));
        self.group.iter_mut().chain(&mut self.excluded).for_each(name);
    }

    /// Returns the columns that are looked at; `None` where only their places are known.
    pub fn columns(&self) -> Option<Vec<String>> {
        let facets = self.facets.iter().map(|it| &it.column);
        let others = self.predicted.iter().map(Predicted::column).chain(&self.group);
        let all = std::iter::once(&self.label.column).chain(facets).chain(others);
        all.map(|it| match it {
            ColumnRef::Name(name) => Some(name.clone()),
            ColumnRef::Place(_) => None,
        })
        .collect()
    }

    /// Tells values apart as the baseline did, where the configuration leaves it to
    /// the data: in a small window whole numbers may look continuous.
    pub fn keep_natures(&mut self, baseline: &BiasReport) {
        let nature = |value: &str| match (value, words::lower_end(value)) {
            ("", _) => None,
            (_, Some(_)) => Some(Nature::Continuous),
            (_, None) => Some(Nature::Categorical),
        };
        let stages = [&baseline.pre_training, &baseline.post_training];
        for stage in stages.into_iter().flatten() {
            self.label.nature = self.label.nature.or(nature(&stage.label_value));
            for facet in &mut self.facets {
                let name = facet.name.clone().unwrap_or_else(|| facet.column.to_string());
                let same = stage.facets.iter().find(|it| it.facet == name);
                facet.nature = facet.nature.or(same.and_then(|it| nature(&it.value)));
            }
        }
    }
}

/// How the figures are judged, beyond what Clarify does.
#[derive(Debug, Clone, PartialEq)]
pub struct Judging {
    /// Absolute limits; a metric without one is only compared with its baseline.
    pub limits: BTreeMap<BiasMetric, Range>,
    /// Fewer rows than this behind a figure are too few to judge it.
    pub least_rows: u64,
}

impl Default for Judging {
    fn default() -> Self {
        Self { limits: BTreeMap::new(), least_rows: 30 }
    }
}

/// What a figure may be, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub low: f64,
    pub high: f64,
}

impl Range {
    pub fn holds(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// A column and the values of it that are looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watched {
    pub column: ColumnRef,
    /// What reports call it; the column's name where unset.
    pub name: Option<String>,
    /// Together one group; of a continuous column one threshold, above which rows
    /// count. Empty for a facet whose every value is reported.
    pub values: Vec<Value>,
    /// `None` tells it from the column, as Clarify does.
    pub nature: Option<Nature>,
}

/// How the values of a column are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nature {
    /// By equality.
    Categorical,
    /// By a threshold.
    Continuous,
}

/// A column by its name or by its place, counted from zero.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnRef {
    Name(String),
    Place(usize),
}

impl Default for ColumnRef {
    fn default() -> Self {
        Self::Place(0)
    }
}

impl ColumnRef {
    /// Returns where the column is among `names`; a name may be any attribute of AWS's.
    pub fn place(&self, names: &[String]) -> Option<usize> {
        match self {
            Self::Name(name) => dataset::column_of(names, name),
            Self::Place(place) => (*place < names.len()).then_some(*place),
        }
    }
}

impl From<&str> for ColumnRef {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Place(place) => write!(f, "{place}"),
        }
    }
}

/// A label or facet value as the configuration spells it: Clarify tells `1` from `"1"`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Whole(i64),
    Number(f64),
    Switch(bool),
    Text(String),
}

/// Where predictions come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicted {
    /// A column of predicted labels, told apart as the label is.
    Label(ColumnRef),
    /// A column of probabilities; above the threshold the prediction is a good one.
    Probability { column: ColumnRef, threshold: f64 },
}

impl Predicted {
    pub fn column(&self) -> &ColumnRef {
        match self {
            Self::Label(column) | Self::Probability { column, .. } => column,
        }
    }
}
