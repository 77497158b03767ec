use crate::table::Table;
use dataset::{Limits, read_parquet};
use std::io::Cursor;

/// Written by pyarrow; see `samples/parquet.py`.
const TYPES: &[u8] = include_bytes!("../samples/types.parquet");

/// Texts as delta-encoded lengths, in pages of both versions.
const DELTAS: [&[u8]; 2] =
    [include_bytes!("../samples/delta-1.parquet"), include_bytes!("../samples/delta-2.parquet")];
const PREFIXES: &[u8] = include_bytes!("../samples/prefixes.parquet");

fn read(bytes: &[u8], limits: Limits) -> Table {
    let mut table = Table::default();
    let tally = read_parquet(Cursor::new(bytes.to_vec()), limits, &mut table);
    assert_eq!(tally.rows, table.rows.len() as u64);
    assert_eq!(tally.set_aside, table.set_aside.len() as u64);
    table
}

#[track_caller]
fn check(name: &str, expect: [&str; 3]) {
    let table = read(TYPES, Limits::default());
    let column = table.names.iter().position(|it| it == name).expect("the column is there");
    let cells = table.rows.iter().map(|it| match &it[column] {
        None => "-".to_owned(),
        Some(text) => String::from_utf8_lossy(text).into_owned(),
    });
    assert_eq!(cells.collect::<Vec<_>>(), expect, "{name}");
}

#[test]
fn every_type_has_its_text() {
    check("flag", ["true", "-", "false"]);
    check("small", ["-8", "127", "-"]);
    check("long", ["-9223372036854775808", "9223372036854775807", "-"]);
    check("natural", ["18446744073709551615", "0", "-"]);
    check("single", ["0.1", "1.0", "-"]);
    check("double", ["0.1", "1e300", "-"]);
    check("text", ["é", "", "-"]);
    check("bytes", ["\u{fffd}", "a", "-"]);
    check("money", ["-0.05", "12345.60", "-"]);
    check("large", ["-12345678901234567890.5", "-", "-"]);
    check("day", ["1969-12-31", "2024-02-29", "-"]);
    check("milli", ["2026-03-04T10:20:48.5Z", "-", "-"]);
    check("micro", ["2026-03-04T10:20:48.5", "1960-01-01T00:00:00", "-"]);
    check("nano", ["2026-03-04T10:20:48.5Z", "-", "-"]);
    check("clock", ["01:02:03", "23:59:59.000001", "-"]);
    check("id", ["00000000-0000-0000-0000-000000000001", "-", "-"]);
    check("kind", ["a", "b", "a"]);
    check("nothing", ["-", "-", "-"]);
}

#[test]
fn members_of_structs_are_columns() {
    check("inner.x", ["1", "-", "-"]);
    check("inner.y", ["q", "r", "-"]);
}

#[test]
fn column_inside_of_lists_is_set_aside() {
    let table = read(TYPES, Limits::default());
    let reason = "the column is nested in a list or a map";
    assert_eq!(table.set_aside, [(0, reason, b"list.list.element".to_vec())]);
}

#[test]
fn damaged_file_is_set_aside() {
    let reason = "the Parquet file is damaged or cut off";
    for bytes in [&TYPES[..TYPES.len() / 2], &b"PAR1"[..], &[]] {
        assert_eq!(read(bytes, Limits::default()).show(), format!("\n0 (0): {reason}"));
    }
    let mut bytes = TYPES.to_vec();
    bytes[4..200].fill(0xFF);
    let table = read(&bytes, Limits::default());
    assert!(table.set_aside.iter().any(|it| it.1 == reason), "{:?}", table.set_aside);
}

/// Found by fuzzing: minutes of reading at the end, and room for millions of values.
#[test]
fn file_that_claims_too_much_is_set_aside() {
    let reason = "the Parquet file is damaged or cut off";
    let endless = include_bytes!("../samples/endless-page.parquet");
    let huge = include_bytes!("../samples/huge-dictionary.parquet");
    for bytes in [&endless[..], huge] {
        let table = read(bytes, Limits::default());
        assert_eq!(table.set_aside.last().map(|it| it.1), Some(reason));
    }
}

#[test]
fn limits_hold_for_columns_and_texts() {
    let narrow = Limits { columns: 5, ..Limits::default() };
    let reason = "the file has more columns than the limit";
    assert_eq!(read(TYPES, narrow).show(), format!("\n0 (0): {reason}"));
    let short = Limits { record: 50, ..Limits::default() };
    let table = read(TYPES, short);
    let reason = "the record is longer than the limit";
    assert_eq!(table.rows.len() + table.set_aside.iter().filter(|it| it.1 == reason).count(), 3);
    assert!(table.rows.len() < 3);
}

#[test]
fn delta_encoded_lengths_are_read() {
    for bytes in DELTAS {
        let table = read(bytes, Limits::default());
        assert_eq!(table.show(), "s|n\nabc|1\n-|-\nab|2");
    }
    let reason = "the Parquet file uses a compression or a type that is not supported";
    assert_eq!(read(PREFIXES, Limits::default()).show(), format!("\n0 (0): {reason}"));
}
