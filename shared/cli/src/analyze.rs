//! `vigil analyze`: holds data against a baseline.

use std::collections::BTreeMap;
use std::path::Path;

use engine::check::{CheckSettings, align, violations};
use engine::constraints::Constraints;
use engine::drift;
use engine::finding::{Finding, Judgement, State};
use engine::monitor::MonitorType;
use engine::profile::Profile;
use engine::scan::Scanned;
use engine::statistics::{InferredType, Statistics};
use engine::verdict::{VerdictSettings, judge};
use engine::violation::Violation;
use engine::window::Window;
use engine::words::{finding_words, headline};
use formats::constraints::ConstraintsFile;
use formats::{FormatError, statistics, violations as violations_file};
use report::{Action, Provenance, Reference, ReportInput, SetAsideCount, render};
use serde_json::json;

use crate::args::{AnalyzeDataQuality, Ranks, Verdict};
use crate::folder::{Folder, read};
use crate::input::{Dataset, tell_set_aside};
use crate::screen::{Screen, bad, good, grouped, printable};
use crate::{Failure, Outcome};

pub(crate) fn run(args: &AnalyzeDataQuality, screen: &mut Screen) -> Result<Outcome, Failure> {
    let statistics = args.baseline.join("statistics.json");
    let learnt = statistics.exists().then_some(statistics.as_path());
    if learnt.is_none() {
        screen.note(format!("{}: is not there, so drift is not compared", statistics.display()));
    }
    let baseline = Baseline::read(learnt, &args.baseline.join("constraints.json"))?;
    let mut data = Dataset::of(&args.input)?;
    let (start, end) = args.between.seconds();
    data.between(start, end);
    let output = Folder::make(&args.told.output)?;
    let scanned = data.profile(&output, screen)?;
    let analysis = Analysis::of(&baseline, &scanned, ranks(args.drift_ranks));
    analysis.write(&output, &baseline)?;
    let names: Vec<String> = args.input.dataset.iter().map(|it| it.display().to_string()).collect();
    let scene = Scene {
        endpoint: &args.endpoint,
        window: args.between.window(),
        reproduce: format!(
            "vigil analyze data-quality --dataset {} --baseline {}",
            names.join(" "),
            args.baseline.display()
        ),
    };
    let page = analysis.report(&baseline, &scanned, &scene);
    output.write("report.html", |to| to.write_all(page.as_bytes()))?;
    if args.told.json {
        screen.line(analysis.json(&scanned, &output));
    } else {
        analysis.show(&output, screen);
    }
    tell_set_aside(&scanned, &output, screen);
    let found = match args.verdict {
        Verdict::Sagemaker => !analysis.violations.is_empty(),
        Verdict::Calibrated => analysis.judgement.state == State::Drift,
    };
    Ok(if found { Outcome::Found } else { Outcome::Fine })
}

pub(crate) fn ranks(word: Ranks) -> drift::Ranks {
    match word {
        Ranks::Multiset => drift::Ranks::Multiset,
        Ranks::DistinctValues => drift::Ranks::DistinctValues,
    }
}

/// The files of a baseline.
#[derive(Debug)]
pub(crate) struct Baseline {
    pub statistics: Option<Statistics>,
    pub constraints: ConstraintsFile,
}

impl Baseline {
    /// Reads both files; where no statistics are named, drift is not compared.
    pub(crate) fn read(statistics: Option<&Path>, constraints: &Path) -> Result<Self, Failure> {
        let learnt = statistics.map(|it| parse(it, statistics::read)).transpose()?;
        Ok(Self { statistics: learnt, constraints: parse(constraints, ConstraintsFile::read)? })
    }

    fn constraints(&self) -> &Constraints {
        &self.constraints.constraints
    }
}

fn parse<T>(path: &Path, with: impl FnOnce(&[u8]) -> Result<T, FormatError>) -> Result<T, Failure> {
    with(&read(path)?).map_err(|why| Failure::at(path, why))
}

/// What a report says of where it comes from.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub endpoint: &'a str,
    pub window: Window,
    pub reproduce: String,
}

/// What was found in one table.
#[derive(Debug)]
pub(crate) struct Analysis {
    /// As the file tells it: columns by the baseline's names where they align by position.
    pub statistics: Statistics,
    /// AWS's verdict.
    pub violations: Vec<Violation>,
    /// The calibrated verdict.
    pub judgement: Judgement,
}

impl Analysis {
    pub(crate) fn of(baseline: &Baseline, scanned: &Scanned<Profile>, ranks: drift::Ranks) -> Self {
        let constraints = baseline.constraints();
        let names: Vec<&str> = constraints.features.iter().map(|it| it.name.as_str()).collect();
        let mut current = scanned.summary.statistics();
        let renamed = rename(&mut current, &names);
        let expected: BTreeMap<&str, InferredType> =
            constraints.features.iter().map(|it| (it.name.as_str(), it.inferred_type)).collect();
        let of_type =
            |name: &str| expected.get(renamed.get(name).map_or(name, String::as_str)).copied();
        let mut typed = scanned.summary.statistics_as(of_type);
        rename(&mut typed, &names);
        // Of the baseline's types, or one cell of text would hide how the numbers moved.
        let found =
            violations(baseline.statistics.as_ref(), constraints, &typed, CheckSettings { ranks });
        let nothing = Statistics::default();
        let learnt = baseline.statistics.as_ref().unwrap_or(&nothing);
        let judgement = judge(
            learnt,
            constraints,
            &typed,
            scanned.tally.set_aside,
            &VerdictSettings::default(),
        );
        Self { statistics: current, violations: found, judgement }
    }

