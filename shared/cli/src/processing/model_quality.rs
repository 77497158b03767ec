use engine::quality::statistics::QualityStatistics;
use engine::quality::{Attributes, ProblemType, QualitySettings};
use engine::window::Window;
use formats::container::ContainerSettings;
use formats::model_quality::write_figures;
use formats::moment::Moment;

use super::{Job, METRICS, Place};
use crate::Failure;
use crate::analyze::Scene;
use crate::folder::Folder;
use crate::input::{Dataset, tell_set_aside};
use crate::model_quality::{Analysis, Known, Learnt, Reading};
use crate::screen::Screen;

impl Job {
    /// Runs model quality: without constraints it learns them.
    pub(super) fn model_quality(
        &self,
        place: &Place,
        screen: &mut Screen,
    ) -> Result<usize, Failure> {
        let settings = &self.settings;
        let mut reading = reading(settings)?;
        let output = Folder::make(&place.of(&settings.output_path))?;
        let source = place.of(&settings.dataset_source);
        let mut data =
            reading.data(Dataset::new(std::slice::from_ref(&source), self.options()?)?)?;
        data.between(
            settings.start_time.map(Moment::seconds),
            settings.end_time.map(Moment::seconds),
        );
        let scanned = reading.scan(&data, &output, screen)?;
        tell_set_aside(&scanned, &output, screen);
        let at = settings.end_time.or(settings.metric_time);
        let Some(constraints) = &settings.baseline_constraints else {
            let learnt = Learnt::of(&scanned)?;
            learnt.write(&output, at)?;
            self.publish_figures(&learnt.statistics, place)?;
            return Ok(0);
        };
        let statistics = settings.baseline_statistics.as_deref().map(|it| place.of(it));
        let known = Known::read(&place.of(constraints), statistics.as_deref())?;
        let analysis = Analysis::of(&known, &scanned)?;
        if !analysis.has_labels() {
            return Err(Failure::new("no prediction of the window has a label yet"));
        }
        analysis.write(&known, at, &output)?;
        let scene = Scene {
            endpoint: settings.endpoint.as_deref().unwrap_or("dataset"),
            window: settings.window().unwrap_or(Window { start: 0, end: 0 }),
            reproduce: format!("vigil analyze model-quality --dataset {}", settings.dataset_source),
        };
        let page = analysis.report(&known, &scene);
        output.write("report.html", |to| to.write_all(page.as_bytes()))?;
        self.publish_figures(&analysis.statistics, place)?;
        Ok(analysis.violations.len())
    }

    fn publish_figures(&self, told: &QualityStatistics, place: &Place) -> Result<(), Failure> {
        if !self.settings.publish_cloudwatch_metrics {
            return Ok(());
        }
        let folder = Folder::make(&place.of(METRICS))?;
        let source = self.metric_source();
        folder.write("cloudwatch_metrics.jsonl", |to| write_figures(&source, told, to))
    }
}

fn reading(settings: &ContainerSettings) -> Result<Reading, Failure> {
    let word = settings.problem_type.as_deref().map(str::trim);
    let problem = word.and_then(ProblemType::parse).ok_or_else(|| {
        Failure::new(
            "problem_type: set it to Regression, BinaryClassification or MulticlassClassification",
        )
    })?;
    if settings.inference_attribute.is_none() && settings.probability_threshold_attribute.is_none()
    {
        return Err(Failure::new(
            "inference_attribute: set it, or probability_attribute with probability_threshold_attribute",
        ));
    }
    Ok(Reading {
        settings: QualitySettings {
            probability_threshold: settings.probability_threshold_attribute,
            positive_label: settings.positive_label.clone(),
            ..QualitySettings::new(problem)
        },
        attributes: Attributes {
            label: settings.ground_truth_attribute.clone(),
            prediction: settings.inference_attribute.clone(),
            probability: settings.probability_attribute.clone(),
        },
    })
}
