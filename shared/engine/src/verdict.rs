//! The calibrated verdict: what changed, beyond chance and beyond a floor.
//!
//! All comparisons of one run share one false-discovery budget
//! (Benjamini and Hochberg 1995). An effect is significant when it passes that
//! gate and its floor; a break of the contract, which alerts on one window
//! alone, must pass a stricter one. Reference: features 4.1.

mod align;
mod compare;
mod gate;
mod prepared;
#[cfg(test)]
mod tests;

pub use align::{Pairing, align};
pub use gate::false_discovery_limit;
pub use prepared::PreparedBaseline;

use std::collections::BTreeSet;

use crate::constraints::Constraints;
use crate::effect::{Share, rise, visible_distance};
use crate::finding::{
    Check, Effect, Family, Finding, Hint, Judgement, Measured, NotCompared, Reason, State,
};
use crate::statistics::Statistics;

/// What the verdict holds an effect against.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictSettings {
    /// Share of false ones among the discoveries of a run.
    pub q: f64,
    /// Least distance of distributions that somebody needs to know.
    pub floor: f64,
    /// Part of the way to its lower bound that an effect of drift must be above
    /// the floor; a fifth is half a standard error.
    ///
    /// It keeps a daily rhythm just below the floor from alerting by chance.
    pub margin: f64,
    pub contract: ContractFloors,
    /// Largest probability at which one window alone breaks a contract.
    ///
    /// At a thousand checks an hour, 1e-6 is less than one false break a month.
    pub contract_p: f64,
    /// Below so many rows a window is too small to judge drift by.
    pub min_rows: u64,
    /// A window that cannot show an effect of this size says too little.
    pub blind_effect: f64,
    /// Part of a floor from which an effect is worth a watch.
    pub watch: f64,
}

impl Default for VerdictSettings {
    fn default() -> Self {
        Self {
            q: 0.01,
            floor: 0.08,
            margin: 0.2,
            contract: ContractFloors::default(),
            contract_p: 1e-6,
            min_rows: 30,
            blind_effect: 0.6,
            watch: 0.5,
        }
    }
}

/// Shares of rows from which a break of the contract counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ContractFloors {
    pub data_type: f64,
    pub completeness: f64,
    pub unseen_values: f64,
    pub out_of_range: f64,
    pub unreadable: f64,
}

impl Default for ContractFloors {
    fn default() -> Self {
        Self {
            data_type: 0.01,
            completeness: 0.05,
            unseen_values: 0.02,
            out_of_range: 0.05,
            unreadable: 0.01,
        }
    }
}

/// Judges one window; prepare the baseline once where many windows are judged.
pub fn judge(
    statistics: &Statistics,
    constraints: &Constraints,
    current: &Statistics,
    unreadable: u64,
    settings: &VerdictSettings,
) -> Judgement {
    PreparedBaseline::new(statistics, constraints).judge(current, unreadable, settings)
}

impl PreparedBaseline {
    /// Judges one window against this baseline.
    ///
    /// `unreadable` counts the records of the window that were set aside. The
    /// state is never `Error`: whoever could not run says so.
    pub fn judge(
        &self,
        current: &Statistics,
        unreadable: u64,
        settings: &VerdictSettings,
    ) -> Judgement {
        let mut run = Run::default();
        self.compare_records(current, unreadable, settings, &mut run);
        if 0 < current.rows {
            let pairing = align(self, current);
            self.compare_shape(&pairing, current, settings, &mut run);
            for (before, now) in pairing.pairs(self, current) {
                before.compare(now, settings, &mut run);
            }
        }
        let visible_effect = (0 < current.rows && 0 < self.rows).then(|| {
            let first = settings.q / run.budgeted().count().max(1) as f64;
            visible_distance(current.rows as f64, self.rows as f64, first).max(settings.floor)
        });
        let findings = run.findings(current.rows, settings);
        let enough = settings.min_rows <= current.rows
            && visible_effect.is_some_and(|it| it <= settings.blind_effect);
        Judgement {
            state: state(&findings, current.rows, enough),
            enough,
            findings,
            measured: run.measured(),
            not_compared: run.not_compared,
            rows: current.rows,
            baseline_rows: self.rows,
            visible_effect,
            unreadable,
        }
    }

    fn compare_records(
        &self,
        current: &Statistics,
        unreadable: u64,
        settings: &VerdictSettings,
        run: &mut Run,
    ) {
        let records = current.rows + unreadable;
        let after = Share::new(unreadable, records);
        let before = Share::new(0, self.rows);
        run.share(None, Check::Unreadable, (before, after), settings.contract.unreadable, None);
    }
}

