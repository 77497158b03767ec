//! AWS's own container that joins labels to captures (sagemaker-formats C.2).
//!
//! What it does with labels that come twice or match nothing is not documented: here the last label wins, and captures
//! without a label are left out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    container::{ContainerEnd, ContainerTask},
    plan::{MERGE_CAPTURES, MERGE_LABELS, MERGE_OUTPUT},
};

/// Joins the labels of a job to its captures.
pub(super) fn run(task: &ContainerTask, part: &str) -> ContainerEnd {
    let below = |folder: &'static str| {
        let files = task.files.iter();
        files.filter_map(move |(path, body)| {
            Some((path.strip_prefix(folder)?.strip_prefix('/')?, body))
        })
    };
    let mut labels: BTreeMap<String, Value> = BTreeMap::new();
    for (_, body) in below(MERGE_LABELS) {
        for record in records(body) {
            let id = record["eventMetadata"]["eventId"].as_str();
            if let Some(id) = id {
                labels.insert(id.to_owned(), record["groundTruthData"].clone());
            }
        }
    }
    let mut merged: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (path, body) in below(MERGE_CAPTURES) {
        let Some((folder, _)) = path.rsplit_once('/') else { continue };
        for mut record in records(body) {
            let metadata = &record["eventMetadata"];
            let id = metadata["inferenceId"].as_str().or_else(|| metadata["eventId"].as_str());
            let Some(label) = id.and_then(|id| labels.get(id)).cloned() else { continue };
            record["groundTruthData"] = label;
            let file = format!("{MERGE_OUTPUT}/{folder}/part-00000-{part}.c000.jsonl");
            let lines = merged.entry(file).or_default();
            lines.extend_from_slice(record.to_string().as_bytes());
            lines.push(b'\n');
        }
    }
    let message = "Completed: Job completed successfully.";
    ContainerEnd { files: merged, ..ContainerEnd::completed(message) }
}

/// Returns the records of a file; a line that is none is passed over.
fn records(body: &[u8]) -> impl Iterator<Item = Value> {
    let lines = body.split(|byte| *byte == b'\n');
    lines.filter_map(|line| serde_json::from_slice(line).ok()).filter(Value::is_object)
}
