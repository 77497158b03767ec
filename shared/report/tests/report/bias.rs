use crate::{keep, sound};
use engine::bias::{
    BiasMetric, BiasReport, FacetReport, FacetRows, Figure, Interval, Judging, MetricReport, Range,
    StageReport, judge, violations,
};
use engine::finding::State;
use engine::window::Window;
use report::{Action, BiasInput, Provenance, render_bias};

fn facet(facet: &str, value: &str, metrics: Vec<MetricReport>) -> FacetReport {
    let rows = Some(FacetRows { facet: 340, rest: 560 });
    FacetReport { facet: facet.into(), value: value.into(), rows, metrics }
}

fn metric(metric: BiasMetric, value: f64, half: f64) -> MetricReport {
    let interval = Some(Interval { low: value - half, high: value + half });
    MetricReport { metric, figure: Figure::Value(value), interval, support: Some(300) }
}

fn report(name: &str, value: &str, shift: f64) -> BiasReport {
    let stage = |metrics| StageReport {
        label: name.into(),
        label_value: value.into(),
        facets: vec![facet(name, value, metrics)],
    };
    BiasReport {
        pre_training: Some(stage(vec![metric(BiasMetric::Dpl, 0.07, 0.05)])),
        post_training: Some(stage(vec![
            metric(BiasMetric::Di, 0.9 - shift, 0.1),
            metric(BiasMetric::Dppl, 0.06 + shift, 0.06),
            MetricReport {
                metric: BiasMetric::Ft,
                figure: Figure::Nothing("FlipTest does not support non-numeric columns".into()),
                interval: None,
                support: None,
            },
            MetricReport { support: Some(3), ..metric(BiasMetric::Rd, 0.5, 0.4) },
            MetricReport { interval: None, ..metric(BiasMetric::Te, f64::INFINITY, 0.0) },
        ])),
    }
}

fn page(name: &str, value: &str) -> String {
    let (before, now) = (report(name, value, 0.0), report(name, value, 0.4));
    let mut judging = Judging::default();
    judging.limits.insert(BiasMetric::Di, Range { low: 0.8, high: 1.25 });
    let judged = judge(Some(&before), &now, &judging);
    let broken = violations(Some(&before), &now, &judging);
    let action = Action {
        text: "If this is meant, learn a baseline from it:",
        command: Some("vigil baseline bias"),
    };
    render_bias(&BiasInput {
        endpoint: "loans",
        variant: "AllTraffic",
        window: Window { start: 1_772_618_400, end: 1_772_622_000 },
        state: State::Drift,
        rows: 900,
        report: &now,
        judged: &judged,
        violations: &broken,
        actions: &[action],
        provenance: Provenance::default(),
    })
}

#[test]
fn worst_metric_is_the_headline() {
    let page = keep("bias.html", page("sex", "f"));
    sound(&page);
    assert!(page.contains("sex = f: DI is 0.500, outside of 0.800 to 1.250."), "{page}");
    let told = ["worse than the baseline", "too few rows", "FlipTest does not support", "\u{221e}"];
    for words in
        told.into_iter().chain(["bias_limit_check", "bias_drift_check", "340 rows against 560"])
    {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn hostile_facets_are_text() {
    for word in
        ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "\u{202e}x\0", "", "שלום"]
    {
        sound(&page(word, word));
    }
    let long = "<b>".repeat(9000);
    assert!(page(&long, &long).len() < 60_000);
}
