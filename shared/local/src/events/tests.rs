use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::faults::{CallRates, EventRates, Rates};
use crate::refused::Code;

const TEMPLATE: &str = r#"
Resources:
  Undelivered: {Type: AWS::SQS::Queue}
  Failed: {Type: AWS::SQS::Queue}
  Inbox: {Type: AWS::SQS::Queue}
  LookFunction:
    Type: AWS::Serverless::Function
    Properties:
      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Failed.Arn}}}
      Events:
        Wanted:
          Type: EventBridgeRule
          Properties:
            Pattern: {source: [vigil, aws.sagemaker, aws.s3], detail-type: [Look]}
            DeadLetterConfig: {Arn: !GetAtt Undelivered.Arn}
            RetryPolicy: {MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600}
        Hourly:
          Type: Schedule
          Properties: {Schedule: cron(0 * * * ? *), Input: '{"why": "hour"}'}
        Often:
          Type: Schedule
          Properties: {Schedule: rate(20 minutes)}
  EchoFunction:
    Type: AWS::Serverless::Function
    Properties:
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Failed.Arn}
      Events:
        Wanted:
          Type: EventBridgeRule
          Properties:
            Pattern: {detail-type: [Echo]}
            InputTransformer:
              InputPathsMap: {n: $.detail.n}
              InputTemplate: '{"n": <n>, "rule": "<aws.events.rule-name>"}'
  Direct:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {detail-type: [Queue]}
      Targets:
        - {Id: inbox, Arn: !GetAtt Inbox.Arn, InputPath: $.detail}
        - {Id: gone, Arn: "arn:aws:sqs:eu-west-1:111122223333:gone", DeadLetterConfig: {Arn: !GetAtt Undelivered.Arn}}
        - {Id: lost, Arn: "arn:aws:sqs:eu-west-1:111122223333:lost"}
"#;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn open_with(rates: EventRates) -> Events {
    let stack = Stack::parse(TEMPLATE, &[]).unwrap();
    let faults = Faults::seeded(7, Rates { events: rates, ..Rates::default() });
    let events = Events::open(Place::default(), 7, faults, at("2026-03-04T10:10:00Z"), &stack);
    events.enable("LookFunctionHourly", false);
    events.enable("LookFunctionOften", false);
    events
}

fn open() -> Events {
    open_with(EventRates::default())
}

fn entry(detail_type: &str, detail: &Value) -> Entry {
    Entry {
        source: "vigil".to_owned(),
        detail_type: detail_type.to_owned(),
        detail: detail.to_string(),
        ..Entry::default()
    }
}

fn send(events: &Events, detail_type: &str, detail: &Value) -> String {
    events.put_events(&[entry(detail_type, detail)]).unwrap()[0].clone().unwrap()
}

/// Runs until `end` with functions that always end well, and returns what they got and when.
fn run(events: &Events, end: &str) -> Vec<(String, String, Value)> {
    let mut seen = Vec::new();
    let ran = events.run_until(at(end), |function, payload| {
        seen.push((events.now().to_string(), function.to_owned(), payload.clone()));
        Ok(Value::Null)
    });
    assert_eq!(ran, Ok(seen.len() as u64));
    seen
}

fn fail(kind: &str) -> Result<Value, HandlerError> {
    Err(HandlerError { kind: kind.to_owned(), message: "no luck".to_owned(), retryable: true })
}

#[test]
fn events_reach_the_functions_that_want_them() {
    let events = open();
    let id = send(&events, "Look", &json!({"a": 1}));
    send(&events, "Other", &json!({}));
    let seen = run(&events, "2026-03-04T10:10:00Z");
    assert_eq!(seen.len(), 1);
    let (time, function, payload) = &seen[0];
    assert_eq!((time.as_str(), function.as_str()), ("2026-03-04T10:10:00Z", "LookFunction"));
    assert_eq!(payload["id"], id.as_str());
    assert_eq!(payload["time"], "2026-03-04T10:10:00Z");
    assert_eq!(payload["detail"], json!({"a": 1}));
    let outcomes: Vec<Outcome> =
        events.take_journal().into_iter().map(|line| line.outcome).collect();
    assert_eq!(outcomes, [Outcome::Unmatched, Outcome::Done { attempt: 1 }]);
    let totals = Totals { sent: 2, unmatched: 1, done: 1, ..Totals::default() };
    assert_eq!(events.totals(), totals);
}

