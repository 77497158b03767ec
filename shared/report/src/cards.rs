use crate::axis::Axis;
use crate::chart::{self, Bars, Pair};
use crate::html::Html;
use crate::reference::Ranks;
use crate::view::Column;
use crate::{ReportInput, number, say};
use engine::statistics::{Category, Feature, InferredType, Texts, Values};
use std::collections::HashMap;

/// Features that get a card with a picture; the rest a line each.
const FULL: usize = 40;
/// Features that get a line; more are counted.
const LINES: usize = 4_000;
/// Categories that get a row of their own.
const ROWS: usize = 7;

/// Writes what is known of each feature, what changed first.
pub(crate) fn cards(out: &mut Html, input: &ReportInput<'_>, columns: &[Column<'_>]) {
    if columns.is_empty() {
        return;
    }
    out.raw("<h2>Feature by feature</h2>\n<div class=\"cards\">\n");
    let (full, rest) = columns.split_at(columns.len().min(FULL));
    for it in full {
        card(out, input, it);
    }
    out.raw("</div>\n");
    if rest.is_empty() {
        return;
    }
    let (moved, quiet): (Vec<&Column<'_>>, Vec<&Column<'_>>) =
        rest.iter().partition(|it| it.is_moved());
    dense(out, "More that moved", &moved);
    dense(out, "Unchanged: how far each moved, and what is missing of it", &quiet);
}

fn dense(out: &mut Html, title: &str, columns: &[&Column<'_>]) {
    if columns.is_empty() {
        return;
    }
    out.raw("<h2>").raw(title).raw("</h2>\n<ul class=\"dense\">");
    for it in columns.iter().take(LINES) {
        out.raw("<li>").cut(it.name, 40).raw("<span>");
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

fn card(out: &mut Html, input: &ReportInput<'_>, column: &Column<'_>) {
    let ranks = column.current.map(Ranks::of).unwrap_or_default();
    let words = say::card(column, &ranks, input.judgement.visible_effect);
    out.raw(if column.is_moved() {
        "<section class=\"card hot\"><h3>"
    } else {
        "<section class=\"card\"><h3>"
    });
    out.name(column.name).raw("</h3><p>").text(&words).raw("</p>");
    picture(out, column, &ranks);
    legend(out, column);
    out.raw("</section>\n");
}

fn picture(out: &mut Html, column: &Column<'_>, ranks: &Ranks) {
    let empty = Ranks::default();
    let (before, before_ranks) = match column.reference {
        Some((feature, ranks)) => (Some(feature), ranks),
        None => (None, &empty),
    };
    let has_texts =
        [before, column.current].iter().flatten().any(|it| matches!(it.values, Values::Texts(_)));
    if has_texts {
        texts(out, column, before);
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
    let bars =
        Bars { reference: &reference, current: &current, is_moved: column.is_moved(), alt: &alt };
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

fn texts(out: &mut Html, column: &Column<'_>, before: Option<&Feature>) {
    let of = |it: Option<&'_ Feature>| match it.map(|it| &it.values) {
        Some(Values::Texts(it)) => Some(it.clone()),
        _ => None,
    };
    let (before, now) = (of(before), of(column.current));
    let known =
        |it: &Option<Texts>| it.as_ref().and_then(|it| it.categories.clone()).unwrap_or_default();
    let (old, new) = (known(&before), known(&now));
    if old.is_empty() && new.is_empty() {
        let kinds = |it: &Option<Texts>| {
            it.as_ref().map_or("none".into(), |it| number::number(it.distinct.round()))
        };
        out.raw("<p class=\"q\">Different texts: ")
            .raw(&kinds(&before))
            .raw(" \u{2192} ")
            .raw(&kinds(&now))
            .raw("</p>");
        return;
    }
    let pairs = pairs(&old, &new, before.is_some());
    let said: Vec<String> = pairs
        .iter()
        .map(|it| {
            let label = crate::html::short(&it.label, crate::html::VALUE);
            format!("{label} {} to {}", number::share(it.reference), number::share(it.current))
        })
        .collect();
    chart::categories(out, &pairs, column.is_moved(), &said.join(", "));
}

/// Returns the categories to draw: the largest and the most changed, then the rest as one.
fn pairs(old: &[Category], new: &[Category], has_reference: bool) -> Vec<Pair> {
    let total = |it: &[Category]| it.iter().map(|it| it.count).sum::<u64>().max(1) as f64;
    let (of_old, of_new) = (total(old), total(new));
    let mut now: HashMap<&str, u64> = new.iter().map(|it| (it.value.as_str(), it.count)).collect();
    let mut all: Vec<Pair> = old
        .iter()
        .map(|it| Pair {
            label: it.value.clone(),
            reference: it.count as f64 / of_old,
            current: now.remove(it.value.as_str()).unwrap_or_default() as f64 / of_new,
            is_new: false,
        })
        .collect();
    let fresh = new.iter().filter(|it| now.contains_key(it.value.as_str()));
    all.extend(fresh.map(|it| Pair {
        label: it.value.clone(),
        reference: 0.0,
        current: it.count as f64 / of_new,
        is_new: has_reference,
    }));
    let weight = |it: &Pair| {
        let moved = (it.current - it.reference).abs();
        it.current.max(it.reference) + 4.0 * moved + if it.is_new { 10.0 } else { 0.0 }
    };
    all.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then_with(|| a.label.cmp(&b.label)));
    let rest = all.split_off(all.len().min(if all.len() == ROWS + 1 { ROWS + 1 } else { ROWS }));
    all.sort_by(|a, b| {
        b.reference.total_cmp(&a.reference).then_with(|| b.current.total_cmp(&a.current))
    });
    if !rest.is_empty() {
        all.push(Pair {
            label: format!("{} other", number::count(rest.len() as u64)),
            reference: rest.iter().map(|it| it.reference).sum(),
            current: rest.iter().map(|it| it.current).sum(),
            is_new: false,
        });
    }
    all
}

fn legend(out: &mut Html, column: &Column<'_>) {
    let rows = |it: &Feature| number::count(it.present + it.missing);
    out.raw("<div class=\"key\">");
    if let Some((it, _)) = column.reference {
        out.raw("<span><i class=\"o\"></i>reference ").raw(&rows(it)).raw(" rows</span>");
    }
    if let Some(it) = column.current {
        out.raw("<span><i></i>this window ").raw(&rows(it)).raw(" rows</span>");
    }
    let missing =
        |it: Option<&Feature>| it.and_then(Feature::completeness).map_or(0.0, |it| 1.0 - it);
    let (before, now) = (missing(column.reference.map(|(it, _)| it)), missing(column.current));
    if 0.0 < before.max(now) {
        out.raw("<span>missing ")
            .raw(&number::share(before))
            .raw(" \u{2192} ")
            .raw(&number::share(now))
            .raw("</span>");
    }
    out.raw("</div>");
}
