use super::headline::words;
use super::{LabelStream, QualityInput};
use crate::chart::open;
use crate::html::Html;
use crate::number;
use engine::quality::QualityMetric;
use engine::quality::track::{self, TrackPoint, Trust};

const WIDTH: f64 = 416.0;
const HEIGHT: f64 = 140.0;
const LOW: f64 = 132.0;
const TOP: f64 = 10.0;

/// The figures that are drawn over time, where they are known.
const DRAWN: [QualityMetric; 7] = [
    QualityMetric::Auc,
    QualityMetric::Accuracy,
    QualityMetric::Recall,
    QualityMetric::Precision,
    QualityMetric::WeightedF1,
    QualityMetric::Mae,
    QualityMetric::Rmse,
];

/// Draws estimates with their interval, and what came true.
pub(super) fn over_time(out: &mut Html, input: &QualityInput<'_>) {
    let drawn: Vec<(QualityMetric, Vec<TrackPoint>)> = DRAWN
        .into_iter()
        .map(|metric| {
            let all: Vec<TrackPoint> =
                input.track.iter().filter(|it| it.metric == metric).copied().collect();
            let from = all.len().saturating_sub(QualityInput::WINDOWS);
            (metric, all[from..].to_vec())
        })
        .filter(|it| 1 < it.1.len())
        .take(4)
        .collect();
    if drawn.is_empty() {
        return;
    }
    out.raw("<h2>Estimated before labels, and what came true</h2>\n<div class=\"cards\">\n");
    for (metric, points) in &drawn {
        card(out, input, *metric, points);
    }
    out.raw("</div>\n");
}

fn card(out: &mut Html, input: &QualityInput<'_>, metric: QualityMetric, points: &[TrackPoint]) {
    let held = input.constraints.and_then(|all| all.metrics.iter().find(|it| it.metric == metric));
    let threshold = held.map(|it| it.threshold);
    out.raw("<div class=\"card\"><h3>").text(&words(metric.word())).raw("</h3><p>");
    out.text(&of_estimates(points, metric)).raw("</p>");
    let values = points
        .iter()
        .flat_map(|it| [it.estimate.map(|it| it.low), it.estimate.map(|it| it.high), it.realised]);
    let all: Vec<f64> = values.chain([threshold]).flatten().collect();
    let (least, most) = (
        all.iter().copied().fold(f64::MAX, f64::min),
        all.iter().copied().fold(f64::MIN, f64::max),
    );
    let room = ((most - least) * 0.06).max(1e-6);
    let (least, most) = (least - room, most + room);
    let y = |it: f64| LOW - (LOW - TOP) * (it - least) / (most - least);
    let step = (WIDTH - 12.0) / (points.len() - 1) as f64;
    let x = |at: usize| 6.0 + at as f64 * step;
    let alt = format!("{} over {} windows", words(metric.word()), points.len());
    open(out, "h", WIDTH, HEIGHT, &alt);
    if let Some(it) = threshold {
        out.raw("<path class=\"l\" d=\"M6 ").at(y(it)).raw("H410\"/>");
    }
    band(out, points, x, y);
    path(out, "r", points.iter().map(|it| it.estimate.map(|it| it.value)), x, y);
    path(out, "b", points.iter().map(|it| it.realised), x, y);
    for (at, it) in points.iter().enumerate() {
        let Some(value) = it.realised else { continue };
        let is_broken = held.is_some_and(|it| it.is_broken_by(value));
        out.raw("<circle class=\"")
            .raw(if is_broken { "m" } else { "c" })
            .raw("\" r=\"2.5\" cx=\"");
        out.at(x(at)).raw("\" cy=\"").at(y(value)).raw("\"/>");
    }
    out.raw("</svg><div class=\"ends\"><span>");
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        out.raw(&number::day(first.window.start)).raw("</span><span>").raw(&number::number(least));
        out.raw(" – ").raw(&number::number(most)).raw("</span><span>");
        out.raw(&number::day(last.window.start));
    }
    out.raw("</span></div><div class=\"key\"><span><i class=\"u\"></i>realised</span>");
    out.raw("<span><i class=\"o\"></i>estimated, 99 % shaded</span>");
    if threshold.is_some() {
        out.raw("<span><i class=\"d\"></i>constraint</span>");
    }
    out.raw("</div></div>\n");
}

