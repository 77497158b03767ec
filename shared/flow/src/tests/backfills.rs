//! Captures and labels that no event told of: found, handed over, merged once.

use super::merges::{Truth, id_of};
use super::stage::{HOUR, START};
use crate::{Done, Settled};
use engine::event::SuiteEvent;
use ports::{EndpointRecords, GroundTruth, Side, Work, WrittenObject};
use std::collections::BTreeMap;

const ENDPOINT: &str = "churn-prod";

fn settings(more: &str) -> String {
    format!(
        "defaults:\n  ground_truth: {{s3_uri: \"s3://ml-labels/in\"{more}}}\n  baseline:\n    training_data_s3_uri: s3://ml-training/churn.csv\n"
    )
}

/// Settles the labels of the endpoint, and returns what was found on the way.
fn look(truth: &mut Truth) -> (Settled, Vec<WrittenObject>) {
    truth.stage.inner().take_events();
    let work = Work::SettleLabels { endpoint: ENDPOINT.into() };
    let Done::Settled(settled) = truth.stage.once(&work).expect("settled") else { panic!() };
    let events = truth.stage.inner().take_events();
    let due = events.iter().filter(|it| matches!(it, SuiteEvent::ObjectDue(_)));
    let found = due.filter_map(Work::of).map(|it| match it {
        Work::MergeObject { object } => object,
        other => panic!("{other:?}"),
    });
    (settled, found.collect())
}

/// Looks, and merges what was found; returns how many files that were.
fn catch_up(truth: &mut Truth) -> usize {
    let (settled, found) = look(truth);
    assert_eq!(settled.found, found.len());
    for object in &found {
        truth.merge(object);
    }
    found.len()
}

#[track_caller]
fn check(truth: &Truth, hour: i64, expect: &[(u32, u32)]) {
    let expect: BTreeMap<String, String> =
        expect.iter().map(|(n, label)| (format!("event-{n}"), label.to_string())).collect();
    assert_eq!(truth.view(hour), expect);
}

fn entries(truth: &Truth, side: Side, hour: i64) -> usize {
    let index = truth.stage.shelves.index(ENDPOINT, side, hour, None);
    pollster::block_on(index).expect("read").map_or(0, |it| it.value.entries.len())
}

#[test]
fn endpoint_known_late_gets_its_labels() {
    // Everything is written before there is an endpoint; nobody takes the events.
    let mut truth = Truth::unknown(&settings(""));
    for (hour, n) in [(START - 30 * HOUR, 1), (START, 2), (START + HOUR, 3)] {
        truth.stage.now = hour + 600;
        truth.capture(hour, "a", &[n]);
    }
    truth.stage.now = START + 2 * HOUR;
    truth.label("all", &[(1, 1), (2, 0), (3, 1)]);
    truth.write("ml-labels", "in/again.csv", format!("id,label\n{},0\n", id_of(3)));
    truth.stage.now += HOUR;
    truth.adopt();
    assert_eq!(catch_up(&mut truth), 5);
    check(&truth, START - 30 * HOUR, &[(1, 1)]);
    check(&truth, START, &[(2, 0)]);
    // Both of one second: the name of the upload decides, as ever.
    assert_eq!(truth.view(START + HOUR).len(), 1);
    for _ in 0..30 {
        truth.stage.now += HOUR;
        assert_eq!(catch_up(&mut truth), 0, "nothing is handed over twice");
    }
}

#[test]
fn lost_events_are_made_up_for() {
    let mut truth = Truth::with(&settings(""));
    truth.stage.now = START + HOUR + 60;
    let capture = truth.capture(START + HOUR, "a", &[1, 2]);
    truth.merge(&capture);
    truth.label("lost", &[(1, 1)]);
    truth.capture(START + HOUR, "lost", &[3]);
    let label = truth.label("heard", &[(2, 0), (3, 1)]);
    truth.merge(&label);
    check(&truth, START + HOUR, &[(2, 0)]);
    // Their events may still come.
    truth.stage.now += 899;
    assert_eq!(catch_up(&mut truth), 0);
    truth.stage.now += HOUR;
    assert_eq!(catch_up(&mut truth), 2);
    check(&truth, START + HOUR, &[(1, 1), (2, 0), (3, 1)]);
}

#[test]
fn event_after_all_changes_nothing() {
    let mut truth = Truth::with(&settings(""));
    // The event is of the next hour, by its time.
    truth.stage.now = START + 2 * HOUR - 1;
    let capture = truth.capture(START + HOUR, "a", &[1, 2]);
    let mut label = truth.label("late", &[(1, 1), (2, 0)]);
    truth.stage.now += HOUR;
    assert_eq!(catch_up(&mut truth), 2);
    let before = truth.stage.inner().objects();
    label.written_at = label.written_at.map(|it| it + 2);
    for object in [&label, &capture, &label] {
        truth.merge(object);
    }
    assert_eq!(truth.stage.inner().objects(), before);
    assert_eq!(truth.log().hours[0].duplicates, 0);
}

#[test]
fn found_after_its_event_changes_nothing() {
    let mut truth = Truth::with(&settings(""));
    truth.stage.now = START + HOUR + 60;
    let (capture, label) = (truth.capture(START + HOUR, "a", &[1]), truth.label("a", &[(1, 1)]));
    truth.stage.now += HOUR;
    let (_, found) = look(&mut truth);
    assert_eq!(found.len(), 2);
    truth.merge(&capture);
    truth.merge(&label);
    let before = truth.stage.inner().objects();
    for object in &found {
        truth.merge(object);
    }
    assert_eq!(truth.stage.inner().objects(), before);
}

