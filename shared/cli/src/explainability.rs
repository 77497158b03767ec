//! `vigil baseline explainability` and `vigil analyze explainability`: how much each feature moves a model's answers.

mod asked;
pub(crate) mod told;

pub(crate) use asked::Asked;

use std::path::Path;

use engine::attribution::{
    ColumnRef, ExplainConfig, Explained, GlobalShap, LabelDrift, Method, Prepared, Sample,
    ShapBaseline, attribution_drift,
};
use engine::window::Window;
use formats::{model, shap_analysis, shap_config, violations};

use crate::args::OutputColumns;
use crate::args::explainability::{
    AnalyzeExplainability, BaselineExplainability, Explain, Method as MethodWord,
};
use crate::folder::{Folder, read};
use crate::input::{Dataset, tell_set_aside};
use crate::screen::Screen;
use crate::{Failure, Outcome};

/// Where Clarify keeps the values of single rows.
const LOCAL: &str = "explanations_shap";

pub(crate) fn baseline(
    args: &BaselineExplainability,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let args = &args.explain;
    let output = Folder::make(&args.told.output)?;
    let run = Run::of(args, (None, None), &output, screen)?;
    run.write(&output)?;
    let alone = told::Compared { drifts: &[], window: Window { start: 0, end: 0 } };
    let reproduce = told::command(args, "baseline");
    told::report(&args.endpoint, &reproduce, &run, &alone, &output)?;
    told::baseline(args, &run, &output, screen);
    Ok(Outcome::Fine)
}

pub(crate) fn analyze(
    args: &AnalyzeExplainability,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let path = if args.baseline.is_dir() {
        args.baseline.join(shap_analysis::FILE)
    } else {
        args.baseline.clone()
    };
    let known = read_baseline(&path)?;
    let output = Folder::make(&args.explain.told.output)?;
    let run = Run::of(&args.explain, args.between.seconds(), &output, screen)?;
    run.write(&output)?;
    let drifts = compare(&known, &run, &output)?;
    let compared = told::Compared { drifts: &drifts, window: args.between.window() };
    let reproduce = told::command(&args.explain, "analyze");
    told::report(&args.explain.endpoint, &reproduce, &run, &compared, &output)?;
    told::analysis(args, &run, &compared, &output, screen);
    let found = drifts.iter().any(LabelDrift::is_violation);
    Ok(if found { Outcome::Found } else { Outcome::Fine })
}

pub(crate) fn read_baseline(path: &Path) -> Result<GlobalShap, Failure> {
    shap_analysis::read(&read(path)?).map_err(|why| Failure::at(path, why))
}

/// Holds a run against a baseline and writes the violations; as Clarify, no file where nothing is wrong.
pub(crate) fn compare(
    known: &GlobalShap,
    run: &Run,
    output: &Folder,
) -> Result<Vec<LabelDrift>, Failure> {
    let drifts = attribution_drift(known, &run.global);
    if drifts.is_empty() {
        return Err(Failure::new(
            "the baseline has no label that this model answers; make the baseline again",
        ));
    }
    let found: Vec<_> = drifts.iter().filter_map(LabelDrift::violation).collect();
    if found.is_empty() {
        output.remove(violations::FILE)?;
    } else {
        output.write(violations::FILE, |to| violations::write(&found, to))?;
    }
    Ok(drifts)
}

/// Rows that were explained.
#[derive(Debug)]
pub(crate) struct Run {
    prepared: Prepared,
    explained: Explained,
    pub(crate) global: GlobalShap,
    /// Whether no coalition was drawn: the values are exact.
    exact: bool,
    asked: Asked,
}

impl Run {
    fn of(
        args: &Explain,
        window: (Option<i64>, Option<i64>),
        output: &Folder,
        screen: &mut Screen,
    ) -> Result<Self, Failure> {
        let config = config(args)?;
        let mut input = args.input.clone();
        // Captured answers are no features, and one thread draws the same rows on every machine.
        input.output_columns_position = OutputColumns::None;
        input.threads = Some(1);
        let mut data = Dataset::of(&input)?;
        data.between(window.0, window.1);
        let (most, seed) = (args.rows as usize, u64::from(config.shap.seed));
        let explain = |prepared: &Prepared, screen: &mut Screen| explain(args, prepared, screen);
        Self::made(config, &data, (most, seed), explain, output, screen)
    }

