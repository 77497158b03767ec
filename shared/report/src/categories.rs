use crate::chart::open;
use crate::html::{Html, short};
use crate::number;
use crate::view::Column;
use engine::statistics::{Category, Feature, Values};
use std::borrow::Cow;
use std::collections::HashMap;

/// How much room a picture has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Full,
    Small,
}

/// Draws the texts of a column: the largest and the most changed, a row each.
pub(crate) fn draw(out: &mut Html, column: &Column<'_>, before: Option<&Feature>, size: Size) {
    let (old, new) = (Side::of(before), Side::of(column.current));
    if old.list.is_empty() && new.list.is_empty() && old.missing() + new.missing() == 0.0 {
        out.raw("<p class=\"q\">Different texts: ").raw(&old.kinds()).raw(" \u{2192} ");
        out.raw(&new.kinds()).raw("</p>");
        return;
    }
    let rows = if size == Size::Full { 7 } else { 4 };
    // A column that did not change has no row that did.
    let floor = if column.is_moved() { 0.02 } else { 1.0 };
    rows_of(out, &pairs(&old, &new, rows), floor, size, None);
}

/// Draws what is missing of a column of numbers, on a scale of all cells.
pub(crate) fn draw_missing(out: &mut Html, column: &Column<'_>, before: Option<&Feature>) {
    let (old, new) = (Side::of(before), Side::of(column.current));
    let (reference, current) = (old.missing(), new.missing());
    if 0.0 < reference.max(current) {
        let pair = Pair { label: MISSING, reference, current, kind: Kind::Missing };
        rows_of(out, &[pair], 0.02, Size::Full, Some(1.0));
    }
}

const MISSING: Cow<'static, str> = Cow::Borrowed("(missing)");

/// One category on both sides, as shares of all cells.
#[derive(Debug, Clone, PartialEq)]
struct Pair<'a> {
    label: Cow<'a, str>,
    reference: f64,
    current: f64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Known,
    /// What the reference has never seen.
    New,
    /// Cells that hold nothing.
    Missing,
    /// The rest together: too wide for a bar on the same scale.
    Other,
}

/// The categories of one side, and the column they are of.
struct Side<'a> {
    list: &'a [Category],
    of: Option<&'a Feature>,
}

impl<'a> Side<'a> {
    fn of(of: Option<&'a Feature>) -> Self {
        let list = match of.map(|it| &it.values) {
            Some(Values::Texts(it)) => it.categories.as_deref(),
            _ => None,
        };
        Self { list: list.unwrap_or_default(), of }
    }

    fn cells(&self) -> f64 {
        self.of.map_or(0, |it| it.present.saturating_add(it.missing)).max(1) as f64
    }

    fn missing(&self) -> f64 {
        self.of.map_or(0.0, |it| it.missing as f64) / self.cells()
    }

    /// How many different texts there are, in words.
    fn kinds(&self) -> String {
        match self.of.map(|it| &it.values) {
            Some(Values::Texts(it)) => number::number(it.distinct.round()),
            _ => "none".into(),
        }
    }
}

