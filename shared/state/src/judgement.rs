//! Judgements as JSON, without the comparisons that came to nothing.

use crate::record::finite;
use engine::finding::{Check, Effect, Family, Finding, Hint, Judgement, State};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct JudgementForm {
    state: String,
    enough: bool,
    rows: u64,
    baseline_rows: u64,
    visible_effect: Option<f64>,
    unreadable: u64,
    findings: Vec<FindingForm>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct FindingForm {
    feature: Option<String>,
    family: String,
    check: String,
    value: f64,
    low: f64,
    high: f64,
    floor: f64,
    p_value: f64,
    significant: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<HintForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum HintForm {
    Scale { factor: f64 },
    Shift { deviations: f64 },
    Constant,
    Missing { before: f64, after: f64 },
    NewValues { kinds: u64, share: f64 },
    Type,
    Spread { factor: f64 },
    ByPosition,
    Failing { runs: u32 },
    Figure { before: f64, now: f64, limit: f64 },
}

pub(crate) fn state_of(word: &str) -> Option<State> {
    let all =
        [State::Ok, State::Watch, State::Drift, State::TooLittleData, State::NoData, State::Error];
    all.into_iter().find(|it| it.word() == word)
}

pub(crate) fn family_of(word: &str) -> Option<Family> {
    Family::ALL.into_iter().find(|it| it.word() == word)
}

pub(crate) fn check_of(word: &str) -> Option<Check> {
    let all = [
        Check::MissingColumn,
        Check::ExtraColumn,
        Check::DataType,
        Check::Completeness,
        Check::UnseenValues,
        Check::OutOfRange,
        Check::Unreadable,
        Check::Distribution,
        Check::CaptureLost,
        Check::NoTraffic,
        Check::RunFailed,
        Check::Metric,
        Check::EstimatedMetric,
    ];
    all.into_iter().find(|it| it.word() == word)
}

impl From<Hint> for HintForm {
    fn from(it: Hint) -> Self {
        match it {
            Hint::Scale { factor } => Self::Scale { factor: finite(factor) },
            Hint::Shift { deviations } => Self::Shift { deviations: finite(deviations) },
            Hint::Constant => Self::Constant,
            Hint::Missing { before, after } => {
                Self::Missing { before: finite(before), after: finite(after) }
            }
            Hint::NewValues { kinds, share } => Self::NewValues { kinds, share: finite(share) },
            Hint::Type => Self::Type,
            Hint::Spread { factor } => Self::Spread { factor: finite(factor) },
            Hint::ByPosition => Self::ByPosition,
            Hint::Failing { runs } => Self::Failing { runs },
            Hint::Figure { before, now, limit } => {
                Self::Figure { before: finite(before), now: finite(now), limit: finite(limit) }
            }
        }
    }
}

impl From<HintForm> for Hint {
    fn from(it: HintForm) -> Self {
        match it {
            HintForm::Scale { factor } => Self::Scale { factor },
            HintForm::Shift { deviations } => Self::Shift { deviations },
            HintForm::Constant => Self::Constant,
            HintForm::Missing { before, after } => Self::Missing { before, after },
            HintForm::NewValues { kinds, share } => Self::NewValues { kinds, share },
            HintForm::Type => Self::Type,
            HintForm::Spread { factor } => Self::Spread { factor },
            HintForm::ByPosition => Self::ByPosition,
            HintForm::Failing { runs } => Self::Failing { runs },
            HintForm::Figure { before, now, limit } => Self::Figure { before, now, limit },
        }
    }
}

impl From<&Finding> for FindingForm {
    fn from(it: &Finding) -> Self {
        Self {
            feature: it.feature.clone(),
            family: it.family.word().into(),
            check: it.check.word().into(),
            value: finite(it.effect.value),
            low: finite(it.effect.low),
            high: finite(it.effect.high),
            floor: finite(it.effect.floor),
            p_value: finite(it.effect.p_value),
            significant: it.significant,
            hint: it.hint.map(HintForm::from),
        }
    }
}

impl FindingForm {
    pub(crate) fn finding(self) -> Result<Finding, &'static str> {
        Ok(Finding {
            feature: self.feature,
            family: family_of(&self.family).ok_or("has an unknown family")?,
            check: check_of(&self.check).ok_or("has an unknown check")?,
            effect: Effect {
                value: self.value,
                low: self.low,
                high: self.high,
                floor: self.floor,
                p_value: self.p_value,
            },
            significant: self.significant,
            hint: self.hint.map(Hint::from),
        })
    }
}

impl From<&Judgement> for JudgementForm {
    fn from(it: &Judgement) -> Self {
        Self {
            state: it.state.word().into(),
            enough: it.enough,
            rows: it.rows,
            baseline_rows: it.baseline_rows,
            visible_effect: it.visible_effect.map(finite),
            unreadable: it.unreadable,
            findings: it.findings.iter().map(FindingForm::from).collect(),
        }
    }
}

impl JudgementForm {
    pub(crate) fn judgement(self) -> Result<Judgement, &'static str> {
        let findings: Result<_, _> = self.findings.into_iter().map(FindingForm::finding).collect();
        Ok(Judgement {
            state: state_of(&self.state).ok_or("has an unknown state")?,
            enough: self.enough,
            findings: findings?,
            rows: self.rows,
            baseline_rows: self.baseline_rows,
            visible_effect: self.visible_effect,
            unreadable: self.unreadable,
            measured: Vec::new(),
            not_compared: Vec::new(),
        })
    }
}
