//! `vigil merge`: files in, files out, whatever the files are like.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use cli::args::Cli;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// A folder of its own, with captures and labels in it.
struct Scene(PathBuf);

impl Scene {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("merge").join(name);
        let _gone = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("captures")).expect("as the test wrote it");
        fs::create_dir_all(folder.join("labels")).expect("as the test wrote it");
        Self(folder)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("as the test wrote it"))
            .expect("as the test wrote it");
        fs::write(path, bytes).expect("as the test wrote it");
        self
    }

    /// Merges; returns the exit code, the output's files by name, and the statistics.
    fn merge(&self, more: &[&str]) -> (ExitCode, BTreeMap<String, Vec<u8>>, Value) {
        let path = |name: &str| self.0.join(name).display().to_string();
        let (captures, labels, output) = (path("captures"), path("labels"), path("output"));
        let mut words = vec!["vigil", "merge", "--json", "--capture", &captures];
        words.extend(["--ground-truth", &labels, "--output", &output]);
        words.extend(more);
        let code = cli::run(Cli::parse_from(words));
        let mut files = BTreeMap::new();
        gather(&self.0.join("output"), "", &mut files);
        let statistics = files.remove("match_statistics.json").unwrap_or_else(|| b"null".to_vec());
        (code, files, serde_json::from_slice(&statistics).expect("as the test wrote it"))
    }

    /// Merges and compares all files but the statistics.
    #[track_caller]
    fn check(&self, more: &[&str], expect: &[(&str, &str)]) -> Value {
        let (code, files, statistics) = self.merge(more);
        assert_eq!(code, ExitCode::SUCCESS);
        let texts: BTreeMap<&str, String> = files
            .iter()
            .map(|(name, it)| (name.as_str(), String::from_utf8_lossy(it).into()))
            .collect();
        let expect: BTreeMap<&str, String> =
            expect.iter().map(|(name, it)| (*name, (*it).into())).collect();
        assert_eq!(texts, expect);
        statistics
    }
}

fn gather(folder: &Path, name: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("as the test wrote it").path();
        let name =
            format!("{name}{}", path.file_name().expect("as the test wrote it").to_string_lossy());
        if path.is_dir() {
            gather(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(path).expect("as the test wrote it"));
        }
    }
}

