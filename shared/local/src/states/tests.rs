use std::cell::RefCell;

use jiff::ToSpan;

use super::*;
use crate::events::{Events, HandlerError};
use crate::faults::Faults;

const TEMPLATE: &str = r"
Resources:
  Undelivered: {Type: AWS::SQS::Queue}
  WorkFunction: {Type: AWS::Serverless::Function, Properties: {FunctionName: work}}
  SeenFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Ended:
          Type: EventBridgeRule
          Properties: {Pattern: {source: [aws.states], detail: {status: [SUCCEEDED, FAILED, TIMED_OUT]}}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: m
      DefinitionUri: m.asl.json
      Events:
        Wanted:
          Type: EventBridgeRule
          Properties:
            Pattern: {source: [test], detail-type: [Wanted]}
            InputPath: $.detail
            DeadLetterConfig: {Arn: !GetAtt Undelivered.Arn}
";
const MACHINE: &str = "arn:aws:states:eu-west-1:111122223333:stateMachine:m";
const START: &str = "2026-03-02T00:00:00Z";

fn events(definition: &Value) -> Events {
    let definition = definition.to_string();
    let beside = [("m.asl.json", definition.as_str())];
    let stack = Stack::read_with(TEMPLATE, &beside, &Place::default(), "s", &[]).unwrap();
    Events::open(Place::default(), 7, Faults::none(), START.parse().unwrap(), &stack)
}

fn fails(kind: &str) -> Result<Value, HandlerError> {
    Err(HandlerError { kind: kind.to_owned(), message: "why".to_owned(), retryable: false })
}

/// Runs a machine for a day; `work` answers the task's calls.
fn run(
    definition: &Value,
    input: &Value,
    mut work: impl FnMut(&Value) -> Result<Value, HandlerError>,
) -> Execution {
    let events = events(definition);
    let started = events.start_execution(MACHINE, None, &input.to_string()).unwrap();
    let handler = |function: &str, payload: &Value| match function {
        "WorkFunction" => work(payload),
        _ => Ok(Value::Null),
    };
    events.run_until(events.now() + 24.hours(), handler).unwrap();
    events.states(|states| states.execution(&started.arn).unwrap().clone())
}

#[track_caller]
fn check(states: Value, input: Value, expect: Result<Value, &str>) {
    let start = states.as_object().unwrap().keys().next().unwrap();
    let definition = json!({"StartAt": start, "States": states});
    let end = run(&definition, &input, |payload| match payload["fails"].as_str() {
        Some(kind) => fails(kind),
        None => Ok(json!({"got": payload})),
    });
    let found = match &end.output {
        Some(output) => Ok(output.clone()),
        None => Err(end.error.as_deref().unwrap_or_default()),
    };
    assert_eq!(found, expect, "{states} on {input}: {:?}", end.cause);
}

fn task(extra: Value) -> Value {
    let mut task = json!({"Type": "Task", "End": true,
        "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:work"});
    task.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    task
}

// "Input and Output Processing" in the specification: each field in its place.
#[test]
fn fields_shape_what_states_hand_on() {
    let input = json!({"a": {"b": 1}, "c": 2});
    check(json!({"S": task(json!({}))}), input.clone(), Ok(json!({"got": input})));
    let shaped = task(json!({
        "InputPath": "$.a",
        "Parameters": {"fixed": [1], "value.$": "$.b", "name.$": "$$.State.Name"},
        "ResultSelector": {"value.$": "$.got.value", "name.$": "$.got.name"},
        "ResultPath": "$.result",
        "OutputPath": "$.result",
    }));
    check(json!({"S": shaped}), input.clone(), Ok(json!({"value": 1, "name": "S"})));
    let merged = task(json!({"InputPath": "$.c", "ResultPath": "$.a.new"}));
    let expect = json!({"a": {"b": 1, "new": {"got": 2}}, "c": 2});
    check(json!({"S": merged}), input.clone(), Ok(expect));
    check(json!({"S": task(json!({"ResultPath": null}))}), input.clone(), Ok(input.clone()));
    check(json!({"S": task(json!({"InputPath": null}))}), input.clone(), Ok(json!({"got": {}})));
    check(json!({"S": task(json!({"OutputPath": null}))}), input.clone(), Ok(json!({})));
    check(json!({"S": task(json!({"InputPath": "$.x"}))}), input.clone(), Err("States.Runtime"));
    check(
        json!({"S": task(json!({"Parameters": {"x.$": "$.x"}}))}),
        input.clone(),
        Err("States.ParameterPathFailure"),
    );
    check(
        json!({"S": task(json!({"ResultPath": "$.c.d"}))}),
        input,
        Err("States.ResultPathMatchFailure"),
    );
}

// The Pass example of AWS's page "Pass workflow state".
#[test]
fn pass_places_its_result() {
    let pass = json!({"No-op": {"Type": "Pass", "End": true, "ResultPath": "$.coords",
        "Result": {"x-datum": 0.381_018, "y-datum": 622.226_992_602_518_7}}});
    let expect = json!({"georefOf": "Home",
        "coords": {"x-datum": 0.381_018, "y-datum": 622.226_992_602_518_7}});
    check(pass, json!({"georefOf": "Home"}), Ok(expect));
}

#[test]
fn invoke_wraps_payloads_as_lambda_does() {
    let invoke = |parameters: Value| {
        json!({"S": task(json!({
            "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters,
        }))})
    };
    check(
        invoke(json!({"FunctionName": "work", "Payload.$": "$"})),
        json!({"x": 1}),
        Ok(json!({"ExecutedVersion": "$LATEST", "Payload": {"got": {"x": 1}}, "StatusCode": 200})),
    );
    check(
        invoke(json!({"FunctionName": "nobody"})),
        json!({}),
        Err("Lambda.ResourceNotFoundException"),
    );
    check(invoke(json!({"FunctionName": "work", "X": 1})), json!({}), Err("States.Runtime"));
}

#[test]
fn choices_lead_to_their_states() {
    let states = json!({
        "C": {"Type": "Choice", "Choices": [
            {"Variable": "$.n", "NumericLessThan": 3, "Next": "Small"},
            {"Variable": "$.n", "NumericEquals": 3, "Next": "Bad"},
        ], "Default": "Big"},
        "Small": {"Type": "Succeed", "OutputPath": "$.n"},
        "Big": {"Type": "Pass", "Result": "big", "End": true},
        "Bad": {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "States.Format('n is {}', $.n)"},
    });
    check(states.clone(), json!({"n": 2}), Ok(json!(2)));
    check(states.clone(), json!({"n": 4}), Ok(json!("big")));
    check(states.clone(), json!({"n": 3, "e": "Three"}), Err("Three"));
    check(states, json!({}), Err("States.Runtime"));
    let alone = json!({
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsNull": true, "Next": "S"}]},
        "S": {"Type": "Succeed"},
    });
    check(alone, json!({"n": 1}), Err("States.NoChoiceMatched"));
}

// "Complex retry scenarios" in the specification.
#[test]
fn retriers_count_for_themselves() {
    let definition = json!({"StartAt": "X", "States": {
        "X": {
            "Type": "Task", "Next": "Y",
            "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:work",
            "Retry": [
                {"ErrorEquals": ["ErrorA", "ErrorB"], "IntervalSeconds": 1, "BackoffRate": 2,
                 "MaxAttempts": 2},
                {"ErrorEquals": ["ErrorC"], "IntervalSeconds": 5},
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z", "ResultPath": "$.error"}],
        },
        "Y": {"Type": "Succeed"},
        "Z": {"Type": "Pass", "End": true},
    }});
    let errors = RefCell::new(["ErrorB", "ErrorC", "ErrorB", "ErrorA"].to_vec());
    let end = run(&definition, &json!({"kept": 1}), |_| {
        fails(errors.borrow_mut().pop().expect("four calls at most"))
    });
    let cause = "{\"errorMessage\":\"why\",\"errorType\":\"ErrorB\"}";
    let expect = json!({"kept": 1, "error": {"Error": "ErrorB", "Cause": cause}});
    assert_eq!(end.output, Some(expect));
    assert!(errors.borrow().is_empty());
    let took = end.stopped.unwrap().duration_since(end.started);
    assert_eq!(took, SignedDuration::from_secs(1 + 2 + 5));
}

#[test]
fn catchers_take_what_they_name() {
    let states = |catch: Value| {
        json!({"S": task(json!({"Catch": [{"ErrorEquals": [catch], "Next": "End"}]})),
            "End": {"Type": "Pass", "Result": "caught", "End": true}})
    };
    let boom = json!({"fails": "Boom"});
    check(states(json!("Boom")), boom.clone(), Ok(json!("caught")));
    check(states(json!("States.TaskFailed")), boom.clone(), Ok(json!("caught")));
    check(states(json!("States.ALL")), boom.clone(), Ok(json!("caught")));
    check(states(json!("Other")), boom.clone(), Err("Boom"));
    check(states(json!("States.Timeout")), boom, Err("Boom"));
    let big = json!({"S": task(json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End"}]})),
        "End": {"Type": "Succeed"}});
    let definition = json!({"StartAt": "S", "States": big});
    let end = run(&definition, &json!({}), |_| Ok("x".repeat(MOST_BYTES + 1).into()));
    assert_eq!(end.error.as_deref(), Some("States.DataLimitExceeded"));
}

#[test]
fn waits_and_timeouts_take_their_time() {
    let wait = |wait: Value| {
        let mut wait = wait;
        wait["Type"] = "Wait".into();
        wait["End"] = true.into();
        json!({"StartAt": "W", "TimeoutSeconds": 7200, "States": {"W": wait}})
    };
    for (state, input, expect) in [
        (json!({"Seconds": 90}), json!({}), (90, Status::Succeeded)),
        (json!({"SecondsPath": "$.s"}), json!({"s": 5}), (5, Status::Succeeded)),
        (json!({"Timestamp": "2026-03-02T01:00:00Z"}), json!({}), (3600, Status::Succeeded)),
        (
            json!({"TimestampPath": "$.t"}),
            json!({"t": "2020-01-01T00:00:00Z"}),
            (0, Status::Succeeded),
        ),
        (json!({"TimestampPath": "$.t"}), json!({"t": "soon"}), (0, Status::Failed)),
        (json!({"Seconds": 7201}), json!({}), (7200, Status::TimedOut)),
    ] {
        let end = run(&wait(state.clone()), &input, |_| Ok(Value::Null));
        let took = end.stopped.unwrap().duration_since(end.started).as_secs();
        assert_eq!((took, end.status), expect, "{state}");
    }
    let circle = json!({"StartAt": "A", "States": {
        "A": {"Type": "Choice", "Default": "A", "Choices": [
            {"Variable": "$.end", "IsPresent": true, "Next": "B"}]},
        "B": {"Type": "Succeed"}}});
    let end = run(&circle, &json!({}), |_| Ok(Value::Null));
    assert_eq!(end.error.as_deref(), Some("States.Runtime"));
    assert!(end.history().len() <= 25_000);
}

#[test]
fn names_are_taken_once() {
    let definition =
        json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}});
    let events = events(&definition);
    let start = |name: &str, input: &str| events.start_execution(MACHINE, Some(name), input);
    let code = |it: Result<Started, Refused>| it.unwrap_err().name;
    let first = start("one", "{\"a\": 1}").unwrap();
    assert_eq!(first.arn, "arn:aws:states:eu-west-1:111122223333:execution:m:one");
    events.run_until(events.now() + 30.seconds(), |_, _| Ok(Value::Null)).unwrap();
    assert_eq!(start("one", "{ \"a\": 1 }").unwrap(), first);
    assert_eq!(code(start("one", "{\"a\": 2}")), "ExecutionAlreadyExists");
    events.run_until(events.now() + 60.seconds(), |_, _| Ok(Value::Null)).unwrap();
    assert_eq!(code(start("one", "{\"a\": 1}")), "ExecutionAlreadyExists");
    for name in ["", "a b", "a/b", "a*", &"x".repeat(81)] {
        assert_eq!(code(start(name, "{}")), "InvalidName", "{name}");
    }
    assert_eq!(code(start("two", "{")), "InvalidExecutionInput");
    let unknown = events.start_execution("arn:x", None, "{}");
    assert_eq!(code(unknown), "StateMachineDoesNotExist");
    let two = start("two", "").unwrap();
    events.stop_execution(&two.arn, Some("Why".to_owned()), None).unwrap();
    let names: Vec<(String, Status)> = events.states(|states| {
        let all = states.executions(MACHINE);
        all.map(|it| (it.name.clone(), it.status)).collect()
    });
    let expect = [("two", Status::Aborted), ("one", Status::Succeeded)];
    assert_eq!(names, expect.map(|(name, status)| (name.to_owned(), status)));
    events.run_until(events.now() + (24 * 90).hours(), |_, _| Ok(Value::Null)).unwrap();
    assert!(start("one", "{\"a\": 1}").is_ok(), "after 90 days the name is free");
}

