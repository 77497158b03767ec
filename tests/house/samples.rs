//! Every function has real-shaped payloads, and every folder of payloads a function.

use std::fs;

use support::{root, samples};

const FUNCTIONS: &[&str] = &[
    "reconcile-endpoint",
    "rebuild-baseline",
    "analyze-window",
    "alert-violations",
    "probe-endpoint",
    "merge-ground-truth",
    "sweep-endpoints",
];

#[test]
fn every_function_has_three_payloads() {
    for function in FUNCTIONS {
        let found = samples(function);
        assert!(3 <= found.len(), "events/{function} has {} payloads of 3", found.len());
        for (name, text) in found {
            let event: serde_json::Value = serde_json::from_str(&text)
                .unwrap_or_else(|why| panic!("{function}/{name}: {why}"));
            // What the replaced module sends is no event.
            if name.starts_with("module-") {
                continue;
            }
            for member in [
                "version",
                "id",
                "detail-type",
                "source",
                "account",
                "time",
                "region",
                "resources",
                "detail",
            ] {
                assert!(event.get(member).is_some(), "{function}/{name} lacks {member}");
            }
        }
    }
}

#[test]
fn every_folder_of_payloads_belongs_to_a_function() {
    for entry in fs::read_dir(root().join("events")).expect("events is a folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(FUNCTIONS.contains(&name.as_str()), "events/{name} belongs to no function");
    }
}
