//! A churn endpoint as in the sketch of the report, made by the engine itself.

use engine::Levels;
use engine::constraints::Constraints;
use engine::finding::{Family, Judgement, Measured, State};
use engine::incident::{Incident, Key, Outcome, Record, Rules, advance};
use engine::monitor::MonitorType;
use engine::statistics::{Category, Feature, InferredType, Numbers, Statistics, Texts, Values};
use engine::verdict::{VerdictSettings, judge};
use engine::violation::{Violation, ViolationCheck};
use engine::window::Window;
use report::{Action, Past, Provenance, Reference, ReportInput, SetAsideCount};

pub(crate) const HOUR: i64 = 3600;
/// 4 March 2026, 11:00.
pub(crate) const START: i64 = 1_772_622_000;

/// Even random numbers, by xorshift.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn even(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.even()).sum::<f64>() - 6.0
    }
}

pub(crate) fn numbers(name: &str, kind: InferredType, values: &[f64], missing: u64) -> Feature {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let std_dev = (values.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / n).sqrt();
    Feature {
        name: name.into(),
        inferred_type: kind,
        present: values.len() as u64,
        missing,
        values: Values::Numbers(Numbers {
            mean,
            sum: mean * n,
            std_dev,
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            buckets: Vec::new(),
            sketch: Levels::from_values(values),
        }),
        types: None,
    }
}

pub(crate) fn texts(name: &str, counts: &[(&str, u64)], missing: u64) -> Feature {
    let mut categories: Vec<Category> = counts
        .iter()
        .map(|(value, count)| Category { value: (*value).into(), count: *count })
        .collect();
    categories.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    Feature {
        name: name.into(),
        inferred_type: InferredType::String,
        present: counts.iter().map(|(_, it)| it).sum(),
        missing,
        values: Values::Texts(Texts {
            distinct: counts.len() as f64,
            categories: Some(categories),
        }),
        types: None,
    }
}

/// Twenty features of a churn model; `faults` breaks three of them.
pub(crate) fn churn(rows: usize, seed: u64, faults: bool) -> Statistics {
    let mut chance = Chance(seed);
    let mut features = Vec::new();
    let scale = if faults { 100.0 } else { 1.0 };
    let minutes: Vec<f64> =
        (0..rows).map(|_| (180.0 + 54.0 * chance.normal()).max(0.0) * scale).collect();
    features.push(numbers("Day Mins", InferredType::Fractional, &minutes, 0));
    let n = rows as u64;
    let gone = if faults { n * 31 / 100 } else { 0 };
    features.push(texts(
        "Intl Plan_yes",
        &[("no", (n - gone) * 9 / 10), ("yes", (n - gone) / 10)],
        gone,
    ));
    let mut states: Vec<(String, u64)> = Vec::new();
    for it in 0..50_u64 {
        states.push((
            format!("{}{}", (b'A' + (it / 26) as u8) as char, (b'A' + (it % 26) as u8) as char),
            n / 55 + it % 5,
        ));
    }
    if faults {
        states.push(("ZZ".into(), n / 25));
    }
    let counts: Vec<(&str, u64)> =
        states.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    features.push(texts("State", &counts, 0));
    let shift = if faults { 3.0 } else { 0.0 };
    let calls: Vec<f64> =
        (0..rows).map(|_| (100.0 + shift + 20.0 * chance.normal()).round().max(0.0)).collect();
    features.push(numbers("Eve Calls", InferredType::Integral, &calls, 0));
    let service: Vec<f64> =
        (0..rows).map(|_| (-(chance.even().max(1e-9)).ln() * 1.6).floor().min(9.0)).collect();
    features.push(numbers("CustServ Calls", InferredType::Integral, &service, 0));
    for it in features.len()..20 {
        let values: Vec<f64> = (0..rows).map(|_| chance.normal() * it as f64).collect();
        features.push(numbers(&format!("feature_{it}"), InferredType::Fractional, &values, 0));
    }
    Statistics { rows: n, features }
}

