//! What a person reads, against names that nobody should have given.

use crate::{message, subject_of};
use engine::finding::{Check, Effect, Family, Finding, Hint};
use engine::incident::{Incident, Key, Severity};
use engine::window::Window;
use ports::{IncidentChange, PendingAlert};

const HOURS: i64 = 3600;

fn finding(feature: &str, family: Family, check: Check, hint: Option<Hint>) -> Finding {
    let effect = Effect { value: 0.41, low: 0.37, high: 0.45, floor: 0.08, p_value: 0.0 };
    Finding { feature: Some(feature.into()), family, check, effect, significant: true, hint }
}

fn pending(endpoint: &str, findings: Vec<Finding>) -> PendingAlert {
    let family = findings.first().map_or(Family::Monitoring, |it| it.family);
    let window = |at: i64| Window { start: at * HOURS, end: (at + 1) * HOURS };
    let incident = Incident {
        id: "00112233445566aa".into(),
        key: Key {
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            endpoint: endpoint.into(),
            variant: "AllTraffic".into(),
            family,
        },
        opened: window(492_339),
        since: window(492_337),
        last_bad: window(492_339),
        resolved: None,
        bad_windows: 2,
        windows: 3,
        severity: Severity::Warning,
        score: 55.0,
        findings,
        flapping: false,
    };
    PendingAlert {
        alert_id: "507e6b0f794be75b".into(),
        change: IncidentChange::Opened,
        incident,
        noted_at: 492_340 * HOURS,
        note: None,
        baseline: Some("3f9c1a7be2d04c55".into()),
        baseline_rows: Some(5000),
        rows: Some(1180),
        visible_effect: Some(0.06),
        report: None,
        resolved_at: None,
    }
}

#[track_caller]
fn check(pending: &PendingAlert) {
    for change in [IncidentChange::Opened, IncidentChange::Updated, IncidentChange::Resolved] {
        let pending = PendingAlert { change, ..pending.clone() };
        let subject = subject_of(&pending);
        assert!(subject.len() <= 99 && !subject.is_empty(), "{subject}");
        assert!(subject.bytes().all(|it| (b' '..=b'~').contains(&it)), "{subject:?}");
        let (alert, _) = message(&pending, None, None);
        assert!(alert.text.bytes().all(|it| it == b'\n' || (b' '..=b'~').contains(&it)));
        assert!(alert.text.len() < 10_000);
        assert!(!alert.text.contains("http://"), "{}", alert.text);
    }
}

#[test]
fn hostile_names_stay_plain_and_short() {
    let names = [
        "x".repeat(5000),
        "line\r\nBcc: all@example.com".into(),
        "\u{202e}evil\u{200b}".into(),
        "http://evil.example/click".into(),
        "\u{1b}[31mred".into(),
        "日本語の列".into(),
        String::new(),
        "\0".into(),
        "a\tb".into(),
    ];
    for name in &names {
        for family in [Family::Contract, Family::Drift] {
            let one = finding(name, family, Check::Distribution, Some(Hint::Constant));
            check(&pending(name, vec![one.clone(); 40]));
            check(&pending("churn-prod", vec![one]));
        }
        check(&PendingAlert { note: Some(name.clone()), ..pending(name, Vec::new()) });
    }
}

#[test]
fn drift_tells_what_moved_and_how_far() {
    let shift = Some(Hint::Shift { deviations: 0.61 });
    let it = pending(
        "fraud-prod",
        vec![
            finding("amount", Family::Drift, Check::Distribution, shift),
            finding("country", Family::Drift, Check::Distribution, None),
        ],
    );
    let link = "https://reports.example/vigil/report.html";
    let (alert, notice) = message(&it, None, Some(link));
    insta::assert_snapshot!(alert.subject, @r"[WARNING] fraud-prod/AllTraffic: amount moved up by 0.61 standard deviations, and t... since 01:00Z");
    insta::assert_snapshot!(alert.text, @r"
    fraud-prod/AllTraffic: amount moved up by 0.61 standard deviations, and the values of country are distributed differently.

    What      drift of the inputs, warning, opened
    Since     2026-03-02 01:00 UTC (2 of 3 windows bad, 1 hour each)
    So what   The model answers for inputs unlike its reference; its quality may have fallen.

    Probably
      1. amount moved up by 0.61 standard deviations: distance 0.41 (99 % sure: 0.37 to 0.45), floor 0.08
      2. the values of country are distributed differently: distance 0.41 (99 % sure: 0.37 to 0.45), floor 0.08

    Do
      - what was deployed: aws sagemaker describe-endpoint --endpoint-name fraud-prod
      - if this is the new normal, point the training data at newer rows: the baseline follows

    Look      https://reports.example/vigil/report.html
    Trust     1180 rows against 5000 of the baseline; a change of 0.06 would show at this size
    Incident  00112233445566aa (alert 507e6b0f794be75b)
    ");
    assert_eq!(notice.findings[0].hint.as_deref(), Some("shift"));
    assert_eq!(notice.dedup_key, "v1|111122223333|eu-west-1|fraud-prod|AllTraffic|drift");
}
