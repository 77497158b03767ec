use crate::hostile::{check, hostile};
use crate::keep;
use engine::attribution::{GlobalShap, LabelShap, attribution_drift};
use engine::window::Window;
use report::{AttributionInput, Provenance, render_attribution};

fn global(label: &str, features: &[(&str, f64)]) -> GlobalShap {
    let features = features.iter().map(|it| (it.0.to_owned(), it.1)).collect();
    GlobalShap {
        labels: vec![LabelShap { label: label.into(), expected: Some(0.25), features }],
        rows: 500,
    }
}

fn page(before: &GlobalShap, now: &GlobalShap) -> String {
    let drifts = attribution_drift(before, now);
    render_attribution(&AttributionInput {
        endpoint: "churn-prod",
        variant: "AllTraffic",
        window: Window { start: 1_772_618_400, end: 1_772_622_000 },
        state: None,
        drifts: &drifts,
        current: now,
        how: "500 rows, exact",
        actions: &[],
        provenance: Provenance::default(),
    })
}

#[test]
fn lost_order_is_drawn_with_its_ranks() {
    let before = global("churn", &[("minutes", 0.7), ("calls", 0.5), ("age", 0.05)]);
    let now = global("churn", &[("minutes", 0.1), ("calls", 0.2), ("age", 0.3)]);
    let page = keep("attribution.html", page(&before, &now));
    check(&page);
    // The documented example: 0.6876.
    for words in
        ["nDCG 0.688", "\u{201c}age\u{201d} moves the answers most now", "1 \u{2192} <b>3</b>"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("feature_attribution_drift_check"));
}

#[test]
fn kept_order_and_baselines_are_calm() {
    let before = global("churn", &[("minutes", 0.7), ("calls", 0.5), ("zero", 0.0)]);
    let same = page(&before, &before);
    check(&same);
    assert!(same.contains("The features keep their order: nDCG 1.000."));
    assert!(!same.contains("feature_attribution_drift_check") && !same.contains("\u{2192}"));
    let alone = page(&GlobalShap::default(), &before);
    check(&alone);
    assert!(alone.contains("\u{201c}minutes\u{201d} moves the answers most."));
}

#[test]
fn hostile_names_and_signs_are_text() {
    let names = hostile();
    let features: Vec<(&str, f64)> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), 1.0 - at as f64)).collect();
    for label in &names {
        let (before, now) = (global(label, &features), global(label, &features[1..]));
        check(&page(&before, &now));
    }
}
