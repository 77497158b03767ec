//! The capture reader against serde_json and the csv crate.

use crate::{
    json_oracle::flatten,
    table::{Row, Table},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use dataset::{Format, Limits, Options};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// One body and the rows it stands for.
#[derive(Debug, Clone)]
struct Body {
    text: String,
    encoding: &'static str,
    rows: Vec<Row>,
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[0-9.]{0,9}", 1 => "[a-zé, \"\n]{1,9}"]
}

/// Two CSV columns, written by the csv crate.
fn csv_body(rows: usize, packed: bool) -> impl Strategy<Value = Body> {
    prop::collection::vec(prop::collection::vec(cell(), 2), rows).prop_map(move |rows| {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).expect("memory takes anything");
        }
        let text = String::from_utf8(writer.into_inner().expect("memory")).expect("UTF-8");
        let cell = |it: &String| (!it.is_empty()).then(|| it.clone().into_bytes());
        let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        let (text, encoding) =
            if packed { (STANDARD.encode(text), "BASE64") } else { (text, "CSV") };
        Body { text, encoding, rows }
    })
}

/// Two named columns, as one object or a list of them.
fn json_body(rows: usize) -> impl Strategy<Value = Body> {
    prop::collection::vec((cell(), any::<i16>()), rows).prop_map(|rows| {
        let tree: Vec<Value> = rows.iter().map(|(a, b)| json!({"a": a, "b": {"c": b}})).collect();
        let text = if tree.len() == 1 {
            tree[0].to_string()
        } else {
            Value::from(tree.clone()).to_string()
        };
        let cells = tree.iter().map(|it| {
            let mut cells = Vec::new();
            flatten(it, "", &mut cells);
            cells.into_iter().map(|it| it.1).collect()
        });
        Body { text, encoding: "JSON", rows: cells.collect() }
    })
}

fn body(kind: u8, rows: usize) -> BoxedStrategy<Body> {
    match kind {
        0 => csv_body(rows, false).boxed(),
        1 => csv_body(rows, true).boxed(),
        _ => json_body(rows).boxed(),
    }
}

fn records() -> impl Strategy<Value = Vec<(Body, Body, u8)>> {
    (0..3u8, 0..3u8).prop_flat_map(|(one, other)| {
        let pair = (1..4usize)
            .prop_flat_map(move |rows| (body(one, rows), body(other, rows), any::<u8>()));
        prop::collection::vec(pair, 1..10)
    })
}

/// Writes a record with its keys in an order of its own.
fn write(input: &Body, output: &Body, order: u8) -> String {
    let side = |body: &Body| {
        let mut members = vec![
            ("data", json!(body.text)),
            ("encoding", json!(body.encoding)),
            ("mode", json!("INPUT")),
            (
                "observedContentType",
                if body.encoding == "BASE64" { json!("text/csv") } else { Value::Null },
            ),
        ];
        members.rotate_left(usize::from(order % 4));
        members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>()
    };
    let mut sides = vec![("endpointInput", side(input)), ("endpointOutput", side(output))];
    let mut top = vec![
        ("captureData".to_owned(), Value::Null),
        (
            "eventMetadata".to_owned(),
            json!({"eventId": "\"e\\", "customAttributes": (&["a", "b"][..usize::from(order % 3)])}),
        ),
        ("eventVersion".to_owned(), json!("0")),
    ];
    sides.rotate_left(usize::from(order / 4 % 2));
    top[0].1 = sides
        .into_iter()
        .map(|(key, value)| (key.to_owned(), Value::from(value)))
        .collect::<Map<_, _>>()
        .into();
    top.rotate_left(usize::from(order / 8 % 3));
    Value::from(top.into_iter().collect::<Map<_, _>>()).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn rows_are_those_of_the_bodies(
        records in records(),
        orders in prop::sample::select(vec![0, 1, 255]),
        cut in 1..300usize,
        buffer in 64..900usize,
    ) {
        let lines: Vec<String> = records.iter().map(|(a, b, order)| write(a, b, *order & orders)).collect();
        let limits = Limits { buffer, ..Limits::default() };
        let options = Options { limits, ..Options::default() };
        let table = Table::read(Format::Capture, &options, lines.join("\n").as_bytes(), cut);
        prop_assert_eq!(&table.set_aside, &vec![]);
        let plain = |it: &Option<Vec<u8>>| it.clone().unwrap_or_default();
        let mut rows = table.rows.iter();
        for (input, output, _) in &records {
            for (input, output) in input.rows.iter().zip(&output.rows) {
                let expect: Vec<Vec<u8>> = output.iter().chain(input).map(plain).collect();
                let row: Vec<Vec<u8>> = rows.next().expect("a row for each").iter().map(plain).collect();
                prop_assert_eq!(row, expect);
            }
        }
        prop_assert!(rows.next().is_none());
    }

    #[test]
    fn damaged_records_are_judged_as_by_serde_json(
        records in records(),
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(b"\"\\{}[]:,0eu \x00\xC3".to_vec()),
    ) {
        // A record that is written as one before is read by another way.
        let (input, output, order) = &records[0];
        let good = write(input, output, *order);
        let mut line = good.clone().into_bytes();
        let at = at.index(line.len());
        line[at] = byte;
        let valid = serde_json::from_slice::<Value>(&line).is_ok();
        for before in [0, 2] {
            let mut text = format!("{good}\n").repeat(before).into_bytes();
            text.extend(&line);
            let table = Table::read(Format::Capture, &Options::default(), &text, usize::MAX);
            if !valid {
                prop_assert_eq!(table.rows.len(), before * input.rows.len());
                prop_assert_eq!(&table.set_aside[0].2, &line);
            }
        }
    }
}
