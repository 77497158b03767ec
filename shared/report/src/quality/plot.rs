use crate::chart::open;
use crate::html::Html;
use crate::number;
use engine::quality::QualityMetric;
use engine::quality::calibration::Reliability;
use engine::quality::statistics::{PrecisionRecallCurve, QualityStatistics, RocCurve};

const WIDTH: f64 = 416.0;
const HEIGHT: f64 = 290.0;
const LEFT: f64 = 34.0;
const BOTTOM: f64 = 262.0;
const TOP: f64 = 24.0;

fn x(share: f64) -> f64 {
    LEFT + (WIDTH - LEFT - 8.0) * share.clamp(0.0, 1.0)
}

fn y(share: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * share.clamp(0.0, 1.0)
}

/// Opens a card with a unit square and its axes.
fn card(out: &mut Html, title: &str, words: &str, across: &str, up: &str) {
    out.raw("<div class=\"card\"><h3>").raw(title).raw("</h3><p>").text(words).raw("</p>");
    open(out, "k", WIDTH, HEIGHT, words);
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        out.raw("<path class=\"z\" d=\"M").at(x(0.0)).raw(" ").at(y(share)).raw("H").at(x(1.0));
        out.raw("\"/><text class=\"e\" x=\"").at(LEFT - 6.0).raw("\" y=\"").at(y(share) + 4.0);
        out.raw("\">").raw(["0", ".25", ".5", ".75", "1"][step as usize]).raw("</text>");
    }
    for (share, text) in [(0.0, "0"), (1.0, "1")] {
        out.raw("<text class=\"").raw(if share == 0.0 { "t" } else { "e" }).raw("\" x=\"");
        out.at(x(share)).raw("\" y=\"").at(HEIGHT - 12.0).raw("\">").raw(text).raw("</text>");
    }
    out.raw("<text class=\"o\" x=\"").at(f64::midpoint(x(0.0), x(1.0))).raw("\" y=\"");
    out.at(HEIGHT - 12.0).raw("\">").raw(across).raw("</text><text class=\"t\" x=\"");
    out.at(4.0).raw("\" y=\"12").raw("\">").raw(up).raw("</text>");
}

fn line(out: &mut Html, class: &str, points: impl Iterator<Item = (f64, f64)>) {
    out.raw("<path class=\"").raw(class).raw("\" d=\"");
    for (at, (across, up)) in points.enumerate() {
        out.raw(if at == 0 { "M" } else { "L" }).at(x(across)).raw(" ").at(y(up));
    }
    out.raw("\"/>");
}

fn close(out: &mut Html, has_baseline: bool, dashed: &str) {
    out.raw("</svg><div class=\"key\"><span><i class=\"u\"></i>this window</span>");
    if has_baseline {
        out.raw("<span><i class=\"o\"></i>baseline</span>");
    }
    if !dashed.is_empty() {
        out.raw("<span><i class=\"d\"></i>").raw(dashed).raw("</span>");
    }
    out.raw("</div></div>\n");
}

pub(super) fn roc(
    out: &mut Html,
    told: &QualityStatistics,
    curve: &RocCurve,
    before: Option<&RocCurve>,
) {
    let area = told.value(QualityMetric::Auc).map_or_else(String::new, |it| {
        let value = number::number(it);
        format!(
            "A positive row is ranked above a negative one {} of the time (AUC {value}).",
            number::share(it)
        )
    });
    card(out, "ROC curve", &area, "false positive rate", "true positive rate");
    line(out, "l", [(0.0, 0.0), (1.0, 1.0)].into_iter());
    let points = |it: &RocCurve| -> Vec<(f64, f64)> {
        let shares = it.false_positive_rates.iter().copied();
        shares.zip(it.true_positive_rates.iter().copied()).collect()
    };
    if let Some(before) = before {
        line(out, "r", points(before).into_iter());
    }
    line(out, "b", points(curve).into_iter());
    close(out, before.is_some(), "chance");
}

pub(super) fn precision_recall(
    out: &mut Html,
    curve: &PrecisionRecallCurve,
    before: Option<&PrecisionRecallCurve>,
) {
    let half = curve.recalls.iter().zip(&curve.precisions).find(|it| 0.5 <= *it.0);
    let words = half.map_or_else(String::new, |(recall, precision)| {
        format!(
            "To find {} of the positive rows, {} of those it names are right.",
            number::share(*recall),
            number::share(*precision)
        )
    });
    card(out, "Precision and recall", &words, "recall", "precision");
    let points = |it: &PrecisionRecallCurve| -> Vec<(f64, f64)> {
        it.recalls.iter().copied().zip(it.precisions.iter().copied()).collect()
    };
    if let Some(before) = before {
        line(out, "r", points(before).into_iter());
    }
    line(out, "b", points(curve).into_iter());
    close(out, before.is_some(), "");
}

/// Draws what was said against what came true; dots grow with their rows.
pub(super) fn reliability(out: &mut Html, it: &Reliability) {
    let error = number::share(it.expected_calibration_error);
    let worst = it.bands.iter().max_by(|a, b| {
        let gap = |it: &engine::quality::calibration::Band| {
            (it.said - it.came_true).abs() * it.rows as f64
        };
        gap(a).total_cmp(&gap(b))
    });
    let words = match worst {
        Some(band) => format!(
            "Off by {error} on average. Where it said {}, {} came true.",
            number::share(band.said),
            number::share(band.came_true)
        ),
        None => format!("Off by {error} on average."),
    };
    card(out, "Reliability", &words, "probability that was said", "share that came true");
    line(out, "l", [(0.0, 0.0), (1.0, 1.0)].into_iter());
    line(out, "b", it.bands.iter().map(|it| (it.said, it.came_true)));
    for band in &it.bands {
        let share = band.rows as f64 / it.rows.max(1) as f64;
        out.raw("<circle class=\"c\" cx=\"").at(x(band.said)).raw("\" cy=\"").at(y(band.came_true));
        out.raw("\" r=\"").at(3.0 + 7.0 * share.sqrt()).raw("\"/>");
    }
    close(out, false, "as said");
}
