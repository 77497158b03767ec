//! `vigil baseline bias` and `vigil analyze bias`: whether groups are treated alike.

pub(crate) mod question;
mod show;

use engine::bias::{
    BiasError, BiasJudged, BiasReport, BiasSummary, FlipOutcomes, FlipTest, Standing, judge,
    violations,
};
use engine::finding::State;
use engine::scan::Scanned;
use engine::violation::Violation;
use engine::window::Window;
use formats::{bias_analysis, violations as violations_file};
use report::{Action, BiasInput, Provenance, render_bias};
use std::path::Path;

use crate::analyze::Scene;
use crate::args::Verdict;
use crate::args::bias::{AnalyzeBias, BaselineBias};
use crate::folder::{Folder, read};
use crate::input::{Dataset, tell_set_aside, threads};
use crate::screen::{Screen, grouped, printable};
use crate::{Failure, Outcome};
use question::Question;

pub(crate) fn learn(args: &BaselineBias, screen: &mut Screen) -> Result<Outcome, Failure> {
    let mut data = Dataset::of(&args.input)?;
    let question = Question::of(&args.what, &mut data, None)?;
    let output = Folder::make(&args.told.output)?;
    let answer = Answer::of(&question, &data, &output, screen)?;
    answer.write(&output)?;
    let judged = judge(None, &answer.report, &question.config.judging);
    let names: Vec<String> = args.input.dataset.iter().map(|it| it.display().to_string()).collect();
    let scene = Scene {
        endpoint: "dataset",
        window: Window { start: 0, end: 0 },
        reproduce: format!(
            "vigil baseline bias --dataset {} --config {}",
            names.join(" "),
            args.what.config.display()
        ),
    };
    answer.page(&judged, &[], &scene, &output)?;
    if args.told.json {
        screen.line(show::json(&answer, &judged, &[], &output));
    } else {
        show::table(&answer, &judged, &output, screen);
    }
    tell_set_aside(&answer.scanned, &output, screen);
    Ok(Outcome::Fine)
}

pub(crate) fn analyze(args: &AnalyzeBias, screen: &mut Screen) -> Result<Outcome, Failure> {
    let baseline = args.baseline.as_ref().map(|it| it.join(bias_analysis::FILE));
    let baseline = baseline.as_deref().map(read_baseline).transpose()?;
    let mut data = Dataset::of(&args.input)?;
    let (start, end) = args.between.seconds();
    data.between(start, end);
    let question = Question::of(&args.what, &mut data, baseline.as_ref())?;
    let output = Folder::make(&args.told.output)?;
    let answer = Answer::of(&question, &data, &output, screen)?;
    answer.write(&output)?;
    let judging = &question.config.judging;
    let broken = violations(baseline.as_ref(), &answer.report, judging);
    write_violations(&broken, &output)?;
    let judged = judge(baseline.as_ref(), &answer.report, judging);
    let names: Vec<String> = args.input.dataset.iter().map(|it| it.display().to_string()).collect();
    let scene = Scene {
        endpoint: &args.endpoint,
        window: args.between.window(),
        reproduce: format!(
            "vigil analyze bias --dataset {} --config {}",
            names.join(" "),
            args.what.config.display()
        ),
    };
    answer.page(&judged, &broken, &scene, &output)?;
    if args.told.json {
        screen.line(show::json(&answer, &judged, &broken, &output));
    } else {
        show::table(&answer, &judged, &output, screen);
        show::violations(&broken, screen);
    }
    tell_set_aside(&answer.scanned, &output, screen);
    let found = match args.verdict {
        Verdict::Sagemaker => !broken.is_empty(),
        Verdict::Calibrated => state(&judged) == State::Drift,
    };
    Ok(if found { Outcome::Found } else { Outcome::Fine })
}

