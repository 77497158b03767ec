//! How far a new baseline is from the one in force.

mod figures;

use engine::constraints::Constraints;
use engine::finding::{Check, Finding};
use engine::statistics::Statistics;
use engine::verdict::{PreparedBaseline, VerdictSettings};
use engine::words::{finding_words, name_words};
use ports::{BaselineChange, BaselineContent};
use std::collections::BTreeSet;

/// How far a new baseline may be from the one in force.
#[derive(Clone, Copy)]
pub(super) struct Most {
    /// Of a column.
    pub(super) change: f64,
    /// Of a figure of quality or bias, and of what an order of features may lack.
    pub(super) metric_change: f64,
}

/// Lists what keeps a new baseline from taking the place of another; empty
/// where nothing does. Holds names, numbers and words of the verdict, never a
/// captured value.
pub(super) fn changes(
    before: &BaselineContent,
    now: &BaselineContent,
    most: Most,
) -> Vec<BaselineChange> {
    use BaselineContent as B;
    match (before, now) {
        (B::DataQuality { statistics, constraints }, B::DataQuality { statistics: now, .. }) => {
            columns((statistics, constraints), now, most.change)
        }
        (B::ModelQuality(before), B::ModelQuality(now)) => {
            figures::quality(&before.statistics, &now.statistics, most.metric_change)
        }
        (B::ModelBias(before), B::ModelBias(now)) => figures::bias(before, now, most.metric_change),
        (B::ModelExplainability(before), B::ModelExplainability(now)) => {
            figures::attribution(before, now, most.metric_change)
        }
        _ => Vec::new(),
    }
}

/// Compares columns.
///
/// A column that is gone, new or of another type always does; a share of
/// missing cells, of unseen values or a distance does above `max_change`. The
/// distances are the verdict's own, over the columns that both have.
fn columns(
    (statistics, constraints): (&Statistics, &Constraints),
    now: &Statistics,
    max_change: f64,
) -> Vec<BaselineChange> {
    let prepared = PreparedBaseline::new(statistics, constraints);
    let judgement = prepared.judge(now, 0, &VerdictSettings::default());
    let mut found: Vec<BaselineChange> =
        judgement.findings.iter().filter(|it| holds(it, max_change)).map(change).collect();
    let told: BTreeSet<(Option<String>, String)> =
        found.iter().map(|it| (it.feature.clone(), it.check.clone())).collect();
    // A distance that is no finding, as with few rows, is a distance all the same.
    for it in &judgement.measured {
        let is_told = told.contains(&(Some(it.feature.clone()), it.check.word().to_owned()));
        if it.check == Check::Distribution && max_change < it.effect.value && !is_told {
            let known = judgement
                .findings
                .iter()
                .find(|known| known.feature.as_ref() == Some(&it.feature))
                .map_or_else(|| name_words(&it.feature), finding_words);
            let words = format!("{known}: distance {:.2}, most {max_change:.2}", it.effect.value);
            found.push(BaselineChange {
                feature: Some(it.feature.clone()),
                check: it.check.word().into(),
                effect: it.effect.value,
                words,
            });
        }
    }
    found
}

fn holds(finding: &Finding, max_change: f64) -> bool {
    match finding.check {
        Check::MissingColumn | Check::ExtraColumn | Check::DataType => finding.significant,
        Check::Completeness | Check::UnseenValues | Check::Distribution => {
            max_change < finding.effect.value
        }
        _ => false,
    }
}

fn change(finding: &Finding) -> BaselineChange {
    BaselineChange {
        feature: finding.feature.clone(),
        check: finding.check.word().into(),
        effect: finding.effect.value,
        words: finding_words(finding),
    }
}

/// Says in a sentence why a version is held.
pub(super) fn sentence(changes: &[BaselineChange]) -> String {
    const NAMED: usize = 3;
    let named: Vec<&str> = changes.iter().take(NAMED).map(|it| it.words.as_str()).collect();
    let rest = changes.len().saturating_sub(NAMED);
    let more = if rest == 0 { String::new() } else { format!(", and {rest} more") };
    format!("it differs from the baseline in force: {}{more}", named.join("; "))
}
