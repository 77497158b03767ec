//! Quiet months: nothing changes, so each incident is a false one.

use engine::constraints::Constraints;
use engine::finding::{Family, Judgement};
use engine::incident::{Incident, Key, Outcome, Record, Rules, Transition, advance};
use engine::verdict::{PreparedBaseline, VerdictSettings};
use engine::window::Window;

use crate::chance::Chance;
use crate::traffic::{Column, Fault, draw};

pub(crate) const REFERENCE_ROWS: u64 = 5000;
pub(crate) const HOURS: i64 = 720;

/// What months of windows without any change led to.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Quiet {
    pub(crate) months: u32,
    pub(crate) windows: u32,
    /// Windows with a significant finding.
    pub(crate) flagged: u32,
    pub(crate) incidents: u32,
    /// The most incidents of one month.
    pub(crate) worst: u32,
    /// Least effect that shows at this size.
    pub(crate) visible: f64,
}

/// One endpoint with its incidents of both families.
#[derive(Clone)]
pub(crate) struct Watched {
    baseline: PreparedBaseline,
    drift: Record,
    contract: Record,
}

impl Watched {
    pub(crate) fn new(columns: &[Column], chance: &mut Chance) -> Self {
        let reference = draw(columns, REFERENCE_ROWS, None, (0, Fault::None), chance);
        let baseline = PreparedBaseline::new(&reference, &Constraints::default());
        Self { baseline, drift: Record::default(), contract: Record::default() }
    }

    /// Judges one hour; returns the verdict and what it did to either family.
    pub(crate) fn hour(
        &mut self,
        columns: &[Column],
        rows: u64,
        hour: i64,
        fault: (usize, Fault),
        chance: &mut Chance,
    ) -> (Judgement, [Transition; 2]) {
        let current = draw(columns, rows, Some(hour), fault, chance);
        let judgement = self.baseline.judge(&current, 0, &VerdictSettings::default());
        let window = Window { start: hour * 3600, end: (hour + 1) * 3600 };
        let rules = Rules::default();
        let step = |family, record: &mut Record| {
            let outcome = Outcome::of(window, &judgement, family, rules.closing);
            let (next, transition) = advance(&key(family), record, outcome, &rules);
            *record = next;
            transition
        };
        let contract = step(Family::Contract, &mut self.contract);
        let drift = step(Family::Drift, &mut self.drift);
        (judgement, [contract, drift])
    }

    /// Whether an open incident names the column.
    pub(crate) fn names(&self, column: usize) -> bool {
        let name = format!("f{column}");
        let open = [&self.contract, &self.drift].into_iter().filter_map(|it| it.incident.as_ref());
        open.filter(|it| it.is_open())
            .any(|it| it.findings.iter().any(|line| line.feature.as_ref() == Some(&name)))
    }

    pub(crate) fn all_resolved(&self) -> bool {
        let known = [&self.contract, &self.drift].into_iter().filter_map(|it| it.incident.as_ref());
        known.filter(|it| Incident::is_open(it)).count() == 0
    }
}

fn key(family: Family) -> Key {
    Key {
        account: "111122223333".to_string(),
        region: "eu-west-1".to_string(),
        endpoint: "quiet".to_string(),
        variant: "A".to_string(),
        family,
    }
}

/// Lets months of `hours` windows of `rows` rows pass, each with a new baseline.
pub(crate) fn quiet(columns: &[Column], rows: u64, months: u32, hours: i64, seed: u64) -> Quiet {
    let mut quiet = Quiet { months, ..Quiet::default() };
    for month in 0..months {
        let mut chance = Chance::new(seed + u64::from(month));
        let mut watched = Watched::new(columns, &mut chance);
        let mut opened = 0;
        for hour in 0..hours {
            let (judgement, transitions) =
                watched.hour(columns, rows, hour, (0, Fault::None), &mut chance);
            quiet.windows += 1;
            quiet.flagged += u32::from(judgement.findings.iter().any(|it| it.significant));
            quiet.visible = judgement.visible_effect.unwrap_or(1.0);
            opened += transitions.iter().filter(|it| **it == Transition::Opened).count() as u32;
        }
        quiet.incidents += opened;
        quiet.worst = quiet.worst.max(opened);
    }
    quiet
}