/// Everything a report borrows from.
pub(crate) struct Scene {
    pub(crate) reference: Reference,
    pub(crate) current: Statistics,
    pub(crate) judgement: Judgement,
    pub(crate) past: Vec<(Window, State, Vec<Measured>)>,
    pub(crate) incidents: Vec<Incident>,
    pub(crate) violations: Vec<Violation>,
}

pub(crate) fn window(hours_back: i64) -> Window {
    let start = START - hours_back * HOUR;
    Window { start, end: start + HOUR }
}

pub(crate) fn scene(baseline: Statistics, current: Statistics) -> Scene {
    scene_with(baseline, current, 0)
}

/// Without the windows before.
pub(crate) fn scene_alone(baseline: Statistics, current: Statistics) -> Scene {
    let judgement =
        judge(&baseline, &Constraints::default(), &current, 0, &VerdictSettings::default());
    Scene {
        past: Vec::new(),
        violations: Vec::new(),
        incidents: Vec::new(),
        reference: Reference::new(baseline),
        judgement,
        current,
    }
}

pub(crate) fn scene_with(baseline: Statistics, current: Statistics, unreadable: u64) -> Scene {
    let settings = VerdictSettings::default();
    let judged = |it: &Statistics, unreadable| {
        judge(&baseline, &Constraints::default(), it, unreadable, &settings)
    };
    let judgement = judged(&current, unreadable);
    let past = (1..12).rev().map(|back| {
        let it = if back < 3 {
            judged(&current, 0)
        } else {
            judged(&churn(300, 70 + back as u64, false), 0)
        };
        (window(back), it.state, it.measured)
    });
    let violations = judgement.findings.iter().filter_map(|it| {
        Some(Violation {
            feature: it.feature.clone()?,
            check: ViolationCheck::BaselineDrift,
            observed: it.effect.value,
            threshold: 0.1,
            description: "Baseline drift distance exceeds threshold".into(),
            ..Violation::default()
        })
    });
    Scene {
        past: past.collect(),
        violations: violations.collect(),
        incidents: Vec::new(),
        reference: Reference::new(baseline.clone()),
        judgement,
        current,
    }
}

const SET_ASIDE: [SetAsideCount<'static>; 2] = [
    SetAsideCount {
        reason: "not JSON",
        count: 5,
        example: Some("2026/03/04/11/a.jsonl, byte 1841"),
    },
    SetAsideCount { reason: "row has 19 cells, the header 20", count: 2, example: None },
];

impl Scene {
    pub(crate) fn with_input<T>(&self, take: impl FnOnce(&ReportInput<'_>) -> T) -> T {
        let past: Vec<Past<'_>> = self
            .past
            .iter()
            .map(|(window, state, measured)| Past { window: *window, state: *state, measured })
            .collect();
        take(&ReportInput {
            endpoint: "churn-prod",
            variant: "AllTraffic",
            monitor: MonitorType::DataQuality,
            window: window(0),
            state: self.judgement.state,
            judgement: &self.judgement,
            reference: Some(&self.reference),
            baseline_version: Some("7"),
            current: Some(&self.current),
            violations: &self.violations,
            incidents: &self.incidents,
            past: &past,
            lights: &[],
            set_aside: if self.judgement.unreadable == 0 { &[] } else { &SET_ASIDE },
            actions: &[Action {
                text: "Look at the incident:",
                command: Some("vigil status --endpoint churn-prod"),
            }],
            provenance: Provenance {
                engine: "Vigil 0.1.0 (native)",
                input_hash: Some(
                    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                ),
                reproduce: Some(
                    "vigil analyze data-quality --dataset s3://…/2026/03/04/11 --baseline s3://…/versions/7 --output out",
                ),
            },
        })
    }
}

/// The incidents that the last windows of a scene lead to.
pub(crate) fn open(scene: &mut Scene) {
    for family in [Family::Contract, Family::Drift] {
        let key = Key {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            endpoint: "churn-prod".into(),
            variant: "AllTraffic".into(),
            family,
        };
        let mut record = Record::default();
        for back in (0..3).rev() {
            let outcome = Outcome::of(window(back), &scene.judgement, family, 0.7);
            record = advance(&key, &record, outcome, &Rules::default()).0;
        }
        scene.incidents.extend(record.incident);
    }
}
