//! S3's rules, by cases and against a naive map.

#![expect(clippy::unwrap_used, reason = "a broken scene is a failed test")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use local::{
    faults::{CallRates, Faults, Rates},
    place::Place,
    s3::{Code, Condition, List, Object, Page, Range, Store},
};
use proptest::prelude::*;

const B: &str = "bucket";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn store() -> Store {
    let mut store = Store::new(Place::default(), 1, Faults::none());
    store.create_bucket(B, true).unwrap();
    store
}

fn put(store: &mut Store, key: &str, body: &str, condition: Condition) -> Result<String, Code> {
    store.put(at(0), B, key, body.into(), None, &condition).map_err(|refused| refused.code)
}

fn text(object: &Object) -> &str {
    std::str::from_utf8(&object.body).unwrap()
}

#[test]
fn etag_is_the_md5_of_the_body() {
    // RFC 1321, section A.5.
    assert_eq!(
        put(&mut store(), "k", "", Condition::Always).unwrap(),
        "d41d8cd98f00b204e9800998ecf8427e"
    );
    assert_eq!(
        put(&mut store(), "k", "abc", Condition::Always).unwrap(),
        "900150983cd24fb0d6963f7d28e17f72"
    );
}

#[test]
fn conditional_writes_answer_as_documented() {
    let mut store = store();
    assert_eq!(put(&mut store, "k", "1", Condition::Matches("x".into())), Err(Code::NoSuchKey));
    let first = put(&mut store, "k", "1", Condition::Absent).unwrap();
    assert_eq!(put(&mut store, "k", "2", Condition::Absent), Err(Code::PreconditionFailed));
    let quoted = Condition::Matches(format!("\"{first}\""));
    assert!(put(&mut store, "k", "2", quoted.clone()).is_ok());
    assert_eq!(put(&mut store, "k", "3", quoted), Err(Code::PreconditionFailed));
    let refused = store.delete(at(0), B, "k", Some(&first)).unwrap_err();
    assert_eq!((refused.code.name(), refused.code.status()), ("PreconditionFailed", Some(412)));
    assert_eq!(refused.to_string(), "PreconditionFailed (bucket/k)");
    store.delete(at(0), B, "k", Some("*")).unwrap();
    assert_eq!(store.delete(at(0), B, "k", Some("*")).unwrap_err().code, Code::NoSuchKey);
    store.delete(at(0), B, "k", None).unwrap();
}

#[test]
fn unknown_names_are_refused_by_name() {
    let mut store = store();
    assert_eq!(store.get(at(0), B, "k", None, None).unwrap_err().code, Code::NoSuchKey);
    assert_eq!(store.get(at(0), "no", "k", None, None).unwrap_err().code, Code::NoSuchBucket);
    assert_eq!(store.list(at(0), "no", &List::default()).unwrap_err().code, Code::NoSuchBucket);
    assert_eq!(store.create_bucket(B, true).unwrap_err().code, Code::BucketAlreadyOwnedByYou);
    let long = "\u{e9}".repeat(513);
    assert_eq!(put(&mut store, &long, "", Condition::Always), Err(Code::KeyTooLongError));
    assert!(put(&mut store, &long[..1024], "", Condition::Always).is_ok());
    let token = List { token: Some("!".into()), ..List::default() };
    assert_eq!(store.list(at(0), B, &token).unwrap_err().code, Code::InvalidArgument);
}

#[track_caller]
fn check_range(range: Range, expect: Result<&str, Code>) {
    let mut store = store();
    put(&mut store, "k", "0123456789", Condition::Always).unwrap();
    let got = store.get(at(0), B, "k", Some(range), None).map_err(|refused| refused.code);
    assert_eq!(got.as_ref().map(text).map_err(|code| *code), expect);
}

#[test]
fn ranges_follow_http() {
    // RFC 9110, section 14.1.2.
    check_range(Range::From(7), Ok("789"));
    check_range(Range::From(10), Err(Code::InvalidRange));
    check_range(Range::Span(0, 0), Ok("0"));
    check_range(Range::Span(8, 99), Ok("89"));
    check_range(Range::Span(8, u64::MAX), Ok("89"));
    check_range(Range::Span(10, 12), Err(Code::InvalidRange));
    check_range(Range::Span(3, 2), Err(Code::InvalidRange));
    check_range(Range::Last(3), Ok("789"));
    check_range(Range::Last(99), Ok("0123456789"));
    check_range(Range::Last(0), Err(Code::InvalidRange));
}

