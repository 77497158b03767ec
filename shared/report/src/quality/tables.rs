use super::QualityInput;
use super::headline::words;
use crate::chart::open;
use crate::html::Html;
use crate::number;
use engine::quality::QualityMetric;
use engine::quality::constraints::{Comparison, MetricConstraint};
use engine::quality::estimate::Estimate;
use engine::quality::statistics::{ConfusionMatrix, MetricValue};

/// Labels that get a line of the confusion matrix.
const LABELS: usize = 12;

/// Of a 99 % interval of the normal distribution.
const Z: f64 = 2.576;

pub(super) fn figures(out: &mut Html, input: &QualityInput<'_>) {
    let mut metrics: Vec<QualityMetric> = QualityMetric::ALL.to_vec();
    let value = |metric: QualityMetric| {
        input.statistics.and_then(|it| it.metrics.iter().find(|it| it.metric == metric))
    };
    let estimate = |metric: QualityMetric| input.estimates.iter().find(|it| it.metric == metric);
    metrics.retain(|it| value(*it).is_some() || estimate(*it).is_some());
    metrics.sort_by_key(|it| it.is_of_best_constant());
    if metrics.is_empty() {
        return;
    }
    let has_estimates = !input.estimates.is_empty();
    out.raw("<h2>Figures against constraints</h2>\n<div class=\"wide\"><table><thead><tr>");
    out.raw("<th>figure</th><th class=\"num\">now</th><th class=\"opt\">where it lies, constraint dashed</th>");
    out.raw("<th class=\"num\">constraint</th>");
    if input.baseline.is_some() {
        out.raw("<th class=\"num\">baseline</th>");
    }
    if has_estimates {
        out.raw("<th class=\"num\">estimated, 99 %</th>");
    }
    out.raw("</tr></thead><tbody>\n");
    let constants = metrics.iter().filter(|it| it.is_of_best_constant()).count();
    for metric in &metrics[..metrics.len() - constants] {
        row(out, input, *metric, value(*metric), estimate(*metric));
    }
    out.raw("</tbody></table></div>\n");
    if 0 < constants {
        out.raw("<p class=\"sub\">Always saying the same would score: ");
        let told = metrics[metrics.len() - constants..].iter().filter_map(|it| {
            let name = it.word().trim_end_matches("_best_constant_classifier");
            Some(format!("{} {}", words(name).to_lowercase(), number::number(value(*it)?.value?)))
        });
        out.text(&told.collect::<Vec<_>>().join(", ")).raw(".</p>\n");
    }
}

fn row(
    out: &mut Html,
    input: &QualityInput<'_>,
    metric: QualityMetric,
    value: Option<&MetricValue>,
    estimate: Option<&Estimate>,
) {
    let held = input.constraints.and_then(|all| all.metrics.iter().find(|it| it.metric == metric));
    let now = value.and_then(|it| it.value);
    let is_broken = held.zip(now).is_some_and(|(held, now)| held.is_broken_by(now));
    let told = |it: Option<f64>| it.map_or_else(|| "–".to_owned(), number::number);
    out.raw("<tr><th scope=\"row\">").text(&words(metric.word())).raw("</th><td class=\"num\">");
    out.raw(if is_broken { "<b class=\"n\">" } else { "<b>" }).raw(&told(now)).raw("</b>");
    if let Some(deviation) = value.and_then(|it| it.standard_deviation) {
        out.raw("<small>± ").raw(&number::number(deviation)).raw("</small>");
    }
    out.raw("</td><td class=\"opt\">");
    scale(out, value, held, estimate, is_broken);
    out.raw("</td><td class=\"num\">");
    match held {
        Some(it) => {
            let sign = match it.operator {
                Comparison::LessThanThreshold => "≥ ",
                Comparison::GreaterThanThreshold => "≤ ",
            };
            out.raw(sign).raw(&number::number(it.threshold));
        }
        None => {
            out.raw("<span class=\"q\">none</span>");
        }
    }
    out.raw("</td>");
    if let Some(before) = input.baseline {
        out.raw("<td class=\"num\">").raw(&told(before.value(metric))).raw("</td>");
    }
    if !input.estimates.is_empty() {
        out.raw("<td class=\"num\">");
        match estimate {
            Some(it) => {
                let (low, high) = (number::number(it.low), number::number(it.high));
                out.raw("≈ ").raw(&number::number(it.value));
                out.raw("<small>").raw(&low).raw(" – ").raw(&high).raw("</small>");
            }
            None => {
                out.raw("<span class=\"q\">–</span>");
            }
        }
        out.raw("</td>");
    }
    out.raw("</tr>\n");
}

