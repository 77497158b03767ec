use dataset::{
    Block, CsvOptions, Format, Label, LabelOptions, Limits, Options, Reader, SetAside, Sink, Truth,
    sniff_labels,
};
use proptest::prelude::*;

/// Shows labels as `id=label`, with `@time` where there is one.
#[derive(Default)]
struct Shown(Vec<String>);

impl Sink for Shown {
    fn block(&mut self, block: &Block<'_>) {
        for label in Label::all(block, &LabelOptions::default()) {
            self.0.push(match label {
                Ok(it) => {
                    let mut truth = Vec::new();
                    it.truth.write(&mut truth);
                    let time = it.time.map_or(String::new(), |it| format!("@{it}"));
                    let text = |it: &[u8]| String::from_utf8(it.to_vec()).expect("UTF-8");
                    format!("{}={}{time}", text(it.id), text(&truth))
                }
                Err(it) => format!("{}: {}", it.offset, it.reason),
            });
        }
    }

    fn set_aside(&mut self, why: SetAside, _: &[u8]) {
        self.0.push(format!("{}: {}", why.offset, why.reason));
    }
}

#[track_caller]
fn check(input: &str, expect: &[&str]) {
    let known = LabelOptions::default().id;
    let csv = CsvOptions { known, ..CsvOptions::default() };
    for (buffer, cut) in [(1 << 16, usize::MAX), (64, 7), (64, 1)] {
        let limits = Limits { buffer, ..Limits::default() };
        let options = Options { csv: csv.clone(), limits, ..Options::default() };
        let mut reader = match sniff_labels(input.as_bytes()) {
            Format::Labels => Reader::labels(&options),
            _ => Reader::csv(&options),
        };
        let mut shown = Shown::default();
        for piece in input.as_bytes().chunks(cut) {
            reader.push(piece, &mut shown);
        }
        reader.finish(&mut shown);
        // Rows may be handed on after what was set aside between them.
        shown.0.sort();
        let mut expect = expect.to_vec();
        expect.sort_unstable();
        assert_eq!(shown.0, expect, "cut {cut}");
    }
}

fn aws(id: &str, truth: &str) -> String {
    format!(
        r#"{{"groundTruthData":{truth},"eventMetadata":{{"eventId":"{id}"}},"eventVersion":"0"}}"#
    ) + "\n"
}

