use crate::table::Table;
use dataset::{CaptureOptions, Format, Limits, Options, Sides};

/// A merged record, in the order of members of the reference's sample (formats C.2).
fn merged(truth: &str, input: &str, output: &str, encoding: &str) -> String {
    let text = |it: &str| serde_json::Value::from(it).to_string();
    let (input, output) = (text(input), text(output));
    format!(
        concat!(
            r#"{{"eventVersion":"0","groundTruthData":{},"captureData":{{"#,
            r#""endpointInput":{{"observedContentType":null,"mode":"INPUT","data":{},"encoding":"{}"}},"#,
            r#""endpointOutput":{{"observedContentType":null,"mode":"OUTPUT","data":{},"encoding":"{}"}}}},"#,
            r#""eventMetadata":{{"eventId":"e","inferenceTime":"2026-03-04T10:20:48Z"}}}}"#
        ),
        truth, input, encoding, output, encoding
    ) + "\n"
}

fn csv_label(data: &str) -> String {
    format!(r#"{{"data":{},"encoding":"CSV"}}"#, serde_json::Value::from(data))
}

#[track_caller]
fn check_with(capture: CaptureOptions, input: &str, expect: &str) {
    let capture = CaptureOptions { labels: true, ..capture };
    for (buffer, cut) in [(1 << 16, usize::MAX), (64, 7)] {
        let limits = Limits { buffer, ..Limits::default() };
        let options = Options { capture: capture.clone(), limits, ..Options::default() };
        // What is written like a record before it is read by another way.
        for times in [1, 3] {
            let lines = input.repeat(times);
            let (names, rows) = expect.split_once('\n').expect("rows");
            let rows = vec![rows; times].join("\n");
            let table = Table::read(Format::Capture, &options, lines.as_bytes(), cut);
            assert_eq!(table.show(), format!("{names}\n{rows}"), "cut {cut}");
        }
    }
}

#[track_caller]
fn check(input: &str, expect: &str) {
    check_with(CaptureOptions::default(), input, expect);
}

#[test]
fn label_stands_before_output_and_input() {
    check(
        &merged(&csv_label("1"), "41,0", "1,0.82", "CSV"),
        "groundTruthData|_c0|_c1|_c2|_c3\n1|1|0.82|41|0",
    );
    let features = vec!["age".to_owned(), "plan".to_owned()];
    let named = CaptureOptions { features, ..CaptureOptions::default() };
    check_with(
        named,
        &merged(&csv_label("1"), "41,0", "1,0.82", "CSV"),
        "groundTruthData|_c0|_c1|age|plan\n1|1|0.82|41|0",
    );
    let output = CaptureOptions { sides: Sides::OutputOnly, ..CaptureOptions::default() };
    check_with(
        output,
        &merged(&csv_label("1"), "41,0", "1,0.82", "CSV"),
        "groundTruthData|_c0|_c1\n1|1|0.82",
    );
}

#[test]
fn labels_of_any_kind_are_texts() {
    let label = |truth: &str, expect: &str| {
        check(&merged(truth, "4", "9", "CSV"), &format!("groundTruthData|_c0|_c1\n{expect}|9|4"));
    };
    label(&csv_label("gold\n"), "gold");
    label(&csv_label("\"a, \"\"b\"\"\""), "a, \"b\"");
    label(&csv_label("1,2"), "1,2");
    label(&csv_label("é\""), "é\"");
    label(r#"{"data":"\"gold\"","encoding":"JSON"}"#, "gold");
    label(r#"{"data":"[0, 1]","encoding":"JSON"}"#, "[0, 1]");
    label(r#"{"data":"[7]","encoding":"JSON"}"#, "7");
    label(r#"{"data":"{\"label\":true}","encoding":"JSON"}"#, "true");
    label(r#"{"data":1.50,"encoding":"CSV"}"#, "1.50");
}

#[test]
fn rows_of_a_record_have_labels_of_their_own() {
    let expect = "groundTruthData|_c0|_c1\n1|8|4\n0|9|5";
    check(&merged(&csv_label("1\n0"), "4\n5", "8\n9", "CSV"), expect);
    check(
        &merged(r#"{"data":"[1,0]","encoding":"JSON"}"#, "[[4],[5]]", "[[8],[9]]", "JSON"),
        expect,
    );
    let json = merged(
        &csv_label("1\n0"),
        r#"{"instances":[{"x":4},{"x":5}]}"#,
        r#"{"predictions":[{"p":8},{"p":9}]}"#,
        "JSON",
    );
    check(&json, "groundTruthData|p|x\n1|8|4\n0|9|5");
}

#[test]
fn records_without_usable_label_are_set_aside() {
    let good = merged(&csv_label("1"), "4", "9", "CSV");
    let bad = |record: &str, reason: &str| {
        let lines = format!("{good}{record}");
        let options = Options {
            capture: CaptureOptions { labels: true, ..CaptureOptions::default() },
            ..Options::default()
        };
        let table = Table::read(Format::Capture, &options, lines.as_bytes(), 50);
        let record = record.trim_end().as_bytes().to_vec();
        assert_eq!(
            (table.rows.len(), table.set_aside),
            (1, vec![(good.len() as u64, reason, record)])
        );
    };
    bad(&merged("null", "4", "9", "CSV"), "the record has no label");
    bad(&merged(&csv_label(""), "4", "9", "CSV"), "the record has no label");
    bad(
        &merged(r#"{"data":"null","encoding":"JSON"}"#, "4", "9", "CSV"),
        "the record has no label",
    );
    bad(&merged(r#"{"data":"[1","encoding":"JSON"}"#, "4", "9", "CSV"), "the JSON ends too early");
    let uneven = "input and output have different numbers of rows";
    bad(&merged(&csv_label("1\n0\n1"), "4\n5", "8\n9", "CSV"), uneven);
}
