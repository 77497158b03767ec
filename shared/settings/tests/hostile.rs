//! No text makes the readers panic, slow or large.

use proptest::prelude::*;
use settings::{Settings, fields, import};

#[track_caller]
fn check(text: &str, expect: &str) {
    let problems = Settings::parse(text).expect_err("refused");
    let told = problems.to_string();
    assert!(told.contains(expect), "{told}");
    assert!(told.len() < 100_000, "{} bytes of message", told.len());
    assert!(import(text).is_err());
}

#[test]
fn depth_and_size_are_bounded() {
    check(&"[".repeat(200_000), "nest deeper");
    check(&"{a: ".repeat(200_000), "nest deeper");
    check(&"- ".repeat(200_000), "nest deeper");
    check(&format!("defaults: {{kms_key_id: {}}}", "x".repeat(100_000)), "a value of 100000 bytes");
    check(&format!("{}: 1", "k".repeat(5_000)), "a value of 5000 bytes");
    check(&" ".repeat((1 << 20) + 1), "more than 1048576");
    check(&format!("a: [{}]", "1,".repeat(150_000)), "more than 100000 values");
}

#[test]
fn thousand_mistakes_are_counted() {
    let text: String = (0..1000).flat_map(|it| [format!("wrong-{it}"), ": 1\n".into()]).collect();
    let problems = Settings::parse(&text).expect_err("refused");
    assert_eq!((problems.problems.len(), problems.left_out), (100, 900));
    assert!(problems.in_file("settings.yaml").ends_with("and 900 more\n"));
}

#[test]
fn messages_hold_no_control_characters() {
    let problems = Settings::parse("\"a\\u0007\\u202e\": 1\n").expect_err("refused");
    let told = problems.to_string();
    assert!(
        told.chars().all(|it| it == '\n' || !it.is_control()) && !told.contains('\u{202e}'),
        "{told:?}"
    );
}

/// Mostly our own words, in any order and at any depth.
fn soup() -> impl Strategy<Value = String> {
    let names: Vec<String> =
        fields().iter().flat_map(|it| it.path.split('.').map(str::to_owned)).collect();
    let word = prop_oneof![
        proptest::sample::select(names),
        proptest::sample::select(vec![
            "defaults",
            "endpoints",
            "version",
            "parameters",
            "name",
            "value",
            "valueFrom",
            "endpoint_name",
            "churn-*",
            "true",
            "1",
            "\"",
            "'",
            "&a",
            "*a",
            "!!x",
            "|",
            ">",
            "?",
            "---",
            "cron(0 * ? * * *)",
            "s3://b/k",
            "~",
            "é",
            "2 of 3",
        ])
        .prop_map(str::to_owned),
    ];
    let joint = proptest::sample::select(vec![
        ": ", "\n", "\n  ", "\n    ", "\n- ", " ", ", ", "{", "}", "[", "]", ":\n  ", "#", "\t",
    ]);
    proptest::collection::vec((word, joint), 0..60)
        .prop_map(|it| it.into_iter().flat_map(|(word, joint)| [word, joint.to_owned()]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_reads_or_is_refused(text in prop_oneof![soup(), any::<String>()]) {
        match Settings::parse(&text) {
            Ok(it) => { it.for_endpoint("churn-prod", &[]); }
            Err(problems) => prop_assert!(!problems.problems.is_empty() && !problems.to_string().is_empty()),
        }
    }

    #[test]
    fn any_tag_is_taken_or_named(key in "vigil:[a-z.-]{0,30}", value in any::<String>()) {
        Settings::default().for_endpoint("churn-prod", &[(key, value)]);
    }

    #[test]
    fn whatever_is_imported_can_be_read(name in proptest::sample::select(parameters()), value in any::<String>()) {
        let manifest = serde_json::json!({
            "name": value,
            "parameters": [
                { "name": "enable_data_quality_monitor", "value": "true" },
                { "name": name, "value": value },
                { "name": value, "value": value },
            ]
        });
        if let Ok(it) = import(&manifest.to_string()) {
            prop_assert!(Settings::parse(&it.text).is_ok(), "{}", it.text);
        }
    }
}

fn parameters() -> Vec<String> {
    let of = |path: &str| match path.split_once('.') {
        Some((block, "enabled")) => format!("enable_{block}_monitor"),
        _ => path.replace('.', "_"),
    };
    let mut res: Vec<String> =
        fields().iter().filter(|it| it.of_module).map(|it| of(&it.path)).collect();
    res.push("endpoint_name".into());
    res
}
