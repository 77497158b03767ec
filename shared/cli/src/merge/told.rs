//! What a person and a machine are told of a merge.

use dataset::Tally;
use engine::merge::{DELAYS, MatchStatistics};
use serde_json::{Value, json};

use super::hours::moment;
use crate::folder::Folder;
use crate::screen::{Screen, grouped};

/// Hours of a table on the screen; the file holds all of them.
const SHOWN: usize = 48;

pub(super) struct Told<'a> {
    pub(super) statistics: &'a MatchStatistics,
    pub(super) labels: Tally,
    pub(super) captures: Tally,
}

impl Told<'_> {
    pub(super) fn json(&self) -> Value {
        let it = self.statistics;
        let hours = it.hours.iter().map(|(hour, counts)| {
            json!({
                "hour": moment(*hour).map(|it| it.to_string()),
                "inferences": counts.inferences,
                "merged": counts.merged,
                "coverage": counts.coverage(),
            })
        });
        let bounds = DELAYS.iter().map(Some).chain([None]);
        let delays = bounds
            .zip(it.delays)
            .map(|(bound, count)| json!({"up_to_seconds": bound, "labels": count}));
        json!({
            "inferences": it.inferences,
            "merged": it.merged,
            "match_rate": it.match_rate(),
            "repeated_inferences": it.repeated,
            "labels": it.labels,
            "duplicate_labels": it.duplicates,
            "conflicting_labels": it.conflicts,
            "orphan_labels": it.orphans,
            "labels_set_aside": self.labels.set_aside,
            "captures_set_aside": self.captures.set_aside,
            "shadow": self.captures.shadow,
            "outside_window": self.captures.outside,
            "asked_by_vigil": self.captures.own,
            "hours": hours.collect::<Vec<_>>(),
            "delays": delays.collect::<Vec<_>>(),
            "labels_before_inference": it.early,
        })
    }

    pub(super) fn show(&self, output: &Folder, screen: &mut Screen) {
        let it = self.statistics;
        let percent = |share: Option<f64>| {
            share.map_or("–".to_owned(), |it| format!("{:.1} %", it * 100.0))
        };
        let rows: Vec<Vec<String>> = it
            .hours
            .iter()
            .take(SHOWN)
            .map(|(hour, counts)| {
                let hour = moment(*hour)
                    .map_or_else(String::new, |it| it.strftime("%Y-%m-%d %H:00").to_string());
                vec![
                    hour,
                    grouped(counts.inferences),
                    grouped(counts.merged),
                    percent(counts.coverage()),
                ]
            })
            .collect();
        screen.table(&["hour (UTC)", "inferences", "merged", "coverage"], &[1, 2, 3], &rows);
        if SHOWN < it.hours.len() {
            screen.line(format!("… and {} hours more", it.hours.len() - SHOWN));
        }
        screen.line(format!(
            "\n{} of {} inferences merged ({}) → {}",
            grouped(it.merged),
            grouped(it.inferences),
            percent(it.match_rate()),
            output.path("yyyy/mm/dd/hh/merged.jsonl").display()
        ));
        screen.line(format!(
            "{} labels: {} duplicates, {} conflicts, {} without inference → {}",
            grouped(it.labels),
            grouped(it.duplicates),
            grouped(it.conflicts),
            grouped(it.orphans),
            output.path(super::ORPHANS).display()
        ));
        if 0 < it.repeated {
            screen.line(format!(
                "{} inferences came more than once and count once",
                grouped(it.repeated)
            ));
        }
    }
}
