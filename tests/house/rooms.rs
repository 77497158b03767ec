//! Who may see whom (ARCHITECTURE.md, "Rooms").

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use support::{files_below, root};

/// What each room may see. A room that is missing here may see nothing of ours.
const MAY_SEE: &[(&str, &[&str])] = &[
    ("summary", &[]),
    ("dataset", &[]),
    ("engine", &["summary", "dataset"]),
    ("formats", &["engine"]),
    ("settings", &[]),
    ("report", &["engine", "ports"]),
    ("ports", &["engine"]),
    ("state", &["engine", "ports", "formats"]),
    ("flow", &["engine", "ports", "settings"]),
    ("aws", &["engine", "ports", "formats"]),
    ("boot", &["ports", "formats", "settings", "state", "flow", "aws"]),
    ("local", &[]),
    ("embedded", &["ports", "local", "formats", "state", "flow", "settings", "engine"]),
];

/// What a function may see: each wires the use case to the world, and no more.
const FUNCTIONS_SEE: &[&str] =
    &["engine", "formats", "settings", "report", "ports", "state", "flow", "aws", "boot"];

/// Rooms that compose and may see all of ours, but for those named.
const COMPOSE: &[(&str, &[&str])] = &[("cli", &["boot"]), ("tests", &[])];

/// Crates from outside that only these rooms may name.
const KEPT_IN: &[(&str, &[&str])] = &[
    ("aws-sdk-", &["aws"]),
    ("aws-smithy-", &["aws"]),
    ("aws-config", &["aws"]),
    ("aws-types", &["aws"]),
    ("aws-credential-types", &["aws"]),
    ("aws_lambda_events", &["boot", "functions"]),
    ("lambda_runtime", &["boot"]),
    ("tokio", &["boot", "aws", "local", "cli"]),
    ("tracing", &["boot"]),
    ("clap", &["cli"]),
    ("parquet", &["dataset"]),
    ("flate2", &["dataset", "local"]),
    ("serde_json", &["formats", "state", "settings", "boot", "local", "embedded", "cli", "tests"]),
    ("serde", &["formats", "state", "settings", "local", "cli", "tests"]),
    ("hyper", &["local"]),
    ("indicatif", &["cli"]),
    ("comfy-table", &["cli"]),
];

/// Parts of the standard library that only these rooms may touch.
const WORLD: &[&str] =
    &["std::fs", "std::net", "std::process", "std::env::", "SystemTime::now", "Instant::now"];
const TOUCH_THE_WORLD: &[&str] = &["local", "cli", "boot", "aws"];

/// Reads the `[dependencies]` of a manifest: name and whether it is one of ours.
fn dependencies(manifest: &str) -> BTreeMap<String, bool> {
    let mut inside = false;
    let mut found = BTreeMap::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && let Some((name, rest)) = line.split_once('=') {
            let name = name.trim().trim_end_matches(".workspace");
            found.insert(name.to_string(), rest.contains("path ="));
        }
    }
    found
}

/// Returns every crate with its room; the functions are one room.
fn rooms() -> Vec<(String, PathBuf)> {
    let mut rooms = vec![("tests".to_string(), root().join("tests"))];
    for folder in ["shared", "functions"] {
        let Ok(entries) = fs::read_dir(root().join(folder)) else { continue };
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            if path.join("Cargo.toml").exists() {
                let own = path.file_name().expect("a name").to_string_lossy().into_owned();
                rooms.push((if folder == "shared" { own } else { folder.to_string() }, path));
            }
        }
    }
    rooms.sort();
    rooms
}

fn seen_by(room: &str) -> Option<&'static [&'static str]> {
    if room == "functions" {
        return Some(FUNCTIONS_SEE);
    }
    MAY_SEE.iter().find(|(name, _)| *name == room).map(|(_, seen)| *seen)
}

#[test]
fn rooms_see_only_what_the_plan_allows() {
    for (room, path) in rooms() {
        let manifest = fs::read_to_string(path.join("Cargo.toml")).expect("a manifest");
        let allowed = seen_by(&room);
        let composes = COMPOSE.iter().find(|(name, _)| *name == room).map(|(_, but)| *but);
        assert!(allowed.is_some() || composes.is_some(), "room {room} has no place in the plan");
        for (dep, ours) in dependencies(&manifest) {
            let kept = KEPT_IN.iter().find(|(prefix, _)| {
                dep == *prefix || prefix.ends_with('-') && dep.starts_with(prefix)
            });
            assert!(
                kept.is_none_or(|(_, keepers)| keepers.contains(&room.as_str())),
                "{room} names {dep}"
            );
            if ours {
                let may = allowed.is_some_and(|seen| seen.contains(&dep.as_str()))
                    || composes.is_some_and(|but| !but.contains(&dep.as_str()));
                assert!(may, "{room} sees {dep}");
            }
        }
    }
}

#[test]
fn plan_names_no_edge_against_the_stairs() {
    let stairs = [
        "summary", "dataset", "engine", "formats", "settings", "ports", "report", "state", "flow",
        "aws", "boot", "local", "embedded",
    ];
    let step = |room: &str| stairs.iter().position(|it| *it == room).expect("a known room");
    for (room, seen) in MAY_SEE {
        for other in *seen {
            assert!(step(other) < step(room), "{room} looks up to {other}");
        }
    }
}

#[test]
fn pure_rooms_never_touch_the_world() {
    for (room, path) in rooms() {
        if room == "tests" || TOUCH_THE_WORLD.contains(&room.as_str()) {
            continue;
        }
        for file in files_below(&path.join("src"), "rs") {
            let is_test = file.ends_with("tests.rs") || file.iter().any(|part| part == "tests");
            if is_test {
                continue;
            }
            let text = fs::read_to_string(&file).expect("source is text");
            let code = text.split("#[cfg(test)]").next().expect("a first part");
            for word in WORLD {
                let named = code
                    .lines()
                    .any(|line| !line.trim_start().starts_with("//") && line.contains(word));
                assert!(!named, "{} names {word}", file.display());
            }
        }
    }
}