#[test]
fn inputs_are_transformed() {
    let events = open();
    send(&events, "Echo", &json!({"n": 3}));
    send(&events, "Queue", &json!({"deep": [1]}));
    let seen = run(&events, "2026-03-04T10:10:00Z");
    assert_eq!(seen[0].2, json!({"n": 3, "rule": "vigil-EchoFunctionWanted"}));
    assert_eq!(events.messages("Inbox").unwrap()[0].body, "{\"deep\":[1]}");
}

#[test]
fn missing_targets_go_to_dead_letters_at_once() {
    let events = open();
    send(&events, "Queue", &json!({}));
    run(&events, "2026-03-04T10:10:00Z");
    let dead = events.messages("vigil-Undelivered").unwrap();
    let expect = [
        ("ERROR_CODE", "NO_RESOURCE"),
        ("ERROR_MESSAGE", "target arn:aws:sqs:eu-west-1:111122223333:gone does not exist"),
        ("RETRY_ATTEMPTS", "0"),
        ("RULE_ARN", "arn:aws:events:eu-west-1:111122223333:rule/vigil-Direct"),
        ("TARGET_ARN", "arn:aws:sqs:eu-west-1:111122223333:gone"),
    ];
    let got: Vec<(&str, &str)> =
        dead[0].attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(got, expect);
    let totals = events.totals();
    assert_eq!((totals.dead_lettered, totals.dropped), (1, 1));
}

#[test]
fn refused_deliveries_back_off_then_give_up() {
    let events = open_with(EventRates { refused: 1.0, ..EventRates::default() });
    send(&events, "Look", &json!({}));
    assert_eq!(run(&events, "2026-03-04T12:00:00Z"), []);
    let lines = events.take_journal();
    let mut pauses = Vec::new();
    let mut last = at("2026-03-04T10:10:00Z");
    for line in &lines {
        if let Outcome::Refused { again, .. } = line.outcome {
            assert_eq!(line.at, last);
            pauses.push(again.duration_since(line.at).as_secs_f64());
            last = again;
        }
    }
    assert_eq!(pauses.len(), 3);
    for (pause, base) in pauses.iter().zip([1.0, 2.0, 4.0]) {
        assert!((0.5 * base..1.5 * base).contains(pause), "{pause} after {base}");
    }
    let dead = events.messages("Undelivered").unwrap();
    assert_eq!(dead[0].attributes["EXHAUSTED_RETRY_CONDITION"], "MaximumRetryAttempts");
    assert_eq!(dead[0].attributes["RETRY_ATTEMPTS"], "3");
    assert_eq!(dead[0].attributes["ERROR_CODE"], "THROTTLING");
}

#[test]
fn old_events_are_not_tried_again() {
    let text = TEMPLATE.replace("MaximumRetryAttempts: 3", "MaximumRetryAttempts: 185");
    let stack = Stack::parse(&text, &[]).unwrap();
    let rates = EventRates { refused: 1.0, ..EventRates::default() };
    let faults = Faults::seeded(7, Rates { events: rates, ..Rates::default() });
    let events = Events::open(Place::default(), 7, faults, at("2026-03-04T10:10:00Z"), &stack);
    send(&events, "Look", &json!({}));
    let id = send(&events, "Other", &json!({}));
    assert!(!id.is_empty());
    run(&events, "2026-03-04T11:30:00Z");
    let dead = events.messages("Undelivered").unwrap();
    assert_eq!(dead[0].attributes["EXHAUSTED_RETRY_CONDITION"], "MaximumEventAgeInSeconds");
    assert!(dead[0].sent <= at("2026-03-04T11:10:00Z"));
}

#[test]
fn failing_functions_are_tried_thrice() {
    let events = open();
    let id = send(&events, "Look", &json!({"secret": 1}));
    let tries = RefCell::new(Vec::new());
    events
        .run_until(at("2026-03-04T11:00:00Z"), |_, _| {
            tries.borrow_mut().push(events.now().to_string());
            fail("Broken")
        })
        .unwrap();
    let expect = ["2026-03-04T10:10:00Z", "2026-03-04T10:11:00Z", "2026-03-04T10:13:00Z"];
    assert_eq!(*tries.borrow(), expect);
    let record: Value = serde_json::from_str(&events.messages("Failed").unwrap()[0].body).unwrap();
    assert_eq!(record["requestPayload"]["id"], id.as_str());
    assert_eq!(record["timestamp"], "2026-03-04T10:13:00.000Z");
    let context = &record["requestContext"];
    assert_eq!(context["condition"], "RetriesExhausted");
    assert_eq!(context["approximateInvokeCount"], 3);
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:vigil-LookFunction:$LATEST";
    assert_eq!(context["functionArn"], arn);
    assert_eq!(
        record["responsePayload"],
        json!({"errorMessage": "no luck", "errorType": "Broken"})
    );
    // The journal is for people: no payload, no message.
    assert!(!format!("{:?}", events.take_journal()).contains("no luck"));
}

