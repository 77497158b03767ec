use crate::sample::{HOUR, window};
use crate::{keep, sound};
use engine::finding::State;
use report::{EndpointLine, FaultLine, Fleet, RunLine, index};

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

pub(crate) fn fleet<T>(hours: i64, endpoints: usize, take: impl FnOnce(&Fleet<'_>) -> T) -> T {
    let names: Vec<String> = (0..endpoints).map(|it| format!("churn-{it}")).collect();
    let all: Vec<Vec<RunLine<'_>>> = (0..endpoints).map(|it| runs(hours, it as i64 * 5)).collect();
    let lines: Vec<EndpointLine<'_>> = names
        .iter()
        .zip(&all)
        .enumerate()
        .map(|(at, (endpoint, runs))| EndpointLine {
            endpoint,
            variant: "AllTraffic",
            state: if at == 1 { State::Drift } else { State::Ok },
            words: "day_mins arrives 100 times too large",
            runs,
            open_incidents: usize::from(at == 1),
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
    let (first, second) =
        (page.find("churn-1</bdi>").unwrap(), page.find("churn-0</bdi>").unwrap());
    assert!(first < second, "the worst comes first");
    assert!(
        page.contains("168 windows: ")
            && page.contains(">missed<")
            && page.contains("1 open incident<")
    );
    assert!(!page.contains("javascript:"));
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
