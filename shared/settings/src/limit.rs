//! Limits of bias metrics, such as `DI 0.8 1.25`.

use crate::document::shown;
use crate::kind::Wrong;

/// Clarify's names of bias metrics (formats F.3).
pub const BIAS_METRICS: [&str; 21] = [
    "CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL", "DPPL", "DI", "DCA", "DCR", "RD", "SD",
    "DAR", "DRR", "AD", "CDDPL", "TE", "FT", "GE",
];

const EXAMPLE: &str = "write for example [DI 0.8 1.25]";

/// Checks that every text is a known metric and the range it may be in, no metric twice.
pub(crate) fn check(texts: &[String]) -> Result<(), Wrong> {
    let mut seen: Vec<&str> = Vec::new();
    for text in texts {
        let metric = check_one(text)?;
        if seen.contains(&metric) {
            return Err((format!("has two limits of {metric}"), "remove one of them".into()));
        }
        seen.push(metric);
    }
    Ok(())
}

fn check_one(text: &str) -> Result<&'static str, Wrong> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let &[name, low, high] = parts.as_slice() else {
        let message = format!("takes a metric and its range, found `{}`", shown(text));
        return Err((message, EXAMPLE.into()));
    };
    let Some(metric) = BIAS_METRICS.into_iter().find(|it| *it == name) else {
        let fix = match crate::suggest::nearest(name, BIAS_METRICS) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("write one of {}", BIAS_METRICS.join(", ")),
        };
        return Err((format!("knows no bias metric `{}`", shown(name)), fix));
    };
    let number = |it: &str| it.parse::<f64>().ok().filter(|it| it.is_finite());
    let (Some(least), Some(most)) = (number(low), number(high)) else {
        let message = format!("takes two numbers after {metric}, found `{}`", shown(text));
        return Err((message, EXAMPLE.into()));
    };
    if most < least {
        let message = format!("the range of {metric} ends before it begins");
        return Err((message, format!("write {metric} {high} {low}")));
    }
    Ok(metric)
}