#[test]
fn labels_of_aws_are_kept_byte_for_byte() {
    let odd = r#"{ "encoding" :"CSV", "data":"a \u00e9\"","more":[1] }"#;
    check(
        &(aws("order-1", r#"{"data":"1","encoding":"CSV"}"#) + &aws("é\\u0041", odd)),
        &[r#"order-1={"data":"1","encoding":"CSV"}"#, &format!("éA={odd}")],
    );
}

#[test]
fn records_written_alike_are_told_apart() {
    let one = |id: &str, data: &str| aws(id, &format!(r#"{{"data":"{data}","encoding":"CSV"}}"#));
    let turned = |it: &str| {
        format!(
            r#"{{"eventMetadata":{{"eventId":"{it}"}},"groundTruthData":{{"encoding":"CSV","data":"2"}}}}"#
        ) + "\n"
    };
    let lines = [
        one("a", "1"),
        one("b\\u0063", ""),
        one("", "1"),
        one("d", "\\\"x"),
        one("e", "1").replace("CSV", "JSON"),
        turned("f"),
        turned("g"),
    ];
    let empty = lines[..2].concat().len();
    check(
        &lines.concat(),
        &[
            r#"a={"data":"1","encoding":"CSV"}"#,
            r#"bc={"data":"","encoding":"CSV"}"#,
            &format!("{empty}: the record has no id"),
            r#"d={"data":"\"x","encoding":"CSV"}"#,
            r#"e={"data":"1","encoding":"JSON"}"#,
            r#"f={"encoding":"CSV","data":"2"}"#,
            r#"g={"encoding":"CSV","data":"2"}"#,
        ],
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn damaged_labels_are_judged_as_by_serde_json(
        data in "[a-z\"\\\\]{0,4}",
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(b"\"\\{}[]:,0eu \x00\xC3".to_vec()),
    ) {
        let good = aws("order-1", &format!(r#"{{"data":{},"encoding":"CSV"}}"#, serde_json::Value::from(data)));
        let mut line = good.clone().into_bytes();
        line.pop();
        let at = at.index(line.len());
        line[at] = byte;
        let value = serde_json::from_slice::<serde_json::Value>(&line).ok();
        // A record that is written as one before is read by another way.
        for before in [0, 2] {
            let text = [good.repeat(before).as_bytes(), &line].concat();
            let mut shown = Shown::default();
            let mut reader = Reader::labels(&Options::default());
            reader.push(&text, &mut shown);
            reader.finish(&mut shown);
            prop_assert_eq!(reader.tally().rows + reader.tally().set_aside, before as u64 + 1);
            let id = value.as_ref().and_then(|it| it["eventMetadata"]["eventId"].as_str());
            let said = value.as_ref().is_some_and(|it| !it["groundTruthData"]["data"].is_null());
            match id.filter(|it| said && !it.is_empty()) {
                None => prop_assert_eq!(reader.tally().set_aside, 1),
                Some(id) => {
                    let prefix = format!("{id}=");
                    prop_assert!(shown.0.iter().filter(|it| it.starts_with(&prefix)).count() > before * usize::from(id == "order-1"));
                }
            }
        }
    }
}

#[test]
fn plain_objects_are_labels_too() {
    check(
        concat!(
            r#"{"id":"a","label":1.50}"#,
            "\n",
            r#"{"label":true,"id":7}"#,
            "\n",
            r#"{"id":"c","label":[0, 1],"eventTime":"1970-01-01T00:00:01.5Z"}"#,
            "\n",
            r#"{"event_id":"d","ground_truth":"say \"x\", y","label_time":2}"#,
            "\n",
            r#"{"id":"both","eventId":"wins","label":"","other":{"id":"no"}}"#,
            "\n",
        ),
        &[
            r#"a={"data":"1.50","encoding":"CSV"}"#,
            r#"7={"data":"true","encoding":"CSV"}"#,
            r#"c={"data":"[0, 1]","encoding":"JSON"}@1500000"#,
            r#"d={"data":"\"say \"\"x\"\", y\"","encoding":"CSV"}@2000000"#,
            r#"wins={"data":"","encoding":"CSV"}"#,
        ],
    );
}

#[test]
fn tables_of_labels_need_no_header() {
    check(
        "id,label\no-1,gold\no-2,\"a, b\"\n",
        &[r#"o-1={"data":"gold","encoding":"CSV"}"#, r#"o-2={"data":"\"a, b\"","encoding":"CSV"}"#],
    );
    check(
        "o-1,gold\r\no-2,[0 1]",
        &[r#"o-1={"data":"gold","encoding":"CSV"}"#, r#"o-2={"data":"[0 1]","encoding":"CSV"}"#],
    );
    check(
        "x,label,eventTime,inferenceId\n9,1,1970-01-01T00:00:00Z,o-1\n",
        &[r#"o-1={"data":"1","encoding":"CSV"}@0"#],
    );
}

#[test]
fn unusable_labels_are_set_aside() {
    let good = aws("a", r#"{"data":"1","encoding":"CSV"}"#);
    let at = good.len();
    let said = |line: &str, reason: &str| {
        let reason = format!("{at}: {reason}");
        check(&format!("{good}{line}"), &[r#"a={"data":"1","encoding":"CSV"}"#, &reason]);
    };
    said(&aws("", r#"{"data":"1","encoding":"CSV"}"#), "the record has no id");
    said(&aws("b", "null"), "the record has no label");
    said(&aws("b", r#"{"data":null}"#), "the record has no label");
    said(&aws("b", r#"{"encoding":"CSV"}"#), "the record is not shaped like a label");
    said(r#"{"groundTruthData":{"data":"1"#, "the JSON ends too early");
    said("[1]\n", "the line is not a JSON object");
    // Objects joined by commas (sagemaker-python-sdk#3224).
    said(
        &format!("{},{good}", good.trim_end()),
        "more than one object on the line: they must stand on lines of their own",
    );
    said(r#"{"id":"b","label":1,"eventTime":"noon"}"#, "the time of the label is not readable");
    said(r#"{"id":["b"],"label":1}"#, "the id is neither a text nor a number");
    check(
        "id,label\n,1\nb,\nc,1\n",
        &[
            "10: the row has no id",
            "12: the row has no label",
            r#"c={"data":"1","encoding":"CSV"}"#,
        ],
    );
    check("id,score\nb,1\n", &["9: no column holds the labels"]);
}

#[test]
fn truth_is_written_as_serde_json_reads_it() {
    for text in ["", "1", "a,b", "\"", "tab\tnew\nline", "\u{1}é🦀\\"] {
        let mut out = Vec::new();
        Truth::Text(text.as_bytes()).write(&mut out);
        let read: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        let data = read["data"].as_str().expect("a text");
        let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(data.as_bytes());
        let cell =
            rows.records().next().map_or(String::new(), |it| it.expect("a row")[0].to_owned());
        assert_eq!((cell.as_str(), &read["encoding"]), (text, &"CSV".into()));
    }
}