fn of_estimates(points: &[TrackPoint], metric: QualityMetric) -> String {
    let awaited = points.iter().filter(|it| it.realised.is_none()).count();
    let waiting = match awaited {
        0 => String::new(),
        1 => " The last window awaits its labels.".to_owned(),
        more => format!(" {more} windows await their labels."),
    };
    let Some(error) = track::error(points, metric) else {
        return format!("No estimate has been proved yet.{waiting}");
    };
    let trust = match error.trust {
        Trust::Unproven => "not proved yet",
        Trust::Trusted => "proved right",
        Trust::Demoted => "proved wrong of late, shown only",
    };
    format!(
        "Estimates were off by {} on average, within their interval in {} of {} windows: {trust}.{waiting}",
        number::number(error.mean_absolute),
        number::share(error.covered),
        error.windows
    )
}

fn band(out: &mut Html, points: &[TrackPoint], x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) {
    let known: Vec<(usize, f64, f64)> = points
        .iter()
        .enumerate()
        .filter_map(|(at, it)| it.estimate.map(|it| (at, it.low, it.high)))
        .collect();
    if known.is_empty() {
        return;
    }
    out.raw("<path class=\"band\" d=\"");
    for (nth, (at, _, high)) in known.iter().enumerate() {
        out.raw(if nth == 0 { "M" } else { "L" }).at(x(*at)).raw(" ").at(y(*high));
    }
    for (at, low, _) in known.iter().rev() {
        out.raw("L").at(x(*at)).raw(" ").at(y(*low));
    }
    out.raw("z\"/>");
}

fn path(
    out: &mut Html,
    class: &str,
    values: impl Iterator<Item = Option<f64>>,
    x: impl Fn(usize) -> f64,
    y: impl Fn(f64) -> f64,
) {
    out.raw("<path class=\"").raw(class).raw("\" d=\"");
    let mut is_open = false;
    for (at, value) in values.enumerate() {
        if let Some(value) = value {
            out.raw(if is_open { "L" } else { "M" }).at(x(at)).raw(" ").at(y(value));
        }
        is_open = value.is_some();
    }
    out.raw("\"/>");
}

/// Tells how many labels came, how late, and what was odd about them.
pub(super) fn labels(out: &mut Html, input: &QualityInput<'_>) {
    let Some(stream) = input.labels else { return };
    out.raw("<h2>Labels</h2>\n<div class=\"cards\">\n<div class=\"card\"><h3>Coverage</h3><p>");
    let coverage = stream.coverage().map_or_else(|| "none".to_owned(), number::share);
    out.raw(&number::count(stream.labelled)).raw(" of ").raw(&number::count(stream.predictions));
    out.raw(" predictions have a label (").raw(&coverage).raw(").</p><ul class=\"dense\">");
    for (name, count) in [
        ("came again", stream.duplicates),
        ("came again with another value", stream.conflicts),
        ("without a prediction, in the last day", stream.orphans),
    ] {
        out.raw("<li>").raw(name).raw("<span>").raw(&number::count(count)).raw("</span></li>");
    }
    out.raw("</ul></div>\n");
    delays(out, &stream);
    out.raw("</div>\n");
}

fn delays(out: &mut Html, stream: &LabelStream<'_>) {
    let Some((longest, _)) = stream.delays.last().copied().filter(|it| 0 < it.0) else { return };
    let half = stream.delays.iter().find(|it| 0.5 <= it.1);
    let words = half.map_or_else(
        || "Less than half of the labels are there.".to_owned(),
        |(delay, _)| format!("Half of the labels are there within {}.", number::lasted(*delay)),
    );
    out.raw("<div class=\"card\"><h3>Delay</h3><p>").text(&words).raw("</p>");
    let x = |delay: i64| 6.0 + (WIDTH - 12.0) * delay as f64 / longest as f64;
    let y = |share: f64| LOW - (LOW - TOP) * share.clamp(0.0, 1.0);
    open(out, "h", WIDTH, HEIGHT, &words);
    out.raw("<path class=\"z\" d=\"M6 132H410M6 10H410\"/><path class=\"b\" d=\"M6 132");
    for (delay, share) in stream.delays {
        out.raw("L").at(x(*delay)).raw(" ").at(y(*share));
    }
    out.raw(
        "\"/></svg><div class=\"ends\"><span>0</span><span>share of labels, 0 to 1</span><span>",
    );
    out.raw(&number::lasted(longest)).raw("</span></div></div>\n");
}
