use crate::table::Table;
use base64::{Engine, engine::general_purpose::STANDARD};
use dataset::{CaptureOptions, Format, Limits, Options, Reader, Sides};

fn side(mode: &str, data: &str, encoding: &str, media: &str) -> String {
    let data = serde_json::Value::from(data);
    format!(
        r#"{{"observedContentType":"{media}","mode":"{mode}","data":{data},"encoding":"{encoding}"}}"#
    )
}

fn record(sides: &[String], metadata: &str) -> String {
    let sides = sides.join(",");
    format!(
        r#"{{"captureData":{{{sides}}},"eventMetadata":{{"eventId":"e"{metadata}}},"eventVersion":"0"}}"#
    ) + "\n"
}

fn input(data: &str, encoding: &str, media: &str) -> String {
    format!("\"endpointInput\":{}", side("INPUT", data, encoding, media))
}

fn output(data: &str, encoding: &str, media: &str) -> String {
    format!("\"endpointOutput\":{}", side("OUTPUT", data, encoding, media))
}

fn csv(inside: &str, out: &str) -> String {
    record(&[input(inside, "CSV", "text/csv"), output(out, "CSV", "text/csv; charset=utf-8")], "")
}

fn json(inside: &str, out: &str) -> String {
    let media = "application/json";
    record(&[input(inside, "JSON", media), output(out, "JSON", media)], "")
}

fn set(options: CaptureOptions) -> Options {
    Options { capture: options, ..Options::default() }
}

#[track_caller]
fn check_with(options: &Options, input: &str, expect: &str) {
    let small = Options { limits: Limits { buffer: 64, ..options.limits }, ..options.clone() };
    for (options, cut) in [(options, usize::MAX), (options, 1), (&small, 7)] {
        let table = Table::read(Format::Capture, options, input.as_bytes(), cut);
        assert_eq!(table.show(), expect, "cut {cut}");
    }
}

#[track_caller]
fn check(input: &str, expect: &str) {
    check_with(&Options::default(), input, expect);
}

/// The record and one that can be read; only the first is set aside.
#[track_caller]
fn check_aside(line: &str, good: &str, expect: &str, reason: &str) {
    let length = line.trim_end().len();
    let input = format!("{good}{line}");
    let start = good.len();
    check(&input, &format!("{expect}\n{start} ({length}): {reason}"));
}

#[test]
fn output_columns_come_first() {
    check(&csv("41,0,129.5,3\n", "0.8231"), "_c0|_c1|_c2|_c3|_c4\n0.8231|41|0|129.5|3");
    let sides = |sides| set(CaptureOptions { sides, ..CaptureOptions::default() });
    let line = csv("1,2", "9");
    check_with(&sides(Sides::InputFirst), &line, "_c0|_c1|_c2\n1|2|9");
    check_with(&sides(Sides::InputOnly), &line, "_c0|_c1\n1|2");
    check_with(&sides(Sides::OutputOnly), &line, "_c0\n9");
}

#[test]
fn columns_take_the_given_names() {
    let names = vec!["y".to_owned(), "a".to_owned()];
    let options = set(CaptureOptions { names, ..CaptureOptions::default() });
    check_with(&options, &csv("1,2", "9"), "y|a|_c2\n9|1|2");
}

#[test]
fn csv_bodies_may_hold_everything_csv_can() {
    check(&csv("\"a,\"\"b\",\"\"\r\n", ",1"), "_c0|_c1|_c2|_c3\n-|1|a,\"b|«»");
    check(&csv("é\t,2", "x"), "_c0|_c1|_c2\nx|é\t|2");
}

#[test]
fn body_of_several_rows_is_several_rows() {
    check(&csv("1,2\n3,4\n", "a\nb\n"), "_c0|_c1|_c2\na|1|2\nb|3|4");
    check(&csv("1,2\r\n\r\n3,\r\n", "a\r\nb"), "_c0|_c1|_c2\na|1|2\nb|3|-");
    check(&csv("\"1\",2\n3,4", "a\nb\n\n"), "_c0|_c1|_c2\na|1|2\nb|3|4");
}

