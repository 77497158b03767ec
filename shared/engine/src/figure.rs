//! Figures of a model, of bias or of attribution, held against their limits.
//!
//! AWS's verdict breaks a constraint on any figure beyond it; here a figure must
//! be beyond its limit by more than chance and by more than a floor. All figures
//! of one run share one false-discovery budget. Reference: features 4.1.

mod attribution;
mod bias;
pub mod quality;

pub use attribution::of_attribution;
pub use bias::{TOLD, of_bias};

use crate::finding::{Check, Effect, Family, Finding, Hint, Judgement, Measured, State};
use crate::verdict::false_discovery_limit;
use statrs::function::erf::erfc;

/// One figure and what it may be.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// For people and machines; holds no captured value.
    pub name: String,
    /// [`Check::Metric`] or [`Check::EstimatedMetric`].
    pub check: Check,
    /// What the baseline had.
    pub before: f64,
    pub now: f64,
    pub limit: f64,
    /// How far it is beyond its limit, on a scale on which 1 is all there is;
    /// negative within it.
    pub beyond: f64,
    /// Standard error of `beyond`: chance in the window and in the baseline.
    pub error: f64,
}

/// What figures are held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FigureSettings {
    /// Share of false ones among the discoveries of a run.
    pub q: f64,
    /// Nobody needs to know of less.
    pub floor: f64,
    /// Part of the way to its lower bound that an effect must be above the floor.
    pub margin: f64,
    /// Below so many rows a window is too small.
    pub min_rows: u64,
    /// Part of the floor from which an effect is worth a watch.
    pub watch: f64,
}

impl Default for FigureSettings {
    fn default() -> Self {
        Self { q: 0.01, floor: 0.08, margin: 0.2, min_rows: 50, watch: 0.5 }
    }
}

/// How many rows stand behind figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FigureRows {
    pub window: u64,
    pub baseline: u64,
    /// Records of the window that could not be read.
    pub unreadable: u64,
}

/// Quantile of the normal distribution for a two-sided 99 % interval.
const Z99: f64 = 2.575_829_303_548_901;
/// Standard errors that are found four times in five at 99 %.
const VISIBLE: f64 = 2.575_829_303_548_901 + 0.841_621_233_572_914;

/// Judges the figures of one window; the first is the one that says how much would show.
pub fn judge(
    family: Family,
    figures: &[Figure],
    rows: FigureRows,
    settings: &FigureSettings,
) -> Judgement {
    let judged: Vec<(&Figure, Effect)> = figures
        .iter()
        .filter(|it| it.beyond.is_finite() && it.error.is_finite())
        .map(|it| (it, effect(it, settings.floor)))
        .collect();
    let limit = false_discovery_limit(judged.iter().map(|(_, it)| it.p_value), settings.q);
    let enough = settings.min_rows <= rows.window;
    let mut findings = Vec::new();
    for (it, effect) in &judged {
        if limit < effect.p_value || effect.value < settings.watch * effect.floor {
            continue;
        }
        let surely = effect.value - settings.margin * (effect.value - effect.low);
        findings.push(Finding {
            feature: Some(it.name.clone()),
            family,
            check: it.check,
            effect: *effect,
            significant: enough && effect.floor <= surely,
            hint: Some(Hint::Figure { before: it.before, now: it.now, limit: it.limit }),
        });
    }
    findings.sort_by(|a, b| {
        let first = b.significant.cmp(&a.significant).then(a.check.cmp(&b.check));
        first.then(b.effect.low.total_cmp(&a.effect.low)).then(a.feature.cmp(&b.feature))
    });
    let state = match () {
        () if rows.window == 0 => State::NoData,
        () if findings.iter().any(|it| it.significant) => State::Drift,
        () if !enough => State::TooLittleData,
        () if findings.is_empty() => State::Ok,
        () => State::Watch,
    };
    let measured = judged.iter().map(|(it, effect)| Measured {
        feature: it.name.clone(),
        check: it.check,
        effect: *effect,
    });
    Judgement {
        state,
        enough,
        findings,
        measured: measured.collect(),
        not_compared: Vec::new(),
        rows: rows.window,
        baseline_rows: rows.baseline,
        visible_effect: judged.first().map(|(it, _)| (VISIBLE * it.error).min(1.0)),
        unreadable: rows.unreadable,
    }
}

/// Measures how far a figure is beyond its limit; within it is an effect of zero.
fn effect(it: &Figure, floor: f64) -> Effect {
    let half = Z99 * it.error;
    let p_value = if 0.0 < it.error {
        0.5 * erfc(it.beyond / it.error / std::f64::consts::SQRT_2)
    } else {
        f64::from(u8::from(it.beyond <= 0.0))
    };
    let share = |value: f64| value.clamp(0.0, 1.0);
    let (low, high) = (share(it.beyond - half), share(it.beyond + half));
    Effect { value: share(it.beyond), low, high, floor, p_value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &str, beyond: f64, error: f64) -> Figure {
        let (check, before, limit) = (Check::Metric, 0.9, 0.9);
        Figure { name: name.into(), check, before, now: 0.9 - beyond, limit, beyond, error }
    }

    #[track_caller]
    fn check(figures: &[Figure], rows: u64, expect: State) -> Judgement {
        let rows = FigureRows { window: rows, baseline: 5000, unreadable: 0 };
        let judgement = judge(Family::Quality, figures, rows, &FigureSettings::default());
        assert_eq!(judgement.state, expect, "{judgement:?}");
        judgement
    }

    #[test]
    fn figure_must_pass_chance_and_floor() {
        check(&[figure("auc", 0.2, 0.02)], 400, State::Drift);
        // Beyond chance, not beyond the floor; and the other way round.
        check(&[figure("auc", 0.05, 0.005)], 400, State::Watch);
        check(&[figure("auc", 0.2, 0.15)], 400, State::Ok);
        check(&[figure("auc", -0.2, 0.01)], 400, State::Ok);
        check(&[figure("auc", 0.0, 0.0)], 400, State::Ok);
        check(&[figure("auc", f64::NAN, 0.01)], 400, State::Ok);
    }

    #[test]
    fn small_window_neither_opens_nor_clears() {
        let judgement = check(&[figure("auc", 0.5, 0.02)], 20, State::TooLittleData);
        assert!(!judgement.enough && judgement.findings.iter().all(|it| !it.significant));
        check(&[figure("auc", 0.5, 0.02)], 0, State::NoData);
    }

    #[test]
    fn budget_is_shared_by_all_figures() {
        // One sided p of 2.4 standard errors is 0.008: alone it passes q = 0.01, among ten not.
        let one = figure("auc", 0.24, 0.1);
        assert_eq!(check(std::slice::from_ref(&one), 400, State::Drift).findings.len(), 1);
        let mut many = vec![one];
        many.extend((0..9).map(|at| figure(&format!("m{at}"), -0.1, 0.1)));
        check(&many, 400, State::Ok);
    }

    #[test]
    fn findings_tell_before_now_and_limit() {
        let judgement =
            check(&[figure("f1", 0.2, 0.02), figure("auc", 0.4, 0.02)], 400, State::Drift);
        let words: Vec<String> =
            judgement.findings.iter().map(crate::words::finding_words).collect();
        let expect = [
            "auc fell from 0.900 to 0.500; its limit is 0.900",
            "f1 fell from 0.900 to 0.700; its limit is 0.900",
        ];
        assert_eq!(words, expect);
    }
}
