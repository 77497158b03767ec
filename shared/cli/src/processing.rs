//! `vigil processing`: the analyzer as a SageMaker processing container.
//!
//! The contract is that of AWS's analyzer images (reference: formats H): settings in the environment, files below
//! `/opt/ml`, a message that tells the platform how it went. Absolute paths lie below `VIGIL_ROOT` when that is set.

mod bias;
mod explainability;
mod model_quality;

use std::fs;
use std::path::{Path, PathBuf};

use dataset::{Header, Sides};
use engine::baseline::suggest;
use engine::check::{CheckSettings, distances};
use engine::constraints::Constraints;
use engine::drift::Ranks;
use engine::profile::Profile;
use engine::scan::{ScanOptions, Scanned};
use engine::statistics::Statistics;
use engine::window::Window;
use formats::container::{CaptureIndex, ContainerSettings, DatasetFormat};
use formats::message;
use formats::metrics::{self, MetricSource};
use formats::moment::Moment;

use crate::analyze::{Analysis, Baseline, Scene};
use crate::folder::Folder;
use crate::input::{Dataset, tell_set_aside, threads};
use crate::screen::Screen;
use crate::{Failure, Outcome, baseline};

pub(crate) const MESSAGE: &str = "/opt/ml/output/message";
const METRICS: &str = "/opt/ml/output/metrics/cloudwatch";
const JOB: [&str; 2] =
    ["/opt/ml/config/processingjobconfig.json", "/opt/ml/processing/processingjobconfig.json"];

/// Runs the job and leaves its message behind, whatever came of it.
pub(crate) fn run(screen: &mut Screen) -> Result<Outcome, Failure> {
    let environment: Vec<(String, String)> = std::env::vars().collect();
    let root = environment
        .iter()
        .find(|(name, _)| name == "VIGIL_ROOT")
        .map(|(_, value)| PathBuf::from(value));
    run_below(root, environment, screen)
}

/// Runs a job whose absolute paths lie below a folder.
pub(crate) fn run_below(
    root: Option<PathBuf>,
    environment: Vec<(String, String)>,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let place = Place(root);
    let done = Job::of(environment, &place).and_then(|job| job.run(&place, screen));
    let words = match &done {
        Ok(violations) => message::completed(*violations),
        Err(failure) => message::failed(&failure.to_string()),
    };
    screen.note(&words);
    let path = place.of(MESSAGE);
    let written =
        path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &words));
    done?;
    written.map_err(|why| Failure::at(&path, format!("cannot be written: {why}")))?;
    // The message tells of violations; an exit code other than zero would fail the job.
    Ok(Outcome::Fine)
}

/// Where the container's absolute paths lie.
struct Place(Option<PathBuf>);

impl Place {
    fn of(&self, path: &str) -> PathBuf {
        match &self.0 {
            Some(root) => root.join(path.trim_start_matches('/')),
            None => PathBuf::from(path),
        }
    }
}

struct Job {
    settings: ContainerSettings,
    /// Whether the job is one of Clarify's, which are told what to do by a file.
    is_clarify: bool,
}

impl Job {
    /// Reads the environment, and the job's own configuration for what the environment lacks.
    fn of(mut environment: Vec<(String, String)>, place: &Place) -> Result<Self, Failure> {
        let job = JOB.iter().map(|it| place.of(it)).find(|it| it.exists());
        if let Some(path) = job {
            for (name, value) in job_environment(&path)? {
                if !environment.iter().any(|(known, _)| *known == name) {
                    environment.push((name, value));
                }
            }
        }
        let is_clarify = bias::is_clarify(place);
        for (name, usual) in bias::USUAL {
            if is_clarify && !environment.iter().any(|(known, _)| known == name) {
                environment.push((name.to_owned(), usual.to_owned()));
            }
        }
        let settings = ContainerSettings::from_pairs(environment)
            .map_err(|why| Failure::new(why.to_string()))?;
        refuse(&settings)?;
        Ok(Self { settings, is_clarify })
    }

    fn run(&self, place: &Place, screen: &mut Screen) -> Result<usize, Failure> {
        if self.is_clarify {
            if explainability::is_asked(place)? {
                return self.explainability(place, screen);
            }
            return self.bias(place, screen);
        }
        if is_model_quality(&self.settings) {
            return self.model_quality(place, screen);
        }
        let output = Folder::make(&place.of(&self.settings.output_path))?;
        let source = place.of(&self.settings.dataset_source);
        let mut data = Dataset::new(std::slice::from_ref(&source), self.options()?)?;
        data.between(
            self.settings.start_time.map(Moment::seconds),
            self.settings.end_time.map(Moment::seconds),
        );
        let scanned = data.profile(&output, screen)?;
        tell_set_aside(&scanned, &output, screen);
        let Some(constraints) = &self.settings.baseline_constraints else {
            return self.learn(&scanned, &output, place);
        };
        let statistics = self.settings.baseline_statistics.as_deref();
        let statistics = statistics.map(|it| place.of(it));
        let known = Baseline::read(statistics.as_deref(), &place.of(constraints))?;
        let analysis = Analysis::of(&known, &scanned, Ranks::Multiset);
        analysis.write(&output, &known)?;
        let window = self.settings.window().unwrap_or(Window { start: 0, end: 0 });
        let endpoint = self.settings.endpoint.as_deref().unwrap_or("dataset");
        let reproduce =
            format!("vigil analyze data-quality --dataset {}", self.settings.dataset_source);
        let page = analysis.report(&known, &scanned, &Scene { endpoint, window, reproduce });
        output.write("report.html", |to| to.write_all(page.as_bytes()))?;
        let constraints = &known.constraints.constraints;
        self.publish(constraints, &analysis.statistics, known.statistics.as_ref(), place)?;
        Ok(analysis.violations.len())
    }

