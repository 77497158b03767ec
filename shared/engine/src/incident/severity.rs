use crate::finding::{Check, Family, Finding, Hint};

/// How urgent an incident is: the levels of PagerDuty's events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    #[default]
    Info,
    Warning,
    Error,
    Critical,
}

impl Severity {
    /// Returns the word that files, attributes and people use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    fn of_score(score: f64) -> Self {
        if score < 40.0 {
            Self::Info
        } else if score <= 70.0 {
            Self::Warning
        } else if score < CRITICAL {
            Self::Error
        } else {
            Self::Critical
        }
    }
}

/// From this score on an incident is critical.
const CRITICAL: f64 = 85.0;
/// A contract that is broken on so much of the traffic is critical.
const CRITICAL_SHARE: f64 = 0.2;

/// Returns the level and the score, from 0 to 100, of findings of one family.
///
/// Reference: features 4.2. A broken contract counts by the share of the traffic
/// it touches. Drift of inputs alone costs nothing yet: it stays a warning, by
/// the lower bound of its effect over the floor. `critical` lifts the score of
/// endpoints that are tagged so.
pub fn severity(findings: &[Finding], critical: bool) -> (Severity, f64) {
    let worst = |family: Family, score: fn(&Finding) -> f64| {
        findings.iter().filter(|it| it.family == family).map(score).fold(0.0, f64::max)
    };
    let contract = worst(Family::Contract, contract_score);
    let drift = worst(Family::Drift, drift_score);
    let monitoring = worst(Family::Monitoring, monitoring_score);
    let figures = [Family::Quality, Family::Fairness, Family::Attribution];
    let figures = figures.map(|it| worst(it, figure_score)).into_iter().fold(0.0, f64::max);
    let mut score = contract.max(drift).max(monitoring).max(figures);
    if critical && 0.0 < score {
        score = (score + 20.0).min(100.0);
    }
    (Severity::of_score(score), score)
}

fn contract_score(finding: &Finding) -> f64 {
    let mut share = finding.effect.value;
    if finding.check == Check::ExtraColumn {
        // A column too many is read by nobody as long as columns have names.
        share *= 0.5 * CRITICAL_SHARE;
    }
    if share < CRITICAL_SHARE {
        40.0 + (CRITICAL - 40.0) * share / CRITICAL_SHARE
    } else {
        CRITICAL + (100.0 - CRITICAL) * (share - CRITICAL_SHARE) / (1.0 - CRITICAL_SHARE)
    }
}

fn drift_score(finding: &Finding) -> f64 {
    if !finding.significant {
        return 30.0;
    }
    let floors = finding.effect.low / finding.effect.floor.max(f64::MIN_POSITIVE);
    40.0 + 29.0 * (1.0 - (-floors / 3.0).exp())
}

/// What the model does wrong costs already: an error, where labels say so, and a
/// warning where it is estimated, or where only its reasons moved.
fn figure_score(finding: &Finding) -> f64 {
    let consequence = match (finding.family, finding.check) {
        (Family::Attribution, _) => 45.0,
        (_, Check::EstimatedMetric) => 55.0,
        _ => 71.0,
    };
    if !finding.significant {
        return 30.0;
    }
    let floors = finding.effect.low / finding.effect.floor.max(f64::MIN_POSITIVE);
    consequence + 13.0 * (1.0 - (-floors.max(0.0) / 3.0).exp())
}

fn monitoring_score(finding: &Finding) -> f64 {
    match (finding.check, finding.hint) {
        (Check::CaptureLost, _) => 80.0,
        (Check::RunFailed, Some(Hint::Failing { runs: 0 | 1 })) => 50.0,
        _ => 75.0,
    }
}
