//! The verdict on a real table: telephone customers, in its own three parts.

use std::fs;

use engine::constraints::Constraints;
use engine::finding::{Check, Hint, Judgement};
use engine::statistics::{Feature, InferredType, Numbers, Statistics, Values};
use engine::verdict::{PreparedBaseline, VerdictSettings};
use summary::Kll;
use support::reference;

const TRAINING: &str = "data/churn/training-dataset-with-header.csv";
const VALIDATION: &str = "data/churn/validation-dataset-with-header.csv";
/// The columns that are not one of many flags for a state.
const OWN: usize = 12;

/// Reads a table of numbers, column by column.
fn columns(path: &str) -> Option<Vec<(String, Vec<f64>)>> {
    let Some(path) = reference(path) else {
        println!("skipped: no reference folder beside the checkout");
        return None;
    };
    let text = fs::read_to_string(path).expect("the table is text");
    let mut lines = text.lines();
    let names = lines.next().expect("a header").split(',');
    let mut columns: Vec<(String, Vec<f64>)> =
        names.map(|it| (it.to_string(), Vec::new())).collect();
    for line in lines {
        for (cell, (_, values)) in line.split(',').zip(&mut columns) {
            values.push(cell.parse().expect("a number"));
        }
    }
    Some(columns)
}

fn statistics(columns: &[(String, Vec<f64>)]) -> Statistics {
    let feature = |(name, values): &(String, Vec<f64>)| {
        let mut sketch = Kll::default();
        sketch.extend(values);
        let whole = values.iter().all(|it| it.fract() == 0.0);
        Feature {
            name: name.clone(),
            inferred_type: if whole { InferredType::Integral } else { InferredType::Fractional },
            present: values.len() as u64,
            missing: 0,
            values: Values::Numbers(Numbers {
                min: values.iter().copied().fold(f64::INFINITY, f64::min),
                max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                sketch: sketch.levels(),
                ..Numbers::default()
            }),
            types: None,
        }
    };
    Statistics { rows: columns[0].1.len() as u64, features: columns.iter().map(feature).collect() }
}

/// Judges the validation part, changed, against the training part.
fn judge(change: impl Fn(&mut Vec<(String, Vec<f64>)>)) -> Option<Judgement> {
    let baseline = PreparedBaseline::new(&statistics(&columns(TRAINING)?), &Constraints::default());
    let mut current = columns(VALIDATION)?;
    change(&mut current);
    Some(baseline.judge(&statistics(&current), 0, &VerdictSettings::default()))
}

#[test]
fn validation_part_is_like_training() {
    let Some(judgement) = judge(|_| {}) else { return };
    let significant = judgement.findings.iter().filter(|it| it.significant).count();
    assert_eq!(significant, 0, "{:?}", judgement.findings);
    assert!(judgement.not_compared.is_empty(), "{:?}", judgement.not_compared);
}

#[test]
fn wrong_unit_is_named_in_each_column() {
    for idx in 1..OWN {
        let changed =
            |it: &mut Vec<(String, Vec<f64>)>| it[idx].1.iter_mut().for_each(|x| *x *= 100.0);
        let Some(judgement) = judge(changed) else { return };
        let finding = &judgement.findings[0];
        let name = &columns(TRAINING).expect("read before")[idx].0;
        assert_eq!(finding.feature.as_ref(), Some(name));
        assert_eq!(finding.hint, Some(Hint::Scale { factor: 100.0 }), "{name}");
        assert_eq!(judgement.findings.iter().filter(|it| it.significant).count(), 1);
    }
}

#[test]
fn dropped_column_is_told_without_names() {
    let Some(training) = columns(TRAINING) else { return };
    for idx in [0, 2, 3, 6, OWN - 1] {
        let dropped = |it: &mut Vec<(String, Vec<f64>)>| {
            it.remove(idx);
            for (place, column) in it.iter_mut().enumerate() {
                column.0 = format!("_c{place}");
            }
        };
        let Some(judgement) = judge(dropped) else { return };
        let missing: Vec<&str> = judgement
            .findings
            .iter()
            .filter(|it| it.check == Check::MissingColumn)
            .filter_map(|it| it.feature.as_deref())
            .collect();
        assert_eq!(missing, [training[idx].0.as_str()]);
        assert_eq!(judgement.findings.iter().filter(|it| it.significant).count(), 1);
    }
}