#[test]
fn failed_events_can_be_replayed() {
    let events = open();
    send(&events, "Look", &json!({"n": 1}));
    send(&events, "Echo", &json!({"n": 2}));
    events.run_until(at("2026-03-04T11:00:00Z"), |_, _| fail("Broken")).unwrap();
    let dead = events.messages("Failed").unwrap();
    assert_eq!(dead.len(), 2);
    assert_eq!(dead[1].attributes["ErrorMessage"], "no luck");
    // A dead-letter queue of a function does not say whose event it is, so that one stays.
    assert_eq!(events.replay("Failed"), Some(1));
    let seen = run(&events, "2026-03-04T11:00:00Z");
    assert_eq!(seen[0].2["detail"], json!({"n": 1}));
    assert_eq!(events.messages("Failed").unwrap().len(), 1);
    assert_eq!(events.replay("nobody"), None);
}

#[test]
fn schedules_fire_as_the_clock_moves() {
    let events = open();
    events.enable("LookFunctionHourly", true);
    events.enable("LookFunctionOften", true);
    let seen = run(&events, "2026-03-04T11:30:00Z");
    let times: Vec<&str> = seen.iter().map(|(time, _, _)| time.as_str()).collect();
    let expect = [
        "2026-03-04T10:30:00Z",
        "2026-03-04T10:50:00Z",
        "2026-03-04T11:00:00Z",
        "2026-03-04T11:10:00Z",
        "2026-03-04T11:30:00Z",
    ];
    assert_eq!(times, expect);
    assert_eq!(seen[2].2, json!({"why": "hour"}));
    let scheduled = &seen[0].2;
    assert_eq!(scheduled["source"], "aws.events");
    assert_eq!(scheduled["detail-type"], "Scheduled Event");
    let arn = "arn:aws:events:eu-west-1:111122223333:rule/vigil-LookFunctionOften";
    assert_eq!(scheduled["resources"], json!([arn]));
    assert_eq!(scheduled["detail"], json!({}));
    assert!(events.enable("LookFunctionOften", false));
    assert!(!events.enable("Nobody", false));
    let seen = run(&events, "2026-03-04T12:00:00Z");
    assert_eq!(seen.len(), 1);
    assert_eq!(events.totals().scheduled, 6);
}

#[test]
fn functions_may_put_events_while_they_run() {
    let events = open();
    send(&events, "Look", &json!({}));
    let inner = events.clone();
    let mut order = Vec::new();
    events
        .run_until_idle(|function, payload| {
            order.push(function.to_owned());
            if payload["detail-type"] == "Look" {
                send(&inner, "Echo", &json!({"n": 1}));
            }
            Ok(Value::Null)
        })
        .unwrap();
    assert_eq!(order, ["LookFunction", "EchoFunction"]);
}

#[test]
fn endless_events_are_stopped() {
    let events = open();
    send(&events, "Look", &json!({}));
    let runaway = events.run_until_idle(|_, _| {
        send(&events, "Look", &json!({}));
        Ok(Value::Null)
    });
    let runaway = runaway.unwrap_err();
    assert_eq!(runaway.function, "LookFunction");
    assert!(runaway.to_string().contains("narrow the rule's pattern"), "{runaway}");
}