fn pairs<'a>(old: &Side<'a>, new: &Side<'a>, rows: usize) -> Vec<Pair<'a>> {
    let (of_old, of_new) = (old.cells(), new.cells());
    let mut now: HashMap<&str, u64> =
        new.list.iter().map(|it| (it.value.as_str(), it.count)).collect();
    let known = old.list.iter().map(|it| Pair {
        label: Cow::Borrowed(it.value.as_str()),
        reference: it.count as f64 / of_old,
        current: now.remove(it.value.as_str()).unwrap_or_default() as f64 / of_new,
        kind: Kind::Known,
    });
    let mut all: Vec<Pair<'_>> = known.collect();
    let kind = if old.list.is_empty() { Kind::Known } else { Kind::New };
    let fresh = new.list.iter().filter(|it| now.contains_key(it.value.as_str()));
    all.extend(fresh.map(|it| Pair {
        label: Cow::Borrowed(it.value.as_str()),
        reference: 0.0,
        current: it.count as f64 / of_new,
        kind,
    }));
    let weight = |it: &Pair<'_>| {
        let newness = if it.kind == Kind::New { 10.0 } else { 0.0 };
        it.current.max(it.reference) + 4.0 * (it.current - it.reference).abs() + newness
    };
    all.sort_by(|a, b| weight(b).total_cmp(&weight(a)).then_with(|| a.label.cmp(&b.label)));
    // One more row beats a row that says “1 other”.
    let rest = all.split_off(all.len().min(if all.len() == rows + 1 { rows + 1 } else { rows }));
    all.sort_by(|a, b| {
        let by_size = b.reference.total_cmp(&a.reference);
        by_size.then_with(|| b.current.total_cmp(&a.current)).then_with(|| a.label.cmp(&b.label))
    });
    if !rest.is_empty() {
        all.push(Pair {
            label: Cow::Owned(format!("{} other", number::count(rest.len() as u64))),
            reference: rest.iter().map(|it| it.reference).sum(),
            current: rest.iter().map(|it| it.current).sum(),
            kind: Kind::Other,
        });
    }
    let (reference, current) = (old.missing(), new.missing());
    if 0.0 < reference.max(current) {
        all.push(Pair { label: MISSING, reference, current, kind: Kind::Missing });
    }
    all
}

/// Draws one row per category: the window as a bar, the reference as a frame.
///
/// What is new, and what moved by `floor` or more, is drawn as moved. The widest
/// bar is `full`, or the largest share.
fn rows_of(out: &mut Html, pairs: &[Pair<'_>], floor: f64, size: Size, full: Option<f64>) {
    let (width, left, right, letters) = match size {
        Size::Full => (416.0, 118.0, 92.0, 16),
        Size::Small => (204.0, 76.0, 36.0, 10),
    };
    let row = if size == Size::Full && (2..=4).contains(&pairs.len()) { 26.0 } else { 17.0 };
    let drawn = pairs.iter().filter(|it| it.kind != Kind::Other);
    let top =
        full.unwrap_or_else(|| drawn.map(|it| it.reference.max(it.current)).fold(0.0, f64::max));
    let unit = if 0.0 < top { (width - left - right) / top } else { 0.0 };
    open(out, "k", width, row * pairs.len() as f64, &alt(pairs));
    for (at, it) in pairs.iter().enumerate() {
        let y = at as f64 * row;
        let line = y + row / 2.0 + 4.0;
        out.raw("<text x=\"0\" y=\"").at(line).raw("\">").cut(&it.label, letters);
        if it.kind == Kind::New {
            out.raw("<tspan class=\"n\"> new</tspan>");
        }
        out.raw("</text>");
        if it.kind != Kind::Other {
            let is_moved = it.kind == Kind::New || floor <= (it.current - it.reference).abs();
            out.raw(if is_moved { "<path class=\"m\" d=\"M" } else { "<path class=\"c\" d=\"M" });
            out.at(left).raw(" ").at(y + 3.0).raw("h").at(it.current * unit).raw("v").at(row - 6.0);
            out.raw("H").at(left).raw("z\"/><path class=\"r\" d=\"M").at(left).raw(" ").at(y + 2.0);
            out.raw("h")
                .at(it.reference * unit)
                .raw("v")
                .at(row - 4.0)
                .raw("H")
                .at(left)
                .raw("\"/>");
        }
        out.raw("<text class=\"e\" x=\"").at(width).raw("\" y=\"").at(line).raw("\">");
        if size == Size::Full {
            out.raw(&number::share(it.reference)).raw(" \u{2192} ");
        }
        out.raw(&number::share(it.current)).raw("</text>");
    }
    out.raw("</svg>");
}

fn alt(pairs: &[Pair<'_>]) -> String {
    let said: Vec<String> = pairs
        .iter()
        .map(|it| {
            let label = short(&it.label, 20);
            format!("{label} {} to {}", number::share(it.reference), number::share(it.current))
        })
        .collect();
    said.join(", ")
}
