//! Labels and captures in any order, at any time, in any shape.

use super::stage::{HOUR, START, Stage};
use crate::{Done, Merged};
use engine::event::SuiteEvent;
use ports::{
    Address, EndpointRecords, GroundTruth, Next, StatusBoard, TruthHour, Work, WrittenObject,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

const SETTINGS: &str = "defaults:\n  ground_truth: {s3_uri: \"s3://ml-labels/in\"}\n  baseline:\n    training_data_s3_uri: s3://ml-training/churn.csv\n";

/// A captured record; the caller's id is `order-N` where it gave one.
pub(super) fn record(n: u32, start: i64, with_id: bool) -> String {
    let time = jiff::Timestamp::from_second(start + i64::from(n) % HOUR).expect("time");
    let id = if with_id { format!(r#""inferenceId":"order-{n}","#) } else { String::new() };
    format!(
        r#"{{"captureData":{{"endpointInput":{{"observedContentType":"text/csv","mode":"INPUT","data":"{n},1","encoding":"CSV"}},"endpointOutput":{{"observedContentType":"text/csv","mode":"OUTPUT","data":"0.{n}","encoding":"CSV"}}}},"eventMetadata":{{"eventId":"event-{n}",{id}"inferenceTime":"{time}"}},"eventVersion":"0"}}"#
    )
}

pub(super) struct Truth {
    pub(super) stage: Stage,
    writes: u64,
}

impl Truth {
    pub(super) fn new() -> Self {
        Self::with(SETTINGS)
    }

    pub(super) fn with(settings: &str) -> Self {
        Self::paged(settings, 0)
    }

    /// Listings hold so many keys a page.
    pub(super) fn paged(settings: &str, page: usize) -> Self {
        let mut truth = Self { stage: Stage::paged(settings, page), writes: 0 };
        truth.adopt();
        truth.stage.now = START + 2 * HOUR;
        truth
    }

    /// Nobody knows of an endpoint yet.
    pub(super) fn unknown(settings: &str) -> Self {
        Self { stage: Stage::with(settings), writes: 0 }
    }

    pub(super) fn adopt(&mut self) {
        self.stage.serve("churn-prod", true);
        let work = Work::ReconcileEndpoint { endpoint: "churn-prod".into() };
        self.stage.once(&work).expect("adopted");
        self.stage.inner().take_events();
    }

    /// Writes an object and returns what S3 tells of it.
    pub(super) fn write(
        &mut self,
        bucket: &str,
        key: &str,
        text: impl AsRef<[u8]>,
    ) -> WrittenObject {
        self.writes += 1;
        let at = Address::new(bucket, key);
        self.stage.inner().set_now(self.stage.now);
        self.stage.inner().set_object(&at, text.as_ref());
        let read = ports::ReadObjects::read(self.stage.inner(), &at, 0, 0);
        let etag = pollster::block_on(read).expect("written").etag.0;
        WrittenObject {
            at,
            etag: Some(etag),
            sequencer: Some(format!("00{:04X}", self.writes)),
            written_at: Some(self.stage.now),
        }
    }

    /// Writes a capture file of the hour that starts at `hour`.
    pub(super) fn capture(&mut self, hour: i64, name: &str, of: &[u32]) -> WrittenObject {
        let mut text = String::new();
        for n in of {
            let _ = writeln!(text, "{}", record(*n, hour, n.is_multiple_of(2)));
        }
        self.captured(hour, name, &text)
    }

    pub(super) fn captured(&mut self, hour: i64, name: &str, text: &str) -> WrittenObject {
        let folder = jiff::Timestamp::from_second(hour).expect("time").strftime("%Y/%m/%d/%H");
        let key = format!("capture/churn-prod/AllTraffic/{folder}/{name}.jsonl");
        self.write("ml-capture", &key, text)
    }

    /// Writes AWS's labels: inference and label each.
    pub(super) fn label(&mut self, name: &str, of: &[(u32, u32)]) -> WrittenObject {
        let mut text = String::new();
        for (n, label) in of {
            let id = id_of(*n);
            let _ = writeln!(
                text,
                r#"{{"groundTruthData":{{"data":"{label}","encoding":"CSV"}},"eventMetadata":{{"eventId":"{id}"}},"eventVersion":"0"}}"#
            );
        }
        self.write("ml-labels", &format!("in/2026/03/02/02/{name}.jsonl"), &text)
    }

    fn remove(&self, at: &Address) {
        let removed = ports::RemoveObjects::remove(self.stage.inner(), at);
        pollster::block_on(removed).expect("removed");
    }

    pub(super) fn merge(&mut self, object: &WrittenObject) -> Merged {
        let work = Work::MergeObject { object: object.clone() };
        match self.stage.once(&work).expect("merged") {
            Done::Merged(it) => it,
            other => panic!("{other:?}"),
        }
    }

    /// Returns the label of every inference in the view of an hour, by its event.
    pub(super) fn view(&self, hour: i64) -> BTreeMap<String, String> {
        let key = Address::new("vigil", merged_key(hour));
        let Some(bytes) = self.stage.inner().object(&key) else { return BTreeMap::new() };
        let text = String::from_utf8(bytes).expect("text");
        let mut view = BTreeMap::new();
        for line in text.lines() {
            let event = between(line, r#""eventId":""#);
            let label = between(line, r#""groundTruthData":{"data":""#);
            assert_eq!(view.insert(event.clone(), label), None, "{event} twice");
        }
        view
    }

    pub(super) fn log(&self) -> ports::TruthLog {
        let log = self.stage.shelves.truth_log("churn-prod", "AllTraffic");
        pollster::block_on(log).expect("read").map(|it| it.value).unwrap_or_default()
    }
}

/// What the label of an inference goes by.
pub(super) fn id_of(n: u32) -> String {
    if n.is_multiple_of(2) { format!("order-{n}") } else { format!("event-{n}") }
}

fn between(line: &str, before: &str) -> String {
    let rest = line.split(before).nth(1).unwrap_or_else(|| panic!("{before} in {line}"));
    rest.split('"').next().expect("an end").to_owned()
}

pub(super) fn merged_key(hour: i64) -> String {
    let folder = jiff::Timestamp::from_second(hour).expect("time").strftime("%Y/%m/%d/%H");
    format!("vigil/merged/churn-prod/AllTraffic/{folder}/merged.jsonl")
}

#[track_caller]
fn check(truth: &Truth, hour: i64, expect: &[(u32, u32)]) {
    let expect: BTreeMap<String, String> =
        expect.iter().map(|(n, label)| (format!("event-{n}"), label.to_string())).collect();
    assert_eq!(truth.view(hour), expect);
}

#[test]
fn labels_meet_captures_in_either_order() {
    for labels_first in [false, true] {
        let mut truth = Truth::new();
        let capture = truth.capture(START, "a", &[1, 2, 3]);
        let label = truth.label("a", &[(1, 1), (2, 0), (9, 1)]);
        let objects = if labels_first { [&label, &capture] } else { [&capture, &label] };
        let ended = objects.map(|it| truth.merge(it));
        check(&truth, START, &[(1, 1), (2, 0)]);
        let Merged::Merged { changed: 1, .. } = ended[1] else { panic!("{ended:?}") };
        let hour = &truth.log().hours[0];
        assert_eq!((hour.hour, hour.captured, hour.matched), (START, 3, 2));
        // Again, and again in the other order: nothing changes.
        let before = truth.stage.inner().objects();
        for object in [&capture, &label, &label, &capture] {
            truth.merge(object);
        }
        assert_eq!(truth.stage.inner().objects(), before);
    }
}

#[test]
fn labels_of_one_file_go_to_all_hours() {
    let mut truth = Truth::new();
    for (hour, n) in [(START, 1), (START + HOUR, 2), (START - 5 * HOUR, 3)] {
        let object = truth.capture(hour, "a", &[n]);
        truth.merge(&object);
    }
    let label = truth.label("all", &[(1, 1), (2, 1), (3, 0)]);
    truth.merge(&label);
    check(&truth, START, &[(1, 1)]);
    check(&truth, START + HOUR, &[(2, 1)]);
    check(&truth, START - 5 * HOUR, &[(3, 0)]);
}

#[test]
fn late_labels_change_only_their_hours() {
    let mut truth = Truth::new();
    for (hour, n) in [(START, 1), (START + HOUR, 2)] {
        let object = truth.capture(hour, "a", &[n, n + 10]);
        truth.merge(&object);
    }
    let label = truth.label("both", &[(1, 1), (2, 1)]);
    truth.merge(&label);
    let other = truth.stage.inner().object(&Address::new("vigil", merged_key(START)));
    truth.stage.now += 10 * 24 * HOUR;
    let late = truth.label("late", &[(12, 0)]);
    truth.merge(&late);
    check(&truth, START + HOUR, &[(2, 1), (12, 0)]);
    assert_eq!(truth.stage.inner().object(&Address::new("vigil", merged_key(START))), other);
}

#[test]
fn last_label_wins_and_conflicts_count() {
    let mut truth = Truth::new();
    let object = truth.capture(START, "a", &[1, 2, 3, 4]);
    truth.merge(&object);
    let first = truth.label("1", &[(1, 0), (2, 1), (3, 0), (3, 1)]);
    truth.stage.now += 60;
    let second = truth.label("2", &[(1, 1), (2, 1)]);
    // The later upload is seen first.
    truth.merge(&second);
    truth.merge(&first);
    check(&truth, START, &[(1, 1), (2, 1), (3, 1)]);
    let hour = &truth.log().hours[0];
    assert_eq!((hour.matched, hour.duplicates, hour.conflicts), (3, 3, 2));
}

#[test]
fn own_time_of_a_label_goes_before_uploads() {
    let settings = SETTINGS.replace("in\"}", "in\", time_attribute: found}");
    let mut truth = Truth::with(&settings);
    let object = truth.capture(START, "a", &[1]);
    truth.merge(&object);
    let line = |label: u32, time: &str| {
        format!("{{\"id\":\"event-1\",\"label\":{label},\"found\":\"{time}\"}}\n")
    };
    let new = truth.write("ml-labels", "in/new.jsonl", line(1, "2026-03-02T01:00:00Z"));
    truth.stage.now += 600;
    let old = truth.write("ml-labels", "in/old.jsonl", line(0, "2026-03-02T00:30:00Z"));
    truth.merge(&new);
    truth.merge(&old);
    check(&truth, START, &[(1, 1)]);
}

#[test]
fn overwritten_labels_count_as_later_ones() {
    let mut truth = Truth::new();
    let object = truth.capture(START, "a", &[1, 2]);
    truth.merge(&object);
    let first = truth.label("daily", &[(1, 0), (2, 0)]);
    truth.merge(&first);
    truth.stage.now += 60;
    let second = truth.label("daily", &[(1, 1)]);
    // The event of the first content comes again, after it was overwritten.
    assert!(matches!(truth.merge(&first), Merged::Merged { changed: 0, .. }));
    truth.merge(&second);
    check(&truth, START, &[(1, 1), (2, 0)]);
    // Back to the first content: a third write, which wins again.
    truth.stage.now += 60;
    let third = truth.label("daily", &[(1, 0), (2, 0)]);
    truth.merge(&third);
    check(&truth, START, &[(1, 0), (2, 0)]);
}

#[test]
fn content_overwritten_before_it_was_seen_is_superseded() {
    let mut truth = Truth::new();
    let object = truth.capture(START, "a", &[1]);
    truth.merge(&object);
    let first = truth.label("daily", &[(1, 0)]);
    let second = truth.label("daily", &[(1, 1)]);
    assert_eq!(truth.merge(&first), Merged::Superseded);
    truth.merge(&second);
    check(&truth, START, &[(1, 1)]);
    let capture = truth.capture(START, "gone", &[2]);
    truth.remove(&capture.at);
    assert_eq!(truth.merge(&capture), Merged::Superseded);
}

#[test]
fn removed_files_take_nothing_back() {
    let mut truth = Truth::new();
    let label = truth.label("a", &[(1, 1), (2, 1)]);
    truth.merge(&label);
    // Labels wait for their capture, though their file is gone.
    truth.remove(&label.at);
    let capture = truth.capture(START, "a", &[1]);
    truth.merge(&capture);
    check(&truth, START, &[(1, 1)]);
    truth.remove(&capture.at);
    let capture = truth.capture(START, "b", &[2]);
    truth.merge(&capture);
    check(&truth, START, &[(1, 1), (2, 1)]);
}

#[test]
fn encoded_keys_find_their_objects() {
    let mut truth = Truth::new();
    let object = truth.capture(START, "a", &[1, 2]);
    truth.merge(&object);
    let text = "id,label\nevent-1,1\n";
    let mut label = truth.write("ml-labels", "in/late labels (1).csv", text);
    label.at.key = "in/late+labels+%281%29.csv".into();
    truth.merge(&label);
    check(&truth, START, &[(1, 1)]);
    // A key that merely looks encoded is itself.
    let label = truth.write("ml-labels", "in/a+b%20c.csv", "id,label\norder-2,0\n");
    truth.merge(&label);
    check(&truth, START, &[(1, 1), (2, 0)]);
}

#[test]
fn truncated_files_lose_only_their_last_line() {
    let mut truth = Truth::new();
    let whole = format!("{}\n{}\n", record(1, START, false), record(3, START, false));
    let capture = truth.captured(START, "a", &whole[..whole.len() - 40]);
    truth.merge(&capture);
    let label = truth.label("a", &[(1, 1), (3, 1)]);
    truth.merge(&label);
    check(&truth, START, &[(1, 1)]);
    // The whole file comes after all.
    let capture = truth.captured(START, "a", &whole);
    truth.merge(&capture);
    check(&truth, START, &[(1, 1), (3, 1)]);
    let text = "{\"id\":\"event-1\",\"label\":0}\n{\"id\":\"event-3\",\"la";
    let label = truth.write("ml-labels", "in/cut.jsonl", text);
    assert!(matches!(truth.merge(&label), Merged::Merged { records: 1, set_aside: 1, .. }));
}

#[test]
fn lines_of_ten_megabytes_are_merged() {
    let mut truth = Truth::new();
    let long = record(1, START, false).replace("1,1", &"x".repeat(10 << 20));
    let capture = truth.captured(START, "a", &format!("{long}\n{}\n", record(3, START, false)));
    truth.merge(&capture);
    let label = truth.label("a", &[(1, 1), (3, 0)]);
    truth.merge(&label);
    check(&truth, START, &[(1, 1), (3, 0)]);
}

#[test]
fn file_of_another_place_is_skipped() {
    let mut truth = Truth::new();
    for (bucket, key) in [
        ("ml-labels", "other/a.jsonl"),
        ("ml-labels", "in-2/a.jsonl"),
        ("ml-other", "in/a.jsonl"),
        ("ml-capture", "capture/nobody/AllTraffic/2026/03/02/00/a.jsonl"),
        ("ml-capture", "elsewhere/churn-prod/AllTraffic/2026/03/02/00/a.jsonl"),
        ("vigil", "vigil/merged/churn-prod/AllTraffic/2026/03/02/00/merged.jsonl"),
    ] {
        let object = truth.write(bucket, key, record(1, START, false));
        assert_eq!(truth.merge(&object), Merged::Skipped, "{bucket} {key}");
    }
}

#[test]
fn own_records_are_never_labels() {
    let settings = SETTINGS.replace("s3://ml-labels/in", "s3://vigil/vigil");
    let mut truth = Truth::with(&settings);
    let object = truth.write("vigil", "vigil/staging/ground-truth/churn-prod/x.json", "{}");
    assert_eq!(truth.merge(&object), Merged::Skipped);
}

#[test]
fn label_file_without_columns_asks_for_mending() {
    let mut truth = Truth::with(&SETTINGS.replace("in\"}", "in\", id_attribute: order}"));
    let object = truth.write("ml-labels", "in/a.csv", "one,two\n1,2\n");
    let refusal = truth.stage.once(&Work::MergeObject { object }).expect_err("refused");
    assert_eq!(refusal.next, Next::FixInput);
}

#[test]
fn orphans_expire_into_a_report() {
    let mut truth = Truth::new();
    let capture = truth.capture(START, "a", &[1]);
    truth.merge(&capture);
    let label = truth.label("a", &[(1, 1), (7, 1), (8, 0)]);
    truth.merge(&label);
    let settle = Work::SettleLabels { endpoint: "churn-prod".into() };
    let key =
        Address::new("vigil", "vigil/reports/churn-prod/ground-truth/2026/03/02/02/orphans.json");
    truth.stage.now += 29 * 24 * HOUR;
    truth.stage.once(&settle).expect("settled");
    assert_eq!(truth.stage.inner().object(&key), None);
    truth.stage.now += 24 * HOUR + 3 * HOUR;
    truth.stage.once(&settle).expect("settled");
    let report = truth.stage.inner().object(&key).expect("a report");
    let report = String::from_utf8(report).expect("text");
    assert!(report.contains("\"labels\": 2") && report.contains("event-7"), "{report}");
    assert!(report.contains("order-8") && !report.contains("event-1"), "{report}");
    let lines = pollster::block_on(truth.stage.shelves.status()).expect("status");
    assert_eq!(lines[0].labels[0].orphans, 2);
    let metrics = truth.stage.inner().metrics();
    assert!(metrics.iter().any(|it| it.name == "LabelsOrphaned" && it.value == 2.0));
    // Within the hour nobody counts again, and the number stands.
    truth.stage.now += 1800;
    truth.stage.once(&settle).expect("settled");
    let lines = pollster::block_on(truth.stage.shelves.status()).expect("status");
    assert_eq!(lines[0].labels[0].orphans, 2);
}

/// A month of captures is not read again for each hour of labels that is over.
#[test]
fn expired_hours_are_counted_once_and_near() {
    let mut truth = Truth::new();
    for n in 0..300_u32 {
        let hour = START + i64::from(n) * HOUR;
        truth.stage.now = hour + HOUR;
        let capture = truth.capture(hour, "a", &[n]);
        truth.merge(&capture);
        if n == 299 {
            // Two of the captures just before, and one that was never captured.
            let label = truth.label("late", &[(298, 1), (299, 1)]);
            truth.merge(&label);
            truth.stage.now += HOUR;
            let label = truth.label("lost", &[(1000, 1)]);
            truth.merge(&label);
        }
    }
    let settle = Work::SettleLabels { endpoint: "churn-prod".into() };
    let calls = |truth: &mut Truth| {
        // Nothing is remembered, as in a function that starts.
        truth.stage.forget();
        let before = truth.stage.world.calls();
        truth.stage.once(&settle).expect("settled");
        truth.stage.world.calls() - before
    };
    truth.stage.now = START + 300 * HOUR + 30 * 24 * HOUR + 60;
    calls(&mut truth);
    let rest = calls(&mut truth);
    truth.stage.now += 2 * HOUR + 60;
    let near = calls(&mut truth);
    assert!(near <= rest + 10, "{near} calls where {rest} is rest");
    truth.stage.now += HOUR;
    let far = calls(&mut truth);
    assert!((300..rest + 320).contains(&far), "an orphan is looked for everywhere: {far} calls");
    for _ in 0..3 {
        truth.stage.now += HOUR;
        let again = calls(&mut truth);
        assert!(again <= rest + 10, "{again} calls where {rest} is rest");
        let lines = pollster::block_on(truth.stage.shelves.status()).expect("status");
        assert_eq!(lines[0].labels[0].orphans, 1);
    }
    truth.stage.now += 24 * HOUR;
    calls(&mut truth);
    let lines = pollster::block_on(truth.stage.shelves.status()).expect("status");
    assert_eq!(lines[0].labels[0].orphans, 0, "a day later it is told no more");
}

#[test]
fn large_upload_is_joined_in_parts() {
    let mut truth = Truth::new();
    let capture = truth.capture(START, "a", &[3, 30_000, 45_001]);
    truth.merge(&capture);
    let all: Vec<(u32, u32)> = (0..45_002).map(|it| (it, it % 10)).collect();
    let label = truth.label("all", &all);
    truth.merge(&label);
    check(&truth, START, &[(3, 3), (30_000, 0), (45_001, 1)]);
}

/// An endpoint with an hourly monitor of model quality.
fn monitored(settings: &str) -> Truth {
    let quality = "  data_quality: {enabled: false}\n  model_quality: {enabled: true, problem_type: BinaryClassification, inference_attribute: \"0\"}\n";
    Truth::with(&format!("{settings}{quality}"))
}

/// Takes the windows that were asked for: their start, and whether they were judged before.
fn asked(truth: &Truth) -> Vec<(i64, bool)> {
    let events = truth.stage.inner().take_events();
    let window = |it: &SuiteEvent| match it {
        SuiteEvent::WindowReady(it) => Some((it.window.start, false)),
        SuiteEvent::WindowDirty(it) => Some((it.window.start, true)),
        _ => None,
    };
    events.iter().filter_map(window).collect()
}

#[test]
fn windows_are_ready_once_enough_labels_came() {
    let mut truth = monitored(&SETTINGS.replace("in\"}", "in\", min_coverage: 0.75, settle: 10m}"));
    let capture = truth.capture(START + HOUR, "a", &[1, 2, 3, 4]);
    truth.merge(&capture);
    let label = truth.label("1", &[(1, 1), (2, 1)]);
    truth.merge(&label);
    assert_eq!(asked(&truth), []);
    let label = truth.label("2", &[(3, 1)]);
    truth.merge(&label);
    assert_eq!(asked(&truth), [(START + HOUR, false)]);
    // The next change waits until changes are gathered.
    let label = truth.label("3", &[(4, 1)]);
    truth.merge(&label);
    assert_eq!(asked(&truth), []);
    let settle = Work::SettleLabels { endpoint: "churn-prod".into() };
    for (minutes, expect) in [(5, vec![]), (6, vec![(START + HOUR, false)]), (60, vec![])] {
        truth.stage.now += minutes * 60;
        truth.stage.once(&settle).expect("settled");
        assert_eq!(asked(&truth), expect, "after {minutes} minutes");
    }
}

#[test]
fn late_labels_ask_a_bounded_number_of_times() {
    let mut truth = monitored(SETTINGS);
    let all: Vec<u32> = (0..600).collect();
    let capture = truth.capture(START + HOUR, "a", &all);
    truth.merge(&capture);
    let mut count = 0;
    // Three hundred labels first, then one each hour for twelve days.
    for it in 0..300 {
        let label = match it {
            0 => truth.label("first", &all[..300].iter().map(|n| (*n, 1)).collect::<Vec<_>>()),
            it => truth.label(&format!("{it}"), &[(300 + it, 1)]),
        };
        truth.merge(&label);
        count += asked(&truth).len();
        truth.stage.now += HOUR;
    }
    // 15 minutes, doubled up to a day: seven times on the first day, then daily.
    assert!((12..=20).contains(&count), "{count} times");
    truth.stage.now += 24 * HOUR;
    truth.stage.once(&Work::SettleLabels { endpoint: "churn-prod".into() }).expect("settled");
    assert!(truth.log().hours.iter().all(|it| !it.is_untold()));
}

#[test]
fn window_with_offsets_is_asked_for_by_what_it_looks_at() {
    let offsets = "  model_quality: {enabled: true, problem_type: BinaryClassification, inference_attribute: \"0\", schedule_expression: \"daily 06:00\", start_time_offset: -P2D, end_time_offset: -P1D}\n";
    let mut truth =
        Truth::with(&format!("{SETTINGS}  data_quality: {{enabled: false}}\n{offsets}"));
    let capture = truth.capture(START + HOUR, "a", &[1]);
    truth.merge(&capture);
    truth.stage.now = START + 5 * 24 * HOUR;
    let label = truth.label("1", &[(1, 1)]);
    truth.merge(&label);
    // Sunday 06:00 to Monday 06:00 is looked at on Tuesday 06:00.
    assert_eq!(asked(&truth), [(START + 6 * HOUR, false)]);
}

#[test]
fn labels_are_laid_out_for_sagemaker() {
    let mut truth = Truth::with(&format!("{SETTINGS}  engine: sagemaker\n"));
    let mut record = pollster::block_on(truth.stage.shelves.endpoint("churn-prod"))
        .expect("read")
        .expect("a record");
    record.value.engine.runs = ports::Engine::Sagemaker;
    let kept = truth.stage.shelves.keep_endpoint(&record.value, Some(&record.etag));
    pollster::block_on(kept).expect("kept");
    for (hour, n) in [(START, 1), (START + HOUR, 2)] {
        let object = truth.capture(hour, "a", &[n]);
        truth.merge(&object);
    }
    let text = "id,label\nevent-1,1\norder-2,0\nevent-1,0\n";
    let label = truth.write("ml-labels", "in/any.csv", text);
    truth.merge(&label);
    let uri = truth.stage.shelves.relaid_uri("churn-prod");
    assert_eq!(uri, "s3://vigil/vigil/ground-truth/churn-prod");
    // AWS's record (formats C.1), under the hour of the inference.
    for (hour, id, value) in [("00", "event-1", "0"), ("01", "order-2", "0")] {
        let key = format!("vigil/ground-truth/churn-prod/2026/03/02/{hour}/AllTraffic.jsonl");
        let bytes = truth.stage.inner().object(&Address::new("vigil", key)).expect("laid out");
        let expect = format!(
            "{{\"groundTruthData\":{{\"data\":\"{value}\",\"encoding\":\"CSV\"}},\"eventMetadata\":{{\"eventId\":\"{id}\"}},\"eventVersion\":\"0\"}}\n"
        );
        // Blanks at the front tell the number of parts.
        let text = String::from_utf8(bytes).expect("text");
        assert_eq!(text.replacen('\t', "", 1), expect);
    }
}

#[test]
fn numbers_reach_status_and_metrics() {
    let mut truth = Truth::new();
    // Before anything came there is a line already, and it stays.
    truth.stage.once(&Work::SettleLabels { endpoint: "churn-prod".into() }).expect("settled");
    let lines = pollster::block_on(truth.stage.shelves.status()).expect("status");
    assert_eq!(lines[0].labels.len(), 1);
    let capture = truth.capture(START, "a", &[1, 2, 3, 4]);
    truth.merge(&capture);
    let label = truth.label("a", &[(1, 1), (2, 1), (2, 0)]);
    truth.merge(&label);
    truth.stage.once(&Work::SettleLabels { endpoint: "churn-prod".into() }).expect("settled");
    let lines = pollster::block_on(truth.stage.shelves.status()).expect("status");
    let line = &lines[0].labels[0];
    assert_eq!((line.captured, line.matched, line.duplicates, line.conflicts), (4, 2, 1, 1));
    let metrics = truth.stage.inner().metrics();
    let of = |name: &str| metrics.iter().rfind(|it| it.name == name).map(|it| it.value);
    assert_eq!(of("LabelCoverage"), Some(0.5));
    assert_eq!(of("LabelsMatched"), Some(2.0));
    // Two hours and some: the bound above is six hours.
    assert_eq!(of("LabelDelayHalf"), Some(21_600.0));
    let names: BTreeSet<&str> = metrics.iter().map(|it| it.name.as_str()).collect();
    assert!(names.contains("LabelsConflicting") && names.contains("LabelsDuplicate"));
    let of = TruthHour { endpoint: "churn-prod".into(), variant: "AllTraffic".into(), hour: START };
    let view = pollster::block_on(truth.stage.shelves.view(&of)).expect("read");
    assert!(view.is_some());
    let record = pollster::block_on(truth.stage.shelves.endpoint("churn-prod")).expect("read");
    assert!(record.is_some());
}