    /// Draws rows and has them explained.
    pub(crate) fn made(
        config: ExplainConfig,
        data: &Dataset,
        (most, seed): (usize, u64),
        explain: impl FnOnce(&Prepared, &mut Screen) -> Result<(Explained, bool, Asked), Failure>,
        output: &Folder,
        screen: &mut Screen,
    ) -> Result<Self, Failure> {
        if config.baseline == ShapBaseline::Center {
            screen.note("no SHAP baseline is named: the center of these very rows stands for absent features");
        }
        if let ShapBaseline::Clusters(count) = config.baseline {
            screen.note(format!(
                "no SHAP baseline is named: the centers of {count} clusters of these very rows stand for absent features"
            ));
        }
        let scanned = data.scan(output, screen, || Sample::new(most, seed))?;
        tell_set_aside(&scanned, output, screen);
        let prepared =
            Prepared::of(config, &scanned.summary).map_err(|why| Failure::new(why.to_string()))?;
        let (explained, exact, asked) = explain(&prepared, screen)?;
        let global = explained.global(&prepared.config().form.labels, prepared.features());
        Ok(Self { prepared, explained, global, exact, asked })
    }

    /// Writes Clarify's files; values of rows only where the config keeps them.
    pub(crate) fn write(&self, output: &Folder) -> Result<(), Failure> {
        output.write(shap_analysis::FILE, |to| shap_analysis::write(&self.global, to))?;
        let Some(local) = &self.explained.local else { return Ok(()) };
        let folder = Folder::make(&output.path(LOCAL))?;
        let labels: Vec<&str> = self.global.labels.iter().map(|it| it.label.as_str()).collect();
        folder.write("out.csv", |to| {
            shap_analysis::write_local(self.prepared.features(), &labels, local, to)
        })
    }
}

fn explain(
    args: &Explain,
    prepared: &Prepared,
    screen: &mut Screen,
) -> Result<(Explained, bool, Asked), Failure> {
    let Some(path) = &args.model.model else {
        let (explained, asked) = asked::explain(&args.model, prepared, screen)?;
        return Ok((explained, false, asked));
    };
    let model = model::read(&read(path)?).map_err(|why| Failure::at(path, why))?;
    let method = match args.model.method {
        MethodWord::Auto => Method::Auto,
        MethodWord::Exact => Method::Exact,
        MethodWord::Covers => Method::Covers,
        MethodWord::Kernel => Method::Kernel,
    };
    let (explained, exact) =
        prepared.explain_readable(&model, method).map_err(|why| Failure::at(path, why))?;
    Ok((explained, exact, Asked::default()))
}

fn config(args: &Explain) -> Result<ExplainConfig, Failure> {
    let mut config = match &args.config {
        Some(path) => shap_config::read(&read(path)?).map_err(|why| Failure::at(path, why))?,
        None => ExplainConfig::default(),
    };
    if let Some(label) = &args.label {
        config.label = Some(ColumnRef::Name(label.clone()));
    }
    let file = match (&args.shap_baseline, &config.baseline) {
        (Some(path), _) => path.clone(),
        (None, ShapBaseline::Uri(uri)) if !uri.starts_with("s3://") => Path::new(uri).to_path_buf(),
        (None, ShapBaseline::Uri(_)) => {
            return Err(Failure::new(
                "methods.shap.baseline: S3 is not read here; name a copy with --shap-baseline ROWS.csv",
            ));
        }
        (None, _) => return Ok(config),
    };
    let text = read(&file)?;
    let rows = shap_config::baseline_rows(&text).map_err(|why| Failure::at(&file, why))?;
    config.baseline = ShapBaseline::Rows(rows);
    Ok(config)
}
