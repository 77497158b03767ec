//! Captures and labels of the same inference.

use super::upload::Upload;
use ports::{CapturedRecord, Pair};
use std::collections::HashMap;

pub(super) type Joined = Vec<Pair>;

/// Joins a capture file with an upload; of an inference's labels the one of the greatest rank is its label.
///
/// In the order of the captures: the same input, the same pairs.
pub(super) fn pairs(records: &[CapturedRecord], upload: &Upload) -> Joined {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::with_capacity(upload.labels.len());
    for (place, label) in upload.labels.iter().enumerate() {
        places.entry(label.id.as_str()).or_default().push(place);
    }
    let mut joined = Vec::new();
    for captured in records {
        let Some(places) = places.get(captured.id.as_str()) else { continue };
        let best = places.iter().copied().max_by_key(|it| upload.rank(*it));
        let Some(best) = best else { continue };
        let label = &upload.labels[best];
        joined.push(Pair {
            captured: captured.clone(),
            value: label.value.clone(),
            rank: upload.rank(best),
            others: places.len() as u64 - 1,
            conflict: places.iter().any(|it| upload.labels[*it].value != label.value),
        });
    }
    joined
}
