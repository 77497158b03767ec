use crate::finding::{Check, Effect, Family, Finding, Hint, Judgement, Measured};
use crate::window::Window;

/// What one window says to one family.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub window: Window,
    pub sight: Sight,
    /// What is not at rest; `significant` is bad, the rest only delays recovery.
    pub signals: Vec<Finding>,
    /// Features of which this window tells nothing, as a broken contract hides them.
    pub hidden: Vec<String>,
}

/// Whether a window can tell that all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// Enough rows.
    Clear,
    /// None or too few, or the run failed: neither opens nor resolves, but for
    /// what is bad all the same.
    Blind,
}

/// Something the caller knows of the monitor itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// The endpoint is invoked and nothing is captured.
    CaptureLost,
    /// No rows, where rows are usual at this hour.
    NoDataUnusual,
    /// So many executions failed one after the other.
    Failing { runs: u32 },
}

/// A line whose effect is this likely by chance is at rest whatever its size.
///
/// In small windows noise alone stays above the closing floor.
const AT_REST: f64 = 0.1;
/// A distance below this is no wrong unit any more.
const NO_WRONG_UNIT: f64 = 0.2;

impl Outcome {
    /// Signals, and hidden features, that are kept of one window.
    ///
    /// A record holds some dozens of windows and is read and written for each.
    pub const MOST: usize = 100;

    /// Takes what one family needs of a judgement.
    ///
    /// `closing` is the part of a floor below which a line is at rest.
    pub fn of(window: Window, judgement: &Judgement, family: Family, closing: f64) -> Self {
        let restless = |it: &Effect| closing * it.floor <= it.value && it.p_value <= AT_REST;
        let mut signals: Vec<Finding> = judgement
            .findings
            .iter()
            .filter(|it| it.family == family && (it.significant || restless(&it.effect)))
            .cloned()
            .collect();
        // What is bad comes first in a judgement's order, so it is kept first.
        signals.truncate(Self::MOST);
        for it in judgement.measured.iter().filter(|it| restless(&it.effect)) {
            if signals.len() == Self::MOST {
                break;
            }
            let same = |other: &Finding| {
                other.check == it.check && other.feature.as_ref() == Some(&it.feature)
            };
            if speaks_to(it, family) && !signals.iter().any(same) {
                signals.push(Finding {
                    feature: Some(it.feature.clone()),
                    family,
                    check: it.check,
                    effect: it.effect,
                    significant: false,
                    hint: None,
                });
            }
        }
        let sight = if judgement.enough { Sight::Clear } else { Sight::Blind };
        Self { window, sight, signals, hidden: hidden(judgement, family) }
    }

    /// Says that nothing is known of this window.
    pub fn unknown(window: Window) -> Self {
        Self { window, sight: Sight::Blind, signals: Vec::new(), hidden: Vec::new() }
    }

    /// Says that the run of this window failed, so that whoever waits for its figures hears of it.
    pub fn failed(window: Window, runs: u32) -> Self {
        Self::of_monitor(window, 0, &[Fact::Failing { runs }])
    }

    /// Whether the run of this window is said to have failed.
    pub fn is_failed(&self) -> bool {
        self.signals.iter().any(|it| it.check == Check::RunFailed)
    }

    /// Says what is known of the monitor itself in one window.
    ///
    /// `rows` are the rows that were judged: only rows prove that it sees again.
    pub fn of_monitor(window: Window, rows: u64, facts: &[Fact]) -> Self {
        let sight = if 0 < rows { Sight::Clear } else { Sight::Blind };
        let signals = facts.iter().map(|it| it.signal()).collect();
        Self { window, sight, signals, hidden: Vec::new() }
    }
}

impl Fact {
    fn signal(self) -> Finding {
        let (check, hint) = match self {
            Self::CaptureLost => (Check::CaptureLost, None),
            Self::NoDataUnusual => (Check::NoTraffic, None),
            Self::Failing { runs } => (Check::RunFailed, Some(Hint::Failing { runs })),
        };
        let effect = Effect { value: 1.0, low: 1.0, high: 1.0, floor: 0.0, p_value: 0.0 };
        Finding {
            feature: None,
            family: Family::Monitoring,
            check,
            effect,
            significant: true,
            hint,
        }
    }
}

/// Whether a comparison may be a line of a family.
fn speaks_to(measured: &Measured, family: Family) -> bool {
    match (family, measured.check) {
        (Family::Contract, Check::Distribution) => NO_WRONG_UNIT <= measured.effect.value,
        (Family::Contract, _) | (Family::Drift, Check::Distribution) => true,
        (Family::Quality | Family::Fairness | Family::Attribution, it) => is_figure(it),
        (Family::Drift | Family::Monitoring, _) => false,
    }
}

fn is_figure(check: Check) -> bool {
    matches!(check, Check::Metric | Check::EstimatedMetric)
}

fn hidden(judgement: &Judgement, family: Family) -> Vec<String> {
    let hides = |it: &&Finding| {
        let broken = it.significant && it.family == Family::Contract;
        broken && (family == Family::Drift || it.check == Check::MissingColumn)
    };
    let mut names: Vec<String> =
        judgement.findings.iter().filter(hides).filter_map(|it| it.feature.clone()).collect();
    names.sort();
    names.dedup();
    names.truncate(Outcome::MOST);
    names
}
