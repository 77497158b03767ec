//! How the cells of a request become the numbers a model takes.

use serde::Deserialize;

use super::Unreadable;

/// The columns of a model's requests, in order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Columns {
    columns: Vec<Column>,
}

/// One column of a request.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Column {
    pub name: String,
    /// The words of a column of words; a number column has none.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Whether each word has an input of its own, 0 or 1, instead of all words one input, the place in the list.
    #[serde(default)]
    pub one_hot: bool,
}

impl Columns {
    /// Reads `{"columns":[{"name":"plan","categories":["a","b"]},{"name":"minutes"}]}`.
    pub fn parse(json: &[u8]) -> Result<Self, Unreadable> {
        serde_json::from_slice(json).map_err(|error| Unreadable(error.to_string()))
    }

    /// Orders columns.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns }
    }

    /// Returns the columns in order.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// Returns how many inputs the columns make.
    pub fn inputs(&self) -> usize {
        self.columns.iter().map(Column::inputs).sum()
    }

    /// Returns the place of a column, looked for from a guess on.
    pub(super) fn place(&self, name: &str, guess: usize) -> Option<usize> {
        let found = |at: &usize| self.columns[*at].name == name;
        let guess = guess.min(self.columns.len());
        (guess..self.columns.len()).chain(0..guess).find(found)
    }

    /// Appends the inputs of the next cell of a row; cells beyond the last column are dropped.
    pub(super) fn push(&self, at: usize, cell: Option<&str>, inputs: &mut Vec<f32>) {
        if let Some(column) = self.columns.get(at) {
            column.push(cell, inputs);
        }
    }

    /// Appends the inputs of a cell that came as a number.
    pub(super) fn push_number(&self, at: usize, number: f64, inputs: &mut Vec<f32>) {
        match self.columns.get(at) {
            Some(column) if column.categories.is_empty() => inputs.push(number as f32),
            Some(column) => column.push(Some(&number.to_string()), inputs),
            None => {}
        }
    }

    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn width(&self, at: usize) -> usize {
        self.columns[at].inputs()
    }
}

impl Column {
    fn inputs(&self) -> usize {
        if self.one_hot { self.categories.len() } else { 1 }
    }

    /// A cell that is empty, unknown or unreadable is missing: NaN, or no word at all.
    fn push(&self, cell: Option<&str>, inputs: &mut Vec<f32>) {
        if self.categories.is_empty() {
            inputs.push(cell.map_or(f32::NAN, number));
            return;
        }
        let word = cell.and_then(|cell| self.categories.iter().position(|word| word == cell));
        if self.one_hot {
            inputs
                .extend((0..self.categories.len()).map(|at| f32::from(u8::from(word == Some(at)))));
        } else {
            inputs.push(word.map_or(f32::NAN, |at| at as f32));
        }
    }
}

fn number(cell: &str) -> f32 {
    // XGBoost's clients read doubles and round them to singles, which differs from reading singles.
    cell.trim().parse::<f64>().map_or(f32::NAN, |number| number as f32)
}
