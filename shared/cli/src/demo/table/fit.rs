//! A linear model of the label, so that the user's table has predictions to watch.
//!
//! It is no good model and need not be: it must depend on the features, and be the same for the same table.

use local::model::{self, Columns, Model, Scorer};
use serde_json::json;

use super::Table;
use crate::{
    Failure,
    demo::traffic::{Column, Kind},
};

/// The most words of a column that have an input of their own.
const WORDS: usize = 20;

/// The most numbers the fit looks at.
const CELLS: usize = 400_000;

const STEPS: usize = 150;

/// What the label is.
enum Target {
    /// The word or number that counts as 1.
    Class(String),
    Number,
}

/// Fits a model on the reference rows.
pub(super) fn fit(table: &Table, label: &Column, place: usize) -> Result<Scorer, Failure> {
    let target = target(table, label, place)?;
    let columns: Vec<model::Column> =
        table.columns.iter().zip(&table.places).map(|it| encoding(table, it)).collect();
    let columns = Columns::new(columns);
    let width = columns.inputs();
    let rows: Vec<u32> =
        table.reference.iter().copied().take((CELLS / width.max(1)).max(50)).collect();
    let mut inputs = Vec::with_capacity(rows.len() * width);
    let mut wanted = Vec::with_capacity(rows.len());
    for row in rows {
        let cell = table.cells.get(row as usize, place);
        let value = match &target {
            Target::Class(one) => Some(f64::from(u8::from(cell == one))),
            Target::Number => super::number(cell),
        };
        let Some(value) = value.filter(|_| !cell.is_empty()) else { continue };
        wanted.push(value);
        encode(table, &columns, row as usize, &mut inputs);
    }
    let logistic = matches!(target, Target::Class(_));
    let (intercept, weights) = descend(&inputs, &wanted, width, logistic);
    let objective = if logistic { "binary:logistic" } else { "reg:squarederror" };
    let file =
        json!({ "linear": { "objective": objective, "intercept": intercept, "weights": weights } });
    let scorer =
        Model::parse(file.to_string().as_bytes()).and_then(|model| Scorer::new(model, columns));
    scorer.map_err(|error| Failure::new(error.to_string()))
}

fn target(table: &Table, label: &Column, place: usize) -> Result<Target, Failure> {
    let mut values: Vec<&str> =
        (0..table.cells.rows()).map(|row| table.cells.get(row, place)).collect();
    values.sort_unstable();
    values.dedup();
    values.retain(|value| !value.is_empty());
    match (values.as_slice(), label.kind) {
        ([_, one], _) => Ok(Target::Class((*one).to_owned())),
        ([_, _, ..], Kind::Number { .. }) => Ok(Target::Number),
        _ => Err(Failure::new(format!("label {} must hold two values, or numbers", label.name))),
    }
}

/// Numbers are inputs as they are; the most frequent words have an input each.
fn encoding(table: &Table, (column, place): (&Column, &usize)) -> model::Column {
    let mut categories = Vec::new();
    if column.kind == Kind::Word {
        let mut words: Vec<&str> =
            table.reference.iter().map(|row| table.cells.get(*row as usize, *place)).collect();
        words.sort_unstable();
        let mut counted: Vec<(usize, &str)> = words
            .chunk_by(|a, b| a == b)
            .map(|same| (same.len(), same[0]))
            .filter(|it| !it.1.is_empty())
            .collect();
        counted.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        categories = counted.into_iter().take(WORDS).map(|it| it.1.to_owned()).collect();
    }
    model::Column { name: column.name.clone(), one_hot: !categories.is_empty(), categories }
}

fn encode(table: &Table, columns: &Columns, row: usize, inputs: &mut Vec<f64>) {
    for (column, place) in columns.iter().zip(&table.places) {
        let cell = table.cells.get(row, *place);
        if column.one_hot {
            inputs.extend(column.categories.iter().map(|word| f64::from(u8::from(word == cell))));
        } else {
            inputs.push(super::number(cell).unwrap_or(f64::NAN));
        }
    }
}

/// Full-batch gradient descent on standardized inputs; returns intercept and weights for the raw ones.
fn descend(inputs: &[f64], wanted: &[f64], width: usize, logistic: bool) -> (f64, Vec<f64>) {
    let count = wanted.len().max(1) as f64;
    let moments: Vec<(f64, f64)> = (0..width).map(|at| moments(inputs, width, at)).collect();
    let standard = |row: &[f64], at: usize| {
        let (mean, deviation) = moments[at];
        if row[at].is_nan() || deviation <= 0.0 { 0.0 } else { (row[at] - mean) / deviation }
    };
    let rows: Vec<Vec<f64>> = inputs
        .chunks_exact(width.max(1))
        .map(|row| (0..width).map(|at| standard(row, at)).collect())
        .collect();
    // The curvature is at most the number of inputs, a quarter of it for the logistic loss.
    let rate = if logistic { 4.0 } else { 1.0 } / (width as f64 + 1.0);
    let level = wanted.iter().sum::<f64>() / count;
    let (mut intercept, mut weights) = (level, vec![0.0; width]);
    if logistic {
        let share = level.clamp(1e-6, 1.0 - 1e-6);
        intercept = (share / (1.0 - share)).ln();
    }
    let mut slope = vec![0.0; width];
    for _ in 0..STEPS {
        slope.fill(0.0);
        let mut level = 0.0;
        for (row, wanted) in rows.iter().zip(wanted) {
            let sum: f64 = intercept
                + row.iter().zip(&weights).map(|(input, weight)| input * weight).sum::<f64>();
            let miss = if logistic { 1.0 / (1.0 + (-sum).exp()) } else { sum } - wanted;
            level += miss;
            slope.iter_mut().zip(row).for_each(|(slope, input)| *slope += miss * input);
        }
        intercept -= rate * level / count;
        for (weight, slope) in weights.iter_mut().zip(&slope) {
            *weight -= rate * (slope / count + 1e-3 * *weight);
        }
    }
    for (weight, (mean, deviation)) in weights.iter_mut().zip(&moments) {
        *weight = if *deviation > 0.0 { *weight / deviation } else { 0.0 };
        intercept -= *weight * mean;
    }
    (intercept, weights)
}

/// Returns mean and standard deviation of an input over the rows that have it.
fn moments(inputs: &[f64], width: usize, at: usize) -> (f64, f64) {
    let present = || inputs.iter().skip(at).step_by(width).filter(|input| !input.is_nan());
    let count = present().count().max(1) as f64;
    let mean = present().sum::<f64>() / count;
    (mean, (present().map(|input| (input - mean).powi(2)).sum::<f64>() / count).sqrt())
}
