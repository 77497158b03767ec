use super::{Groups, ShapSettings};

/// What an explanation is told of the data and the model (formats F.1, G).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExplainConfig {
    pub shap: ShapSettings,
    pub baseline: ShapBaseline,
    /// The columns of the data; empty where the data names them.
    pub headers: Vec<String>,
    /// The column that the model predicts; it is no feature.
    pub label: Option<ColumnRef>,
    /// Columns that the model does not take.
    pub excluded: Vec<ColumnRef>,
    /// Features of several columns, such as those of a one-hot encoding.
    pub groups: Vec<(String, Vec<String>)>,
    pub form: ModelForm,
}

/// What absent features are replaced by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ShapBaseline {
    /// One row of the data's means and most frequent words.
    #[default]
    Center,
    /// Centers of so many clusters of the data: Clarify's `num_clusters`, where it is given no rows.
    Clusters(u32),
    /// Rows of cells; `None` is missing.
    Rows(Vec<Vec<Option<String>>>),
    /// A file of rows.
    Uri(String),
}

/// A column by its name or its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnRef {
    Name(String),
    Index(usize),
}

impl ColumnRef {
    /// Returns the place of the column among names.
    pub fn place(&self, names: &[String]) -> Option<usize> {
        match self {
            Self::Name(name) => names.iter().position(|it| it == name),
            Self::Index(at) => (*at < names.len()).then_some(*at),
        }
    }
}

/// How a model is asked and where its answer stands: Clarify's `predictor`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelForm {
    /// Media type of the requests; `None` is that of the data.
    pub content_type: Option<String>,
    pub accept: Option<String>,
    /// Such as `{"instances":$records}`.
    pub content_template: Option<String>,
    /// Such as `{"features":$features}`.
    pub record_template: Option<String>,
    /// Where the score is: a column of a CSV answer, or a JMESPath of a JSON one.
    pub score: Option<String>,
    /// Names of the outputs.
    pub labels: Vec<String>,
}

impl ExplainConfig {
    /// Returns the places of the features among the data's columns.
    pub fn features(&self, columns: &[String]) -> Vec<usize> {
        let out: Vec<usize> =
            self.label.iter().chain(&self.excluded).filter_map(|it| it.place(columns)).collect();
        (0..columns.len()).filter(|it| !out.contains(it)).collect()
    }

    /// Joins features to their groups; a feature without one stands alone.
    pub fn grouped(&self, features: &[String]) -> Groups {
        Groups::joined(features.iter().map(|name| {
            let group = self.groups.iter().find(|it| it.1.contains(name));
            group.map_or(name.as_str(), |it| it.0.as_str())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_and_excluded_columns_are_no_features() {
        let names = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let config = ExplainConfig {
            label: Some(ColumnRef::Name("left".into())),
            excluded: vec![ColumnRef::Index(0), ColumnRef::Index(9)],
            groups: vec![("plan".into(), names(&["plan_a", "plan_b"]))],
            ..ExplainConfig::default()
        };
        let columns = names(&["id", "left", "plan_a", "age", "plan_b"]);
        assert_eq!(config.features(&columns), [2, 3, 4]);
        let groups = config.grouped(&names(&["plan_a", "age", "plan_b"]));
        assert_eq!(
            (groups.names(), groups.columns(0)),
            (&names(&["plan", "age"])[..], &[0, 2][..])
        );
    }
}