/// Draws a figure, its constraint and its estimate on one line.
fn scale(
    out: &mut Html,
    value: Option<&MetricValue>,
    held: Option<&MetricConstraint>,
    estimate: Option<&Estimate>,
    is_broken: bool,
) {
    let now = value.and_then(|it| it.value);
    let ends = [now, held.map(|it| it.threshold), estimate.map(|it| it.high)];
    let most = ends.into_iter().flatten().fold(0.0, f64::max);
    let least = ends.into_iter().flatten().fold(0.0, f64::min);
    let (low, high) = if most <= 1.0 { (least, 1.0) } else { (least, most * 1.1) };
    let x = |it: f64| 6.0 + 170.0 * ((it - low) / (high - low)).clamp(0.0, 1.0);
    let told = now.map_or_else(|| "no value".to_owned(), number::number);
    let limit = held
        .map_or_else(String::new, |it| format!(", constraint {}", number::number(it.threshold)));
    open(out, "f", 182.0, 20.0, &format!("{told}{limit}"));
    out.raw("<path class=\"z\" d=\"M6 10H176\"/>");
    if let Some(it) = held {
        out.raw("<path class=\"l\" d=\"M").at(x(it.threshold)).raw(" 2v16\"/>");
    }
    if let Some(it) = estimate {
        out.raw("<path class=\"ig\" d=\"M").at(x(it.low)).raw(" 15H");
        out.at(x(it.high).max(x(it.low) + 0.6)).raw("\"/>");
    }
    if let Some(now) = now {
        if let Some(deviation) = value.and_then(|it| it.standard_deviation) {
            let (from, to) = (x(now - Z * deviation), x(now + Z * deviation));
            out.raw("<path class=\"").raw(if is_broken { "im" } else { "ib" });
            out.raw("\" d=\"M").at(from).raw(" 10H").at(to.max(from + 0.1)).raw("\"/>");
        }
        out.raw("<circle class=\"").raw(if is_broken { "m" } else { "c" }).raw("\" cx=\"");
        out.at(x(now)).raw("\" cy=\"10\" r=\"5\"/>");
    }
    out.raw("</svg>");
}

/// Draws the confusion matrix as a table, darker where more of an actual label's rows are.
pub(super) fn confusion(out: &mut Html, matrix: &ConfusionMatrix) {
    let shown = matrix.labels.len().min(LABELS);
    let right: u64 = (0..matrix.labels.len()).map(|it| matrix.rows[it][it]).sum();
    out.raw("<div class=\"card\"><h3>Confusion matrix</h3><p>");
    out.raw(&number::count(right)).raw(" of ").raw(&number::count(matrix.total()));
    out.raw(" rows were predicted as they are. Rows are what was, columns what was said.</p>");
    out.raw("<div class=\"wide\"><table class=\"mx\"><thead><tr><th></th>");
    for label in &matrix.labels[..shown] {
        out.raw("<th scope=\"col\" class=\"num\">").name(label).raw("</th>");
    }
    out.raw("</tr></thead><tbody>\n");
    for (at, (label, rows)) in matrix.labels.iter().zip(&matrix.rows).take(shown).enumerate() {
        let all: u64 = rows.iter().sum();
        out.raw("<tr><th scope=\"row\">").name(label).raw("</th>");
        for (place, count) in rows[..shown].iter().enumerate() {
            let share = if all == 0 { 0.0 } else { *count as f64 / all as f64 };
            let kind = if at == place { "right" } else { "wrong" };
            out.raw("<td class=\"num ").raw(kind).raw(" p").count((share * 5.0).round() as usize);
            out.raw("\">");
            out.raw(&number::count(*count)).raw("<small>").raw(&number::share(share));
            out.raw("</small></td>");
        }
        out.raw("</tr>\n");
    }
    out.raw("</tbody></table></div>");
    if shown < matrix.labels.len() {
        let more = matrix.labels.len() - shown;
        out.raw("<p class=\"sub\">and ").count(more).raw(" more labels in the file.</p>");
    }
    out.raw("</div>\n");
}
