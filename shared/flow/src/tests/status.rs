//! What the status index tells of each monitor.

use super::labelled::{Model, Scene};
use super::quality::SETTINGS;
use super::stage::{HOUR, Hour, START, Stage};
use engine::finding::State;
use engine::monitor::MonitorType;
use engine::window::Window;
use ports::{LastRun, MonitorStatus, StatusBoard, Variant};

fn monitors(stage: &Stage) -> Vec<MonitorStatus> {
    let lines = pollster::block_on(stage.shelves.status()).expect("status");
    lines[0].monitors.clone()
}

fn last(stage: &Stage) -> LastRun {
    monitors(stage).remove(0).last.expect("a window")
}

#[test]
fn newest_window_of_a_monitor_is_told() {
    let mut scene = Scene::new(SETTINGS, MonitorType::ModelQuality).start();
    assert_eq!(monitors(&scene.stage)[0].last, None);
    for hour in 0..5 {
        let model = if 3 <= hour { Model::Turned } else { Model::Right };
        scene.hour(hour, model, 0.9);
    }
    scene.stage.advance(START + 6 * HOUR);
    let found = last(&scene.stage);
    assert_eq!(found.window, Window { start: START + 4 * HOUR, end: START + 5 * HOUR });
    assert_eq!(found.state, State::Drift);
    assert!(found.words.contains("auc fell from 0.914 to"), "{}", found.words);
    assert_eq!(found.report, Some(scene.execution(4).report));
    assert_eq!(monitors(&scene.stage)[0].open_incidents, 1);
    scene.hour(6, Model::Right, 0.0);
    scene.stage.advance(START + 8 * HOUR);
    let found = last(&scene.stage);
    assert_eq!(found.words, "labels pending: 0 of 400 predictions have one");
    assert_eq!(found.state, State::TooLittleData);
}

#[test]
fn open_incidents_are_counted_by_variant() {
    let mut stage = Stage::new();
    let mut endpoint = stage.endpoint("churn-prod", true);
    let variant =
        |name: &str| Variant { name: name.into(), share: 0.5, model: Some("churn-7".into()) };
    endpoint.variants = vec![variant("blue"), variant("green")];
    stage.inner().set_endpoint(endpoint);
    for at in 0..4 {
        let scale = (at == 3).then_some(100.0);
        stage.capture_of("churn-prod", "blue", START + at * HOUR, Hour { scale, ..Hour::of(400) });
        stage.capture_of("churn-prod", "green", START + at * HOUR, Hour::of(400));
        stage.advance(START + (at + 1) * HOUR);
    }
    stage.advance(START + 4 * HOUR + 1800);
    let lines = pollster::block_on(stage.shelves.status()).expect("status");
    let open: Vec<u32> = lines[0].monitors.iter().map(|it| it.open_incidents).collect();
    assert!(0 < open[0] && open[1] == 0, "{open:?}");
    assert_eq!(lines[0].open_incidents, open[0], "whichever variant was looked at last");
}

#[test]
fn lost_capture_is_told_as_blind() {
    let mut stage = Stage::new();
    stage.serve("churn-prod", true);
    stage.capture("churn-prod", START, Hour::of(400));
    stage.advance(START + HOUR + 1800);
    assert!(monitors(&stage).iter().all(|it| !it.is_blind));
    stage.inner().set_traffic("churn-prod", "AllTraffic", START + HOUR, 400);
    stage.advance(START + 2 * HOUR + 1800);
    assert!(monitors(&stage).iter().all(|it| it.is_blind && it.open_incidents == 0));
    let lines = pollster::block_on(stage.shelves.status()).expect("status");
    assert_eq!(lines[0].open_incidents, 1);
}
