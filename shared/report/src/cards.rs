use crate::axis::Axis;
use crate::categories::{self, Size};
use crate::chart::{self, Bars};
use crate::html::Html;
use crate::reference::Ranks;
use crate::view::Column;
use crate::{ReportInput, number, say};
use engine::statistics::{Feature, InferredType, Values};

/// Features that get a card with a picture; the rest a line each.
const FULL: usize = 40;
/// Features that get a line; more are counted.
const LINES: usize = 4_000;

/// Writes what is known of each feature, what changed first.
pub(crate) fn cards(out: &mut Html, input: &ReportInput<'_>, columns: &[Column<'_>]) {
    let (told, quiet): (Vec<&Column<'_>>, Vec<&Column<'_>>) =
        columns.iter().partition(|it| !it.findings.is_empty());
    // Without rows there is nothing to see beside the reference.
    let quiet = if input.judgement.rows == 0 { Vec::new() } else { quiet };
    let (full, more) = told.split_at(told.len().min(FULL));
    let (small, rest) = quiet.split_at(quiet.len().min(FULL - full.len()));
    if !full.is_empty() {
        out.raw("<h2>Feature by feature</h2>\n<div class=\"cards\">\n");
        for it in full {
            card(out, it);
        }
        out.raw("</div>\n");
    }
    dense(out, "More that moved", more);
    if !small.is_empty() {
        out.raw("<h2>").text(&say::unchanged(input.judgement)).raw("</h2>\n<div class=\"key\">");
        out.raw("<span><i class=\"o\"></i>reference</span><span><i></i>this window</span></div>\n");
        out.raw("<div class=\"cards small\">\n");
        for it in small {
            small_card(out, it);
        }
        out.raw("</div>\n");
    }
    dense(out, "The rest: how far each moved, and what is missing of it", rest);
}

fn dense(out: &mut Html, title: &str, columns: &[&Column<'_>]) {
    if columns.is_empty() {
        return;
    }
    out.raw("<h2>").raw(title).raw("</h2>\n<ul class=\"dense\">");
    for it in columns.iter().take(LINES) {
        out.raw("<li>").cut(it.name, 32).raw("<span>");
        match it.findings.first().map(|it| it.effect.value).or(it.drift.map(|it| it.value)) {
            Some(value) => out.raw(&number::effect(value)),
            None => out.raw("\u{2013}"),
        };
        if let Some(missing) = it.current.and_then(Feature::completeness).map(|it| 1.0 - it)
            && 0.0 < missing
        {
            out.raw(" · ").raw(&number::share(missing));
        }
        out.raw("</span></li>");
    }
    out.raw("</ul>\n");
    if LINES < columns.len() {
        out.raw("<p class=\"sub\">and ").count(columns.len() - LINES).raw(" more.</p>\n");
    }
}

fn card(out: &mut Html, column: &Column<'_>) {
    let ranks = column.current.map(Ranks::of).unwrap_or_default();
    let words = say::card(column, &ranks);
    out.raw(if column.is_moved() {
        "<section class=\"card hot\"><h3>"
    } else {
        "<section class=\"card\"><h3>"
    });
    out.name(column.name).raw("</h3><p>").text(&words).raw("</p>");
    picture(out, column, &ranks, Size::Full);
    if column.current.is_some_and(|it| matches!(it.values, Values::Numbers(_))) {
        categories::draw_missing(out, column, column.reference.map(|(it, _)| it));
    }
    legend(out, column);
    out.raw("</section>\n");
}

fn small_card(out: &mut Html, column: &Column<'_>) {
    let ranks = column.current.map(Ranks::of).unwrap_or_default();
    out.raw("<section class=\"card\"><h3>")
        .name(column.name)
        .raw("</h3><p>")
        .text(&say::quiet(column))
        .raw("</p>");
    picture(out, column, &ranks, Size::Small);
    missing_words(out, column);
    out.raw("</section>\n");
}

fn picture(out: &mut Html, column: &Column<'_>, ranks: &Ranks, size: Size) {
    let empty = Ranks::default();
    let (before, before_ranks) = match column.reference {
        Some((feature, ranks)) => (Some(feature), ranks),
        None => (None, &empty),
    };
    let has_texts =
        [before, column.current].iter().flatten().any(|it| matches!(it.values, Values::Texts(_)));
    if has_texts {
        categories::draw(out, column, before, size);
        return;
    }
    let is_integral = |it: &Feature| it.inferred_type == InferredType::Integral;
    let kind = if [before, column.current].into_iter().flatten().all(is_integral) {
        InferredType::Integral
    } else {
        InferredType::Fractional
    };
    let Some(axis) = Axis::of(before_ranks, ranks, kind) else { return };
    let (reference, current) = (axis.shares(before_ranks), axis.shares(ranks));
    let alt = spread_words(before_ranks, ranks);
    let bars = Bars {
        reference: &reference,
        current: &current,
        is_moved: column.has_moved_values(),
        alt: &alt,
    };
    chart::histogram(out, &bars);
    out.raw("<div class=\"ends\"><span>").raw(if axis.has_less { "\u{2264} " } else { "" });
    out.raw(&number::number(axis.low)).raw("</span>");
    if axis.is_log {
        out.raw("<span>logarithmic</span>");
    }
    out.raw("<span>").raw(if axis.has_more { "\u{2265} " } else { "" });
    out.raw(&number::number(axis.high)).raw("</span></div>");
}

/// Returns the alt text of a histogram: where the middle half lies on both sides.
fn spread_words(reference: &Ranks, current: &Ranks) -> String {
    let of = |side: &str, ranks: &Ranks| {
        let at = |q| ranks.quantile(q).map(number::number);
        match (at(0.25), at(0.5), at(0.75)) {
            (Some(low), Some(middle), Some(high)) => {
                format!("{side}: median {middle}, middle half {low} to {high}")
            }
            _ => format!("{side}: no numbers"),
        }
    };
    format!("{}; {}", of("reference", reference), of("this window", current))
}

fn legend(out: &mut Html, column: &Column<'_>) {
    let rows = |it: &Feature| number::count(it.present + it.missing);
    out.raw("<div class=\"key\">");
    if let Some((it, _)) = column.reference {
        out.raw("<span><i class=\"o\"></i>reference ").raw(&rows(it)).raw(" rows</span>");
    }
    if let Some(it) = column.current {
        // Of texts only what changed is drawn as moved.
        let is_text = matches!(it.values, Values::Texts(_));
        let has_both = column.is_moved() && (is_text || !column.has_moved_values());
        out.raw(if has_both { "<span><i class=\"w\"></i>" } else { "<span><i></i>" });
        out.raw("this window ").raw(&rows(it)).raw(" rows</span>");
    }
    out.raw("</div>");
}

/// Says what is missing of a column of numbers; texts have a bar for it.
fn missing_words(out: &mut Html, column: &Column<'_>) {
    let missing = |it: Option<&Feature>| {
        it.filter(|it| !matches!(it.values, Values::Texts(_)))
            .and_then(Feature::completeness)
            .map_or(0.0, |it| 1.0 - it)
    };
    let (before, now) = (missing(column.reference.map(|(it, _)| it)), missing(column.current));
    if 0.0 < before.max(now) {
        out.raw("<span class=\"q\">missing ")
            .raw(&number::share(before))
            .raw(" \u{2192} ")
            .raw(&number::share(now))
            .raw("</span>");
    }
}