#[test]
fn writes_announce_themselves_in_order() {
    let mut store = store();
    let etag = store
        .put(at(1_772_619_708), B, "a b+\u{e9}.jsonl", b"xy".to_vec(), None, &Condition::Always)
        .unwrap();
    store.copy(at(1_772_619_709), (B, "a b+\u{e9}.jsonl"), (B, "c"), &Condition::Absent).unwrap();
    put(&mut store, "c", "lost", Condition::Absent).unwrap_err();
    store.delete(at(1_772_619_709), B, "c", None).unwrap();
    store.delete(at(1_772_619_709), B, "never", None).unwrap();
    let events = store.take_events();
    assert!(store.take_events().is_empty());
    let kinds: Vec<_> = events
        .iter()
        .map(|e| (e["detail-type"].as_str().unwrap(), &e["detail"]["reason"]))
        .collect();
    let expect = [
        ("Object Created", "PutObject"),
        ("Object Created", "CopyObject"),
        ("Object Deleted", "DeleteObject"),
    ];
    assert!(
        kinds.iter().zip(expect).all(|(got, want)| got.0 == want.0 && *got.1 == want.1),
        "{kinds:?}"
    );
    let (event, detail) = (&events[0], &events[0]["detail"]);
    assert_eq!(
        (&event["source"], &event["time"]),
        (&"aws.s3".into(), &"2026-03-04T10:21:48Z".into())
    );
    assert_eq!(event["resources"][0], "arn:aws:s3:::bucket");
    assert_eq!(
        (&detail["object"]["key"], &detail["object"]["size"]),
        (&"a b+\u{e9}.jsonl".into(), &2.into())
    );
    assert_eq!((&detail["object"]["etag"], &detail["bucket"]["name"]), (&etag.into(), &B.into()));
    let sequencers: Vec<&str> =
        events.iter().map(|e| e["detail"]["object"]["sequencer"].as_str().unwrap()).collect();
    assert!(sequencers.is_sorted_by(|a, b| a < b), "{sequencers:?}");
}

#[test]
fn old_objects_expire_under_their_prefix() {
    let mut store = store();
    for (second, key) in [(10, "a/old"), (20, "a/new"), (10, "b/old")] {
        store.put(at(second), B, key, Vec::new(), None, &Condition::Always).unwrap();
    }
    store.take_events();
    assert_eq!(store.expire(at(30), B, "a/", at(20)), Ok(1));
    let left: Vec<String> = store
        .list(at(30), B, &List::default())
        .unwrap()
        .entries
        .into_iter()
        .map(|entry| entry.key)
        .collect();
    assert_eq!(left, ["a/new", "b/old"]);
    let events = store.take_events();
    let detail = &events[0]["detail"];
    assert_eq!((events.len(), &detail["object"]["key"]), (1, &"a/old".into()));
    assert_eq!(
        (&detail["reason"], &detail["requester"]),
        (&"Lifecycle Expiration".into(), &"s3.amazonaws.com".into())
    );
}

#[test]
fn silent_buckets_announce_nothing() {
    let mut store = Store::new(Place::default(), 1, Faults::none());
    store.create_bucket(B, false).unwrap();
    put(&mut store, "k", "1", Condition::Always).unwrap();
    store.delete(at(0), B, "k", None).unwrap();
    assert!(store.take_events().is_empty());
}

#[test]
fn lost_reply_still_writes() {
    let fate = |rates| {
        let mut store = Store::new(
            Place::default(),
            1,
            Faults::seeded(1, Rates { store: rates, ..Rates::default() }),
        );
        store.create_bucket(B, true).unwrap();
        let code = put(&mut store, "k", "1", Condition::Absent).map_err(Code::name);
        (code.unwrap_err(), store.take_events().len())
    };
    assert_eq!(fate(CallRates { reply_lost: 1.0, ..CallRates::default() }), ("ReplyLost", 1));
    assert_eq!(fate(CallRates { error_before: 1.0, ..CallRates::default() }), ("InternalError", 0));
    assert_eq!(fate(CallRates { throttled: 1.0, ..CallRates::default() }), ("SlowDown", 0));
    assert_eq!(
        fate(CallRates { conflict: 1.0, ..CallRates::default() }),
        ("ConditionalRequestConflict", 0)
    );
}

/// One call of a random history.
#[derive(Debug, Clone)]
enum Op {
    Put(String, String, Guard),
    Delete(String, Guard),
    Get(String),
    List(String, Option<String>, Option<String>, usize),
}

