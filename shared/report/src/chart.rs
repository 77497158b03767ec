//! Pictures as inline SVG: few bytes, same input same bytes, an alt text each.

use crate::html::{Html, short};
use crate::number;
use engine::finding::Effect;

/// Shares of rows in common bins, on both sides.
pub(crate) struct Bars<'a> {
    pub(crate) reference: &'a [f64],
    pub(crate) current: &'a [f64],
    pub(crate) is_moved: bool,
    pub(crate) alt: &'a str,
}

const WIDTH: f64 = 416.0;
const HEIGHT: f64 = 126.0;

/// Draws the current window as bars and the reference as an outline over them.
pub(crate) fn histogram(out: &mut Html, bars: &Bars<'_>) {
    let top = bars.reference.iter().chain(bars.current).copied().fold(0.0, f64::max);
    let unit = if 0.0 < top { (HEIGHT - 4.0) / top } else { 0.0 };
    let step = WIDTH / bars.current.len().max(1) as f64;
    open(out, "h", WIDTH, HEIGHT, bars.alt);
    out.raw(if bars.is_moved { "<path class=\"m\" d=\"" } else { "<path class=\"c\" d=\"" });
    for (at, share) in bars.current.iter().enumerate().filter(|(_, it)| 0.0 < **it) {
        // What is there at all must be seen.
        let tall = (share * unit).max(1.0);
        let left = at as f64 * step + 0.7;
        out.raw("M").at(left).raw(" ").at(HEIGHT - tall);
        out.raw("h").at(step - 1.4).raw("V126h-").at(step - 1.4).raw("z");
    }
    out.raw("\"/><path class=\"r\" d=\"M0 126");
    for share in bars.reference {
        out.raw("V").at(HEIGHT - share * unit).raw("h").at(step);
    }
    out.raw("V126\"/><path class=\"z\" d=\"M0 126H416\"/></svg>");
}

/// Draws an effect on a scale of 0 to 1 with its interval and floor.
pub(crate) fn effect(out: &mut Html, effect: &Effect, is_moved: bool) {
    const LONG: f64 = 170.0;
    let x = |value: f64| 6.0 + LONG * value.clamp(0.0, 1.0);
    let words = effect_words(effect);
    open(out, "f", 182.0, 20.0, &words);
    out.raw("<path class=\"z\" d=\"M6 10H176\"/><path class=\"l\" d=\"M").at(x(effect.floor));
    out.raw(" 2v16\"/><path class=\"").raw(if is_moved { "im" } else { "ig" }).raw("\" d=\"M");
    out.at(x(effect.low)).raw(" 10H").at(x(effect.high).max(x(effect.low) + 0.1));
    out.raw("\"/><circle class=\"").raw(if is_moved { "m" } else { "g" }).raw("\" cx=\"");
    out.at(x(effect.value)).raw("\" cy=\"10\" r=\"5\"/></svg>");
}

/// Draws an attribution of now as a bar, and the baseline's as an outline over it; `top` is the longest of all.
///
/// Negative values, which only a median makes, go as long and are lighter.
pub(crate) fn attribution(
    out: &mut Html,
    reference: Option<f64>,
    current: Option<f64>,
    top: f64,
    is_moved: bool,
) {
    const LONG: f64 = 260.0;
    let long = |value: f64| if 0.0 < top { LONG * value.abs() / top } else { 0.0 };
    let words = |it: Option<f64>| it.map_or_else(|| "none".to_owned(), number::number);
    let alt = match reference {
        Some(_) => format!("baseline {}, now {}", words(reference), words(current)),
        None => words(current),
    };
    open(out, "a", LONG + 4.0, 20.0, &alt);
    if let Some(value) = current.filter(|it| *it != 0.0) {
        out.raw("<path class=\"").raw(if is_moved { "m" } else { "c" });
        out.raw(if value < 0.0 { "\" opacity=\".5" } else { "" });
        // What is there at all must be seen.
        out.raw("\" d=\"M2 4h").at(long(value).max(0.7)).raw("v12H2z\"/>");
    }
    if let Some(value) = reference.filter(|it| *it != 0.0) {
        out.raw("<path class=\"r\" d=\"M2 2h").at(long(value).max(0.7)).raw("v16H2z\"/>");
    }
    out.raw("</svg>");
}

pub(crate) fn effect_words(effect: &Effect) -> String {
    format!(
        "effect {}, 99 % interval {} to {}, floor {}",
        number::effect(effect.value),
        number::effect(effect.low),
        number::effect(effect.high),
        number::effect(effect.floor)
    )
}

/// Draws the effects of the last windows, oldest first; a gap where there is none.
pub(crate) fn sparkline(out: &mut Html, effects: &[Option<f64>], floor: f64) {
    const LONG: f64 = 96.0;
    const TALL: f64 = 22.0;
    let top = effects.iter().flatten().copied().fold(floor * 2.0, f64::max).max(1e-9);
    let step = LONG / effects.len().saturating_sub(1).max(1) as f64;
    let x = |at: usize| 4.0 + at as f64 * step;
    let y = |value: f64| 3.0 + (TALL - 6.0) * (1.0 - value.clamp(0.0, top) / top);
    let above = effects.iter().flatten().filter(|it| floor <= **it).count();
    let seen = effects.iter().flatten().count();
    let alt = format!("{above} of the last {seen} windows with data reach the floor");
    open(out, "s", LONG + 8.0, TALL, &alt);
    out.raw("<path class=\"l\" d=\"M4 ").at(y(floor)).raw("h96\"/><path class=\"b\" d=\"");
    let mut is_open = false;
    for (at, value) in effects.iter().enumerate() {
        match value {
            Some(value) => {
                out.raw(if is_open { "L" } else { "M" }).at(x(at)).raw(" ").at(y(*value));
                is_open = true;
            }
            None => is_open = false,
        }
    }
    out.raw("\"/>");
    for (at, value) in effects.iter().enumerate() {
        let Some(value) = value else { continue };
        let is_last = at + 1 == effects.len();
        if floor <= *value || is_last {
            let class = if floor <= *value { "m" } else { "c" };
            out.raw("<circle class=\"").raw(class).raw("\" r=\"2\" cx=\"").at(x(at));
            out.raw("\" cy=\"").at(y(*value)).raw("\"/>");
        }
    }
    out.raw("</svg>");
}

pub(crate) fn open(out: &mut Html, class: &str, width: f64, height: f64, alt: &str) {
    out.raw("<svg class=\"").raw(class).raw("\" viewBox=\"0 0 ").at(width).raw(" ").at(height);
    out.raw("\" role=\"img\" aria-label=\"").text(&short(alt, 400)).raw("\">");
}