/// A capture with members in AWS's order (reference: formats B.2), at 10:mm.
fn capture(event: &str, inference: Option<&str>, minute: u32) -> String {
    let inference = inference.map_or(String::new(), |it| format!(r#""inferenceId":"{it}","#));
    format!(
        concat!(
            r#"{{"captureData":{{"endpointInput":{{"observedContentType":"text/csv","mode":"INPUT","data":"41,0\\n","encoding":"CSV"}},"#,
            r#""endpointOutput":{{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"0.8","encoding":"CSV"}}}},"#,
            r#""eventMetadata":{{"eventId":"{}",{}"inferenceTime":"2026-03-04T{:02}:{:02}:48Z"}},"eventVersion":"0"}}"#
        ),
        event,
        inference,
        10 + minute / 60,
        minute % 60
    ) + "\n"
}

fn label(id: &str, data: &str) -> String {
    format!(
        r#"{{"groundTruthData":{{"data":"{data}","encoding":"CSV"}},"eventMetadata":{{"eventId":"{id}"}},"eventVersion":"0"}}"#
    ) + "\n"
}

/// What AWS's merge job makes of a capture and a label (reference: formats C.2).
fn merged(capture: &str, data: &str) -> String {
    capture.replacen(
        '{',
        &format!(r#"{{"groundTruthData":{{"data":"{data}","encoding":"CSV"}},"#),
        1,
    )
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).expect("as the test wrote it");
    packed.finish().expect("as the test wrote it")
}

const HOUR: &str = "2026/03/04/10/merged.jsonl";
const NEXT: &str = "2026/03/04/11/merged.jsonl";

#[test]
fn records_go_to_their_hour_of_inference() {
    let (a, b, c) =
        (capture("a", None, 1), capture("b", Some("order-1"), 61), capture("c", None, 62));
    let scene = Scene::new("hours");
    scene.put("captures/x/10.jsonl", &a).put("captures/x/11.jsonl", format!("{b}{c}"));
    scene.put(
        "labels/2026/03/05/00/1.jsonl",
        label("order-1", "1") + &label("b", "no: it is named"),
    );
    scene.put("labels/2.jsonl", label("a", "0"));
    let told = scene.check(
        &["--unlabelled"],
        &[
            (HOUR, &merged(&a, "0")),
            (NEXT, &merged(&b, "1")),
            ("orphans.jsonl", &label("b", "no: it is named")),
            ("unlabelled.jsonl", &c),
        ],
    );
    assert_eq!(told["match_rate"], json!(2.0 / 3.0));
    assert_eq!(
        told["hours"][1],
        json!({"hour": "2026-03-04T11:00:00Z", "inferences": 2, "merged": 1, "coverage": 0.5})
    );
}

#[test]
fn last_label_wins_and_conflicts_are_counted() {
    let a = capture("a", None, 1);
    let scene = Scene::new("last");
    scene.put("captures/1.jsonl", &a);
    scene.put(
        "labels/1.csv",
        "id,label,eventTime\na,late,2026-03-05T00:00:00Z\na,early,2026-03-04T12:00:00Z\n",
    );
    scene.put("labels/2.csv", "id,label\na,untimed\n");
    scene.put("labels/3.jsonl", r#"{"id":"a","label":"late","eventTime":"2026-03-05T00:00:00Z"}"#);
    let told = scene.check(&[], &[(HOUR, &merged(&a, "late")), ("orphans.jsonl", "")]);
    assert_eq!((&told["duplicate_labels"], &told["conflicting_labels"]), (&json!(1), &json!(2)));
    // 13 hours and 58 minutes lie between them.
    let delays: Vec<&Value> = told["delays"]
        .as_array()
        .expect("as the test wrote it")
        .iter()
        .filter(|it| it["labels"] == 1)
        .collect();
    assert_eq!(delays, [&json!({"up_to_seconds": 86_400, "labels": 1})]);
}

#[test]
fn labels_come_in_any_layout() {
    let captures: Vec<String> = (0..6).map(|it| capture(&format!("id-{it}"), None, 1)).collect();
    let scene = Scene::new("layouts");
    scene.put("captures/all.jsonl.gz", gzipped(&captures.concat()));
    scene.put("labels/aws.jsonl", label("id-0", "0"));
    scene.put("labels/plain.json", r#"{"id":"id-1","label":1}"#);
    scene.put("labels/header.csv", "label,other,id\n2,x,id-2\n");
    scene.put("labels/bare.csv", "id-3,3\n");
    scene.put("labels/packed.gz", gzipped("id-4,4\n"));
    let vector = r#"{"inference_id":"id-5","ground_truth":[0, 1]}"#;
    scene.put("labels/vector.jsonl", vector);
    let mut expect: Vec<String> = (0..5).map(|it| merged(&captures[it], &it.to_string())).collect();
    expect.push(captures[5].replacen(
        '{',
        r#"{"groundTruthData":{"data":"[0, 1]","encoding":"JSON"},"#,
        1,
    ));
    scene.check(&[], &[(HOUR, &expect.concat()), ("orphans.jsonl", "")]);
}

#[test]
fn columns_of_labels_can_be_named() {
    let a = capture("a", None, 1);
    let scene = Scene::new("columns");
    scene.put("captures/1.jsonl", &a).put("labels/1.csv", "key,id,truth\na,b,7\n");
    let named = ["--id-column", "key", "--label-column", "truth"];
    scene.check(&named, &[(HOUR, &merged(&a, "7")), ("orphans.jsonl", "")]);
}

#[test]
fn same_file_twice_counts_once() {
    let (a, b) = (capture("a", Some("one"), 1), capture("b", None, 2));
    let scene = Scene::new("twice");
    scene.put("captures/1.jsonl", format!("{a}{b}")).put("captures/2.jsonl", format!("{a}{b}"));
    scene.put("labels/1.jsonl", label("one", "1")).put("labels/2.jsonl", label("one", "1"));
    let told = scene.check(
        &["--unlabelled"],
        &[(HOUR, &merged(&a, "1")), ("orphans.jsonl", ""), ("unlabelled.jsonl", &b)],
    );
    assert_eq!((&told["repeated_inferences"], &told["duplicate_labels"]), (&json!(2), &json!(1)));
    assert_eq!((&told["inferences"], &told["merged"]), (&json!(2), &json!(1)));
}

#[test]
fn unreadable_records_are_kept_with_reasons() {
    let (a, long) = (capture("a", None, 1), "x".repeat(17 << 20));
    let shadow =
        a.replace(r#""eventId":"a""#, r#""eventId":"s","invocationSource":"ShadowExperiment""#);
    let bare = a.replace(r#","inferenceTime":"2026-03-04T10:01:48Z""#, "");
    let scene = Scene::new("bad");
    scene.put(
        "captures/1.jsonl",
        format!("{{\"long\":\"{long}\"}}\n{a}{shadow}not json\n{bare}{}", &a[..99]),
    );
    scene.put(
        "labels/1.jsonl",
        format!(
            "{}{{\"id\":1}}\n{}",
            label("a", "1"),
            label("b", "2").trim_end().trim_end_matches('}')
        ),
    );
    let packed = gzipped(&(0..9999).map(|it| label(&format!("{it}"), "3")).collect::<String>());
    scene.put("labels/2.jsonl.gz", &packed[..packed.len() / 2]);
    let (code, files, told) = scene.merge(&[]);
    assert_eq!(code, ExitCode::SUCCESS);
    assert_eq!(String::from_utf8_lossy(&files[HOUR]), merged(&a, "1"));
    let kept: Vec<Value> = files["set_aside.jsonl"]
        .split(|it| *it == b'\n')
        .filter(|it| !it.is_empty())
        .map(|it| serde_json::from_slice(it).expect("as the test wrote it"))
        .collect();
    let said: Vec<(&str, &str)> = kept
        .iter()
        .map(|it| {
            (
                it["source"]
                    .as_str()
                    .expect("as the test wrote it")
                    .rsplit_once('/')
                    .expect("as the test wrote it")
                    .1,
                it["reason"].as_str().expect("as the test wrote it"),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("1.jsonl", "the record has no label"),
            ("1.jsonl", "the JSON ends too early"),
            ("2.jsonl.gz", "the gzip stream is cut off"),
            ("1.jsonl", "the record is longer than the limit"),
            ("1.jsonl", "the line is not a JSON object"),
            ("1.jsonl", "the record has no readable inferenceTime"),
            ("1.jsonl", "the JSON ends too early"),
        ]
    );
    assert_eq!(kept[4]["record"], json!("not json"));
    assert_eq!(
        kept[4]["offset"],
        json!("{\"long\":\"\"}\n".len() + long.len() + a.len() + shadow.len())
    );
    assert_eq!(
        (&told["labels_set_aside"], &told["captures_set_aside"], &told["shadow"]),
        (&json!(3), &json!(4), &json!(1))
    );
}

#[test]
fn long_records_below_the_limit_are_merged() {
    let a = capture("a", None, 1).replace("41,0", &"1,".repeat(5 << 20));
    let scene = Scene::new("long");
    scene.put("captures/1.jsonl", &a).put("labels/1.jsonl", label("a", "1"));
    let (code, files, _) = scene.merge(&[]);
    assert_eq!(code, ExitCode::SUCCESS);
    assert!(files[HOUR] == merged(&a, "1").into_bytes());
}

#[test]
fn nothing_to_join_is_a_failure() {
    let scene = Scene::new("nothing");
    let fails = |scene: &Scene| assert_eq!(scene.merge(&[]).0, ExitCode::FAILURE);
    fails(&scene);
    scene.put("captures/1.jsonl", capture("a", None, 1)).put("labels/1.jsonl", "");
    fails(&scene);
    scene.put("labels/1.jsonl", "id,score\na,1\n");
    fails(&scene);
    let start = ["--start-time", "2026-03-04T10:02:00Z"];
    scene.put("labels/1.jsonl", label("a", "1"));
    assert_eq!(scene.merge(&start).0, ExitCode::FAILURE);
}

/// Splitmix64, so that a failure comes again.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (bits ^ (bits >> 31)) % most
    }
}

#[test]
fn bytes_depend_neither_on_threads_nor_on_memory() {
    let mut random = Random(4);
    let scene = Scene::new("bytes");
    let ids = 60_000;
    for file in 0..3 {
        let mut text = String::new();
        for _ in 0..20_000 {
            let event = random.below(ids);
            let named = (random.below(5) == 0).then(|| format!("order-{}", random.below(ids)));
            text += &capture(&format!("event-{event}"), named.as_deref(), (event % 300) as u32);
        }
        scene.put(&format!("captures/{file}.jsonl"), text);
        let labels: String = (0..30_000)
            .map(|_| {
                let kind = if random.below(5) == 0 { "order" } else { "event" };
                let id = format!("{kind}-{}", random.below(ids));
                label(&id, &random.below(3).to_string())
            })
            .collect();
        scene.put(&format!("labels/{file}.jsonl"), labels);
    }
    let (_, expect, told) = scene.merge(&["--threads", "1", "--unlabelled"]);
    assert!(expect.len() > 5 && expect["orphans.jsonl"].len() > 1000);
    for more in [
        &["--threads", "2"][..],
        &["--threads", "5"],
        &["--memory", "1", "--threads", "1"],
        &["--memory", "1", "--threads", "3"],
    ] {
        let (_, files, again) = scene.merge(&[more, &["--unlabelled"]].concat());
        assert_eq!(again, told, "{more:?}");
        assert!(files == expect, "{more:?}");
    }
}
