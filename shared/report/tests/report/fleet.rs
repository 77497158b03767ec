use crate::sample::{HOUR, window};
use crate::{keep, sound};
use engine::finding::State;
use engine::monitor::MonitorType;
use report::{EndpointLine, FaultLine, Fleet, MonitorLine, RunLine, index};

fn runs(hours: i64, phase: i64) -> Vec<RunLine<'static>> {
    let state = |it: i64| match it + phase {
        it if (100..104).contains(&it) => State::Drift,
        it if it == 99 || it % 61 == 7 => State::Watch,
        it if it % 24 == 3 && phase == 0 => State::NoData,
        50 => State::Error,
        it if it % 24 == 4 && phase == 0 => State::TooLittleData,
        _ => State::Ok,
    };
    let report =
        Some("bucket/reports/churn-prod/churn-prod-data-quality/2026/03/04/11/report.html");
    (0..hours).map(|it| RunLine { window: window(hours - it), state: state(it), report }).collect()
}

/// The second endpoint drifts, and the third has monitors of every type.
fn monitors<'a>(at: usize, runs: &'a [RunLine<'a>]) -> Vec<MonitorLine<'a>> {
    let line = |monitor, state, words: &'static str| MonitorLine {
        monitor,
        state,
        words,
        runs,
        open_incidents: usize::from(state == State::Drift),
    };
    let ok = "nothing changed in 500 rows; a change of 0.12 would show";
    let data = if at == 1 {
        line(MonitorType::DataQuality, State::Drift, "day_mins arrives 100 times too large")
    } else {
        line(MonitorType::DataQuality, State::Ok, ok)
    };
    if at != 2 {
        return vec![data];
    }
    let pending = "labels pending: 0 of 400 predictions have one";
    vec![
        data,
        line(MonitorType::ModelQuality, State::TooLittleData, pending),
        line(MonitorType::ModelBias, State::Watch, "worth a watch: AD of plan_tier rose"),
        MonitorLine { runs: &[], ..line(MonitorType::ModelExplainability, State::NoData, "") },
    ]
}

pub(crate) fn fleet<T>(hours: i64, endpoints: usize, take: impl FnOnce(&Fleet<'_>) -> T) -> T {
    let names: Vec<String> = (0..endpoints).map(|it| format!("churn-{it}")).collect();
    let all: Vec<Vec<RunLine<'_>>> = (0..endpoints).map(|it| runs(hours, it as i64 * 5)).collect();
    let monitors: Vec<Vec<MonitorLine<'_>>> =
        all.iter().enumerate().map(|(at, runs)| monitors(at, runs)).collect();
    let lines: Vec<EndpointLine<'_>> = names
        .iter()
        .zip(&monitors)
        .enumerate()
        .map(|(at, (endpoint, monitors))| EndpointLine {
            endpoint,
            variant: "AllTraffic",
            words: "day_mins arrives 100 times too large",
            labels: (at == 2).then_some("93 % of 1 800 predictions whose labels are due have one"),
            monitors,
            open_incidents: usize::from(at != 2),
            is_blind: at == 0,
            is_gone: false,
        })
        .collect();
    let fault = FaultLine {
        injected: "day_mins \u{d7}100 on churn-1",
        found: Some("contract break, day_mins first"),
        after: "1 window",
        alert: Some("3f9c0a77d0"),
        report: Some("bucket/reports/churn-1/report.html"),
        is_met: true,
    };
    let lost = FaultLine {
        injected: "capture lost on <b>",
        found: None,
        after: "\u{2013}",
        alert: None,
        report: Some("javascript:x"),
        is_met: false,
    };
    take(&Fleet {
        headline: "1 of 2 found, 0 false alerts",
        facts: &[("windows", "504"), ("seed", "7")],
        endpoints: &lines,
        faults: &[fault, lost],
    })
}

#[test]
fn week_of_three_endpoints_is_one_page() {
    let page = keep("index.html", fleet(168, 3, index));
    sound(&page);
    let places = ["churn-0</bdi>", "churn-1</bdi>", "churn-2</bdi>"].map(|it| page.find(it));
    assert!(places.is_sorted() && places[0].is_some(), "the worst comes first: {places:?}");
    assert!(
        page.contains("168 windows: ")
            && page.contains(">missed<")
            && page.contains("1 open incident<")
    );
    assert!(!page.contains("javascript:"));
}

#[test]
fn every_monitor_of_an_endpoint_is_told() {
    let page = fleet(12, 3, index);
    let (_, last) = page.split_once("churn-2</bdi>").unwrap();
    let (last, _) = last.split_once("</section>").unwrap();
    for (name, state, words) in [
        ("data quality", "ok", "nothing changed in 500 rows"),
        ("model quality", "too little data", "labels pending: 0 of 400"),
        ("model bias", "watch", "AD of plan_tier rose"),
        ("model explainability", "no data", "No window was judged yet."),
    ] {
        let (_, monitor) = last.split_once(&format!("<h4>{name}</h4>")).unwrap();
        let monitor = monitor.split("<h4>").next().unwrap();
        assert!(monitor.contains(&format!(">{state}</div>")), "{name}: {monitor}");
        assert!(monitor.contains(words), "{name}: {monitor}");
    }
    assert_eq!(last.matches(">latest report</a>").count(), 3);
    assert!(last.contains("93 % of 1 800 predictions"), "{last}");
    assert_eq!(page.matches(">blind</div>").count(), 1);
}

#[test]
fn endpoint_that_is_gone_comes_last() {
    let line = |endpoint, is_gone| EndpointLine {
        endpoint,
        variant: "AllTraffic",
        words: "",
        labels: None,
        monitors: &[],
        open_incidents: usize::from(is_gone),
        is_blind: is_gone,
        is_gone,
    };
    let endpoints = [line("churn-a", true), line("churn-b", false)];
    let page = index(&Fleet { headline: "", facts: &[], endpoints: &endpoints, faults: &[] });
    assert!(page.find("churn-b") < page.find("churn-a"), "{page}");
    assert_eq!((page.matches(">gone</div>").count(), page.matches(">blind</div>").count()), (1, 0));
}

#[test]
fn eight_days_stay_in_one_row() {
    let page = fleet(169, 1, index);
    assert_eq!(page.matches("<div class=\"strip\">").count(), 1);
    assert_eq!(fleet(400, 1, index).matches("<div class=\"strip\">").count(), 3);
}

#[test]
fn month_of_ten_endpoints_stays_small() {
    let page = keep("index-month.html", fleet(720, 10, index));
    sound(&page);
    assert!(page.len() < 400_000, "{} bytes", page.len());
}

#[test]
fn fleet_of_nothing_is_a_page() {
    sound(&index(&Fleet { headline: "no endpoint yet", facts: &[], endpoints: &[], faults: &[] }));
    assert_eq!(window(0).end - window(0).start, HOUR);
}
