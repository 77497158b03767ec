//! `vigil baseline|analyze model-quality`: predictions against labels.

mod analysis;
mod show;

use std::path::Path;

use engine::quality::constraints::suggest;
use engine::quality::estimate::Estimator;
use engine::quality::statistics::QualityStatistics;
use engine::quality::{Attributes, ProblemType, QualityScan, QualitySettings};
use engine::scan::Scanned;
use formats::model_quality::{
    ESTIMATOR_FILE, QualityConstraintsFile, read_estimator, read_statistics, write_estimator,
    write_statistics,
};
use formats::moment::Moment;
use serde_json::json;

pub(crate) use analysis::Analysis;

use crate::analyze::Scene;
use crate::args::{AnalyzeModelQuality, BaselineModelQuality, Model, Problem};
use crate::folder::{Folder, read};
use crate::input::{Dataset, tell_set_aside};
use crate::screen::Screen;
use crate::{Failure, Outcome};

/// Learns a baseline.
pub(crate) fn baseline(
    args: &BaselineModelQuality,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let output = Folder::make(&args.told.output)?;
    let mut reading = Reading::of(&args.model);
    let data = reading.data(Dataset::of(&args.input)?)?;
    let scanned = reading.scan(&data, &output, screen)?;
    let learnt = Learnt::of(&scanned)?;
    learnt.write(&output, None)?;
    if args.told.json {
        screen.line(learnt.json(&scanned, &output));
    } else {
        show::figures(&learnt.statistics, Some(&learnt.constraints.constraints), screen);
        show::learnt(&learnt, &output, screen);
    }
    tell_set_aside(&scanned, &output, screen);
    Ok(Outcome::Fine)
}

/// Holds predictions and labels against a baseline, or estimates what labels will say.
pub(crate) fn analyze(args: &AnalyzeModelQuality, screen: &mut Screen) -> Result<Outcome, Failure> {
    let folder = &args.baseline;
    let known =
        Known::read(&folder.join("constraints.json"), Some(&folder.join("statistics.json")))?;
    let mut reading = Reading::of(&args.model);
    let mut data = reading.data(Dataset::of(&args.input)?)?;
    let (start, end) = args.between.seconds();
    data.between(start, end);
    let output = Folder::make(&args.told.output)?;
    let scanned = reading.scan(&data, &output, screen)?;
    let analysis = Analysis::of(&known, &scanned)?;
    analysis.write(&known, end.map(Moment::of_seconds), &output)?;
    let names: Vec<String> = args.input.dataset.iter().map(|it| it.display().to_string()).collect();
    let scene = Scene {
        endpoint: &args.endpoint,
        window: args.between.window(),
        reproduce: format!(
            "vigil analyze model-quality --dataset {} --baseline {} --problem-type {}",
            names.join(" "),
            args.baseline.display(),
            reading.settings.problem.word()
        ),
    };
    let page = analysis.report(&known, &scene);
    output.write("report.html", |to| to.write_all(page.as_bytes()))?;
    if args.told.json {
        screen.line(analysis.json(&known, &scanned, &output));
    } else {
        show::analysis(&analysis, &known, &output, screen);
    }
    tell_set_aside(&scanned, &output, screen);
    Ok(if analysis.is_found() { Outcome::Found } else { Outcome::Fine })
}

/// How rows are read.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub settings: QualitySettings,
    pub attributes: Attributes,
}

impl Reading {
    fn of(model: &Model) -> Self {
        let problem = match model.problem_type {
            Problem::Regression => ProblemType::Regression,
            Problem::BinaryClassification => ProblemType::BinaryClassification,
            Problem::MulticlassClassification => ProblemType::MulticlassClassification,
        };
        let settings = QualitySettings {
            probability_threshold: model.probability_threshold_attribute,
            positive_label: model.positive_label.clone(),
            ..QualitySettings::new(problem)
        };
        let attributes = Attributes {
            label: model.ground_truth_attribute.clone(),
            prediction: model.inference_attribute.clone(),
            probability: model.probability_attribute.clone(),
        };
        Self { settings, attributes }
    }

