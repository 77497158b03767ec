//! State machines on the bus: rules start them, the agenda wakes them, Lambda runs their tasks.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::HandlerError;
use super::agenda::{Delivery, Invocation, Work};
use super::bus::Bus;
use super::journal::{Label, Outcome};
use crate::refused::Refused;
use crate::states::{Effect, Failure, Started};

impl Bus {
    pub(super) fn start_execution(
        &mut self,
        machine: &str,
        name: Option<&str>,
        input: &str,
    ) -> Result<Started, Refused> {
        let (started, effects) = self.states.start(self.now(), machine, name, input)?;
        self.follow(effects);
        Ok(started)
    }

    pub(super) fn stop_execution(
        &mut self,
        execution: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<Timestamp, Refused> {
        let stopped = self.states.stop(self.now(), execution, error, cause)?;
        self.follow(Vec::new());
        Ok(stopped)
    }

    /// Starts the state machine that a rule's event is for.
    pub(super) fn start_for(&mut self, delivery: &Delivery) {
        let machine = delivery.target().arn.clone();
        // EventBridge names executions after the event and the delivery.
        let name = format!("{}_{}", delivery.label.id, self.random.uuid());
        let input = delivery.payload.to_string();
        match self.start_execution(&machine, Some(&name), &input) {
            Ok(_) => self.write_delivery(delivery, Outcome::Started),
            Err(_) => self.bury(delivery, "SDK_CLIENT_ERROR", None),
        }
    }

    pub(super) fn wake(&mut self, execution: &str) {
        let effects = self.states.wake(self.now(), execution);
        self.follow(effects);
    }

    /// Hands a function's answer to the execution that waits for it.
    pub(super) fn finish_task(
        &mut self,
        invocation: &Invocation,
        execution: &str,
        answer: Result<Value, HandlerError>,
    ) {
        let outcome = match &answer {
            Ok(_) => Outcome::Done { attempt: 1 },
            Err(error) => Outcome::Failed {
                attempt: 1,
                kind: error.kind.clone(),
                retryable: error.retryable,
                again: None,
            },
        };
        self.write_of(invocation, invocation.function.clone(), outcome);
        let answer = answer.map_err(|error| Failure::of_function(&error.kind, &error.message));
        let effects = self.states.answer(self.now(), execution, answer);
        self.follow(effects);
    }

    /// Does what executions need, and announces what became of them.
    fn follow(&mut self, effects: Vec<Effect>) {
        let mut open = effects;
        while let Some(effect) = open.pop() {
            match effect {
                Effect::Wake { execution, at } => self.agenda.add(at, Work::Wake(execution.into())),
                Effect::Invoke { execution, role, function, payload } => {
                    if let Err(failure) = self.run_task(&execution, &role, &function, payload) {
                        open.extend(self.states.answer(self.now(), &execution, Err(failure)));
                    }
                }
            }
        }
        for event in self.states.take_events() {
            self.emit(event);
        }
    }

    fn run_task(
        &mut self,
        execution: &str,
        role: &str,
        function: &str,
        payload: Value,
    ) -> Result<(), Failure> {
        let Some((id, _)) = self.functions.iter().find(|(_, it)| {
            let bare = function.strip_suffix(":$LATEST").unwrap_or(function);
            it.named.arn == bare || it.named.name == bare
        }) else {
            let cause = format!("Function not found: {function}");
            return Err(Failure::new("Lambda.ResourceNotFoundException", cause));
        };
        self.may_run(role, &self.functions[id].named.arn)?;
        let now = self.now();
        let invocation = Invocation {
            function: id.clone(),
            label: Arc::new(Label::of(&payload)),
            payload: Arc::new(payload),
            request_id: self.random.uuid(),
            rule: None,
            copy: false,
            accepted: now,
            failed: 0,
            execution: Some(execution.into()),
        };
        self.agenda.add(now, Work::Invoke(invocation));
        Ok(())
    }
}
