//! What people see of attributions.

use std::fmt::Write;

use engine::attribution::LabelDrift;
use engine::window::Window;
use formats::{shap_analysis, violations};
use report::{Action, AttributionInput, Provenance, render_attribution};
use serde_json::{Value, json};

use super::{Asked, Run};
use crate::Failure;
use crate::args::explainability::{AnalyzeExplainability, Explain};
use crate::baseline::short;
use crate::folder::Folder;
use crate::screen::{Screen, bad, good, grouped, printable};

/// Features of a table on the screen; the files hold all of them.
const SHOWN: usize = 25;
const REPORT: &str = "report.html";

/// What a run is held against, and when.
pub(crate) struct Compared<'a> {
    pub(crate) drifts: &'a [LabelDrift],
    pub(crate) window: Window,
}

pub(super) fn baseline(args: &Explain, run: &Run, output: &Folder, screen: &mut Screen) {
    if args.told.json {
        let labels: Vec<Value> = run
            .global
            .labels
            .iter()
            .map(|it| {
                let values: Vec<Value> = it
                    .features
                    .iter()
                    .map(|(name, value)| json!({"feature": name, "value": value}))
                    .collect();
                json!({"label": it.label, "expected_value": it.expected, "features": values})
            })
            .collect();
        screen.line(with_run(json!({"labels": labels}), run, output));
        return;
    }
    for label in &run.global.labels {
        let mut features = label.features.clone();
        features.sort_by(|one, two| two.1.total_cmp(&one.1));
        let rows: Vec<Vec<String>> = features
            .iter()
            .take(SHOWN)
            .enumerate()
            .map(|(at, (name, value))| {
                vec![(at + 1).to_string(), printable(name, 40), short(*value)]
            })
            .collect();
        let expected = label.expected.map_or("–".to_owned(), short);
        screen.line(format!("{}, {expected} on average", printable(&label.label, 40)));
        screen.table(&["rank", "feature", "attribution"], &[0, 2], &rows);
        more(features.len(), screen);
    }
    screen.line(format!("\n{} → {}", how(run), output.path(REPORT).display()));
}

pub(super) fn analysis(
    args: &AnalyzeExplainability,
    run: &Run,
    compared: &Compared<'_>,
    output: &Folder,
    screen: &mut Screen,
) {
    let found = compared.drifts.iter().filter(|it| it.is_violation()).count();
    if args.explain.told.json {
        let labels: Vec<Value> = compared.drifts.iter().map(label_json).collect();
        let mut told = json!({"violations": found, "labels": labels});
        if 0 < found {
            told["violations_file"] = json!(output.path(violations::FILE).display().to_string());
        }
        screen.line(with_run(told, run, output));
        return;
    }
    for drift in compared.drifts {
        let word = match drift.score {
            Ok(score) if drift.is_violation() => bad(&format!("nDCG {score:.4} is below 0.9")),
            Ok(score) => good(&format!("nDCG {score:.4}")),
            Err(why) => format!("not compared: {why}"),
        };
        screen.line(format!("{}  {word}", printable(&drift.label, 40)));
        let rows: Vec<Vec<String>> = drift
            .ranks
            .iter()
            .take(SHOWN)
            .map(|it| {
                let rank = if it.reference_rank == it.current_rank {
                    it.reference_rank.to_string()
                } else {
                    format!("{} → {}", it.reference_rank, it.current_rank)
                };
                let now = it.current.map_or("gone".to_owned(), short);
                vec![rank, printable(&it.feature, 40), short(it.reference), now]
            })
            .collect();
        screen.table(&["rank", "feature", "baseline", "now"], &[2, 3], &rows);
        more(drift.ranks.len(), screen);
    }
    screen.line(format!("\n{} → {}", how(run), output.path(REPORT).display()));
}

/// Returns the command that does it again.
pub(super) fn command(args: &Explain, verb: &str) -> String {
    let names: Vec<String> = args.input.dataset.iter().map(|it| it.display().to_string()).collect();
    let mut command = format!("vigil {verb} explainability --dataset {}", names.join(" "));
    let files = [
        ("config", &args.config),
        ("shap-baseline", &args.shap_baseline),
        ("model", &args.model.model),
    ];
    for (name, path) in files {
        if let Some(path) = path {
            let _ = write!(command, " --{name} {}", path.display());
        }
    }
    command
}

/// Writes the report; of a baseline there is nothing compared.
pub(crate) fn report(
    endpoint: &str,
    reproduce: &str,
    run: &Run,
    compared: &Compared<'_>,
    output: &Folder,
) -> Result<(), Failure> {
    let accept = Action {
        text: "If this is the new normal, learn a baseline from it:",
        command: Some("vigil baseline explainability --dataset … --config … --output …"),
    };
    let found = compared.drifts.iter().any(LabelDrift::is_violation);
    let page = render_attribution(&AttributionInput {
        endpoint,
        variant: "AllTraffic",
        window: compared.window,
        state: None,
        drifts: compared.drifts,
        current: &run.global,
        how: &how(run),
        actions: if found { std::slice::from_ref(&accept) } else { &[] },
        provenance: Provenance {
            engine: concat!("vigil ", env!("CARGO_PKG_VERSION"), ", native"),
            input_hash: None,
            reproduce: Some(reproduce),
        },
    });
    output.write(REPORT, |to| to.write_all(page.as_bytes()))
}

fn more(features: usize, screen: &mut Screen) {
    if SHOWN < features {
        screen.line(format!("… and {} features more", features - SHOWN));
    }
}

fn how(run: &Run) -> String {
    let (explained, seen) = run.prepared.rows();
    let rows = if explained as u64 == seen {
        format!("{} rows", grouped(seen))
    } else {
        format!("{} of {} rows", grouped(explained as u64), grouped(seen))
    };
    match (run.exact, run.asked) {
        (true, _) => format!("{rows}, exact, no call of the model"),
        (false, Asked { rows: 0, .. }) => format!("{rows}, KernelSHAP, no call of the model"),
        (false, asked) => {
            let share = asked.share.map_or(String::new(), |it| {
                format!(", for at most {} % of the endpoint's capacity", (1e5 * it).round() / 1e3)
            });
            format!(
                "{rows}, KernelSHAP, the model asked for {} rows in {} requests{share}",
                grouped(asked.rows),
                grouped(asked.requests)
            )
        }
    }
}

fn label_json(drift: &LabelDrift) -> Value {
    let features: Vec<Value> = drift
        .ranks
        .iter()
        .map(|it| {
            json!({"feature": it.feature, "reference": it.reference, "current": it.current,
                "reference_rank": it.reference_rank, "current_rank": it.current_rank})
        })
        .collect();
    json!({
        "label": drift.label,
        "ndcg": drift.score.ok(),
        "not_compared": drift.score.err().map(|it| it.to_string()),
        "violation": drift.is_violation(),
        "features": features,
    })
}

fn with_run(mut told: Value, run: &Run, output: &Folder) -> Value {
    let (explained, seen) = run.prepared.rows();
    told["rows"] = json!(seen);
    told["explained"] = json!(explained);
    told["exact"] = json!(run.exact);
    told["asked"] = json!(run.asked.rows);
    told["requests"] = json!(run.asked.requests);
    told["report"] = json!(output.path(REPORT).display().to_string());
    told["analysis"] = json!(output.path(shap_analysis::FILE).display().to_string());
    told
}
