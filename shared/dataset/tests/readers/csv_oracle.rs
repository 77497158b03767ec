//! The CSV reader against the csv crate.

use crate::table::{Row, Table};
use dataset::{CsvOptions, Format, Header, Limits, Options};
use proptest::prelude::*;

/// What the csv crate makes of the input; it does not tell quoted cells, so
/// neither do the comparisons.
fn expected(input: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input);
    let records = reader.byte_records().map(|it| it.expect("the csv crate reads anything"));
    records.map(|it| it.iter().map(<[u8]>::to_vec).collect()).collect()
}

fn plain(row: &Row) -> Vec<Vec<u8>> {
    row.iter().map(|it| it.clone().unwrap_or_default()).collect()
}

#[track_caller]
fn check(input: &[u8], cut: usize, buffer: usize) {
    let options = Options {
        csv: CsvOptions { header: Header::Absent, ..CsvOptions::default() },
        limits: Limits { buffer, ..Limits::default() },
        ..Options::default()
    };
    let table = Table::read(Format::Csv, &options, input, cut);
    let rows: Vec<Vec<Vec<u8>>> = table.rows.iter().map(plain).collect();
    let expect = expected(input);
    let width = expect.first().map_or(0, Vec::len);
    let (even, ragged): (Vec<_>, Vec<_>) = expect.into_iter().partition(|it| it.len() == width);
    assert_eq!(rows, even);
    assert_eq!(table.set_aside.len(), ragged.len());
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9.]{0,12}",
        1 => "[a-z\"]{0,5}",
        1 => "[a-z,\n\"]{0,9}".prop_map(|it| format!("\"{}\"", it.replace('"', "\"\""))),
        1 => "[a-z\"]{0,4}".prop_map(|it| format!("\"{}\"x\"y", it.replace('"', "\"\""))),
        1 => Just("\"\"".to_owned()),
    ]
}

fn table() -> impl Strategy<Value = String> {
    let line = (any::<bool>(), prop::collection::vec(cell(), 1..5), 0..9u8);
    (prop::collection::vec(cell(), 3), prop::collection::vec(line, 0..40)).prop_map(
        |(first, lines)| {
            let mut text = first.join(",") + "\n";
            for (cr, cells, kind) in lines {
                let cells = if kind == 0 { &cells[..] } else { &cells[..cells.len().min(3)] };
                let mut cells = cells.to_vec();
                if 1 < kind {
                    cells.resize(3, "7".to_owned());
                }
                text += &cells.join(",");
                text += if cr { "\r\n" } else { "\n" };
            }
            text
        },
    )
}

/// A last row shows whether the input closes its quotes; where it does not, we
/// set its first line aside and the csv crate makes a record of it.
fn ended(mut input: Vec<u8>) -> Option<Vec<u8>> {
    input.extend(b"\nz,z,z\n");
    let last = expected(&input).pop()?;
    (last == [b"z", b"z", b"z"]).then_some(input)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn cells_are_those_of_the_csv_crate(text in table(), cut in 1..200usize, buffer in 64..400usize) {
        if let Some(input) = ended(text.into_bytes()) {
            check(&input, cut, buffer);
        }
    }

    #[test]
    fn bytes_are_read_as_by_the_csv_crate(
        bytes in prop::collection::vec(prop::sample::select(b"ab,,\n\n\"".to_vec()), 0..300),
        cut in 1..100usize,
        buffer in 64..400usize,
    ) {
        if let Some(input) = ended(bytes) {
            check(&input, cut, buffer);
        }
    }
}
