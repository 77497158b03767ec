use crate::ReportInput;
use crate::reference::Ranks;
use engine::finding::{Check, Effect, Finding, Reason};
use engine::statistics::Feature;
use std::collections::HashMap;

/// One column of the report: what is known of it on both sides.
pub(crate) struct Column<'a> {
    pub(crate) name: &'a str,
    /// In the order of rank.
    pub(crate) findings: Vec<&'a Finding>,
    /// The comparison of distributions, if there was one.
    pub(crate) drift: Option<&'a Effect>,
    pub(crate) not_compared: Option<Reason>,
    pub(crate) reference: Option<(&'a Feature, &'a Ranks)>,
    pub(crate) current: Option<&'a Feature>,
}

impl Column<'_> {
    pub(crate) fn is_moved(&self) -> bool {
        self.findings.iter().any(|it| it.significant)
    }
}

impl Column<'_> {
    /// Tells whether the values themselves moved, not only how many there are.
    pub(crate) fn has_moved_values(&self) -> bool {
        let is_of_cells = |it: Check| matches!(it, Check::Completeness | Check::Unreadable);
        self.findings.iter().any(|it| it.significant && !is_of_cells(it.check))
    }
}

/// Returns every column: what changed by rank, then the rest by its drift.
pub(crate) fn columns<'a>(input: &ReportInput<'a>) -> Vec<Column<'a>> {
    let mut list: Vec<Column<'a>> = Vec::new();
    let mut places: HashMap<&'a str, usize> = HashMap::new();
    let mut place = |list: &mut Vec<Column<'a>>, name: &'a str| {
        *places.entry(name).or_insert_with(|| {
            list.push(Column {
                name,
                findings: Vec::new(),
                drift: None,
                not_compared: None,
                reference: input.reference.and_then(|it| it.feature(name)),
                current: None,
            });
            list.len() - 1
        })
    };
    for it in &input.judgement.findings {
        if let Some(name) = it.feature.as_deref() {
            let at = place(&mut list, name);
            list[at].findings.push(it);
        }
    }
    let ranked = list.len();
    if let Some(reference) = input.reference {
        for it in &reference.statistics().features {
            place(&mut list, &it.name);
        }
    }
    for it in input.current.map(|it| it.features.as_slice()).unwrap_or_default() {
        let at = place(&mut list, &it.name);
        list[at].current = Some(it);
    }
    for it in input.judgement.measured.iter().filter(|it| it.check == Check::Distribution) {
        let at = place(&mut list, &it.feature);
        list[at].drift = Some(&it.effect);
    }
    for it in &input.judgement.not_compared {
        let at = place(&mut list, &it.feature);
        list[at].not_compared = Some(it.reason);
    }
    let drift = |it: &Column<'_>| it.drift.map_or(-1.0, |it| it.value);
    list[ranked..].sort_by(|a, b| drift(b).total_cmp(&drift(a)));
    list
}

/// The effects of each check of each column in the past windows.
pub(crate) struct Trends<'a> {
    effects: HashMap<(&'a str, Check), Vec<Option<f64>>>,
    windows: usize,
}

/// Windows that are drawn, this one included.
const DRAWN: usize = 12;

impl<'a> Trends<'a> {
    pub(crate) fn of(input: &ReportInput<'a>) -> Self {
        let skipped = input.past.len().saturating_sub(DRAWN - 1);
        let past = &input.past[skipped..];
        let windows = past.len() + 1;
        let mut effects: HashMap<(&str, Check), Vec<Option<f64>>> = HashMap::new();
        // Only what changed now has a line of its own.
        for it in &input.judgement.findings {
            let mut line = vec![None; windows];
            line[windows - 1] = Some(it.effect.value);
            effects.insert((it.feature.as_deref().unwrap_or_default(), it.check), line);
        }
        for (at, window) in past.iter().enumerate() {
            for it in window.measured {
                if let Some(line) = effects.get_mut(&(it.feature.as_str(), it.check)) {
                    line[at] = Some(it.effect.value);
                }
            }
        }
        Self { effects, windows }
    }

    pub(crate) fn windows(&self) -> usize {
        self.windows
    }

    pub(crate) fn line(&self, finding: &'a Finding) -> &[Option<f64>] {
        let key = (finding.feature.as_deref().unwrap_or_default(), finding.check);
        self.effects.get(&key).map(Vec::as_slice).unwrap_or_default()
    }
}
