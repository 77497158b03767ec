//! The end of every report: what to do, and what it was made from.

use crate::html::Html;
use crate::{Action, Provenance};
use engine::incident::Incident;

/// Actions that one report lists at most.
const ACTIONS: usize = 12;

pub(crate) fn actions(out: &mut Html, actions: &[Action<'_>]) {
    if actions.is_empty() {
        return;
    }
    out.raw("<h2>Do</h2>\n<ol class=\"do\">");
    items(out, actions);
    out.raw("</ol>\n");
}

/// Writes actions into a list that is open.
pub(crate) fn items(out: &mut Html, actions: &[Action<'_>]) {
    for it in actions.iter().take(ACTIONS) {
        out.raw("<li>").cut(it.text, 300);
        if let Some(command) = it.command {
            out.raw(" <code>").cut(command, 500).raw("</code>");
        }
        out.raw("</li>");
    }
}

/// Writes the footer; `from` is what the figures come from, such as " from counts".
pub(crate) fn footer<'a>(
    out: &mut Html,
    it: &Provenance<'_>,
    from: &str,
    alerts: impl IntoIterator<Item = &'a Incident>,
) {
    out.raw("<footer>Made by ").cut(if it.engine.is_empty() { "Vigil" } else { it.engine }, 80);
    out.raw(from).raw("; same input, same bytes.");
    for incident in alerts {
        out.raw(" Alert <code>").cut(&incident.id, 40).raw("</code> (");
        out.raw(incident.key.family.word()).raw(").");
    }
    if let Some(hash) = it.input_hash {
        out.raw(" Input <code>").cut(hash, 72).raw("</code>.");
    }
    if let Some(command) = it.reproduce {
        out.raw(" Reproduce: <code>").cut(command, 600).raw("</code>");
    }
    out.raw("</footer>\n");
}