#[test]
fn calls_are_checked_as_the_service_checks_them() {
    let events = open();
    let good = entry("Look", &json!({}));
    let with = |change: &dyn Fn(&mut Entry)| {
        let mut entry = good.clone();
        change(&mut entry);
        entry
    };
    let entries = [
        good.clone(),
        with(&|it| it.source.clear()),
        with(&|it| it.detail_type.clear()),
        with(&|it| it.detail.clear()),
        with(&|it| it.detail = "[1]".to_owned()),
        with(&|it| it.detail = "{".to_owned()),
        with(&|it| it.source = "aws.sagemaker".to_owned()),
        with(&|it| it.time = Some(at("2020-01-01T00:00:00.5Z"))),
    ];
    let answers = events.put_events(&entries).unwrap();
    let codes: Vec<&str> = answers
        .iter()
        .map(|it| it.as_ref().map_or_else(|rejected| rejected.code, |_| "ok"))
        .collect();
    let expect = [
        "ok",
        "InvalidArgument",
        "InvalidArgument",
        "InvalidArgument",
        "MalformedDetail",
        "MalformedDetail",
        "NotAuthorizedForSourceException",
        "ok",
    ];
    assert_eq!(codes, expect);
    let seen = run(&events, "2026-03-04T10:10:00Z");
    assert_eq!(seen[1].2["time"], "2020-01-01T00:00:00Z");
    assert!(events.put_events(&[]).is_err());
    assert!(events.put_events(&vec![good.clone(); 11]).is_err());
    let large = with(&|it| it.detail = json!({"x": "y".repeat(MOST_BYTES)}).to_string());
    let refused = events.put_events(&[large]).unwrap_err().to_string();
    assert!(refused.starts_with("ValidationException: total size"), "{refused}");
}

#[test]
fn lost_replies_leave_the_events() {
    let stack = Stack::parse(TEMPLATE, &[]).unwrap();
    let bus = CallRates { reply_lost: 1.0, ..CallRates::default() };
    let faults = Faults::seeded(7, Rates { bus, ..Rates::default() });
    let events = Events::open(Place::default(), 7, faults, at("2026-03-04T10:10:00Z"), &stack);
    let refused = events.put_events(&[entry("Look", &json!({}))]).unwrap_err();
    assert_eq!(refused.code, Code::ReplyLost);
    assert_eq!(run(&events, "2026-03-04T10:10:00Z").len(), 1);
}

#[test]
fn faults_lose_copy_and_reorder_events() {
    let stormy = EventRates {
        lost: 0.3,
        duplicated: 0.5,
        extra_copies: 3,
        delayed: 0.5,
        reordered: 0.5,
        invoked_again: 0.2,
        ..EventRates::default()
    };
    let history = || {
        let events = open_with(stormy);
        for n in 0..200 {
            let source = if n % 2 == 0 { "aws.sagemaker" } else { "aws.s3" };
            events.emit(json!({"id": n.to_string(), "detail-type": "Look", "source": source, "detail": {"n": n}}));
        }
        let seen = run(&events, "2026-03-04T12:10:00Z");
        (seen, events.take_journal(), events.totals(), events.faults())
    };
    let (seen, _, totals, faults) = history();
    assert_eq!(history(), history());
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for (_, _, payload) in &seen {
        *counts.entry(payload["detail"]["n"].as_i64().unwrap()).or_default() += 1;
    }
    assert!((0..200).filter(|n| n % 2 == 1).all(|n| counts.contains_key(&n)), "S3 loses nothing");
    assert_eq!(200 - counts.len() as u64, faults.events_lost);
    assert_eq!(totals.lost, faults.events_lost);
    assert_eq!(totals.copies, faults.events_duplicated);
    let arrived = 200 - faults.events_lost + faults.events_duplicated;
    assert_eq!(seen.len() as u64, arrived + faults.invocations_repeated);
    assert_eq!(totals.done, seen.len() as u64);
    let order: Vec<i64> = seen.iter().map(|it| it.2["detail"]["n"].as_i64().unwrap()).collect();
    assert!(!order.is_sorted());
    assert!(seen.is_sorted_by_key(|it| at(&it.0)), "time runs forwards");
    // Copies of SageMaker's events have ids of their own, others share theirs.
    let own = seen.iter().filter(|it| it.2["id"].as_str().unwrap().len() == 36);
    assert!(own.clone().count() > 0 && own.clone().all(|it| it.2["source"] == "aws.sagemaker"));
}

#[test]
fn invocations_may_be_asked_for_directly() {
    let events = open();
    assert!(events.invoke("EchoFunction", json!({"direct": true})));
    assert!(!events.invoke("Nobody", json!({})));
    let seen = run(&events, "2026-03-04T10:10:00Z");
    assert_eq!(seen[0].2, json!({"direct": true}));
    assert_eq!(events.next_due(), Some(at("2026-03-04T10:30:00Z")));
}
