use crate::sample::{Chance, Scene, churn, numbers, open, scene, scene_alone, scene_with};
use crate::{keep, sound};
use engine::finding::State;
use engine::statistics::{InferredType, Statistics};
use engine::window::Window;
use report::{Reference, ReportInput, render};
use std::time::Duration;

fn drifted() -> Scene {
    let mut it = scene_with(churn(5000, 7, false), churn(1180, 8, true), 7);
    open(&mut it);
    it
}

#[track_caller]
fn check(page: &str, expect: &[&str]) {
    sound(page);
    for it in expect {
        assert!(page.contains(it), "{it}");
    }
}

#[test]
fn drift_is_told_from_the_top() {
    let page = keep("drift.html", drifted().with_input(render));
    check(
        &page,
        &[
            "4 March 2026, 11:00\u{2013}12:00 UTC",
            "<div class=\"pill drift\">drift · since 09:00</div>",
            "<h1>Day Mins arrives 100 times too large, a third of Intl Plan_yes is missing",
            "1,180 rows against baseline 7 (5,000 rows)",
            "every value \u{d7}100",
            "missing 0 % \u{2192} 31 %",
            "new value \u{201c}ZZ\u{201d}",
            "Looks like a change of unit.",
            "last 12 windows",
            "baseline_drift_check",
            "not JSON",
            "vigil analyze data-quality",
        ],
    );
}

#[test]
fn quiet_window_says_what_would_show() {
    let it = scene(churn(5000, 7, false), churn(1180, 9, false));
    let page = keep("ok.html", it.with_input(render));
    check(&page, &["pill ok\">ok<", "Nothing changed in 1180 rows", "would show"]);
    assert!(!page.contains("What moved, by impact") || it.judgement.state != State::Ok);
}

#[test]
fn window_without_rows_is_never_fine() {
    let it = scene(churn(5000, 7, false), Statistics::default());
    let page = keep("no-data.html", it.with_input(render));
    check(&page, &["pill no_data\">no data<", "not known", "No rows arrived."]);
    assert!(!page.contains("<b>ok</b>") && !page.contains("pill ok"));
}

#[test]
fn few_rows_are_said_to_be_few() {
    let it = scene(churn(5000, 7, false), churn(12, 9, false));
    let page = keep("too-little.html", it.with_input(render));
    check(&page, &["pill too_little_data\">too little data<"]);
}

#[test]
fn run_that_failed_has_a_report() {
    let it = scene(Statistics::default(), Statistics::default());
    let page = it.with_input(|input| {
        render(&ReportInput {
            state: State::Error,
            reference: None,
            current: None,
            baseline_version: None,
            ..*input
        })
    });
    check(&page, &["pill error\">error<", "not known"]);
}

#[test]
fn table_without_a_window_names_no_time() {
    let it = scene_alone(churn(300, 7, false), churn(300, 9, false));
    let alone = Window { start: 0, end: 0 };
    let page = it.with_input(|input| render(&ReportInput { window: alone, ..*input }));
    sound(&page);
    assert!(!page.contains("1970") && !page.contains("0 min"));
}

#[test]
fn same_input_gives_the_same_bytes() {
    let it = drifted();
    assert_eq!(it.with_input(render), it.with_input(render));
    assert_eq!(drifted().with_input(render), it.with_input(render));
}

/// A thousand numeric features of which fifty moved.
fn wide() -> Scene {
    let make = |seed: u64, rows: usize, shift: f64| {
        let mut chance = Chance(seed);
        let features = (0..1000).map(|it| {
            let by = if it % 20 == 0 { shift } else { 0.0 };
            let values: Vec<f64> = (0..rows).map(|_| chance.normal() + by).collect();
            numbers(
                &format!("customer_activity_feature_{it:04}"),
                InferredType::Fractional,
                &values,
                it % 3,
            )
        });
        Statistics { rows: rows as u64, features: features.collect() }
    };
    scene_alone(make(1, 200, 0.0), make(2, 150, 1.0))
}

#[test]
fn thousand_features_stay_small_and_quick() {
    let it = wide();
    let (page, took) = timed(|| it.with_input(render));
    let page = keep("wide.html", page);
    sound(&page);
    assert!(page.len() <= 300_000, "{} bytes", page.len());
    // The target is 100 ms in a release build; this one is not.
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn thousand_hostile_names_stay_small() {
    let mut it = wide();
    for (at, feature) in it.current.features.iter_mut().enumerate() {
        feature.name = format!("{at}{}", "<&\"'\u{202e}".repeat(2000));
    }
    it.reference = Reference::new(it.current.clone());
    for (at, finding) in it.judgement.findings.iter_mut().enumerate() {
        finding.feature = Some(it.current.features[at].name.clone());
    }
    let page = it.with_input(render);
    sound(&page);
    assert!(page.len() <= 300_000, "{} bytes", page.len());
}

#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    (run(), start.elapsed())
}

#[test]
#[expect(clippy::print_stdout, reason = "says what was measured")]
fn report_of_twenty_features_takes_little() {
    let it = drifted();
    let (bytes, took) = timed(|| (0..20).map(|_| it.with_input(render).len()).sum::<usize>());
    println!("{} bytes in {:?} each", bytes / 20, took / 20);
    let it = wide();
    let (bytes, took) = timed(|| it.with_input(render).len());
    println!("1,000 features: {bytes} bytes in {took:?}");
}
