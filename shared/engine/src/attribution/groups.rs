/// Which columns make one feature: the columns of a one-hot encoding enter and leave a coalition together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    names: Vec<String>,
    /// The feature of each column.
    of_column: Vec<usize>,
    columns: Vec<Vec<usize>>,
}

impl Groups {
    /// Makes every column a feature of its own.
    pub fn alone(names: Vec<String>) -> Self {
        let width = names.len();
        Self {
            names,
            of_column: (0..width).collect(),
            columns: (0..width).map(|it| vec![it]).collect(),
        }
    }

    /// Joins columns to features: each is given the name of its feature.
    ///
    /// Features come in the order of their first columns.
    pub fn joined<'a>(of_columns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut groups = Self { names: Vec::new(), of_column: Vec::new(), columns: Vec::new() };
        for (column, name) in of_columns.into_iter().enumerate() {
            let feature = groups.names.iter().position(|it| it == name).unwrap_or_else(|| {
                groups.names.push(name.to_owned());
                groups.columns.push(Vec::new());
                groups.names.len() - 1
            });
            groups.of_column.push(feature);
            groups.columns[feature].push(column);
        }
        groups
    }

    /// Returns the names of the features.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the number of features.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the number of columns.
    pub fn width(&self) -> usize {
        self.of_column.len()
    }

    /// Returns the columns of a feature.
    pub fn columns(&self, feature: usize) -> &[usize] {
        &self.columns[feature]
    }

    /// Returns the feature of a column.
    pub fn of_column(&self, column: usize) -> usize {
        self.of_column[column]
    }
}
