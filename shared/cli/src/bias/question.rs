//! What is asked of the data: Clarify's configuration and the attributes of a monitor.

use std::sync::Arc;

use dataset::{Format, Header};
use engine::bias::{BiasConfig, BiasMetric, BiasReport, ColumnRef, Predicted, Range};
use formats::bias_config::{self, BiasConfigFile, usual_threshold};

use crate::Failure;
use crate::args::bias::{Bias, FlipTest};
use crate::folder::read;
use crate::input::Dataset;

/// The column of a merged capture that holds the label.
const MERGED_LABEL: &str = "groundTruthData";

/// What is asked, and how far the flip test may go.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) config: Arc<BiasConfig>,
    /// Steps of the flip test; `None` leaves it out.
    pub(crate) flips: Option<u64>,
}

/// Where a monitor finds what the configuration does not name.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    pub(crate) inference: Option<String>,
    pub(crate) probability: Option<String>,
    pub(crate) threshold: Option<f64>,
    pub(crate) ground_truth: Option<String>,
}

impl Question {
    /// Reads the configuration and makes the reader fit it.
    pub(crate) fn of(
        args: &Bias,
        data: &mut Dataset,
        baseline: Option<&BiasReport>,
    ) -> Result<Self, Failure> {
        let text = read(&args.config)?;
        let told = bias_config::read(&text).map_err(|why| Failure::at(&args.config, why))?;
        let attributes = Attributes {
            inference: args.inference_attribute.clone(),
            probability: args.probability_attribute.clone(),
            threshold: args.probability_threshold_attribute,
            ground_truth: args.ground_truth_attribute.clone(),
        };
        if let Some(model) = told.model.as_ref().filter(|_| told.config.predicted.is_none())
            && attributes.is_silent()
        {
            let of = args.config.display();
            return Err(Failure::new(format!(
                "{of}: predictor {model}: no model is asked here for predictions; put them into a column and name it with --inference-attribute or --probability-attribute, or take the predictor out to look at labels only"
            )));
        }
        let mut config = fitted(told, &attributes, data)?;
        for limit in &args.limit {
            let (metric, range) = limit_of(limit)?;
            config.judging.limits.insert(metric, range);
        }
        if let Some(rows) = args.least_rows {
            config.judging.least_rows = rows;
        }
        if let Some(baseline) = baseline {
            config.keep_natures(baseline);
        }
        let flips = (args.flip_test == FlipTest::Auto).then_some(args.flip_test_limit);
        Ok(Self { config: Arc::new(config), flips })
    }
}

/// Makes the configuration and the reader of the data fit each other.
pub(crate) fn fitted(
    told: BiasConfigFile,
    attributes: &Attributes,
    data: &mut Dataset,
) -> Result<BiasConfig, Failure> {
    let mut config = told.config;
    if let Some(place) = told.predicted_dataset.filter(|_| attributes.is_silent()) {
        return Err(Failure::new(format!(
            "predicted_label_dataset_uri {place}: predictions beside the data are not read; put them into a column and name it with --inference-attribute"
        )));
    }
    let names = config.headers.clone();
    config.name_columns(&names);
    let column = |it: &String| ColumnRef::Name(it.clone());
    if let Some(attribute) = &attributes.probability {
        let threshold = attributes.threshold.or(told.probability_threshold);
        let threshold = threshold.unwrap_or_else(usual_threshold);
        config.predicted = Some(Predicted::Probability { column: column(attribute), threshold });
    } else if let Some(attribute) = &attributes.inference {
        config.predicted = Some(Predicted::Label(column(attribute)));
    }
    let label = config.label.column.to_string();
    if let Some(attribute) = &attributes.ground_truth {
        config.label.name = Some(label.clone());
        config.label.column = column(attribute);
    }
    let head = data.head()?;
    if data.format(&head) == Format::Capture {
        let features = names.iter().filter(|it| **it != label).cloned();
        let capture = data.capture_options();
        capture.features = features.collect();
        capture.labels = true;
        if attributes.ground_truth.is_none() {
            config.label.name = Some(label);
            config.label.column = ColumnRef::Name(MERGED_LABEL.to_owned());
        }
    } else if !names.is_empty() && data.csv_options().header == Header::Guessed {
        let line = head.split(|it| *it == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let cells = line.trim().split(',').map(|it| it.trim_matches('"'));
        let is_there = cells.eq(names.iter().map(String::as_str));
        let csv = data.csv_options();
        csv.header = if is_there { Header::Present } else { Header::Absent };
        csv.names = names;
    }
    data.want(config.columns());
    Ok(config)
}

impl Attributes {
    pub(crate) fn is_silent(&self) -> bool {
        self.inference.is_none() && self.probability.is_none()
    }
}

fn limit_of(text: &str) -> Result<(BiasMetric, Range), Failure> {
    let parse = || {
        let (metric, range) = text.split_once('=')?;
        let (low, high) = range.split_once(':')?;
        let (low, high) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
        let range = Range { low, high };
        (low <= high).then_some((BiasMetric::of_name(metric.trim())?, range))
    };
    parse().ok_or_else(|| {
        Failure::new(format!("--limit {text}: is not a metric and its range; write DI=0.8:1.25"))
    })
}
