use crate::table::Table;
use dataset::{Format, Limits, Options};

#[track_caller]
fn check_with(options: &Options, input: &[u8], expect: &str) {
    let small = Options { limits: Limits { buffer: 64, ..options.limits }, ..options.clone() };
    for (options, cut) in [(options, usize::MAX), (options, 1), (&small, 7)] {
        let table = Table::read(Format::JsonLines, options, input, cut);
        assert_eq!(table.show(), expect, "cut {cut}");
    }
}

#[track_caller]
fn check(input: &str, expect: &str) {
    check_with(&Options::default(), input.as_bytes(), expect);
}

#[test]
fn members_become_columns() {
    check("{\"a\":1,\"b\":\"x\"}\n{\"a\":2.50,\"b\":\"\"}\n", "a|b\n1|x\n2.50|«»");
    check("{\"a\":1}", "a\n1");
}

#[test]
fn nested_members_have_dotted_names() {
    check("{\"a\":{\"b\":1,\"c\":{\"d\":2}}}\n", "a.b|a.c.d\n1|2");
    check("{\"a\":[1,\"x\",{\"b\":true}]}\n", "a.0|a.1|a.2.b\n1|x|true");
    check("{\"a\":[],\"b\":{},\"c\":0}\n", "c\n0");
}

#[test]
fn late_and_missing_keys_are_missing_cells() {
    check("{\"a\":1}\n{\"b\":2}\n{\"b\":3,\"a\":4}\n", "a|b\n1|-\n-|2\n4|3");
    check("{\"a\":null}\n", "a\n-");
}

#[test]
fn last_of_repeated_keys_counts() {
    check("{\"a\":1,\"a\":2}\n", "a\n2");
    check(r#"{"a":"\n1","a":"\n2"}"#, "a\n\n2");
    check("{\"a.b\":1,\"a\":{\"b\":2}}\n", "a.b\n2");
}

#[test]
fn escapes_are_resolved() {
    check(r#"{"a":"\"\\\/\u0041\u00e9\ud83d\ude00"}"#, "a\n\"\\/Aé😀");
    check(r#"{"k\u0065y":"x"}"#, "key\nx");
}

#[test]
fn blank_lines_are_no_rows() {
    check("\n{\"a\":1}\r\n \t\r\n\t {\"a\":2} \n\n", "a\n1\n2");
    check("\u{feff}{\"a\":1}\n", "a\n1");
    check("", "");
}

#[test]
fn broken_line_is_set_aside() {
    let rest = "{\"a\":2}\n";
    let broken = [
        ("{\"a\":1", "the JSON ends too early"),
        ("{\"a\":\"1", "the JSON ends too early"),
        ("[1]", "the line is not a JSON object"),
        ("1", "the line is not a JSON object"),
        ("{\"a\":01}", "the record is not valid JSON"),
        ("{\"a\":1}{\"a\":1}", "the record is not valid JSON"),
        ("{\"a\":1},", "the record is not valid JSON"),
        ("{\"a\":\"\t\"}", "a control character stands in a JSON text"),
        ("{\"a\":\"\\x\"}", "a JSON text holds an escape that JSON does not have"),
        ("{\"a\":\"\\ud800\"}", "a JSON text holds half of a surrogate pair"),
    ];
    for (line, reason) in broken {
        check(&format!("{line}\n{rest}"), &format!("a\n2\n0 ({}): {reason}", line.len()));
    }
}

#[test]
fn broken_line_leaves_no_column() {
    let reason = "the JSON ends too early";
    check("{\"x\":1,\"y\":\n{\"a\":2,\"x\":3}\n", &format!("a|x\n2|3\n0 (11): {reason}"));
}

#[test]
fn text_that_is_not_utf8_is_set_aside() {
    let reason = "the record is not valid UTF-8";
    check_with(
        &Options::default(),
        b"{\"a\":\"\xFF\"}\n{\"a\":\"\xC3\xA9\"}\n",
        &format!("a\né\n0 (9): {reason}"),
    );
}

#[test]
fn limits_hold_for_depth_width_and_length() {
    let options = Options {
        limits: Limits { depth: 2, columns: 2, record: 40, ..Limits::default() },
        ..Options::default()
    };
    let deep = "objects and arrays are nested deeper than the limit";
    check_with(
        &options,
        b"{\"a\":{\"b\":1}}\n{\"a\":[[1]]}\n",
        &format!("a.b\n1\n14 (11): {deep}"),
    );
    let many = "the record brings more columns than the limit";
    check_with(
        &options,
        b"{\"a\":1,\"b\":2,\"c\":3}\n{\"a\":1,\"c\":2}\n",
        &format!("a|c\n1|2\n0 (19): {many}"),
    );
    let long = "the record is longer than the limit";
    let input = format!("{{\"a\":1}}\n{{\"a\":\"{}\"}}\n{{\"a\":2}}", "x".repeat(99));
    check_with(&options, input.as_bytes(), &format!("a\n1\n2\n8 (40): {long}"));
}