    /// Writes AWS's three files.
    pub(crate) fn write(&self, output: &Folder, baseline: &Baseline) -> Result<(), Failure> {
        output.write("statistics.json", |to| statistics::write(&self.statistics, to))?;
        output.write("constraints.json", |to| baseline.constraints.write(to))?;
        output
            .write("constraint_violations.json", |to| violations_file::write(&self.violations, to))
    }

    pub(crate) fn report(
        &self,
        baseline: &Baseline,
        scanned: &Scanned<Profile>,
        scene: &Scene<'_>,
    ) -> String {
        let reference = baseline.statistics.clone().map(Reference::new);
        let reasons = by_reason(scanned);
        let aside: Vec<SetAsideCount<'_>> = reasons
            .iter()
            .map(|(reason, (count, example))| SetAsideCount {
                reason,
                count: *count,
                example: Some(example),
            })
            .collect();
        let accept = Action {
            text: "If this is the new normal, learn a baseline from it:",
            command: Some("vigil baseline data-quality --dataset … --output …"),
        };
        let actions: &[Action<'_>] =
            if self.judgement.findings.is_empty() { &[] } else { &[accept] };
        render(&ReportInput {
            endpoint: scene.endpoint,
            variant: "AllTraffic",
            monitor: MonitorType::DataQuality,
            window: scene.window,
            state: self.judgement.state,
            judgement: &self.judgement,
            reference: reference.as_ref(),
            baseline_version: None,
            current: Some(&self.statistics),
            violations: &self.violations,
            incidents: &[],
            past: &[],
            lights: &[],
            set_aside: &aside,
            actions,
            provenance: Provenance {
                engine: concat!("vigil ", env!("CARGO_PKG_VERSION"), ", native"),
                input_hash: None,
                reproduce: Some(&scene.reproduce),
            },
        })
    }

    fn json(&self, scanned: &Scanned<Profile>, output: &Folder) -> serde_json::Value {
        let findings: Vec<_> = self.judgement.findings.iter().map(finding_json).collect();
        let broken: Vec<_> = self
            .violations
            .iter()
            .map(|it| json!({"feature": it.feature, "check": it.check.word(), "observed": it.observed, "threshold": it.threshold}))
            .collect();
        json!({
            "state": self.judgement.state.word(),
            "headline": headline(&self.judgement),
            "rows": self.judgement.rows,
            "baseline_rows": self.judgement.baseline_rows,
            "set_aside": scanned.tally.set_aside,
            "visible_effect": self.judgement.visible_effect,
            "findings": findings,
            "violations": broken,
            "report": output.path("report.html").display().to_string(),
        })
    }

    fn show(&self, output: &Folder, screen: &mut Screen) {
        let state = self.judgement.state;
        let word = if state == State::Ok { good(state.word()) } else { bad(state.word()) };
        screen.line(format!("{word}  {}", printable(&headline(&self.judgement), 200)));
        let told: Vec<Vec<String>> = self
            .judgement
            .findings
            .iter()
            .take(20)
            .map(|it| {
                let feature =
                    it.feature.as_deref().map_or("table".to_string(), |name| printable(name, 40));
                let range = format!(
                    "{:.3} ({:.3} – {:.3})",
                    it.effect.value, it.effect.low, it.effect.high
                );
                vec![
                    feature,
                    it.check.word().to_string(),
                    range,
                    printable(&finding_words(it), 100),
                ]
            })
            .collect();
        if !told.is_empty() {
            screen.line("");
            screen.table(&["column", "check", "effect (99 %)", "in words"], &[], &told);
        }
        let broken: Vec<Vec<String>> = self
            .violations
            .iter()
            .take(20)
            .map(|it| {
                vec![
                    printable(&it.feature, 40),
                    it.check.word().to_string(),
                    printable(&it.description, 120),
                ]
            })
            .collect();
        if !broken.is_empty() {
            screen.line(format!("\n{} violations of AWS's constraints", self.violations.len()));
            screen.table(&["column", "check", "description"], &[], &broken);
        }
        screen.line(format!(
            "\n{} rows against {} of the baseline → {}",
            grouped(self.judgement.rows),
            grouped(self.judgement.baseline_rows),
            output.path("report.html").display()
        ));
    }
}

fn finding_json(it: &Finding) -> serde_json::Value {
    json!({
        "feature": it.feature, "family": it.family.word(), "check": it.check.word(), "significant": it.significant,
        "value": it.effect.value, "ci": [it.effect.low, it.effect.high], "floor": it.effect.floor,
        "p_value": it.effect.p_value, "words": finding_words(it),
    })
}

/// Gives positional columns the baseline's names and returns which had which.
fn rename(current: &mut Statistics, names: &[&str]) -> BTreeMap<String, String> {
    let own: Vec<&str> = current.features.iter().map(|it| it.name.as_str()).collect();
    let pairs = align(names, &own).pairs;
    let mut renamed = BTreeMap::new();
    for (at, place) in pairs {
        let feature = &mut current.features[place];
        if feature.name != names[at] {
            renamed.insert(
                std::mem::replace(&mut feature.name, names[at].to_string()),
                names[at].to_string(),
            );
        }
    }
    renamed
}

/// Counts set-aside records by reason, among those whose place is kept.
fn by_reason(scanned: &Scanned<Profile>) -> BTreeMap<&'static str, (u64, String)> {
    let mut reasons: BTreeMap<&'static str, (u64, String)> = BTreeMap::new();
    for it in &scanned.set_aside {
        let entry = reasons
            .entry(it.reason)
            .or_insert_with(|| (0, format!("{} at byte {}", it.source, it.offset)));
        entry.0 += 1;
    }
    reasons
}
