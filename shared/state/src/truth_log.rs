//! What is told of labels: numbers by the hour, how far they were looked for, and those that expired.

use crate::record::{maybe_time, time};
use ports::{Backfill, HourTruth, Orphans, TruthLog};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct LogForm {
    hours: Vec<HourForm>,
    #[serde(default)]
    orphans: u64,
}

#[derive(Serialize, Deserialize)]
struct HourForm {
    #[serde(with = "time")]
    hour: i64,
    captured: u64,
    matched: u64,
    duplicates: u64,
    conflicts: u64,
    delays: [u64; 8],
    parts: u64,
    told_parts: u64,
    #[serde(with = "time")]
    changed_at: i64,
    #[serde(with = "maybe_time")]
    told_at: Option<i64>,
    told: u32,
}

impl From<&TruthLog> for LogForm {
    fn from(it: &TruthLog) -> Self {
        let hours = it.hours.iter().map(|it| HourForm {
            hour: it.hour,
            captured: it.captured,
            matched: it.matched,
            duplicates: it.duplicates,
            conflicts: it.conflicts,
            delays: it.delays,
            parts: it.parts,
            told_parts: it.told_parts,
            changed_at: it.changed_at,
            told_at: it.told_at,
            told: it.told,
        });
        Self { hours: hours.collect(), orphans: it.orphans }
    }
}

impl LogForm {
    pub(crate) fn log(self, endpoint: &str, variant: &str) -> TruthLog {
        let hours = self.hours.into_iter().map(|it| HourTruth {
            hour: it.hour,
            captured: it.captured,
            matched: it.matched,
            duplicates: it.duplicates,
            conflicts: it.conflicts,
            delays: it.delays,
            parts: it.parts,
            told_parts: it.told_parts,
            changed_at: it.changed_at,
            told_at: it.told_at,
            told: it.told,
        });
        let (endpoint, variant) = (endpoint.into(), variant.into());
        TruthLog { endpoint, variant, hours: hours.collect(), orphans: self.orphans }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct BackfillForm {
    of: String,
    #[serde(with = "maybe_time")]
    began_at: Option<i64>,
    folder: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    #[serde(with = "maybe_time")]
    passed_at: Option<i64>,
    #[serde(with = "maybe_time")]
    whole_at: Option<i64>,
    handed: Vec<(u64, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    expired: Vec<(i64, u64)>,
}

impl From<&Backfill> for BackfillForm {
    fn from(it: &Backfill) -> Self {
        Self {
            of: it.of.clone(),
            began_at: it.began_at,
            folder: it.folder,
            after: it.after.clone(),
            passed_at: it.passed_at,
            whole_at: it.whole_at,
            handed: it.handed.clone(),
            expired: it.expired.clone(),
        }
    }
}

impl From<BackfillForm> for Backfill {
    fn from(it: BackfillForm) -> Self {
        Self {
            of: it.of,
            began_at: it.began_at,
            folder: it.folder,
            after: it.after,
            passed_at: it.passed_at,
            whole_at: it.whole_at,
            handed: it.handed,
            expired: it.expired,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct OrphansForm<'a> {
    endpoint: &'a str,
    #[serde(with = "time")]
    uploaded: i64,
    labels: u64,
    ids: Vec<OrphanForm<'a>>,
}

#[derive(Serialize)]
struct OrphanForm<'a> {
    id: &'a str,
    upload: &'a str,
}

impl<'a> From<&'a Orphans> for OrphansForm<'a> {
    fn from(it: &'a Orphans) -> Self {
        let ids = it.ids.iter().map(|(id, upload)| OrphanForm { id, upload });
        Self { endpoint: &it.endpoint, uploaded: it.hour, labels: it.labels, ids: ids.collect() }
    }
}
