use std::fs;
use std::path::Path;

use super::*;

#[expect(clippy::print_stderr, reason = "a test that skips says so")]
/// Returns a file of the reference folder beside the checkout, where it is present.
fn reference(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/event-patterns");
    let text = fs::read_to_string(path.join(name)).ok();
    if text.is_none() {
        eprintln!("skipped: {name} is not beside the checkout");
    }
    text
}

#[track_caller]
fn check(pattern: &str, event: &str, expect: &str) {
    let got = verdict(pattern, event);
    let short = if let Verdict::Invalid(_) = got { "invalid".to_owned() } else { got.to_string() };
    assert_eq!(short, expect, "{pattern}\n{event}\n{got}");
    if expect != "invalid" {
        let value = serde_json::from_str(event).unwrap();
        let matches = Pattern::parse(pattern).unwrap().matches(&value);
        assert_eq!(matches, expect == "match", "as a value: {pattern}\n{event}");
    }
}

#[test]
fn verdicts_agree_with_aws() {
    let Some(text) = reference("aws-validated-155.json") else { return };
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 155);
    for case in cases {
        let expect = match case["label"].as_str().unwrap().rsplit_once('_') {
            Some((_, "NEG")) => "no",
            Some((_, "EXC")) => "invalid",
            _ => "match",
        };
        check(&case["pattern"].to_string(), &case["event"].to_string(), expect);
    }
}

#[test]
fn verdicts_agree_with_event_ruler() {
    for (name, count) in [("ruler-correctness-51.jsonl", 51), ("random-4000.jsonl", 4000)] {
        let Some(text) = reference(name) else { return };
        assert_eq!(text.lines().count(), count);
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let expect = case["verdict"].as_str().unwrap();
            check(&case["pattern"].to_string(), &case["event"].to_string(), expect);
            let short = verdict_of_line(line).to_string();
            assert_eq!(short.split(':').next(), Some(expect), "{line}");
        }
    }
}

