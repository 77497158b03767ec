use crate::table::Table;
use dataset::{CsvOptions, Format, Header, Limits, Options};

fn options(header: Header) -> Options {
    Options { csv: CsvOptions { header, ..CsvOptions::default() }, ..Options::default() }
}

/// Reads whole, byte by byte, and through the smallest buffer.
#[track_caller]
fn check_with(options: &Options, input: &[u8], expect: &str) {
    let small = Options { limits: Limits { buffer: 64, ..options.limits }, ..options.clone() };
    for (options, cut) in [(options, usize::MAX), (options, 1), (&small, 7)] {
        let table = Table::read(Format::Csv, options, input, cut);
        assert_eq!(table.show(), expect, "cut {cut}");
    }
}

#[track_caller]
fn check(input: &str, expect: &str) {
    check_with(&options(Header::Present), input.as_bytes(), expect);
}

#[test]
fn header_names_the_columns() {
    check("a,b\n1,2\n3,4\n", "a|b\n1|2\n3|4");
    check("a,b\n1,2", "a|b\n1|2");
}

#[test]
fn table_without_header_counts_its_columns() {
    check_with(&options(Header::Absent), b"1,2\n3,4\n", "_c0|_c1\n1|2\n3|4");
    let mut named = options(Header::Absent);
    named.csv.names = vec!["x".into()];
    check_with(&named, b"1,2\n", "x|_c1\n1|2");
}

#[test]
fn only_wanted_columns_have_cells() {
    let mut some = options(Header::Present);
    some.columns = Some(vec!["c".into(), "1".into(), "nowhere".into()]);
    check_with(&some, b"a,b,c\n1,2,3\r\n4,,6\n", "a|b|c\n-|2|3\n-|-|6");
    // Row by row: quotes, and rows of another width.
    check_with(
        &some,
        b"a,b,c\n\"x,\",\"y\",z\n1\n7,8,9",
        "a|b|c\n-|y|z\n-|8|9\n17 (2): the row has another number of cells than the first",
    );
    some.columns = Some(Vec::new());
    check_with(&some, b"a,b\n1,2\n", "a|b\n-|-");
}

#[test]
fn first_row_without_a_number_is_a_header() {
    let guess = options(Header::Guessed);
    check_with(&guess, b"a,b\n1,2\n", "a|b\n1|2");
    check_with(&guess, b"x,1\ny,2\n", "_c0|_c1\nx|1\ny|2");
    check_with(&guess, b"a\n-1e3\n", "a\n-1e3");
}

#[test]
fn empty_cell_is_missing_unless_quoted() {
    check("a,b,c\n,\"\",x\n,,\n", "a|b|c\n-|«»|x\n-|-|-");
}

#[test]
fn quotes_hold_separators_lines_and_quotes() {
    check("a,b\n\"x,y\",\"1\n2\"\n", "a|b\nx,y|1\n2");
    check("a,b\n\"say \"\"hi\"\"\",2\n", "a|b\nsay \"hi\"|2");
    check("a,b\n\"\"\"\",\"\"\"\"\"\"\n", "a|b\n\"|\"\"");
}

#[test]
fn stray_quotes_are_text() {
    check("a,b\n5\" pipe,2\n", "a|b\n5\" pipe|2");
    check("a,b\n\"x\"y\"z,2\n", "a|b\nxy\"z|2");
}

#[test]
fn lines_end_with_or_without_cr() {
    check("a,b\r\n1,2\r\n\"3\",\"4\"\r\n5,\r\n", "a|b\n1|2\n3|4\n5|-");
    check("a,b\n1,x\ry\n", "a|b\n1|x\ry");
}

#[test]
fn byte_order_mark_is_no_name() {
    check("\u{feff}a,b\n1,2\n", "a|b\n1|2");
    check("\u{feff}\"a\",b\n1,2\n", "a|b\n1|2");
}

#[test]
fn blank_lines_are_no_rows() {
    check("\n\r\na,b\n\n1,2\n\r\n3,4\n\n", "a|b\n1|2\n3|4");
    check("a\n\n1\n\n", "a\n1");
}

#[test]
fn ragged_row_is_set_aside() {
    let reason = "the row has another number of cells than the first";
    check(
        "a,b\n1\n2,3\n4,5,6\n7,8\n",
        &format!("a|b\n2|3\n7|8\n4 (2): {reason}\n10 (6): {reason}"),
    );
    check("a,b\n\"1\"\n2,3\n", &format!("a|b\n2|3\n4 (4): {reason}"));
}

#[test]
fn empty_input_has_no_rows() {
    check("", "");
    check("\n\n", "");
    check("a,b\n", "");
    check("a,b", "");
}

#[test]
fn repeated_names_are_told_apart() {
    check("a,a,a_2,a,\n1,2,3,4,5\n", "a|a_2|a_2_2|a_3|_c4\n1|2|3|4|5");
}

#[test]
fn any_byte_may_stand_in_a_cell() {
    check_with(&options(Header::Present), b"a,b\n\0,\xFF\n\"\0\",2\n", "a|b\n\0|\u{fffd}\n\0|2");
}

#[test]
fn other_separators_can_be_set() {
    let mut tabs = options(Header::Present);
    tabs.csv.separator = b'\t';
    check_with(&tabs, b"a\tb\n1,5\t2\n", "a|b\n1,5|2");
}

#[test]
fn unclosed_quote_costs_its_line_only() {
    let reason = "a quote is never closed";
    check("a,b\n1,2\n\"3,4\n5,6\n", &format!("a|b\n1|2\n5|6\n8 (5): {reason}"));
    check("a,b\n1,2\n3,\"4", &format!("a|b\n1|2\n8 (4): {reason}"));
}

#[test]
fn record_above_the_limit_is_set_aside() {
    let mut small = options(Header::Present);
    small.limits.record = 100;
    let reason = "the record is longer than the limit";
    let long = "x".repeat(300);
    let input = format!("a,b\n1,2\n{long},2\n3,4\n");
    check_with(&small, input.as_bytes(), &format!("a|b\n1|2\n3|4\n8 (100): {reason}"));
    let input = format!("a,b\n\"1,2\n{}\n3,4\n", "5,6\n".repeat(40));
    let rows = "\n5|6".repeat(40);
    check_with(
        &small,
        input.as_bytes(),
        &format!("a|b{rows}\n3|4\n4 (5): a quote is never closed"),
    );
}

#[test]
fn five_thousand_columns_are_read() {
    let names: Vec<String> = (0..5000).map(|i| format!("n{i}")).collect();
    let row: Vec<String> = (0..5000).map(|i| format!("{i}")).collect();
    let input = format!("{}\n{}\n{}\n", names.join(","), row.join(","), row.join(","));
    let line = row.join("|");
    check_with(
        &options(Header::Present),
        input.as_bytes(),
        &format!("{}\n{line}\n{line}", names.join("|")),
    );
}

#[test]
fn first_row_above_the_column_limit_is_set_aside() {
    let mut narrow = options(Header::Present);
    narrow.limits.columns = 2;
    let reason = "the row has more cells than the limit";
    check_with(&narrow, b"a,b,c\nd,e\n1,2\n", &format!("d|e\n1|2\n0 (6): {reason}"));
}
