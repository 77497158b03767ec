use std::{collections::BTreeMap, convert::Infallible, fmt};

use super::{
    Aggregate, BrokenModel, ExplainConfig, ExplainFailed, Explained, Groups, KernelShap,
    LinearShap, Link, Objective, Readable, Sample, ShapBaseline, Table, TreeShap, Unexplainable,
    clusters, explain,
};

/// Rows a readable model answers at once.
const AT_ONCE: usize = 4096;

/// Rows and baseline of an explanation, as texts that any model takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    config: ExplainConfig,
    columns: Vec<String>,
    groups: Groups,
    baseline: Table<String>,
    rows: Table<String>,
    seen: u64,
}

/// How values of a readable model are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// Exact where the wanted scale is the one on which the model adds up, else KernelSHAP.
    #[default]
    Auto,
    /// On the scale on which the model adds up: log-odds of a probability.
    Exact,
    /// As [`Self::Exact`], but absent features of trees follow the training rows instead of the baseline.
    Covers,
    Kernel,
}

impl Method {
    /// Returns whether values of the model are exact, by no question at all.
    pub fn is_exact(self, objective: Objective, link: Link) -> bool {
        match (self, objective) {
            (Self::Exact | Self::Covers, _) | (Self::Auto, Objective::Identity) => true,
            (Self::Auto, Objective::Logistic) => link == Link::Logit,
            _ => false,
        }
    }
}

/// Why a readable model could not be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotExplained {
    Unexplainable(Unexplainable),
    Model(BrokenModel),
}

impl fmt::Display for NotExplained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexplainable(why) => why.fmt(f),
            Self::Model(why) => write!(f, "the model {why}"),
        }
    }
}

impl std::error::Error for NotExplained {}

impl From<Unexplainable> for NotExplained {
    fn from(why: Unexplainable) -> Self {
        Self::Unexplainable(why)
    }
}

impl From<BrokenModel> for NotExplained {
    fn from(why: BrokenModel) -> Self {
        Self::Model(why)
    }
}

impl Prepared {
    /// Picks the features out of a sample and makes the baseline's rows.
    ///
    /// The config's headers name the columns where they are as many. A baseline that is a file's address must have been
    /// read before: put its rows in the config.
    pub fn of(config: ExplainConfig, sample: &Sample) -> Result<Self, Unexplainable> {
        let named = config.headers.len() == sample.names().len();
        let columns = if named { config.headers.clone() } else { sample.names().to_vec() };
        let features = config.features(&columns);
        let columns: Vec<String> = features.iter().map(|it| columns[*it].clone()).collect();
        let mut rows = Table::new(columns.len());
        for row in sample.rows() {
            let cell = |it: &usize| row.get(*it).cloned().flatten().unwrap_or_default();
            let _whole = rows.push(features.iter().map(cell));
        }
        if rows.is_empty() || columns.is_empty() {
            return Err(Unexplainable::NoRows);
        }
        let baseline = match &config.baseline {
            ShapBaseline::Rows(given) => given_rows(given, columns.len())?,
            ShapBaseline::Center => center(&rows),
            ShapBaseline::Clusters(count) => {
                clusters::centers(&rows, *count as usize, config.shap.seed.into())
            }
            ShapBaseline::Uri(_) => return Err(Unexplainable::NoBaseline),
        };
        let groups = config.grouped(&columns);
        Ok(Self { config, columns, groups, baseline, rows, seen: sample.seen() })
    }

    /// Returns the names of the model's columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the names of the features, groups joined.
    pub fn features(&self) -> &[String] {
        self.groups.names()
    }

    pub fn config(&self) -> &ExplainConfig {
        &self.config
    }

    /// Returns how many rows are explained, and how many the data has.
    pub fn rows(&self) -> (usize, u64) {
        (self.rows.len(), self.seen)
    }

    /// Returns, for each column, whether every cell is a number or missing.
    pub fn numeric(&self) -> Vec<bool> {
        let number = |it: &String| it.is_empty() || number(it).is_some();
        let all = |column: usize| {
            [&self.rows, &self.baseline].iter().all(|it| it.rows().all(|row| number(&row[column])))
        };
        (0..self.columns.len()).map(all).collect()
    }