/// The state of a run by the calibrated verdict; drift stands for bias.
fn state(judged: &[BiasJudged<'_>]) -> State {
    let any = |wanted: fn(Standing) -> bool| judged.iter().any(|it| wanted(it.standing));
    if any(|it| matches!(it, Standing::Bad(_))) {
        State::Drift
    } else if any(|it| matches!(it, Standing::Watch(_))) {
        State::Watch
    } else if any(|it| it == Standing::Fine) {
        State::Ok
    } else {
        State::TooLittleData
    }
}

/// Reads the analysis.json of a baseline.
pub(crate) fn read_baseline(path: &Path) -> Result<BiasReport, Failure> {
    bias_analysis::read(&read(path)?).map_err(|why| Failure::at(path, why))
}

/// Writes the violations in AWS's form.
pub(crate) fn write_violations(broken: &[Violation], output: &Folder) -> Result<(), Failure> {
    output.write(violations_file::FILE, |to| violations_file::write(broken, to))
}

/// What the data answered.
pub(crate) struct Answer {
    pub(crate) scanned: Scanned<BiasSummary>,
    pub(crate) report: BiasReport,
}

impl Answer {
    pub(crate) fn of(
        question: &Question,
        data: &Dataset,
        output: &Folder,
        screen: &mut Screen,
    ) -> Result<Self, Failure> {
        let scanned = data.scan(output, screen, || BiasSummary::new(question.config.clone()))?;
        let failed = |why: BiasError| Failure::new(why.to_string());
        let test = scanned.summary.flip_test().map_err(failed)?;
        let flips = match (test, question.flips) {
            (Some(test), Some(most)) => flips(&test, most, data, output, screen)?,
            _ => FlipOutcomes::default(),
        };
        let report = scanned.summary.report(&flips).map_err(failed)?;
        Ok(Self { scanned, report })
    }

    /// Writes the report for people.
    pub(crate) fn page(
        &self,
        judged: &[BiasJudged<'_>],
        violations: &[Violation],
        scene: &Scene<'_>,
        output: &Folder,
    ) -> Result<(), Failure> {
        let accept = Action {
            text: "If this is meant, learn a baseline from it:",
            command: Some("vigil baseline bias --dataset … --config … --output …"),
        };
        let actions: &[Action<'_>] = if violations.is_empty() { &[] } else { &[accept] };
        let page = render_bias(&BiasInput {
            endpoint: scene.endpoint,
            variant: "AllTraffic",
            window: scene.window,
            state: state(judged),
            rows: self.scanned.summary.rows(),
            report: &self.report,
            judged,
            violations,
            actions,
            provenance: Provenance {
                engine: concat!("vigil ", env!("CARGO_PKG_VERSION"), ", native"),
                input_hash: None,
                reproduce: Some(&scene.reproduce),
            },
        });
        output.write("report.html", |to| to.write_all(page.as_bytes()))
    }

    pub(crate) fn write(&self, output: &Folder) -> Result<(), Failure> {
        output.write(bias_analysis::FILE, |to| bias_analysis::write(&self.report, to))
    }
}

/// Says what the flip tests need, and makes them where they stay below the limit.
fn flips(
    test: &FlipTest,
    most: u64,
    data: &Dataset,
    output: &Folder,
    screen: &mut Screen,
) -> Result<FlipOutcomes, Failure> {
    for (facet, value, cost) in test.costs() {
        let how = if cost.by_tree { "by a tree" } else { "pair by pair" };
        screen.note(format!(
            "flip test of {} = {}: {} rows ask {} others {how} in {} columns: about {:.1e} steps, {} MB",
            printable(facet, 40),
            printable(value, 40),
            grouped(cost.asked),
            grouped(cost.answering),
            cost.columns,
            cost.steps,
            cost.bytes / 1_000_000
        ));
    }
    let (steps, bytes) = test.needs();
    if most as f64 <= steps || MOST_BYTES < bytes {
        screen.note(format!(
            "the flip test is left out: raise --flip-test-limit above {steps:.1e} to make it, within {} MB",
            MOST_BYTES / 1_000_000
        ));
        return Ok(FlipOutcomes::default());
    }
    // In the order of the rows, which decides where neighbours are equally far.
    let scanned = data.alone().scan(output, screen, || test.clone())?;
    Ok(scanned.summary.outcomes(threads(None)))
}

/// What the rows of a flip test may take.
const MOST_BYTES: u64 = 2_000_000_000;
