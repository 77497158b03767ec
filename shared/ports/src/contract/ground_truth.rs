use crate::{
    Backfill, CapturedRecord, GroundTruth, HourIndex, HourTruth, IndexEntry, Label, LabelEncoding,
    LabelRank, LabelValue, Pair, Side, TruthHour, TruthLog, WriteFault,
};

const HOUR: i64 = 1_772_618_400;

fn value(text: &str) -> LabelValue {
    LabelValue { encoding: LabelEncoding::Csv, text: text.into() }
}

fn pair(event: &str, label: &str) -> Pair {
    let line = format!(r#"{{"captureData":{{}},"eventMetadata":{{"eventId":"{event}"}}}}"#);
    Pair {
        captured: CapturedRecord { event: event.into(), id: event.into(), at: Some(HOUR), line },
        value: value(label),
        rank: LabelRank { at: HOUR, written_at: HOUR + 60, ..LabelRank::default() },
        others: 1,
        conflict: true,
    }
}

/// Whatever two writers do at once, the first is kept or the second is told.
///
/// Nothing is kept of `endpoint` before.
pub async fn ground_truth(shelf: &impl GroundTruth, endpoint: &str) {
    indexes(shelf, endpoint).await;
    let labels = |text| vec![Label { id: "a, \"b\"".into(), value: value(text), at: Some(7) }];
    shelf.keep_labels(endpoint, "up-0", &labels("1")).await.expect("kept");
    shelf.keep_labels(endpoint, "up-0", &labels("2")).await.expect("kept before");
    let kept = shelf.kept_labels(endpoint, "up-0").await.expect("read").expect("there");
    assert_eq!(*kept, labels("1"), "the first to keep labels wins");
    assert!(shelf.kept_labels(endpoint, "up-1").await.expect("read").is_none());

    let of = TruthHour { endpoint: endpoint.into(), variant: "A".into(), hour: HOUR };
    let other = TruthHour { hour: HOUR + 3600, ..of.clone() };
    for name in ["c", "a", "b", "a"] {
        shelf.keep_part(&of, name, &[pair(name, "1")]).await.expect("kept");
    }
    shelf.keep_part(&of, "a", &[pair("other", "1")]).await.expect("kept before");
    assert_eq!(shelf.part_names(&of).await.expect("listed"), ["a", "b", "c"]);
    assert_eq!(shelf.part_names(&other).await.expect("listed"), [""; 0]);
    let part = shelf.part(&of, "a").await.expect("read").expect("there");
    assert_eq!(*part, [pair("a", "1")], "the first to keep a part wins");
    views(shelf, &of).await;

    assert!(shelf.truth_log(endpoint, "A").await.expect("read").is_none());
    let hours = vec![HourTruth { hour: HOUR, matched: 3, delays: [1; 8], ..HourTruth::default() }];
    let log = TruthLog { endpoint: endpoint.into(), variant: "A".into(), hours, orphans: 5 };
    let etag = shelf.keep_truth_log(&log, None).await.expect("created");
    let again = shelf.keep_truth_log(&log, None).await;
    assert!(matches!(again, Err(WriteFault::Lost)), "created already");
    let held = shelf.truth_log(endpoint, "A").await.expect("read").expect("there");
    assert_eq!((held.value, held.etag), (log, etag));
    backfills(shelf, endpoint).await;
}

async fn indexes(shelf: &impl GroundTruth, endpoint: &str) {
    let entry = |name: &str| IndexEntry {
        name: name.into(),
        bucket: "b".into(),
        key: "k ä".into(),
        ids: vec![1, u64::MAX],
        events: vec![2],
        written_at: HOUR,
        ..IndexEntry::default()
    };
    let index = |hour, names: &[&str]| HourIndex {
        hour,
        entries: names.iter().map(|it| entry(it)).collect(),
    };
    let side = Side::Labels;
    let mut etags = Vec::new();
    // A new year lies between them.
    for hour in [1_767_222_000, 1_767_225_600, HOUR] {
        let made = shelf.keep_index(endpoint, side, &index(hour, &["x"]), None).await;
        etags.push((hour, made.expect("created")));
    }
    let hours = shelf.index_hours(endpoint, side, 1_767_222_000, HOUR).await.expect("listed");
    assert_eq!(hours, etags, "from and until are in");
    let hours = shelf.index_hours(endpoint, side, 1_767_222_001 + 3600, HOUR - 1).await;
    assert_eq!(hours.expect("listed"), [etags[1].clone()], "the hour of a time within");
    let none = shelf.index_hours(endpoint, Side::Captures, 0, HOUR).await.expect("listed");
    assert_eq!(none, [], "sides are apart");

    let (_, first) = &etags[2];
    let held = shelf.index(endpoint, side, HOUR, Some(first)).await.expect("read").expect("there");
    assert_eq!((&*held.value, &held.etag), (&index(HOUR, &["x"]), first));
    let both = index(HOUR, &["x", "y"]);
    let second = shelf.keep_index(endpoint, side, &both, Some(first)).await.expect("exchanged");
    let stale = shelf.keep_index(endpoint, side, &index(HOUR, &["z"]), Some(first)).await;
    assert!(matches!(stale, Err(WriteFault::Lost)), "exchanged already");
    for listed in [None, Some(&second)] {
        let held = shelf.index(endpoint, side, HOUR, listed).await.expect("read").expect("there");
        assert_eq!(*held.value, both, "what was kept in memory is not returned for another tag");
    }
}

async fn backfills(shelf: &impl GroundTruth, endpoint: &str) {
    assert!(shelf.backfill(endpoint).await.expect("read").is_none());
    let it = Backfill {
        of: "places".into(),
        began_at: Some(HOUR),
        folder: 2,
        after: Some("in/a b.csv".into()),
        passed_at: None,
        whole_at: Some(HOUR - 1),
        handed: vec![(u64::MAX, HOUR), (0, -1)],
        expired: vec![(HOUR - 3600, 7), (HOUR, 0)],
    };
    let etag = shelf.keep_backfill(endpoint, &it, None).await.expect("created");
    let again = shelf.keep_backfill(endpoint, &it, None).await;
    assert!(matches!(again, Err(WriteFault::Lost)), "created already");
    let held = shelf.backfill(endpoint).await.expect("read").expect("there");
    assert_eq!((held.value, held.etag), (it, etag));
}

async fn views(shelf: &impl GroundTruth, of: &TruthHour) {
    assert!(shelf.view(of).await.expect("read").is_none());
    let (one, two) = (pair("a", "1"), pair("b", "0"));
    assert!(!shelf.show(of, &[], 0, None).await.expect("nothing"), "no view of nothing");
    assert!(shelf.show(of, &[&one], 1, None).await.expect("created"));
    let lost = shelf.show(of, &[&two], 1, None).await;
    assert!(matches!(lost, Err(WriteFault::Lost)), "created already: {lost:?}");
    let held = shelf.view(of).await.expect("read").expect("there");
    assert!(!shelf.show(of, &[&one], 1, Some(&held)).await.expect("same"), "it says so already");
    assert!(shelf.show(of, &[&one, &two], 2, Some(&held)).await.expect("exchanged"));
    let lost = shelf.show(of, &[&two], 3, Some(&held)).await;
    assert!(matches!(lost, Err(WriteFault::Lost)), "exchanged already: {lost:?}");
    let held = shelf.view(of).await.expect("read").expect("there");
    assert!(shelf.show(of, &[&one, &two], 3, Some(&held)).await.expect("exchanged"));
    let other = shelf.view(of).await.expect("read").expect("there");
    assert_ne!(other.etag, held.etag, "views of other parts differ");
    let text = String::from_utf8(held.value).expect("text");
    assert_eq!(text.lines().count(), 2, "a line for each pair");

    assert!(shelf.relay(of, &[&one], 1, None).await.expect("created"));
    let relaid = shelf.relaid(of).await.expect("read").expect("there");
    assert!(!shelf.relay(of, &[&one], 1, Some(&relaid)).await.expect("same"));
}
