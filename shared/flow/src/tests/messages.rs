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
        detail: None,
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

fn figure(
    name: &str,
    family: Family,
    check: Check,
    (before, now, limit): (f64, f64, f64),
) -> Finding {
    finding(name, family, check, Some(Hint::Figure { before, now, limit }))
}

/// Renders an alert as an operator gets it.
fn told(it: &PendingAlert) -> String {
    let (alert, _) = message(it, None, Some("https://reports.example/report.html"));
    format!("{}\n\n{}", alert.subject, alert.text)
}

#[test]
fn fallen_quality_says_what_to_compare() {
    let fell = |name, figures| figure(name, Family::Quality, Check::Metric, figures);
    let it = pending(
        "churn-prod",
        vec![fell("auc", (0.839, 0.4, 0.839)), fell("precision", (0.648, 0.2, 0.648))],
    );
    insta::assert_snapshot!(told(&it), @r"
    [WARNING] churn-prod/AllTraffic: auc fell from 0.839 to 0.400, and precision fell f... since 01:00Z

    churn-prod/AllTraffic: auc fell from 0.839 to 0.400, and precision fell from 0.648 to 0.200.

    What      the model's answers are worse than its baseline, warning, opened
    Since     2026-03-02 01:00 UTC (2 of 3 windows bad, 1 hour each)
    So what   More predictions are wrong than before, as the labels say.

    Probably
      1. auc fell from 0.839 to 0.400; its limit is 0.839
      2. precision fell from 0.648 to 0.200; its limit is 0.648

    Do
      - what was deployed: aws sagemaker describe-endpoint --endpoint-name churn-prod
      - compare the labels of this window with those of the baseline; retrain or roll back if they are right

    Look      https://reports.example/report.html
    Trust     1180 rows against 5000 of the baseline; a change of 0.06 would show at this size
    Incident  00112233445566aa (alert 507e6b0f794be75b)
    ");
}

#[test]
fn estimated_quality_asks_for_labels() {
    let it = pending(
        "churn-prod",
        vec![figure(
            "estimated auc",
            Family::Quality,
            Check::EstimatedMetric,
            (0.914, 0.535, 0.914),
        )],
    );
    insta::assert_snapshot!(told(&it), @r"
    [WARNING] churn-prod/AllTraffic: estimated auc fell from 0.914 to 0.535 since 01:00Z

    churn-prod/AllTraffic: estimated auc fell from 0.914 to 0.535.

    What      the model's answers are worse than its baseline, warning, opened
    Since     2026-03-02 01:00 UTC (2 of 3 windows bad, 1 hour each)
    So what   More predictions are wrong than before, by what the scores themselves say; labels will tell.

    Probably
      1. estimated auc fell from 0.914 to 0.535; its limit is 0.914

    Do
      - what was deployed: aws sagemaker describe-endpoint --endpoint-name churn-prod
      - the scores alone say so: have some predictions of this window labelled by hand, or wait for their labels

    Look      https://reports.example/report.html
    Trust     1180 rows against 5000 of the baseline; a change of 0.06 would show at this size
    Incident  00112233445566aa (alert 507e6b0f794be75b)
    ");
}

#[test]
fn unfairness_says_what_its_metric_means() {
    let moved = |name, figures| figure(name, Family::Fairness, Check::Metric, figures);
    let it = pending(
        "churn-prod",
        vec![
            moved("AD of plan_tier", (0.0, 0.662, 0.0)),
            moved("DPL of plan_tier", (-0.003, -0.647, 0.003)),
        ],
    );
    insta::assert_snapshot!(told(&it), @r"
    [WARNING] churn-prod/AllTraffic: AD of plan_tier rose from 0.000 to 0.662, and DPL... since 01:00Z

    churn-prod/AllTraffic: AD of plan_tier rose from 0.000 to 0.662, and DPL of plan_tier fell from -0.003 to -0.647.

    What      groups are treated more differently than in the baseline, warning, opened
    Since     2026-03-02 01:00 UTC (2 of 3 windows bad, 1 hour each)
    So what   One group of plan_tier is treated unlike the rest, beyond what the baseline or a limit allows.

    Probably
      1. AD of plan_tier rose from 0.000 to 0.662; its limit is 0.000 (AD: share of right predictions, the rest less the group)
      2. DPL of plan_tier fell from -0.003 to -0.647; its limit is 0.003 (DPL: share of good labels, the rest less the group)

    Do
      - what was deployed: aws sagemaker describe-endpoint --endpoint-name churn-prod
      - see in the report which group it is, and whether its labels or its predictions moved: alerts name no group
      - if its labels are right, roll back, or retrain with rows of that group

    Look      https://reports.example/report.html
    Trust     1180 rows against 5000 of the baseline; a change of 0.06 would show at this size
    Incident  00112233445566aa (alert 507e6b0f794be75b)
    ");
}

#[test]
fn lost_order_names_the_features_that_moved() {
    let it = pending(
        "churn-prod",
        vec![figure("nDCG of label0", Family::Attribution, Check::Metric, (1.0, 0.851, 0.9))],
    );
    let detail = Some("label0: custserv_calls from rank 4 to 1, day_mins from rank 1 to 2".into());
    insta::assert_snapshot!(told(&PendingAlert { detail, ..it }), @r"
    [WARNING] churn-prod/AllTraffic: features weigh differently: nDCG of label0 is 0.851 since 01:00Z

    churn-prod/AllTraffic: features weigh differently: nDCG of label0 is 0.851.

    What      the model looks at other features than in the baseline, warning, opened
    Since     2026-03-02 01:00 UTC (2 of 3 windows bad, 1 hour each)
    So what   The model decides for other reasons than when it was accepted.

    Probably
      1. features weigh differently: nDCG of label0 is 0.851; its limit is 0.900
      label0: custserv_calls from rank 4 to 1, day_mins from rank 1 to 2

    Do
      - what was deployed: aws sagemaker describe-endpoint --endpoint-name churn-prod
      - see what changed in the features that gained or lost rank: their source, their unit, their share of missing cells
      - if the model was replaced on purpose, rebuild the baseline

    Look      https://reports.example/report.html
    Trust     1180 rows against 5000 of the baseline; a change of 0.06 would show at this size
    Incident  00112233445566aa (alert 507e6b0f794be75b)
    ");
}

#[test]
fn failed_runs_say_of_which_monitor() {
    let runs = Some(Hint::Failing { runs: 2 });
    let it = pending(
        "churn-prod",
        vec![finding("model_quality", Family::Monitoring, Check::RunFailed, runs)],
    );
    insta::assert_snapshot!(told(&it), @r"
    [WARNING] churn-prod/AllTraffic: 2 runs of model_quality failed one after the other since 01:00Z

    churn-prod/AllTraffic: 2 runs of model_quality failed one after the other.

    What      the monitor is blind, warning, opened
    Since     2026-03-02 01:00 UTC
    So what   Broken data and drift go unseen on this endpoint until this is mended.

    Probably
      1. 2 runs of model_quality failed one after the other

    Do
      - what ran: aws sagemaker list-monitoring-executions --endpoint-name churn-prod
      - the log of a run: log group /aws/sagemaker/ProcessingJobs

    Look      https://reports.example/report.html
    Trust     1180 rows against 5000 of the baseline; a change of 0.06 would show at this size
    Incident  00112233445566aa (alert 507e6b0f794be75b)
    ");
}