#[test]
fn or_multiplies_and_overrides() {
    let pattern = r#"{"a":[1],"$or":[{"a":[2]},{"b":{"$or":[{"c":[3]},{"d":[4]}]}}]}"#;
    check(pattern, r#"{"a":2}"#, "match");
    check(pattern, r#"{"a":1,"b":{"c":3}}"#, "match");
    check(pattern, r#"{"a":1,"b":{"d":4}}"#, "match");
    check(pattern, r#"{"a":1,"b":{"d":5}}"#, "no");
    check(r#"{"$or":[{"a":[1]}]}"#, "{}", "invalid");
    check(r#"{"$or":{"a":[1]}}"#, "{}", "invalid");
    check(r#"{"$or":[{"prefix":[1]},{"a":[1]}]}"#, "{}", "invalid");
    check(r#"{"prefix":[1]}"#, r#"{"prefix":1}"#, "match");
}

#[test]
fn too_many_combinations_are_refused() {
    let branches = |count| {
        let branches: Vec<String> = (0..count).map(|n| format!("{{\"a\":[{n}]}}")).collect();
        format!("{{\"$or\":[{}]}}", branches.join(","))
    };
    assert!(Pattern::parse(&branches(1000)).is_ok());
    let reason = Pattern::parse(&branches(1001)).unwrap_err().reason;
    assert!(reason.contains("more than 1000"), "{reason}");
}

#[test]
fn last_of_two_names_decides() {
    check(r#"{"a":[1],"a":[2]}"#, r#"{"a":2}"#, "match");
    check(r#"{"a":[1],"a":[2]}"#, r#"{"a":1}"#, "no");
    // In an event both values stand.
    for value in ["1", "2"] {
        let pattern = format!("{{\"a\":[{value}]}}");
        assert_eq!(verdict(&pattern, r#"{"a":1,"a":2}"#), Verdict::Match);
    }
}

#[test]
fn numbers_keep_their_last_digit() {
    check(r#"{"a":[12345678901234567890]}"#, r#"{"a":12345678901234567890}"#, "match");
    check(r#"{"a":[12345678901234567890]}"#, r#"{"a":12345678901234567891}"#, "no");
    check(r#"{"a":[{"anything-but":12345678901234567890}]}"#, "{}", "invalid");
    check(r#"{"a":[{"numeric":[">",12345678901234567890]}]}"#, "{}", "invalid");
    check(r#"{"a":[-0.0]}"#, r#"{"a":0}"#, "match");
    check(r#"{"a":[1e2]}"#, r#"{"a":100.0}"#, "match");
    check(r#"{"a":[{"numeric":[">=",5,"<=",5]}]}"#, "{}", "invalid");
}

#[test]
fn addresses_match_however_spelled() {
    check(r#"{"a":["2001:db8::1"]}"#, r#"{"a":"2001:0DB8:0:0:0:0:0:1"}"#, "match");
    check(r#"{"a":["10.0.0.7"]}"#, r#"{"a":"10.0.0.70"}"#, "no");
    check(r#"{"a":["12:30"]}"#, r#"{"a":"12:30"}"#, "match");
    check(r#"{"a":["999.0.0.1"]}"#, r#"{"a":"999.0.0.1"}"#, "match");
}

#[test]
fn absence_is_judged_within_the_element() {
    let pattern = r#"{"d":{"a":["x"],"b":[{"exists":false}]}}"#;
    check(pattern, r#"{"d":[{"a":"x"},{"a":"y","b":1}]}"#, "match");
    check(pattern, r#"{"d":[{"a":"x","b":1},{"a":"y"}]}"#, "no");
    // Nothing precedes the field, so that any element's value counts.
    check(r#"{"d":{"a":[{"exists":false}],"b":[1]}}"#, r#"{"d":[{"a":"x"},{"b":1}]}"#, "no");
}

#[test]
fn large_arrays_are_searched_once() {
    let tags: Vec<String> = (0..2000).map(|n| format!("\"t{n}\"")).collect();
    let rows: Vec<String> = (0..2000).map(|n| format!("{{\"k\":{n},\"v\":{n}}}")).collect();
    let event = format!(
        "{{\"tags\":[{0}],\"more\":[{0}],\"rows\":[{1}],\"z\":1}}",
        tags.join(","),
        rows.join(",")
    );
    let any = r#"[{"exists":true}]"#;
    let pattern =
        format!("{{\"tags\":{any},\"more\":{any},\"rows\":{{\"k\":{any},\"v\":[-1]}},\"z\":[1]}}");
    assert_eq!(verdict(&pattern, &event), Verdict::No);
    let pattern = format!(
        "{{\"tags\":{any},\"more\":{any},\"rows\":{{\"k\":{any},\"v\":[1999]}},\"z\":[1]}}"
    );
    assert_eq!(verdict(&pattern, &event), Verdict::Match);
}

#[test]
fn invalid_patterns_say_where_and_why() {
    for (pattern, expect) in [
        ("[]", "pattern: is not a JSON object"),
        ("{}", "pattern: empty objects are not allowed"),
        (r#"{"detail":{"state":[]}}"#, "detail.state: empty arrays are not allowed"),
        (r#"{"detail":{"state":"on"}}"#, "detail.state: must be an object or an array"),
        (r#"{"a":[{"EXISTS":true}]}"#, "a: unrecognized match type \"EXISTS\""),
        (r#"{"a":[[1]]}"#, "a: an array may not hold an array"),
        (r#"{"a":[{}]}"#, "a: match expression has no name"),
        (r#"{"a":[{"prefix":"x","suffix":"y"}]}"#, "a: match expression may have one name only"),
        (r#"{"a":[1}"#, "line 1, column 8: is not JSON: ',' or ']' was expected"),
        (
            r#"{"a":[{"wildcard":"*:*:*:*:*:event-bus/*"}]}"#,
            "a: wildcards are too complex: use fewer '*', or fewer repeating characters after one",
        ),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap_err().to_string(), expect);
    }
    let wrong_event = verdict(r#"{"a":[1]}"#, "[1]");
    assert_eq!(wrong_event.to_string(), "invalid: event: is not a JSON object");
    assert!(!Pattern::parse(r#"{"a":[1]}"#).unwrap().matches(&Value::Null));
}

#[test]
fn lines_carry_pattern_and_event() {
    for (line, expect) in [
        (r#"{"pattern":{"a":[1]},"event":{"a":1}}"#, "match"),
        (r#"{"pattern":"{\"a\":[1]}","event":{"a":2}}"#, "no"),
        (r#"{"pattern":{"a":[1]}}"#, "invalid: line: has no member \"event\""),
        ("", "invalid: line 1, column 1: ends too early: a value was expected"),
    ] {
        assert_eq!(verdict_of_line(line).to_string(), expect);
    }
}
