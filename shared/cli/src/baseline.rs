//! `vigil baseline`: learns what a table looks like.

use engine::baseline::suggest;
use engine::constraints::{CategoricalDriftMethod, Constraints};
use engine::statistics::{Feature, InferredType, Statistics, Values};
use formats::constraints::ConstraintsFile;
use formats::statistics;
use serde_json::json;

use crate::args::{BaselineDataQuality, CategoricalDrift};
use crate::folder::Folder;
use crate::input::{Dataset, SET_ASIDE, tell_set_aside};
use crate::screen::{Screen, grouped, printable};
use crate::{Failure, Outcome};

/// Rows of a table on the screen; the files hold all of them.
const SHOWN: usize = 40;

pub(crate) fn run(args: &BaselineDataQuality, screen: &mut Screen) -> Result<Outcome, Failure> {
    let data = Dataset::of(&args.input)?;
    let output = Folder::make(&args.told.output)?;
    let scanned = data.profile(&output, screen)?;
    let learnt = scanned.summary.statistics();
    let constraints = suggest(&learnt, method(args.categorical_drift_method));
    write(&output, &learnt, &constraints)?;
    if args.told.json {
        let aside = scanned.tally.set_aside;
        screen.line(json!({
            "rows": learnt.rows,
            "features": learnt.features.len(),
            "set_aside": aside,
            "set_aside_file": (0 < aside).then(|| output.path(SET_ASIDE).display().to_string()),
            "bytes": scanned.bytes,
            "statistics": output.path("statistics.json").display().to_string(),
            "constraints": output.path("constraints.json").display().to_string(),
        }));
    } else {
        show(&learnt, &constraints, screen);
        screen.line(format!(
            "\n{} rows, {} columns → {}",
            grouped(learnt.rows),
            learnt.features.len(),
            output.path("{statistics,constraints}.json").display()
        ));
    }
    tell_set_aside(&scanned, &output, screen);
    Ok(Outcome::Fine)
}

pub(crate) fn method(word: CategoricalDrift) -> CategoricalDriftMethod {
    match word {
        CategoricalDrift::LInfinity => CategoricalDriftMethod::LInfinity,
        CategoricalDrift::ChiSquared => CategoricalDriftMethod::ChiSquared,
    }
}

/// Writes both files of a baseline.
pub(crate) fn write(
    output: &Folder,
    learnt: &Statistics,
    constraints: &Constraints,
) -> Result<(), Failure> {
    output.write("statistics.json", |to| statistics::write(learnt, to))?;
    output.write("constraints.json", |to| ConstraintsFile::new(constraints.clone()).write(to))
}

fn show(learnt: &Statistics, constraints: &Constraints, screen: &mut Screen) {
    let rows: Vec<Vec<String>> =
        learnt.features.iter().take(SHOWN).map(|it| row(it, constraints)).collect();
    screen.table(
        &["column", "type", "present", "mean", "sd", "min", "max", "constraints"],
        &[2, 3, 4, 5, 6],
        &rows,
    );
    if SHOWN < learnt.features.len() {
        screen.line(format!("… and {} columns more", learnt.features.len() - SHOWN));
    }
}

fn row(feature: &Feature, constraints: &Constraints) -> Vec<String> {
    let present =
        feature.completeness().map_or("–".to_string(), |it| format!("{:.1} %", it * 100.0));
    let numbers = match &feature.values {
        Values::Numbers(it) => [it.mean, it.std_dev, it.min, it.max].map(short),
        Values::Texts(it) => [
            format!("{} values", grouped(it.distinct.round() as u64)),
            String::new(),
            String::new(),
            String::new(),
        ],
        Values::None => Default::default(),
    };
    let constraint = constraints.features.iter().find(|it| it.name == feature.name);
    let mut kept = Vec::new();
    if let Some(it) = constraint {
        if it.completeness == Some(1.0) {
            kept.push("never missing".to_string());
        }
        if it.non_negative == Some(true) {
            kept.push("≥ 0".to_string());
        }
        if let Some(domains) = &it.domains {
            kept.push(format!("one of {}", domains.len()));
        }
    }
    let [mean, deviation, least, most] = numbers;
    vec![
        printable(&feature.name, 40),
        type_word(feature.inferred_type).to_string(),
        present,
        mean,
        deviation,
        least,
        most,
        kept.join(", "),
    ]
}

fn type_word(kind: InferredType) -> &'static str {
    match kind {
        InferredType::Integral => "integral",
        InferredType::Fractional => "fractional",
        InferredType::String => "string",
        InferredType::Unknown => "unknown",
    }
}

/// A number for a table: four significant digits.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&size) {
        let digits = (3 - size.max(1e-3).log10().floor() as i32).clamp(0, 6) as usize;
        let text = format!("{value:.digits$}");
        return if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        } else {
            text
        };
    }
    format!("{value:.3e}")
}