    /// Prepares a dataset: a merged capture says by itself where the label is.
    pub(crate) fn data(&mut self, mut data: Dataset) -> Result<Dataset, Failure> {
        data.of_predictions()?;
        if data.is_merged()? && self.attributes.label.is_none() {
            self.attributes.label = Some(Attributes::MERGED_LABEL.to_owned());
        }
        Ok(data)
    }

    pub(crate) fn scan(
        &self,
        data: &Dataset,
        output: &Folder,
        screen: &Screen,
    ) -> Result<Scanned<QualityScan>, Failure> {
        let make = || QualityScan::new(self.settings.clone(), self.attributes.clone());
        let mut scanned = data.scan(output, screen, make)?;
        scanned.summary.settle();
        let missing = scanned.summary.not_found();
        if let Some(first) = missing.first() {
            return Err(Failure::new(format!(
                "attribute {first}: no column is called so, and no index or path leads to one"
            )));
        }
        let counts = scanned.summary.summary().counts();
        if counts.rows + counts.unlabelled == 0 {
            return Err(Failure::new(format!(
                "no predictions: {} rows without one, {} with something that is no number or too many labels",
                counts.unpredicted, counts.unreadable
            )));
        }
        Ok(scanned)
    }
}

/// The files of a baseline.
#[derive(Debug)]
pub(crate) struct Known {
    pub constraints: QualityConstraintsFile,
    pub estimator: Option<Estimator>,
    /// To draw beside what is now.
    pub statistics: Option<QualityStatistics>,
}

impl Known {
    /// Reads the constraints, the estimator where it lies beside them, and statistics where they are named.
    pub(crate) fn read(constraints: &Path, statistics: Option<&Path>) -> Result<Self, Failure> {
        let file = QualityConstraintsFile::read(&read(constraints)?)
            .map_err(|why| Failure::at(constraints, why))?;
        let beside = constraints.with_file_name(ESTIMATOR_FILE);
        let estimator = if beside.exists() {
            Some(read_estimator(&read(&beside)?).map_err(|why| Failure::at(&beside, why))?)
        } else {
            None
        };
        let statistics = match statistics.filter(|it| it.exists()) {
            Some(path) => {
                Some(read_statistics(&read(path)?).map_err(|why| Failure::at(path, why))?)
            }
            None => None,
        };
        Ok(Self { constraints: file, estimator, statistics })
    }
}

/// What was learnt from labelled predictions.
#[derive(Debug)]
pub(crate) struct Learnt {
    pub statistics: QualityStatistics,
    pub constraints: QualityConstraintsFile,
    pub estimator: Option<Estimator>,
}

impl Learnt {
    pub(crate) fn of(scanned: &Scanned<QualityScan>) -> Result<Self, Failure> {
        let summary = scanned.summary.summary();
        let labelled = summary.statistics().filter(|it| 0 < it.counts.rows);
        let Some(statistics) = labelled else {
            return Err(Failure::new(
                "no row has a label: name its column with --ground-truth-attribute",
            ));
        };
        let constraints = QualityConstraintsFile::new(suggest(&statistics));
        let estimator = Estimator::learn(summary);
        Ok(Self { statistics, constraints, estimator })
    }

    pub(crate) fn write(&self, output: &Folder, at: Option<Moment>) -> Result<(), Failure> {
        output.write("statistics.json", |to| write_statistics(&self.statistics, at, to))?;
        output.write("constraints.json", |to| self.constraints.write(to))?;
        match &self.estimator {
            Some(it) => output.write(ESTIMATOR_FILE, |to| write_estimator(it, to)),
            None => output.remove(ESTIMATOR_FILE),
        }
    }

    fn json(&self, scanned: &Scanned<QualityScan>, output: &Folder) -> serde_json::Value {
        let counts = self.statistics.counts;
        json!({
            "problem_type": self.statistics.problem.word(),
            "rows": counts.rows,
            "unlabelled": counts.unlabelled,
            "unpredicted": counts.unpredicted,
            "unreadable": counts.unreadable,
            "set_aside": scanned.tally.set_aside,
            "metrics": analysis::metrics_json(&self.statistics),
            "auc_error": self.statistics.auc_error,
            "calibration": self.statistics.reliability.as_ref().map(analysis::reliability_json),
            "estimator": self.estimator.is_some(),
            "statistics": output.path("statistics.json").display().to_string(),
            "constraints": output.path("constraints.json").display().to_string(),
        })
    }
}