#[test]
fn json_bodies_name_their_columns() {
    check(&json(r#"{"x":1,"y":{"z":"q"}}"#, r#"{"p":0.5}"#), "p|x|y.z\n0.5|1|q");
    check(
        &(json(r#"{"x":1}"#, r#"{"x":0.5}"#) + &json(r#"{"x":2}"#, r#"{"x":3,"p":1}"#)),
        "x|input_x|p\n0.5|1|-\n3|2|1",
    );
}

#[test]
fn json_lists_are_rows() {
    check(&json(r#"[{"x":1},{"x":2}]"#, "[0.1,0.2]"), "_c0|x\n0.1|1\n0.2|2");
    check(
        &json("[[1,2],[3,4]]", r#"{"predictions":[{"s":1},{"s":2}]}"#),
        "s|_c0|_c1\n1|1|2\n2|3|4",
    );
    check(
        &json(r#"{"instances":[{"features":[1,"a\"b"]}]}"#, r#"{"predictions":[0.5]}"#),
        "_c0|features.0|features.1\n0.5|1|a\"b",
    );
    check(&json("[1,2,null]", "0.5"), "_c0|_c1|_c2|_c3\n0.5|1|2|-");
    check(&json("{\"x\":1}\n{\"x\":2}\n", "1\n2"), "_c0|x\n1|1\n2|2");
}

#[test]
fn encodings_may_differ_between_sides() {
    let line = record(
        &[input("1,2", "CSV", "text/csv"), output(r#"{"p":0.5}"#, "JSON", "application/json")],
        "",
    );
    check(&line, "p|_c0|_c1\n0.5|1|2");
}

#[test]
fn base64_is_told_apart_by_type_and_content() {
    let packed = |text: &str, media: &str| {
        let body = STANDARD.encode(text);
        record(&[input("1", "CSV", "text/csv"), output(&body, "BASE64", media)], "")
    };
    check(&packed("0.5,a", "text/html; charset=utf-8"), "_c0|_c1|_c2\n0.5|a|1");
    check(&packed(r#"{"p":"x\ny"}"#, "application/json"), "p|_c0\nx\ny|1");
    check(&packed(r#"{"p":1}"#, "application/octet-stream"), "p|_c0\n1|1");
    check(&packed("{p,1", "text/csv"), "_c0|_c1|_c2\n{p|1|1");
    let good = packed("1", "text/csv");
    let reason = "a body is neither CSV nor JSON";
    check_aside(&packed("<html>", "text/html"), &good, "_c0|_c1\n1|1", reason);
    let odd = record(&[input("1", "CSV", "text/csv"), output("*", "BASE64", "x")], "");
    check_aside(&odd, &good, "_c0|_c1\n1|1", "a body is not valid BASE64");
}

#[test]
fn side_that_lacks_is_missing_cells() {
    let only_input = record(&[input("3,4", "CSV", "text/csv")], "");
    let empty = csv("5,6", "");
    let text = only_input.clone() + &csv("1,2", "9") + &empty;
    let table = Table::read(Format::Capture, &Options::default(), text.as_bytes(), 9);
    assert_eq!(table.show(), "_c0|_c1|_c2\n-|3|4\n9|1|2\n-|5|6");
    check(&only_input, "_c0|_c1\n3|4");
    check(
        &record(&["\"endpointInput\":null".into()], ""),
        "\n0 (89): the record has neither input nor output",
    );
}

#[test]
fn shadow_records_are_left_out() {
    let sides = [input("1", "CSV", "text/csv"), output("2", "CSV", "text/csv")];
    let shadow = record(&sides, r#","invocationSource":"ShadowExperiment""#);
    let text = shadow.clone() + &csv("3", "4");
    check(&text, "_c0|_c1\n4|3");
    let mut reader = Reader::capture(&Options::default());
    let mut table = Table::default();
    reader.push(text.as_bytes(), &mut table);
    reader.finish(&mut table);
    assert_eq!((reader.tally().shadow, reader.tally().rows), (1, 1));
}

#[test]
fn requests_of_our_own_are_left_out() {
    let sides = [input("1,2", "CSV", "text/csv"), output("2", "CSV", "text/csv")];
    let named = |id: &str| record(&sides, &format!(r#","inferenceId":"{id}""#));
    let own = ["vigil-probe-1772409600-0", "vigil-ask-7f3a-0-12", r"vigil\u002dask-9"];
    let theirs = ["order-1", "vigil-customer", "my-vigil-ask-1", ""];
    // Ours come first and are wider: they decide nothing about the columns.
    let wide = [input("1,2,3\n4,5,6", "CSV", "text/csv"), output("2\n3", "CSV", "text/csv")];
    let first = record(&wide, r#","inferenceId":"vigil-ask-0""#);
    let text: String = own.iter().chain(&theirs).map(|it| named(it)).collect();
    let text = first + &text;
    let mut reader = Reader::capture(&Options::default());
    let mut table = Table::default();
    reader.push(text.as_bytes(), &mut table);
    reader.finish(&mut table);
    assert_eq!(table.show(), "_c0|_c1|_c2\n2|1|2\n2|1|2\n2|1|2\n2|1|2");
    assert_eq!((reader.tally().own, reader.tally().rows, reader.tally().set_aside), (4, 4, 0));
}

#[test]
fn window_leaves_out_what_is_outside() {
    let at = |time: &str, value: &str| {
        let sides = [input(value, "CSV", "text/csv")];
        record(&sides, &format!(r#","inferenceTime":"{time}""#))
    };
    let text = at("1970-01-01T00:00:09Z", "a")
        + &at("1970-01-01T00:00:10Z", "b")
        + &at("1970-01-01T00:00:19.9Z", "c")
        + &at("1970-01-01T00:00:20Z", "d");
    let window = Some(10..20);
    let options = set(CaptureOptions { window, ..CaptureOptions::default() });
    check_with(&options, &text, "_c0\nb\nc");
    let mut reader = Reader::capture(&options);
    reader.push(text.as_bytes(), &mut Table::default());
    reader.finish(&mut Table::default());
    assert_eq!(reader.tally().outside, 2);
    let reason = "the record has no readable inferenceTime";
    check_with(&options, &csv("1", "2"), &format!("\n0 ({}): {reason}", csv("1", "2").len() - 1));
}

#[test]
fn odd_records_are_set_aside() {
    let good = csv("1,2", "9");
    let table = "_c0|_c1|_c2\n9|1|2";
    let cases = [
        (csv("1,2,3", "9"), "a body has another number of cells than the first"),
        (csv("1,2\n3,4", "9"), "input and output have different numbers of rows"),
        (csv("1,2\n3", "9\n8"), "the rows of a body have different numbers of cells"),
        (csv("1,\"2", "9"), "a quote is never closed"),
        (json("[1,{}]", "9"), "a body mixes objects, lists and single values"),
        (json("[1,2", "9"), "the JSON ends too early"),
        (json("{\"a\":1}", "9 x"), "the record is not valid JSON"),
        ("{}\n".into(), "the record has no captureData"),
        ("{\"captureData\":1}\n".into(), "the record is not shaped like a captured inference"),
        ("[]\n".into(), "the line is not a JSON object"),
        (csv("1,2", "9").replace("}\n", "\n"), "the JSON ends too early"),
        (
            "{\"captureData\":{\"endpointInput\":{\"data\":1}}}\n".into(),
            "the record is not shaped like a captured inference",
        ),
    ];
    for (line, reason) in cases {
        check_aside(&line, &good, table, reason);
    }
}

#[test]
fn set_aside_record_is_kept_as_it_was() {
    let line = json(r#"{"a\u0062":"\n"}"#, "[1,[2],3]");
    let table = Table::read(Format::Capture, &Options::default(), line.as_bytes(), 9);
    assert_eq!(table.set_aside[0].2, line.trim_end().as_bytes());
    assert!(table.names.is_empty());
}

#[test]
fn unknown_keys_are_skipped_in_any_order() {
    let line = concat!(
        r#"{"x":[{"captureData":1}],"eventVersion":"0","eventMetadata":{"customAttributes":["a"]},"#,
        r#""captureData":{"more":{},"endpointOutput":{"encoding":"CSV","d\u0061ta":"7\u002c8","z":null},"#,
        r#""endpointInput":{"data":"1","encoding":"CSV"}}}"#,
    );
    check(line, "_c0|_c1|_c2\n7|8|1");
}
