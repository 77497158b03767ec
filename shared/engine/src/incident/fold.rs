use super::{Incident, Key, Line, Outcome, Progress, Rules, Severity, Sight, severity};
use crate::finding::{Check, Family, Finding};
use crate::window::Window;

const DAY: i64 = 86_400;

impl Progress {
    /// Moves on by one window; windows come in the order of time.
    pub(super) fn take(&mut self, key: &Key, outcome: &Outcome, rules: &Rules) {
        let unknown = self.last.map_or(0, |last| slots_between(last, outcome.window));
        for line in &mut self.lines {
            line.pass(unknown, rules);
        }
        self.last = Some(outcome.window);
        self.openings.retain(|start| outcome.window.start - start < DAY);
        self.watch(outcome, rules);
        self.open(key, outcome, rules);
        self.settle(key.family, outcome.window, rules);
        self.lines.retain(|it| it.active || it.recent.contains(&true));
    }

    /// Notes on every line what the window says of it.
    fn watch(&mut self, outcome: &Outcome, rules: &Rules) {
        for signal in outcome.signals.iter().filter(|it| it.significant) {
            if !self.lines.iter().any(|line| line.is_of(signal)) {
                self.lines.push(Line {
                    feature: signal.feature.clone(),
                    check: signal.check,
                    active: false,
                    since: outcome.window,
                    recent: Vec::new(),
                    clean: 0,
                });
            }
        }
        self.lines.sort_by(|a, b| (&a.feature, a.check).cmp(&(&b.feature, b.check)));
        for line in &mut self.lines {
            let signal = outcome.signals.iter().find(|it| line.is_of(it));
            let bad = signal.is_some_and(|it| it.significant);
            let hidden = line.feature.as_ref().is_some_and(|it| outcome.hidden.contains(it));
            if bad {
                line.note(true, outcome.window, rules);
            } else if outcome.sight == Sight::Clear && !hidden {
                line.note(false, outcome.window, rules);
                line.clean = if signal.is_some() { 0 } else { line.clean + 1 };
            }
        }
    }

    /// Opens an incident, or adds to the open one.
    fn open(&mut self, key: &Key, outcome: &Outcome, rules: &Rules) {
        for line in &mut self.lines {
            let needed = needed(key.family, line.check, rules);
            line.active |= needed <= line.recent.iter().filter(|bad| **bad).count();
        }
        let shown: Vec<&Finding> = outcome
            .signals
            .iter()
            .filter(|it| it.significant)
            .filter(|it| self.lines.iter().any(|line| line.active && line.is_of(it)))
            .collect();
        let open = self.incident.as_ref().is_some_and(Incident::is_open);
        if shown.is_empty() && !open {
            return;
        }
        if !open {
            let first = self.lines.iter().filter(|it| it.active).min_by_key(|it| it.since);
            let Some(first) = first else { return };
            let counted = first.recent.iter().skip_while(|bad| !**bad);
            self.openings.push(outcome.window.start);
            self.incident = Some(Incident {
                id: key.incident_id(outcome.window),
                key: key.clone(),
                opened: outcome.window,
                since: first.since,
                last_bad: outcome.window,
                resolved: None,
                bad_windows: first.recent.iter().filter(|bad| **bad).count() as u32 - 1,
                windows: counted.count() as u32 - 1,
                severity: Severity::Info,
                score: 0.0,
                findings: Vec::new(),
                flapping: rules.flaps <= self.openings.len(),
            });
        }
        if let Some(incident) = &mut self.incident {
            incident.add(&shown, outcome, rules);
        }
    }

    /// Takes leave of lines that stayed clean, and of the incident with the last.
    fn settle(&mut self, family: Family, window: Window, rules: &Rules) {
        let Some(incident) = self.incident.as_mut().filter(|it| it.is_open()) else { return };
        let enough = match family {
            // One window with rows proves that the monitor sees.
            Family::Monitoring => 1,
            _ if incident.flapping => rules.flap_clean.max(rules.clean),
            _ => rules.clean,
        };
        for line in &mut self.lines {
            if line.active && enough <= line.clean {
                line.active = false;
                line.recent.clear();
            }
        }
        if !self.lines.iter().any(|it| it.active) {
            incident.resolved = Some(window);
        }
    }
}

impl Line {
    fn is_of(&self, finding: &Finding) -> bool {
        self.check == finding.check && self.feature == finding.feature
    }

    fn note(&mut self, bad: bool, window: Window, rules: &Rules) {
        if bad {
            if !self.active && !self.recent.contains(&true) {
                self.since = window;
            }
            self.clean = 0;
        }
        self.recent.push(bad);
        let surplus = self.recent.len().saturating_sub(rules.of.max(1));
        self.recent.drain(..surplus);
    }

    /// Lets windows pass of which nothing is known: they might have been clean.
    fn pass(&mut self, unknown: usize, rules: &Rules) {
        if 0 < unknown {
            self.clean = 0;
            self.recent.extend(std::iter::repeat_n(false, unknown.min(rules.of)));
            let surplus = self.recent.len().saturating_sub(rules.of.max(1));
            self.recent.drain(..surplus);
        }
    }
}

impl Incident {
    fn add(&mut self, shown: &[&Finding], outcome: &Outcome, rules: &Rules) {
        if outcome.sight == Sight::Clear || !shown.is_empty() {
            self.windows += 1;
        }
        if shown.is_empty() {
            return;
        }
        self.bad_windows += 1;
        self.last_bad = outcome.window;
        for finding in shown {
            let same =
                |it: &&mut Finding| it.feature == finding.feature && it.check == finding.check;
            if let Some(known) = self.findings.iter_mut().find(same) {
                known.clone_from(finding);
            } else if self.findings.len() < Outcome::MOST {
                self.findings.push((*finding).clone());
            }
        }
        self.findings.sort_by(|a, b| {
            let order = b.effect.low.total_cmp(&a.effect.low).then(a.feature.cmp(&b.feature));
            order.then(a.check.cmp(&b.check))
        });
        let now: Vec<Finding> = shown.iter().map(|it| (*it).clone()).collect();
        let (level, score) = severity(&now, rules.critical);
        self.severity = self.severity.max(level);
        self.score = self.score.max(score);
    }
}

/// Bad windows that make a line part of an incident.
fn needed(family: Family, check: Check, rules: &Rules) -> usize {
    match (family, check) {
        (Family::Contract | Family::Monitoring, it) if it != Check::NoTraffic => 1,
        (_, Check::RunFailed) => 1,
        _ => rules.bad.max(1),
    }
}

/// Whole windows of the later one's length that lie between two windows.
fn slots_between(before: Window, after: Window) -> usize {
    let length = (after.end - after.start).max(1);
    usize::try_from((after.start - before.end) / length).unwrap_or(0)
}