#[test]
fn content_that_came_back_is_another_upload() {
    let mut truth = Truth::with(&settings(""));
    truth.stage.now = START + HOUR + 60;
    let capture = truth.capture(START + HOUR, "a", &[1]);
    truth.merge(&capture);
    for (minutes, label) in [(0, 0), (30, 1)] {
        truth.stage.now += minutes * 60;
        let object = truth.label("daily", &[(1, label)]);
        truth.merge(&object);
    }
    check(&truth, START + HOUR, &[(1, 1)]);
    // Back to the first content, and the event is lost.
    truth.stage.now += 60;
    truth.label("daily", &[(1, 0)]);
    truth.stage.now += HOUR;
    assert_eq!(catch_up(&mut truth), 1);
    check(&truth, START + HOUR, &[(1, 0)]);
}

#[test]
fn bound_is_kept_and_next_look_goes_on() {
    for (more, most) in [(", backfill_files: 3", 3), (", backfill_pages: 2", 4)] {
        // Two keys a page.
        let mut truth = Truth::paged(&settings(more), 2);
        let mut expect = Vec::new();
        for n in 0..10 {
            truth.capture(START + HOUR, &format!("c{n}"), &[n]);
            truth.label(&format!("l{n}"), &[(n, n % 2)]);
            expect.push((n, n % 2));
        }
        truth.stage.now += HOUR;
        let mut looks = Vec::new();
        for _ in 0..12 {
            looks.push(catch_up(&mut truth));
            // Another quarter of an hour: a look under way goes on, one that is through rests.
            truth.stage.now += 900;
        }
        assert!(looks.iter().all(|it| *it <= most), "{looks:?}");
        assert_eq!(looks.iter().sum::<usize>(), 20, "{more}: {looks:?}");
        check(&truth, START + HOUR, &expect);
        assert_eq!(entries(&truth, Side::Captures, START + HOUR), 10);
    }
}

#[test]
fn file_that_cannot_be_read_is_tried_daily() {
    let mut truth = Truth::with(&settings(", id_attribute: order"));
    truth.write("ml-labels", "in/a.csv", "one,two\n1,2\n");
    let mut found = Vec::new();
    for _ in 0..48 {
        truth.stage.now += HOUR;
        found.extend(look(&mut truth).1);
    }
    assert_eq!(found.len(), 2);
}

#[test]
fn what_is_too_old_is_left() {
    let mut truth = Truth::with(&settings(", backfill_days: 1"));
    truth.capture(START + HOUR, "a", &[1]);
    truth.label("a", &[(1, 1)]);
    truth.stage.now = START + 50 * HOUR;
    assert_eq!(catch_up(&mut truth), 0);
    let mut never = Truth::with(&settings(", backfill_days: 0"));
    never.capture(START + HOUR, "a", &[1]);
    never.stage.now += 2 * HOUR;
    assert_eq!(catch_up(&mut never), 0);
}

#[test]
fn captures_below_the_labels_are_none() {
    let mut truth = Truth::with(&settings("").replace("s3://ml-labels/in", "s3://ml-capture"));
    truth.stage.now = START + HOUR + 60;
    let capture = truth.capture(START + HOUR, "a", &[1]);
    truth.merge(&capture);
    truth.write("ml-capture", "labels.csv", "id,label\nevent-1,1\n");
    truth.stage.now += HOUR;
    assert_eq!(catch_up(&mut truth), 1);
    check(&truth, START + HOUR, &[(1, 1)]);
}

#[test]
fn look_without_news_takes_few_calls() {
    let mut truth = Truth::with(&settings(""));
    for n in 0..48 {
        truth.stage.now = START + n * HOUR + 60;
        let (capture, label) = (
            truth.capture(START + n * HOUR, "a", &[n as u32]),
            truth.label(&format!("{n}"), &[(n as u32, 1)]),
        );
        truth.merge(&capture);
        truth.merge(&label);
    }
    truth.stage.now += HOUR;
    assert_eq!(catch_up(&mut truth), 0);
    let record = truth.stage.shelves.backfill(ENDPOINT);
    let passed = pollster::block_on(record).expect("read").expect("kept").value;
    assert_eq!((passed.began_at, passed.whole_at), (None, passed.passed_at));
    let calls = |truth: &mut Truth| {
        let before = truth.stage.world.calls();
        look(truth);
        truth.stage.world.calls() - before
    };
    let resting = calls(&mut truth);
    truth.stage.now += HOUR;
    let looking = calls(&mut truth);
    // Two folders of captures, one of labels, two lists of indexes, the record, and the status
    // page of the new hour; indexes are remembered.
    assert!(looking <= resting + 7, "{looking} calls, {resting} at rest");
}

#[test]
fn endpoint_that_left_is_not_looked_at() {
    let mut truth = Truth::with(&settings(""));
    truth.capture(START + HOUR, "a", &[1]);
    truth.stage.now += HOUR;
    let record = truth.stage.shelves.endpoint(ENDPOINT);
    let held = pollster::block_on(record).expect("read").expect("a record");
    let gone = ports::EndpointRecord { phase: ports::Phase::Gone, ..held.value };
    let kept = truth.stage.shelves.keep_endpoint(&gone, Some(&held.etag));
    pollster::block_on(kept).expect("kept");
    assert_eq!(catch_up(&mut truth), 0);
}