/// What one run compared, before the gates.
#[derive(Debug, Default)]
struct Run {
    comparisons: Vec<Comparison>,
    not_compared: Vec<NotCompared>,
}

/// One comparison with what may be said of it.
#[derive(Debug)]
struct Comparison {
    feature: Option<String>,
    family: Family,
    check: Check,
    effect: Effect,
    hint: Option<Hint>,
    /// Given what was counted, it could have come out significant.
    ///
    /// A share without a hit on either side could not, and needs no part of the
    /// false-discovery budget (Tarone 1990; Gilbert 2005).
    open: bool,
}

impl Run {
    fn contract(&mut self, name: &str, check: Check, effect: Effect, hint: Option<Hint>) {
        self.push(name, (Family::Contract, check), effect, hint);
    }

    fn drift(&mut self, name: &str, effect: Effect, hint: Option<Hint>) {
        self.push(name, (Family::Drift, Check::Distribution), effect, hint);
    }

    /// Compares two shares; those of no rows are not compared.
    fn share(
        &mut self,
        name: Option<&str>,
        check: Check,
        (before, after): (Share, Share),
        floor: f64,
        hint: Option<Hint>,
    ) {
        if let Some(effect) = rise(before, after, floor) {
            let feature = name.map(str::to_string);
            let open = 0.0 < before.hits + after.hits;
            let family = Family::Contract;
            self.comparisons.push(Comparison { feature, family, check, effect, hint, open });
        }
    }

    fn push(
        &mut self,
        name: &str,
        (family, check): (Family, Check),
        effect: Effect,
        hint: Option<Hint>,
    ) {
        let feature = Some(name.to_string());
        self.comparisons.push(Comparison { feature, family, check, effect, hint, open: true });
    }

    fn skip(&mut self, name: &str, reason: Reason) {
        self.not_compared.push(NotCompared { feature: name.to_string(), reason });
    }

    /// The comparisons that share the false-discovery budget.
    fn budgeted(&self) -> impl Iterator<Item = &Comparison> {
        self.comparisons.iter().filter(|it| it.open)
    }

    fn measured(&self) -> Vec<Measured> {
        let of_column = |it: &Comparison| {
            let feature = it.feature.clone()?;
            Some(Measured { feature, check: it.check, effect: it.effect })
        };
        self.comparisons.iter().filter_map(of_column).collect()
    }

    /// Passes every comparison through the gates and ranks what is left.
    fn findings(&self, rows: u64, settings: &VerdictSettings) -> Vec<Finding> {
        let limit = false_discovery_limit(self.budgeted().map(|it| it.effect.p_value), settings.q);
        let mut findings: Vec<Finding> = Vec::new();
        for it in &self.comparisons {
            let effect = it.effect;
            let discovered = effect.p_value <= limit;
            if !discovered || effect.value < settings.watch * effect.floor {
                continue;
            }
            let stands = if it.family == Family::Contract {
                effect.p_value <= settings.contract_p && effect.floor <= effect.value
            } else {
                let surely = effect.value - settings.margin * (effect.value - effect.low);
                settings.min_rows <= rows && effect.floor <= surely
            };
            findings.push(Finding {
                feature: it.feature.clone(),
                family: it.family,
                check: it.check,
                effect,
                significant: stands,
                hint: it.hint,
            });
        }
        inhibit(&mut findings);
        findings.sort_by(|a, b| {
            let first = b.significant.cmp(&a.significant).then(a.family.cmp(&b.family));
            first.then(b.effect.low.total_cmp(&a.effect.low)).then(a.check.cmp(&b.check))
        });
        findings
    }
}

/// Drops what a break of the contract on the same column explains.
fn inhibit(findings: &mut Vec<Finding>) {
    let broken = |check: Option<Check>, findings: &[Finding]| -> BTreeSet<Option<String>> {
        let breaks = |it: &&Finding| {
            let asked = check.is_none_or(|check| it.check == check);
            it.significant && it.family == Family::Contract && asked
        };
        findings.iter().filter(breaks).map(|it| it.feature.clone()).collect()
    };
    let columns = broken(None, findings);
    findings.retain(|it| it.family != Family::Drift || !columns.contains(&it.feature));
    // A wrong unit is out of range as well: one column, one line for it.
    let columns = broken(Some(Check::OutOfRange), findings);
    findings.retain(|it| it.check != Check::Distribution || !columns.contains(&it.feature));
}

fn state(findings: &[Finding], rows: u64, enough: bool) -> State {
    if findings.iter().any(|it| it.significant) {
        State::Drift
    } else if rows == 0 {
        State::NoData
    } else if !enough {
        State::TooLittleData
    } else if findings.is_empty() {
        State::Ok
    } else {
        State::Watch
    }
}
