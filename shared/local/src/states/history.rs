//! What happened in an execution, in the shapes of `GetExecutionHistory`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::definition::{Kind, Task};
use super::{Failure, Status};

/// One event of an execution.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEvent {
    /// Counts from 1.
    pub id: u64,
    /// The event before it; 0 for none.
    pub previous: u64,
    pub at: Timestamp,
    /// Such as `TaskStateEntered`.
    pub kind: &'static str,
    /// The member of AWS's shape that holds the details, such as `stateEnteredEventDetails`, and the details.
    pub details: Option<(&'static str, Value)>,
}

/// An execution ends when it has so many events.
const MOST_EVENTS: usize = 25_000;

#[derive(Debug, Clone, Default)]
pub(super) struct History {
    events: Vec<HistoryEvent>,
}

/// An event that has no number yet.
pub(super) struct Happening {
    kind: &'static str,
    details: Option<(&'static str, Value)>,
}

impl History {
    pub(super) fn add(&mut self, at: Timestamp, happening: Happening) {
        let previous = self.events.len() as u64;
        let Happening { kind, details } = happening;
        self.events.push(HistoryEvent { id: previous + 1, previous, at, kind, details });
    }

    pub(super) fn events(&self) -> &[HistoryEvent] {
        &self.events
    }

    pub(super) fn is_full(&self) -> bool {
        // A step writes at most a handful, and the end one more.
        self.events.len() + 8 > MOST_EVENTS
    }
}

impl Happening {
    fn of(kind: &'static str, member: &'static str, details: Value) -> Self {
        Self { kind, details: Some((member, details)) }
    }

    pub(super) fn execution_started(input: &Value, role: &str) -> Self {
        let details = json!({
            "input": input.to_string(), "inputDetails": {"truncated": false}, "roleArn": role,
        });
        Self::of("ExecutionStarted", "executionStartedEventDetails", details)
    }

    pub(super) fn state_entered(kind: &Kind, name: &str, input: &Value) -> Self {
        let kind = match kind {
            Kind::Task(_) => "TaskStateEntered",
            Kind::Choice { .. } => "ChoiceStateEntered",
            Kind::Pass { .. } => "PassStateEntered",
            Kind::Wait(_) => "WaitStateEntered",
            Kind::Succeed => "SucceedStateEntered",
            Kind::Fail { .. } => "FailStateEntered",
        };
        let details = json!({
            "name": name, "input": input.to_string(), "inputDetails": {"truncated": false},
        });
        Self::of(kind, "stateEnteredEventDetails", details)
    }

    /// Returns the type of the event that a state of this kind is left with.
    pub(super) fn exit_of(kind: &Kind) -> Option<&'static str> {
        match kind {
            Kind::Task(_) => Some("TaskStateExited"),
            Kind::Choice { .. } => Some("ChoiceStateExited"),
            Kind::Pass { .. } => Some("PassStateExited"),
            Kind::Wait(_) => Some("WaitStateExited"),
            Kind::Succeed => Some("SucceedStateExited"),
            Kind::Fail { .. } => None,
        }
    }

    pub(super) fn state_exited(kind: &'static str, name: &str, output: &Value) -> Self {
        let details = json!({
            "name": name, "output": output.to_string(), "outputDetails": {"truncated": false},
        });
        Self::of(kind, "stateExitedEventDetails", details)
    }

    pub(super) fn task_scheduled(task: &Task, input: &Value) -> Self {
        if task.function.is_some() {
            let details = json!({
                "resource": task.resource, "input": input.to_string(),
                "inputDetails": {"truncated": false},
            });
            return Self::of(
                "LambdaFunctionScheduled",
                "lambdaFunctionScheduledEventDetails",
                details,
            );
        }
        let details = json!({
            "resourceType": "lambda", "resource": "invoke", "parameters": input.to_string(),
        });
        Self::of("TaskScheduled", "taskScheduledEventDetails", details)
    }

    pub(super) fn task_started(task: &Task) -> Self {
        if task.function.is_some() {
            return Self { kind: "LambdaFunctionStarted", details: None };
        }
        let details = json!({"resourceType": "lambda", "resource": "invoke"});
        Self::of("TaskStarted", "taskStartedEventDetails", details)
    }

    pub(super) fn task_succeeded(task: &Task, output: &Value) -> Self {
        let mut details =
            json!({"output": output.to_string(), "outputDetails": {"truncated": false}});
        if task.function.is_some() {
            return Self::of(
                "LambdaFunctionSucceeded",
                "lambdaFunctionSucceededEventDetails",
                details,
            );
        }
        details["resourceType"] = "lambda".into();
        details["resource"] = "invoke".into();
        Self::of("TaskSucceeded", "taskSucceededEventDetails", details)
    }

    pub(super) fn task_failed(task: &Task, failure: &Failure, late: bool) -> Self {
        let mut details = json!({"error": failure.error, "cause": failure.cause});
        if task.function.is_some() {
            return if late {
                Self::of("LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails", details)
            } else {
                Self::of("LambdaFunctionFailed", "lambdaFunctionFailedEventDetails", details)
            };
        }
        details["resourceType"] = "lambda".into();
        details["resource"] = "invoke".into();
        if late {
            return Self::of("TaskTimedOut", "taskTimedOutEventDetails", details);
        }
        Self::of("TaskFailed", "taskFailedEventDetails", details)
    }

    pub(super) fn execution_ended(
        status: Status,
        output: Option<&Value>,
        error: Option<&str>,
        cause: Option<&str>,
    ) -> Self {
        let failure = || json!({"error": error, "cause": cause});
        match status {
            Status::Succeeded | Status::Running => {
                let output = output.map(Value::to_string);
                let details = json!({"output": output, "outputDetails": {"truncated": false}});
                Self::of("ExecutionSucceeded", "executionSucceededEventDetails", details)
            }
            Status::Failed => Self::of("ExecutionFailed", "executionFailedEventDetails", failure()),
            Status::TimedOut => {
                Self::of("ExecutionTimedOut", "executionTimedOutEventDetails", failure())
            }
            Status::Aborted => {
                Self::of("ExecutionAborted", "executionAbortedEventDetails", failure())
            }
        }
    }
}
