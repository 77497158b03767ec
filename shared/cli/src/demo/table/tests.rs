use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use super::*;
use crate::demo::traffic::{Traffic, write_table};

const LABEL: Option<&str> = Some("left");

/// 400 rows: a number, a word with gaps, a constant, and a label that follows the number.
fn text() -> String {
    let mut text = "id,word,same,left\n".to_owned();
    for row in 0..400 {
        let word = ["red", "green", "", "\"blue, dark\""][row % 4];
        let _ = writeln!(text, "{row}.50,{word},1,{}", if row % 97 < 30 { "yes" } else { "no" });
    }
    text
}

fn failure(text: &str, label: Option<&str>) -> String {
    Table::read(text.as_bytes(), label, 1).unwrap_err().to_string()
}

#[test]
fn columns_are_told_apart() {
    let table = Table::read(text().as_bytes(), LABEL, 1).unwrap();
    let found: Vec<(&str, bool, usize)> = table
        .columns()
        .iter()
        .map(|it| (it.name.as_str(), it.kind == Kind::Word, it.distinct))
        .collect();
    assert_eq!(found, [("id", false, 400), ("word", true, 3), ("same", false, 1)]);
    // The deviation of 0, 1, …, 399.
    let Kind::Number { deviation } = table.columns()[0].kind else { panic!("a number") };
    assert!((deviation - ((400.0_f64 * 400.0 - 1.0) / 12.0).sqrt()).abs() < 1e-9);
}

#[test]
fn traffic_never_repeats_the_reference() {
    let traffic = Traffic::resampled(Table::read(text().as_bytes(), LABEL, 1).unwrap(), 1);
    let id = |cell: Cell<'_>| match cell {
        Cell::Text(text) => text.to_owned(),
        other => panic!("{other:?}"),
    };
    let reference: BTreeSet<String> =
        traffic.reference(1000).iter().map(|row| id(row.cells[0])).collect();
    let drawn: BTreeSet<String> = (0..20)
        .flat_map(|hour| {
            traffic.hour("a", hour * 3600).iter().map(|row| id(row.cells[0])).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!((reference.len(), drawn.len()), (200, 200));
    assert!(reference.is_disjoint(&drawn));
    assert_eq!(traffic.hour("a", 0).iter().next().unwrap().cells.len(), 3, "without the label");
}

#[test]
fn label_decides_the_model() {
    let table = Table::read(text().as_bytes(), None, 1).unwrap();
    assert!(table.scorer().is_none());
    assert_eq!(table.columns().len(), 4);
    let number = Table::read(text().as_bytes(), Some("id"), 1).unwrap();
    assert!(number.scorer().is_some());
    assert_eq!(failure(&text(), Some("word")), "label word must hold two values, or numbers");
    assert_eq!(failure(&text(), Some("same")), "label same must hold two values, or numbers");
    assert_eq!(
        failure(&text(), Some("x")),
        "no column is named x; the table has id, word, same, left"
    );
}

#[test]
fn bad_tables_are_refused_with_reasons() {
    assert_eq!(failure("", None), "the table is empty");
    assert_eq!(
        failure("a,b\n1,2\n", None),
        "the table has 1 whole rows; a demo needs at least 100"
    );
    let mut bytes = text().into_bytes();
    bytes.extend_from_slice(b"1,\xff,1,no\n1,2\n");
    assert_eq!(Table::read(bytes.as_slice(), None, 1).unwrap().set_aside, 2);
}

#[test]
fn no_table_makes_the_reader_panic() {
    let mut random = Random::seeded(1);
    let pieces = ["\"", ",", "\n", "\r\n", "1", "a", "\u{e9}", "1e999", "nan", "", "\"\"", "a,b\n"];
    for _ in 0..300 {
        let mut bytes = b"a,b,c\n".to_vec();
        for _ in 0..random.below(2000) {
            bytes.extend_from_slice(pieces[random.below(12) as usize].as_bytes());
        }
        for label in [None, Some("a")] {
            if let Ok(table) = Table::read(bytes.as_slice(), label, 1) {
                let rows = Traffic::resampled(table, 1).hour("a", 0).len();
                assert!(rows > 0);
            }
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "says why nothing was tested")]
fn real_churn_table_makes_a_demo() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/churn/training-dataset-with-header.csv");
    let Ok(bytes) = fs::read(&path) else {
        println!("skipped: no churn table beside the checkout");
        return;
    };
    let table = Table::read(bytes.as_slice(), Some("Churn"), 7).unwrap();
    let scorer = table.scorer().unwrap().clone();
    let traffic = Traffic::resampled(table, 7);
    assert_eq!(traffic.columns().len(), 69);
    let mut training = String::new();
    write_table(&traffic.reference(usize::MAX), traffic.columns(), Some(&scorer), &mut training);
    assert!(training.starts_with("prediction,Account Length,VMail Message,Day Mins,"));
    let predictions: Vec<f64> = training
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(predictions.len(), 1166);
    let mean = predictions.iter().sum::<f64>() / predictions.len() as f64;
    // 14.1 % of the table's customers left.
    assert!((mean - 0.141).abs() < 0.03, "{mean}");
    assert!(predictions.iter().copied().fold(0.0, f64::max) > 0.4);
}