    /// Returns the questions to a model that is asked with texts.
    pub fn kernel(&self) -> Result<KernelShap<String>, Unexplainable> {
        let (baseline, rows) = (self.baseline.clone(), self.rows.clone());
        KernelShap::new(self.config.shap.clone(), self.groups.clone(), baseline, rows)
    }

    /// Explains a model that can be read, and says whether the values are exact; nobody is asked.
    ///
    /// A cell that is no number is a missing input.
    pub fn explain_readable(
        &self,
        model: &Readable,
        method: Method,
    ) -> Result<(Explained, bool), NotExplained> {
        let (baseline, rows) = (numbers(&self.baseline), numbers(&self.rows));
        if rows.width() != model.inputs() {
            let (given, wanted) = (rows.width(), model.inputs());
            return Err(Unexplainable::Width { given, wanted }.into());
        }
        let shap = &self.config.shap;
        if method.is_exact(model.objective(), shap.link) {
            let covers = method == Method::Covers;
            let exact = self.exact(model, (!covers).then_some(&baseline), &rows)?;
            return Ok((exact, true));
        }
        let kernel = KernelShap::new(shap.clone(), self.groups.clone(), baseline, rows)?;
        let done = explain(kernel, &mut model.clone(), AT_ONCE);
        let done = done.map_err(|why: ExplainFailed<Infallible>| match why {
            ExplainFailed::Model(never) => match never {},
            ExplainFailed::Unexplainable(why) => why,
        })?;
        Ok((done, false))
    }

    fn exact(
        &self,
        model: &Readable,
        baseline: Option<&Table<f32>>,
        rows: &Table<f32>,
    ) -> Result<Explained, BrokenModel> {
        let (features, keep) = (self.groups.len(), self.config.shap.keep_local);
        let mut values = Vec::new();
        let mut local = Vec::new();
        let mut sums;
        let expected;
        match model {
            Readable::Forest(forest) => {
                let mut shap = TreeShap::of(forest, &self.groups, baseline)?;
                sums = Aggregate::new(self.config.shap.aggregate, forest.outputs(), features);
                for row in rows.rows() {
                    shap.values(row, &mut values);
                    sums.add(&values);
                    if keep {
                        local.extend_from_slice(&values);
                    }
                }
                expected = shap.expected().to_vec();
            }
            Readable::Linear(linear) => {
                let Some(baseline) = baseline else {
                    let words = "is a weighted sum, which tells nothing of its training rows";
                    return Err(BrokenModel(words.to_owned()));
                };
                let shap = LinearShap::of(linear, &self.groups, baseline);
                sums = Aggregate::new(self.config.shap.aggregate, 1, features);
                for row in rows.rows() {
                    shap.values(row, &mut values);
                    sums.add(&values);
                    if keep {
                        local.extend_from_slice(&values);
                    }
                }
                expected = vec![shap.expected()];
            }
        }
        let local = if keep { Table::of(expected.len() * features, local) } else { None };
        Ok(Explained { aggregate: sums, expected, local })
    }
}

/// Reads a number as models' clients do: doubles, which the model rounds.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

fn numbers(table: &Table<String>) -> Table<f32> {
    let cells = table.cells().iter().map(|it| number(it).map_or(f32::NAN, |it| it as f32));
    Table::of(table.width(), cells.collect()).unwrap_or_default()
}

fn given_rows(
    given: &[Vec<Option<String>>],
    wanted: usize,
) -> Result<Table<String>, Unexplainable> {
    let mut rows = Table::new(wanted);
    for row in given {
        if !rows.push(row.iter().map(|it| it.clone().unwrap_or_default())) {
            return Err(Unexplainable::Width { given: row.len(), wanted });
        }
    }
    if rows.is_empty() { Err(Unexplainable::NoBaseline) } else { Ok(rows) }
}

