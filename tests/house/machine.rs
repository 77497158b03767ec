//! The state machine of baselines, run as it is deployed: what a person learns when a rebuild fails.

use std::cell::RefCell;
use std::fs;

use jiff::ToSpan;
use local::events::{Events, HandlerError};
use local::faults::Faults;
use local::place::Place;
use local::states::{Execution, Status};
use local::template::Stack;
use serde_json::{Value, json};
use support::root;

const FILE: &str = "rebuild-baseline.asl.json";
const START: &str = "2026-03-02T00:00:00Z";

fn definition() -> Value {
    let text = fs::read_to_string(root().join("infra").join(FILE)).expect("the state machine");
    serde_json::from_str(&text).expect("the state machine is JSON")
}

/// Runs the deployed machine on an input; `work` is the function behind its tasks.
fn run(input: &Value, work: impl FnMut(&Value) -> Result<Value, HandlerError>) -> Execution {
    let template = fs::read_to_string(root().join("infra/template.yaml")).expect("the template");
    let text = definition().to_string();
    let stack = Stack::read_with(&template, &[(FILE, &text)], &Place::default(), "vigil", &[]);
    let stack = stack.expect("the template can be read");
    let now = START.parse().expect("a time");
    let events = Events::open(Place::default(), 7, Faults::none(), now, &stack);
    let machine = &stack.machines[0].named.arn;
    let started = events.start_execution(machine, None, &input.to_string()).expect("it starts");
    let work = RefCell::new(work);
    let handler = |function: &str, payload: &Value| match function {
        "RebuildBaselineFunction" => (work.borrow_mut())(payload),
        _ => Ok(Value::Null),
    };
    events.run_until(events.now() + 3.hours(), handler).expect("time goes on");
    events.states(|states| states.execution(&started.arn).expect("it is kept").clone())
}

fn error(kind: &str, message: &str) -> HandlerError {
    HandlerError { kind: kind.to_owned(), message: message.to_owned(), retryable: false }
}

#[test]
fn tasks_get_the_input_unchanged() {
    let wanted = json!({"detail-type": "Vigil Baseline Wanted", "detail": {"endpoint": "churn"}});
    let ended = json!({"detail-type": "SageMaker Processing Job State Change", "detail": {}});
    let check = json!({"action": "check", "job_name": "vigil-baseline-churn"});
    let start = json!({"action": "start", "monitor_type": "data_quality"});
    for (input, state) in [(wanted, "Start"), (ended, "Check"), (check, "Check"), (start, "Start")]
    {
        let mut seen = Vec::new();
        let done = run(&input, |payload| {
            // The sweep and the daily rule call it too, in three hours.
            seen.push(payload.clone());
            Ok(json!({"status": "started", "job_name": "vigil-baseline-churn"}))
        });
        assert_eq!(done.status, Status::Succeeded, "{input}");
        assert_eq!(seen[0], input);
        let history = serde_json::to_string(&history(&done)).expect("text");
        assert!(history.contains(&format!("\"{state}\"")), "{input} went by {history}");
    }
}

/// The names of the states that an execution entered.
fn history(of: &Execution) -> Vec<String> {
    of.history()
        .iter()
        .map(|it| format!("{it:?}"))
        .filter(|it| it.contains("Entered"))
        .map(|it| {
            let words = ["Which", "Start", "Check", "Outcome", "Done", "Failed", "NotDone"];
            let named = words.iter().find(|word| it.contains(&format!("\"{word}\"")));
            named.map_or(String::new(), ToString::to_string)
        })
        .collect()
}

#[test]
fn defect_13_error_ends_with_its_own_cause() {
    let done = run(&json!({}), |_| Err(error("FixInput", "no training data at s3://x/y")));
    assert_eq!(done.status, Status::Failed);
    assert_eq!(done.error.as_deref(), Some("FixInput"));
    assert!(done.cause.as_deref().is_some_and(|it| it.contains("no training data at s3://x/y")));
}

#[test]
fn defect_14_throttled_call_is_tried_again() {
    for kind in ["TryAgain", "Lambda.TooManyRequestsException", "Lambda.ServiceException"] {
        let mut calls = 0;
        let done = run(&json!({"action": "check", "job_name": "j"}), |_| {
            calls += 1;
            if calls < 6 { Err(error(kind, "later")) } else { Ok(json!({"status": "promoted"})) }
        });
        assert_eq!(done.status, Status::Succeeded, "{kind}");
    }
    let odd = run(&json!({}), |_| Ok(json!({"job": "without a status"})));
    assert_eq!((odd.status, odd.error.as_deref()), (Status::Failed, Some("NoOutcome")));
}

#[test]
fn defect_15_every_task_retries_catches_and_ends() {
    let definition = definition();
    let states = definition["States"].as_object().expect("states");
    for (name, state) in states {
        match state["Type"].as_str() {
            Some("Task") => {
                for member in ["Retry", "Catch", "TimeoutSeconds"] {
                    assert!(state.get(member).is_some(), "{name} has no {member}");
                }
            }
            Some("Choice") => assert!(state.get("Default").is_some(), "{name} has no Default"),
            _ => {}
        }
    }
    let unknown = json!({"status": "boiled"});
    assert_eq!(run(&json!({}), |_| Ok(unknown.clone())).status, Status::Failed);
}

#[test]
fn defect_16_nothing_waits_and_nothing_polls() {
    let definition = definition();
    let states = definition["States"].as_object().expect("states");
    assert!(states.values().all(|it| it["Type"] != "Wait"));
    // No way leads back: an execution ends, and a job's own event starts the next.
    for (name, state) in states.iter().filter(|(_, it)| it["Type"] == "Task") {
        assert_eq!(state["Next"], "Outcome", "{name}");
    }
    let mut calls = 0;
    let done = run(&json!({"action": "start"}), |payload| {
        calls += u32::from(payload["action"] == "start");
        Ok(json!({"status": "started", "job_name": "j"}))
    });
    assert_eq!((done.status, calls), (Status::Succeeded, 1));
}

#[test]
fn defect_17_reason_of_a_failed_job_is_the_cause() {
    let reason = "the job ran out of memory on ml.m5.large; take a larger instance_type";
    let done = run(&json!({"action": "check", "job_name": "j"}), |_| {
        Ok(json!({"status": "failed", "job_name": "j", "reason": reason}))
    });
    assert_eq!(done.status, Status::Failed);
    assert_eq!(done.error.as_deref(), Some("BaselineFailed"));
    assert_eq!(done.cause.as_deref(), Some(reason));
}
