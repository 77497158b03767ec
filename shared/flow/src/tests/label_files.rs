//! Label files of every kind, and files that no merge can hold, through the real handler.

use super::merges::{Truth, record};
use super::stage::{HOUR, START};
use crate::Merged;
use ports::{Address, GroundTruth, Next, TruthHour, Work};
use std::collections::BTreeMap;

/// Written by `samples/labels.py`.
const PARQUET: &[u8] = include_bytes!("samples/labels.parquet");
const ZSTD: &[u8] = include_bytes!("samples/labels-zstd.parquet");
const GZIP: &[u8] = include_bytes!("samples/labels.csv.gz");
const SETTINGS: &str = "defaults:\n  ground_truth: {s3_uri: \"s3://ml-labels/in\"MORE}\n  baseline:\n    training_data_s3_uri: s3://ml-training/churn.csv\n";

fn truth(more: &str) -> Truth {
    let mut truth = Truth::with(&SETTINGS.replace("MORE", more));
    let capture = truth.capture(START + HOUR, "a", &[1, 2, 3, 4]);
    truth.merge(&capture);
    truth
}

/// Returns the ground truth of every inference in the view, as AWS spells it.
fn spelled(truth: &Truth) -> BTreeMap<String, String> {
    let of = TruthHour {
        endpoint: "churn-prod".into(),
        variant: "AllTraffic".into(),
        hour: START + HOUR,
    };
    let view = pollster::block_on(truth.stage.shelves.view(&of)).expect("read").expect("a view");
    let text = String::from_utf8(view.value).expect("text");
    let member = |line: &str, before: &str, after: &str| {
        let rest = line.split(before).nth(1).expect("a member");
        rest.split(after).next().expect("an end").to_owned()
    };
    let read = |line: &str| {
        let event = member(line, r#""eventId":""#, "\"");
        (event, member(line, r#""groundTruthData":{"#, "}"))
    };
    text.lines().map(read).collect()
}

#[track_caller]
fn check(truth: &Truth, expect: &[(u32, &str)]) {
    let expect: BTreeMap<String, String> =
        expect.iter().map(|(n, it)| (format!("event-{n}"), (*it).to_owned())).collect();
    assert_eq!(spelled(truth), expect);
}

#[test]
fn parquet_labels_are_merged() {
    let named = ", id_attribute: order_id, label_attribute: churned, time_attribute: found_at";
    for format in ["", ", format: parquet"] {
        let mut truth = truth(&format!("{named}{format}"));
        // No name ends a file: what it holds tells.
        let object = truth.write("ml-labels", "in/part-00000", PARQUET);
        let merged = truth.merge(&object);
        // A row without a label and one without an id are set aside.
        assert!(matches!(merged, Merged::Merged { records: 4, set_aside: 2, .. }), "{merged:?}");
        check(
            &truth,
            &[
                (1, r#""data":"yes","encoding":"CSV""#),
                (2, r#""data":"no","encoding":"CSV""#),
                (3, r#""data":"\"yes, later\"","encoding":"CSV""#),
            ],
        );
        assert_eq!(truth.log().hours[0].matched, 3);
    }
}

/// The label of an order: 1 of odd ones, else 0.
fn parity(order: u32) -> &'static str {
    if order.is_multiple_of(2) {
        r#""data":"0","encoding":"CSV""#
    } else {
        r#""data":"1","encoding":"CSV""#
    }
}

#[test]
fn numbers_of_parquet_stay_whole() {
    let mut truth = truth(", id_attribute: order_id, label_attribute: amount");
    let object = truth.write("ml-labels", "in/day=2026-03-02/part-0.parquet", PARQUET);
    truth.merge(&object);
    check(&truth, &[1, 2, 3, 4].map(|it| (it, parity(it))));
}

#[test]
fn file_of_another_kind_says_what_it_is() {
    let mut truth = truth(", id_attribute: order_id, label_attribute: churned");
    for (bytes, told) in
        [(ZSTD, "uses a compression or a type that is not supported"), (&PARQUET[..400], "damaged")]
    {
        let object = truth.write("ml-labels", "in/part-1.parquet", bytes);
        let refusal = truth.stage.once(&Work::MergeObject { object }).expect_err("refused");
        let why = std::error::Error::source(&refusal).map(ToString::to_string);
        assert!(why.as_ref().is_some_and(|it| it.contains(told)), "{refusal}: {why:?}");
    }
}

#[test]
fn packed_labels_are_merged() {
    let mut truth = truth("");
    let object = truth.write("ml-labels", "in/labels.csv.gz", GZIP);
    truth.merge(&object);
    check(&truth, &[1, 2, 3, 4].map(|it| (it, parity(it))));
    // Of a file that breaks off, what could be read stands, and the rest is counted.
    let cut = truth.write("ml-labels", "in/cut.csv.gz", &GZIP[..GZIP.len() - 12]);
    assert!(matches!(truth.merge(&cut), Merged::Merged { set_aside: 1.., .. }));
    check(&truth, &[1, 2, 3, 4].map(|it| (it, parity(it))));
}

#[test]
fn labels_of_every_kind_keep_their_value() {
    let mut truth = truth("");
    let text = [
        r#"{"id":"event-1","label":true}"#,
        r#"{"id":"order-2","label":[0.5,{"a":"b"}]}"#,
        r#"{"id":"event-3","label":"he said \"no\", then left"}"#,
        r#"{"id":"order-4","label":-1.50e3}"#,
        r#"{"id":"event-5"}"#,
        r#"{"label":1}"#,
    ];
    let object = truth.write("ml-labels", "in/all.jsonl", text.join("\n"));
    assert!(matches!(truth.merge(&object), Merged::Merged { records: 4, set_aside: 2, .. }));
    let of = TruthHour {
        endpoint: "churn-prod".into(),
        variant: "AllTraffic".into(),
        hour: START + HOUR,
    };
    let view = pollster::block_on(truth.stage.shelves.view(&of)).expect("read").expect("a view");
    let text = String::from_utf8(view.value).expect("text");
    for expect in [
        r#""groundTruthData":{"data":"true","encoding":"CSV"}"#,
        r#""groundTruthData":{"data":"[0.5,{\"a\":\"b\"}]","encoding":"JSON"}"#,
        // One CSV cell: its quotes doubled, itself quoted.
        r#""groundTruthData":{"data":"\"he said \"\"no\"\", then left\"","encoding":"CSV"}"#,
        r#""groundTruthData":{"data":"-1.50e3","encoding":"CSV"}"#,
    ] {
        assert!(text.contains(expect), "{expect} in {text}");
    }
}

/// A world in which merges hold little: a limit is a limit, wherever it is.
fn small(truth: &mut Truth) {
    truth.stage.limits.most_truth_bytes = 600;
    truth.stage.limits.most_labels = 20;
    truth.stage.limits.most_capture_bytes = 1500;
}

fn refusals(truth: &Truth) -> usize {
    truth.stage.inner().metrics().iter().filter(|it| it.name == "FilesRefused").count()
}

#[test]
fn file_larger_than_a_merge_holds_is_set_aside() {
    let mut truth = truth("");
    small(&mut truth);
    let lines = |count: u32| {
        (0..count).fold(String::from("id,label\n"), |text, it| format!("{text}event-{it},1\n"))
    };
    // By its bytes, and by what it holds.
    for (name, text, told) in [
        ("bytes", "x".repeat(601), "upload it in parts"),
        ("labels", lines(21), "21 labels are more than the 20 of one file; upload it in parts"),
    ] {
        let before = refusals(&truth);
        let at = format!("in/{name}.csv");
        let object = truth.write("ml-labels", &at, text);
        let refusal = truth.stage.once(&Work::MergeObject { object }).expect_err("refused");
        assert_eq!(refusal.next, Next::FixInput);
        let all =
            format!("{refusal} {:?}", std::error::Error::source(&refusal).map(ToString::to_string));
        assert!(all.contains(told) && all.contains(&format!("s3://ml-labels/{at}")), "{all}");
        assert!(!all.contains("event-"), "no value is told: {all}");
        assert_eq!(refusals(&truth), before + 1, "it is counted");
    }
    let object = truth.write("ml-labels", "in/fits.csv", lines(20));
    truth.merge(&object);
    assert_eq!(truth.log().hours[0].matched, 2, "what fits is merged");
}

#[test]
fn large_capture_file_is_set_aside() {
    let mut truth = truth("");
    small(&mut truth);
    let line = record(7, START + HOUR, false);
    let large = truth.captured(START + HOUR, "large", &format!("{line}\n").repeat(9));
    let refusal = truth.stage.once(&Work::MergeObject { object: large.clone() });
    let refusal = refusal.expect_err("refused");
    assert_eq!((refusal.next, refusals(&truth)), (Next::FixInput, 1));
    assert!(refusal.to_string().contains("vigil merge"), "{refusal}");
    // The others of its hour are merged, and once it is merged by hand nothing is asked for again.
    let label = truth.write("ml-labels", "in/a.csv", "id,label\nevent-1,1\nevent-7,1\n");
    truth.merge(&label);
    check(&truth, &[(1, r#""data":"1","encoding":"CSV""#)]);
    let key = Address::new("ml-capture", large.at.key.as_str());
    assert!(truth.stage.inner().object(&key).is_some(), "the file is left where it is");
}