    fn learn(
        &self,
        scanned: &Scanned<Profile>,
        output: &Folder,
        place: &Place,
    ) -> Result<usize, Failure> {
        let learnt = scanned.summary.statistics();
        let constraints = suggest(&learnt, self.settings.categorical_drift_method);
        baseline::write(output, &learnt, &constraints)?;
        self.publish(&constraints, &learnt, None, place)?;
        Ok(0)
    }

    fn publish(
        &self,
        constraints: &Constraints,
        current: &Statistics,
        known: Option<&Statistics>,
        place: &Place,
    ) -> Result<(), Failure> {
        if !self.settings.publish_cloudwatch_metrics {
            return Ok(());
        }
        let source = self.metric_source();
        let settings = CheckSettings { ranks: Ranks::Multiset };
        let far = known.map(|it| distances(it, constraints, current, settings)).unwrap_or_default();
        let folder = Folder::make(&place.of(METRICS))?;
        folder.write("cloudwatch_metrics.jsonl", |to| {
            metrics::write(&source, constraints, current, &far, to)
        })
    }

    fn metric_source(&self) -> MetricSource {
        let time = self.settings.metric_time.or(self.settings.start_time).unwrap_or_default();
        MetricSource {
            endpoint: self.settings.endpoint.clone(),
            schedule: self.settings.schedule.clone(),
            time,
        }
    }

    fn options(&self) -> Result<ScanOptions, Failure> {
        let mut options = ScanOptions { threads: threads(None), ..ScanOptions::default() };
        match &self.settings.dataset_format {
            None => {}
            Some(DatasetFormat::Csv { header, .. }) => {
                options.format = Some(dataset::Format::Csv);
                options.reading.csv.header = if *header { Header::Present } else { Header::Absent };
            }
            Some(DatasetFormat::Json { lines: true }) => {
                options.format = Some(dataset::Format::JsonLines);
            }
            Some(DatasetFormat::Json { lines: false }) => {
                return Err(Failure::new(
                    "dataset_format: one JSON document is not read; write an object a line and say {\"json\":{\"lines\":true}}",
                ));
            }
            Some(DatasetFormat::Parquet) => options.format = Some(dataset::Format::Parquet),
            Some(DatasetFormat::Capture(parts)) => {
                options.format = Some(dataset::Format::Capture);
                let input = parts.contains(&CaptureIndex::EndpointInput);
                let output = parts.contains(&CaptureIndex::EndpointOutput);
                options.reading.capture.sides = match (input, output) {
                    (true, false) => Sides::InputOnly,
                    (false, true) => Sides::OutputOnly,
                    _ => Sides::OutputFirst,
                };
            }
            Some(DatasetFormat::Merged(_))
                if self.is_clarify || is_model_quality(&self.settings) =>
            {
                options.format = Some(dataset::Format::Capture);
            }
            Some(DatasetFormat::Merged(_)) => {
                return Err(Failure::new(
                    "dataset_format: merged captures belong to model quality; set analysis_type to MODEL_QUALITY",
                ));
            }
        }
        Ok(options)
    }
}

fn is_model_quality(settings: &ContainerSettings) -> bool {
    settings.analysis_type.as_ref().is_some_and(|it| it.eq_ignore_ascii_case("MODEL_QUALITY"))
}

fn refuse(settings: &ContainerSettings) -> Result<(), Failure> {
    if let Some(kind) = &settings.analysis_type
        && !kind.eq_ignore_ascii_case("DATA_QUALITY")
        && !is_model_quality(settings)
    {
        return Err(Failure::new(format!(
            "analysis_type {kind}: only DATA_QUALITY and MODEL_QUALITY are analysed here"
        )));
    }
    let scripts = [
        ("record_preprocessor_script", &settings.record_preprocessor_script),
        ("post_analytics_processor_script", &settings.post_analytics_processor_script),
    ];
    for (name, script) in scripts {
        if script.is_some() {
            return Err(Failure::new(format!(
                "{name}: Python scripts run in AWS's own image only; leave it out, or use engine sagemaker"
            )));
        }
    }
    Ok(())
}

fn job_environment(path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let job: serde_json::Value = serde_json::from_slice(&crate::folder::read(path)?)
        .map_err(|why| Failure::at(path, format!("is not JSON: {why}")))?;
    let Some(members) = job.get("Environment").and_then(serde_json::Value::as_object) else {
        return Ok(Vec::new());
    };
    Ok(members
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_string())))
        .collect())
}