/// A condition on what the key holds when the call comes.
#[derive(Debug, Clone, Copy)]
enum Guard {
    None,
    Absent,
    Current,
    Stale,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let key = prop_oneof!["[ab/]{1,4}", "[a-c]/[\u{e9}\u{10ffff}\u{d7ff}z/]{1,3}"];
    let guard =
        prop::sample::select(vec![Guard::None, Guard::Absent, Guard::Current, Guard::Stale]);
    let delimiter = prop::option::of(prop::sample::select(vec![
        "/".to_owned(),
        "a".to_owned(),
        "b/".to_owned(),
    ]));
    let op = prop_oneof![
        4 => (key.clone(), "[xy]{0,3}", guard.clone()).prop_map(|(key, body, guard)| Op::Put(key, body, guard)),
        1 => (key.clone(), guard).prop_map(|(key, guard)| Op::Delete(key, guard)),
        1 => key.clone().prop_map(Op::Get),
        2 => ("[abc/]{0,2}", delimiter, prop::option::of(key), 1..4_usize)
            .prop_map(|(prefix, delimiter, start, size)| Op::List(prefix, delimiter, start, size)),
    ];
    prop::collection::vec(op, 1..60)
}

/// All keys and common prefixes in order: what the pages must add up to.
fn listed(
    map: &BTreeMap<String, String>,
    prefix: &str,
    delimiter: Option<&str>,
    start: Option<&str>,
) -> (Vec<String>, BTreeSet<String>) {
    let (mut keys, mut groups) = (Vec::new(), BTreeSet::new());
    for key in map.keys().filter(|key| start.is_none_or(|start| key.as_str() > start)) {
        let Some(rest) = key.strip_prefix(prefix) else { continue };
        match delimiter
            .and_then(|delimiter| rest.split_once(delimiter).map(|(head, _)| (head, delimiter)))
        {
            Some((head, delimiter)) => drop(groups.insert(format!("{prefix}{head}{delimiter}"))),
            None => keys.push(key.clone()),
        }
    }
    (keys, groups)
}

fn pages(store: &mut Store, mut list: List) -> Vec<Page> {
    let mut pages = Vec::new();
    loop {
        let page = store.list(at(0), B, &list).unwrap();
        list.token.clone_from(&page.next_token);
        pages.push(page);
        if list.token.is_none() {
            return pages;
        }
    }
}

fn obey(store: &mut Store, map: &mut BTreeMap<String, String>, op: Op) {
    let held_etag = |map: &BTreeMap<String, String>, key: &str| {
        map.get(key).map(|body| local::s3::etag(body.as_bytes()))
    };
    match op {
        Op::Put(key, body, guard) => {
            let held = held_etag(map, &key);
            let (condition, expect) = match (guard, held) {
                (Guard::None, _) => (Condition::Always, None),
                (Guard::Absent, None) => (Condition::Absent, None),
                (Guard::Absent, Some(_)) => (Condition::Absent, Some(Code::PreconditionFailed)),
                (Guard::Current, Some(etag)) => (Condition::Matches(etag), None),
                (Guard::Stale, Some(_)) => {
                    (Condition::Matches("0".into()), Some(Code::PreconditionFailed))
                }
                (Guard::Current | Guard::Stale, None) => {
                    (Condition::Matches("0".into()), Some(Code::NoSuchKey))
                }
            };
            assert_eq!(put(store, &key, &body, condition).err(), expect);
            if expect.is_none() {
                map.insert(key, body);
            }
        }
        Op::Delete(key, guard) => {
            let held = held_etag(map, &key);
            let (if_match, expect) = match (guard, held) {
                (Guard::None | Guard::Absent, _) => (None, None),
                (Guard::Current, Some(etag)) => (Some(etag), None),
                (Guard::Stale, Some(_)) => (Some("0".to_owned()), Some(Code::PreconditionFailed)),
                (Guard::Current | Guard::Stale, None) => {
                    (Some("*".to_owned()), Some(Code::NoSuchKey))
                }
            };
            assert_eq!(
                store.delete(at(0), B, &key, if_match.as_deref()).err().map(|r| r.code),
                expect
            );
            if expect.is_none() {
                map.remove(&key);
            }
        }
        Op::Get(key) => {
            let got = store.get(at(0), B, &key, None, None).ok();
            assert_eq!(got.as_ref().map(text), map.get(&key).map(String::as_str));
        }
        Op::List(prefix, delimiter, start, size) => {
            let expect = listed(map, &prefix, delimiter.as_deref(), start.as_deref());
            let list =
                List { prefix, delimiter, start_after: start, token: None, max_keys: Some(size) };
            let pages = pages(store, list);
            let full = |page: &Page| page.entries.len() + page.common_prefixes.len() == size;
            assert!(pages.iter().rev().skip(1).all(full), "only the last page is short");
            let keys: Vec<String> = pages
                .iter()
                .flat_map(|page| &page.entries)
                .map(|entry| entry.key.clone())
                .collect();
            let groups: Vec<String> =
                pages.iter().flat_map(|page| page.common_prefixes.clone()).collect();
            assert_eq!((keys, groups), (expect.0, expect.1.into_iter().collect()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn store_behaves_like_a_naive_map(ops in ops()) {
        let (mut store, mut map) = (store(), BTreeMap::new());
        for op in ops {
            obey(&mut store, &mut map, op);
        }
    }
}