#[test]
fn rules_start_machines_and_see_their_end() {
    let definition = json!({"StartAt": "S", "States": {"S": task(json!({}))}});
    let events = events(&definition);
    let put = |detail: &str| {
        let entry = crate::events::Entry {
            source: "test".to_owned(),
            detail_type: "Wanted".to_owned(),
            detail: detail.to_owned(),
            resources: Vec::new(),
            time: None,
        };
        events.put_events(&[entry]).unwrap();
    };
    put("{\"fails\": \"Boom\"}");
    put("{\"n\": 5}");
    let seen = RefCell::new(Vec::new());
    events
        .run_until(events.now() + 1.minutes(), |function, payload| {
            if function == "SeenFunction" {
                let detail = &payload["detail"];
                assert_eq!(payload["detail-type"], "Step Functions Execution Status Change");
                seen.borrow_mut().push((detail["status"].clone(), detail["error"].clone()));
                return Ok(Value::Null);
            }
            match payload["fails"].as_str() {
                Some(kind) => fails(kind),
                None => Ok(payload.clone()),
            }
        })
        .unwrap();
    assert_eq!(
        seen.into_inner(),
        [(json!("FAILED"), json!("Boom")), (json!("SUCCEEDED"), Value::Null)]
    );
    let kinds: Vec<&str> = events.states(|states| {
        let latest = states.executions(MACHINE).next().expect("two ran");
        latest.history().iter().map(|event| event.kind).collect()
    });
    let expect = [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(kinds, expect);
}