/// One row: the mean of a column of numbers, the most frequent of words; the center of one cluster.
fn center(rows: &Table<String>) -> Table<String> {
    let cells = (0..rows.width()).map(|column| {
        let present = || rows.rows().map(|it| &it[column]).filter(|it| !it.is_empty());
        let parsed: Option<Vec<f64>> = present().map(|it| number(it)).collect();
        match parsed {
            Some(all) if all.is_empty() => String::new(),
            Some(all) => (all.iter().sum::<f64>() / all.len() as f64).to_string(),
            None => {
                let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
                for it in present() {
                    *counts.entry(it).or_default() += 1;
                }
                let first_best = counts.into_iter().rev().max_by_key(|it| it.1);
                first_best.map_or_else(String::new, |it| it.0.to_owned())
            }
        }
    });
    let mut center = Table::new(rows.width());
    let _whole = center.push(cells);
    center
}

#[cfg(test)]
mod tests {
    use super::super::{ColumnRef, Linear, ShapSettings};
    use super::*;
    use dataset::{Options, Reader};

    fn sample(text: &str) -> Sample {
        let mut sample = Sample::default();
        let mut reader = Reader::csv(&Options::default());
        reader.space()[..text.len()].copy_from_slice(text.as_bytes());
        reader.filled(text.len(), &mut sample);
        reader.finish(&mut sample);
        sample
    }

    fn config() -> ExplainConfig {
        ExplainConfig {
            label: Some(ColumnRef::Name("left".into())),
            shap: ShapSettings { keep_local: true, ..ShapSettings::default() },
            ..ExplainConfig::default()
        }
    }

    #[test]
    fn center_is_of_means_and_frequent_words() {
        let data = "left,age,plan\n1,10,a\n0,20,b\n0,,b\n";
        let prepared = Prepared::of(config(), &sample(data)).unwrap();
        assert_eq!(prepared.baseline.cells(), ["15", "b"]);
        assert_eq!(prepared.numeric(), [true, false]);
        assert_eq!(
            (prepared.columns(), prepared.rows()),
            (&["age".into(), "plan".into()][..], (3, 3))
        );
    }

    #[test]
    fn weighted_sums_are_explained_exactly_and_by_kernel() {
        let data = "left,a,b\n1,1,2\n0,3,4\n";
        let rows = vec![vec![Some("0".to_owned()), Some("1".to_owned())]];
        let config = ExplainConfig { baseline: ShapBaseline::Rows(rows), ..config() };
        let prepared = Prepared::of(config, &sample(data)).unwrap();
        let model = |objective| {
            Readable::Linear(Linear { objective, intercept: 1.0, weights: vec![2.0, -1.0] })
        };
        let (exact, is_exact) =
            prepared.explain_readable(&model(Objective::Identity), Method::Auto).unwrap();
        assert_eq!((exact.local.unwrap().cells(), is_exact), (&[2.0, -1.0, 6.0, -3.0][..], true));
        let (kernel, is_exact) =
            prepared.explain_readable(&model(Objective::Identity), Method::Kernel).unwrap();
        let values = kernel.local.unwrap();
        assert!(!is_exact);
        for (got, expect) in values.cells().iter().zip([2.0, -1.0, 6.0, -3.0]) {
            assert!((got - expect).abs() < 1e-12, "{values:?}");
        }
        let (_, is_exact) =
            prepared.explain_readable(&model(Objective::Logistic), Method::Auto).unwrap();
        assert!(!is_exact);
    }

    #[test]
    fn senseless_tables_are_refused() {
        let model = Readable::Linear(Linear {
            objective: Objective::Identity,
            intercept: 0.0,
            weights: vec![1.0],
        });
        let two = Prepared::of(config(), &sample("left,a,b\n1,1,2\n")).unwrap();
        assert!(two.explain_readable(&model, Method::Auto).is_err());
        assert_eq!(Prepared::of(config(), &sample("left\n1\n")), Err(Unexplainable::NoRows));
        let rows = vec![vec![None]];
        let narrow = ExplainConfig { baseline: ShapBaseline::Rows(rows), ..config() };
        let wanted = Unexplainable::Width { given: 1, wanted: 2 };
        assert_eq!(Prepared::of(narrow, &sample("left,a,b\n1,1,2\n")), Err(wanted));
    }
}
