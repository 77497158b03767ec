use super::stage::{HOUR, Hour, START, Stage};
use ports::{StatusBoard, Variant};

fn variant(name: &str, share: f64) -> Variant {
    Variant { name: name.into(), share, model: Some("churn-7".into()) }
}

#[test]
fn defect_23_every_variant_is_judged_alone() {
    let mut stage = Stage::new();
    let mut endpoint = stage.endpoint("churn-prod", true);
    endpoint.variants = vec![variant("blue", 0.9), variant("green", 0.1)];
    stage.inner().set_endpoint(endpoint);
    for at in 0..8 {
        let scale = (4..7).contains(&at).then_some(100.0);
        stage.capture_of("churn-prod", "blue", START + at * HOUR, Hour::of(400));
        stage.capture_of("churn-prod", "green", START + at * HOUR, Hour { scale, ..Hour::of(400) });
        stage.advance(START + (at + 1) * HOUR);
    }
    stage.advance(START + 9 * HOUR);
    assert_eq!(stage.refusals, Vec::<String>::new());
    let alerts = stage.alerts();
    assert!(alerts.iter().all(|it| it.contains("churn-prod/green")), "{alerts:?}");
    assert!(alerts[0].starts_with("[CRITICAL] churn-prod/green: amount"), "{alerts:?}");

    let lines = pollster::block_on(stage.shelves.status()).expect("status");
    let done: Vec<(&str, i64, u64)> = lines[0]
        .monitors
        .iter()
        .map(|it| (it.variant.as_str(), it.done_through, it.windows))
        .collect();
    assert_eq!(done, [("blue", START + 8 * HOUR, 8), ("green", START + 8 * HOUR, 8)]);

    let reports = |schedule: &str| {
        let folder = format!("vigil/reports/churn-prod/{schedule}/");
        let all = stage.inner().objects().into_iter().map(|(at, _)| at.key);
        all.filter(|key| key.starts_with(&folder) && key.ends_with("/report.html")).count()
    };
    assert_eq!(reports("churn-prod-data-quality-blue"), 8);
    assert_eq!(reports("churn-prod-data-quality-green"), 8);
}

#[test]
fn variant_that_goes_takes_its_monitor() {
    let mut stage = Stage::new();
    let mut endpoint = stage.endpoint("churn-prod", true);
    endpoint.variants = vec![variant("blue", 0.5), variant("green", 0.5)];
    stage.inner().set_endpoint(endpoint.clone());
    for name in ["blue", "green"] {
        stage.capture_of("churn-prod", name, START, Hour::of(400));
    }
    stage.advance(START + HOUR + 1800);
    endpoint.variants = vec![variant("green", 1.0)];
    endpoint.modified_ms = stage.now * 1000;
    stage.inner().set_endpoint(endpoint);
    stage.capture_of("churn-prod", "green", START + 2 * HOUR, Hour::of(400));
    stage.advance(START + 3 * HOUR + 1800);
    let lines = pollster::block_on(stage.shelves.status()).expect("status");
    let left: Vec<&str> = lines[0].monitors.iter().map(|it| it.variant.as_str()).collect();
    assert_eq!(left, ["green"]);
    let all = stage.inner().objects().into_iter().map(|(at, _)| at.key);
    let reports: Vec<String> = all.filter(|it| it.ends_with("/report.html")).collect();
    let long = "vigil/reports/churn-prod/churn-prod-data-quality-green/";
    assert_eq!(reports.iter().filter(|it| it.starts_with(long)).count(), 2, "{reports:?}");
    assert_eq!(stage.refusals, Vec::<String>::new());
}
