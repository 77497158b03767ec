//! What the bus asks the guard before it calls, keeps or starts anything.

use super::agenda::Invocation;
use super::bus::Bus;
use super::rule::{Rule, Target};
use crate::iam::{Caller, Context, Denied};
use crate::states::Failure;
use crate::template::Function;

const EVENTS: &str = "events.amazonaws.com";

impl Bus {
    fn judge(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
        context: &Context,
    ) -> Result<(), Denied> {
        self.guard.as_ref().map_or(Ok(()), |it| it.authorize(caller, action, resource, context))
    }

    /// Writes the log and the traces of a run; what the role does not allow is missing there and noted by the guard.
    pub(super) fn leave_traces(&self, invocation: &Invocation) {
        let Some(function) = self.functions.get(&invocation.function) else { return };
        let (Some(role), true) = (&function.role, self.guards()) else { return };
        let caller = Caller::Role(role.clone());
        let none = Context::none();
        let stream =
            format!("log-group:{}:log-stream:{}", function.log_group, invocation.request_id);
        let stream = self.place.arn("logs", &stream);
        for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
            let _missing = self.judge(&caller, action, &stream, &none);
        }
        if function.traces {
            for action in ["xray:PutTraceSegments", "xray:PutTelemetryRecords"] {
                let _missing = self.judge(&caller, action, "*", &none);
            }
        }
    }

    /// Whether a function's role may leave a failed event in a queue.
    pub(super) fn may_leave(&self, function: &Function, queue: &str) -> bool {
        let Some(role) = &function.role else { return true };
        let caller = Caller::Role(role.clone());
        self.judge(&caller, "sqs:SendMessage", queue, &Context::none()).is_ok()
    }

    /// Whether EventBridge may leave in a queue what a rule could not deliver.
    pub(super) fn may_bury(&self, rule: &Rule, queue: &str) -> bool {
        self.judge(&events(), "sqs:SendMessage", queue, &self.source(rule)).is_ok()
    }

    /// Whether EventBridge may call the target of a rule.
    pub(super) fn may_call(&self, rule: &Rule, target: &Target) -> bool {
        if target.permitted {
            return true;
        }
        let (caller, action) = match (&target.role, self.states.machine(&target.arn)) {
            (Some(role), Ok(_)) => (Caller::Role(role.clone()), "states:StartExecution"),
            (None, Ok(_)) => (events(), "states:StartExecution"),
            (_, Err(_)) if target.function.is_some() => (events(), "lambda:InvokeFunction"),
            (_, Err(_)) => (events(), "sqs:SendMessage"),
        };
        self.judge(&caller, action, &target.arn, &self.source(rule)).is_ok()
    }

    /// Asks whether a state machine's role may run a function.
    pub(super) fn may_run(&self, role: &str, function: &str) -> Result<(), Failure> {
        let caller = Caller::Role(role.to_owned());
        let answer = self.judge(&caller, "lambda:InvokeFunction", function, &Context::none());
        answer.map_err(|denied| Failure::new("Lambda.AWSLambdaException", denied.to_string()))
    }

    fn source(&self, rule: &Rule) -> Context {
        Context::none()
            .with("aws:SourceArn", rule.arn.as_str())
            .with("aws:SourceAccount", self.place.account.as_str())
    }

    fn guards(&self) -> bool {
        self.guard.as_ref().is_some_and(crate::iam::Guard::is_enforced)
    }
}

fn events() -> Caller {
    Caller::Service(EVENTS.to_owned())
}
