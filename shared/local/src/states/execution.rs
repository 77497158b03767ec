//! One run of a state machine: state by state, until it must wait for a time or a function.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::definition::{Definition, Kind, Pause, Seconds, State, Task, Words};
use super::expression::{Scope, Template};
use super::history::{Happening, History};
use super::path::Path;
use super::{Failure, MOST_BYTES, Status};
use crate::place::seconds_text;
use crate::random::Random;

/// An execution, running or ended.
#[derive(Debug, Clone)]
pub struct Execution {
    pub arn: String,
    pub name: String,
    pub machine: String,
    pub machine_name: String,
    pub input: Value,
    pub status: Status,
    pub started: Timestamp,
    pub stopped: Option<Timestamp>,
    pub output: Option<Value>,
    pub error: Option<String>,
    pub cause: Option<String>,
    role: String,
    definition: Arc<Definition>,
    history: History,
    /// Where it stands.
    state: String,
    entered: Timestamp,
    /// What the present state got.
    raw: Value,
    phase: Phase,
    /// How often each retrier of the present state has been used.
    retried: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Enter,
    Asleep { until: Timestamp },
    Retrying { at: Timestamp },
    Tasked { until: Option<Timestamp> },
    Ended,
}

/// What an execution needs from outside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Run a function of this ARN or name; the answer goes to the execution.
    Invoke { execution: String, role: String, function: String, payload: Value },
    /// Wake the execution at a time.
    Wake { execution: String, at: Timestamp },
}

/// How a step of the interpreter ends.
enum Turn {
    Go,
    Rest(Effect),
    Over,
}

impl Execution {
    pub(super) fn new(
        arn: String,
        name: String,
        machine: &super::Machine,
        definition: Arc<Definition>,
        input: Value,
        now: Timestamp,
    ) -> Self {
        let mut history = History::default();
        history.add(now, Happening::execution_started(&input, &machine.role));
        Self {
            arn,
            name,
            machine: machine.named.arn.clone(),
            machine_name: machine.named.name.clone(),
            raw: input.clone(),
            input,
            status: Status::Running,
            started: now,
            stopped: None,
            output: None,
            error: None,
            cause: None,
            role: machine.role.clone(),
            state: definition.start.clone(),
            definition,
            history,
            entered: now,
            phase: Phase::Enter,
            retried: Vec::new(),
        }
    }

    /// Returns what has happened, oldest first.
    pub fn history(&self) -> &[super::HistoryEvent] {
        self.history.events()
    }

    /// Goes on as far as it can at this time.
    pub(super) fn proceed(&mut self, now: Timestamp, random: &mut Random) -> Vec<Effect> {
        if self.times_out(now) {
            return Vec::new();
        }
        match self.phase {
            Phase::Enter => {}
            Phase::Asleep { until } if until <= now => self.wake(now),
            Phase::Retrying { at } if at <= now => {}
            _ => return Vec::new(),
        }
        self.run(now, random)
    }

    /// Takes a function's answer.
    pub(super) fn answer(
        &mut self,
        now: Timestamp,
        random: &mut Random,
        answer: Result<Value, Failure>,
    ) -> Vec<Effect> {
        let Phase::Tasked { until } = self.phase else { return Vec::new() };
        if self.times_out(now) {
            return Vec::new();
        }
        let Some((state, task)) = self.task() else { return Vec::new() };
        let late = until.is_some_and(|until| until < now);
        let answer = if late { Err(Failure::new("States.Timeout", "")) } else { answer };
        if let Err(failure) = &answer {
            self.history.add(now, Happening::task_failed(&task, failure, late));
        }
        let turn = match answer.and_then(|answer| self.accept(now, random, &state, &task, answer)) {
            Ok(output) => self.leave(now, &state, output),
            Err(failure) => self.recover(now, random, &task, failure),
        };
        match turn {
            Turn::Go => self.run(now, random),
            Turn::Rest(effect) => vec![effect],
            Turn::Over => Vec::new(),
        }
    }

    /// Ends it from outside.
    pub(super) fn abort(&mut self, now: Timestamp, error: Option<String>, cause: Option<String>) {
        if self.status == Status::Running {
            self.end(now, Status::Aborted, None, error, cause);
        }
    }

    fn run(&mut self, now: Timestamp, random: &mut Random) -> Vec<Effect> {
        loop {
            if self.history.is_full() {
                let cause = "The execution reached the maximum number of history events (25000).";
                self.fail(now, Failure::new("States.Runtime", cause));
                return Vec::new();
            }
            let turn = match self.phase {
                Phase::Ended => Turn::Over,
                Phase::Retrying { .. } => self.attempt(now, random),
                _ => self.enter(now, random),
            };
            match turn {
                Turn::Go => {}
                Turn::Rest(effect) => return vec![effect],
                Turn::Over => return Vec::new(),
            }
        }
    }

    fn times_out(&mut self, now: Timestamp) -> bool {
        let limit = self.definition.timeout.map(|seconds| later(self.started, seconds as f64));
        if self.phase != Phase::Ended && limit.is_some_and(|limit| limit <= now) {
            self.end(now, Status::TimedOut, None, Some("States.Timeout".to_owned()), None);
        }
        self.phase == Phase::Ended
    }

    fn enter(&mut self, now: Timestamp, random: &mut Random) -> Turn {
        let definition = Arc::clone(&self.definition);
        let Some(state) = definition.states.get(&self.state) else {
            return self.fail(now, Failure::new("States.Runtime", "state is gone"));
        };
        self.entered = now;
        self.history.add(now, Happening::state_entered(&state.kind, &self.state, &self.raw));
        if let Kind::Task(task) = &state.kind {
            self.retried = vec![0; task.retries.len()];
            return self.attempt(now, random);
        }
        match self.play(now, random, state) {
            Ok(turn) => turn,
            Err(failure) => self.fail(now, failure),
        }
    }

    /// Plays a state other than a task.
    fn play(
        &mut self,
        now: Timestamp,
        random: &mut Random,
        state: &State,
    ) -> Result<Turn, Failure> {
        let input = self.effective_input(state, random)?;
        match &state.kind {
            Kind::Task(_) => Ok(Turn::Go),
            Kind::Pass { result } => {
                let result = result.clone().unwrap_or(input);
                let output = self.output(state, result)?;
                Ok(self.leave(now, state, output))
            }
            Kind::Choice { rules, default } => {
                let context = self.context();
                let mut next = default.clone();
                for (rule, then) in rules {
                    if rule.holds(&input, &context)? {
                        next = Some(then.clone());
                        break;
                    }
                }
                let Some(next) = next else {
                    let cause = format!("No choice of state '{}' matched", self.state);
                    return Err(Failure::new("States.NoChoiceMatched", cause));
                };
                let output = picked(state.output.as_ref(), &input, &context)?;
                Ok(self.go(now, state, &next, output))
            }
            Kind::Wait(pause) => {
                let until = until(now, pause, &input, &self.context())?;
                self.phase = Phase::Asleep { until };
                if until <= now {
                    self.wake(now);
                    return Ok(Turn::Go);
                }
                Ok(Turn::Rest(Effect::Wake { execution: self.arn.clone(), at: until }))
            }
            Kind::Succeed => {
                let output = picked(state.output.as_ref(), &input, &self.context())?;
                Ok(self.leave(now, state, output))
            }
            Kind::Fail { error, cause } => {
                let error = self.words(random, error.as_ref())?;
                let cause = self.words(random, cause.as_ref())?;
                self.end(now, Status::Failed, None, error, cause);
                Ok(Turn::Over)
            }
        }
    }

    /// Leaves a wait that is over.
    fn wake(&mut self, now: Timestamp) {
        let definition = Arc::clone(&self.definition);
        let Some(state) = definition.states.get(&self.state) else { return };
        let context = self.context();
        let output = picked(state.input.as_ref(), &self.raw, &context)
            .and_then(|input| picked(state.output.as_ref(), &input, &context));
        match output {
            Ok(output) => self.leave(now, state, output),
            Err(failure) => self.fail(now, failure),
        };
    }

    /// Starts a task, for the first time or again.
    fn attempt(&mut self, now: Timestamp, random: &mut Random) -> Turn {
        let Some((state, task)) = self.task() else { return Turn::Over };
        match self.call(now, random, &state, &task) {
            Ok(effect) => Turn::Rest(effect),
            Err(failure) => self.recover(now, random, &task, failure),
        }
    }

    fn call(
        &mut self,
        now: Timestamp,
        random: &mut Random,
        state: &State,
        task: &Task,
    ) -> Result<Effect, Failure> {
        let input = self.effective_input(state, random)?;
        let (function, payload) = match &task.function {
            Some(arn) => (arn.clone(), input.clone()),
            None => invoked(&input)?,
        };
        let seconds = match &task.timeout {
            Some(Seconds::Path(path)) => Some(seconds(path, &self.raw, &self.context())?),
            Some(Seconds::Number(number)) => Some(*number),
            None => None,
        };
        let until = seconds.map(|seconds| later(now, seconds as f64));
        self.phase = Phase::Tasked { until };
        self.history.add(now, Happening::task_scheduled(task, &input));
        self.history.add(now, Happening::task_started(task));
        let (execution, role) = (self.arn.clone(), self.role.clone());
        Ok(Effect::Invoke { execution, role, function, payload })
    }

    fn accept(
        &mut self,
        now: Timestamp,
        random: &mut Random,
        state: &State,
        task: &Task,
        answer: Value,
    ) -> Result<Value, Failure> {
        let result = match task.function {
            Some(_) => answer,
            None => json!({"ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200}),
        };
        fits(&result)?;
        self.history.add(now, Happening::task_succeeded(task, &result));
        let result = match &state.selector {
            Some(selector) => self.fill(selector, &result, random)?,
            None => result,
        };
        self.output(state, result)
    }

    /// Tries again, goes where a catcher leads, or fails.
    fn recover(
        &mut self,
        now: Timestamp,
        random: &mut Random,
        task: &Task,
        failure: Failure,
    ) -> Turn {
        let retrier = task.retries.iter().position(|it| failure.is_one_of(&it.errors));
        if let Some(index) = retrier {
            let (retrier, used) = (&task.retries[index], self.retried[index]);
            if used < retrier.attempts {
                let at = later(now, retrier.pause(used, random.unit()));
                self.retried[index] += 1;
                self.phase = Phase::Retrying { at };
                return Turn::Rest(Effect::Wake { execution: self.arn.clone(), at });
            }
        }
        let catcher = task.catches.iter().find(|it| failure.is_one_of(&it.errors));
        let Some(catcher) = catcher else { return self.fail(now, failure) };
        let error = json!({"Error": failure.error, "Cause": failure.cause});
        match placed(catcher.result.as_ref(), &self.raw, error) {
            Ok(output) => {
                let exited = Happening::state_exited("TaskStateExited", &self.state, &output);
                self.history.add(now, exited);
                self.move_to(&catcher.next, output)
            }
            Err(failure) => self.fail(now, failure),
        }
    }

    /// Leaves a state with its output: to the next one, or to the end.
    fn leave(&mut self, now: Timestamp, state: &State, output: Value) -> Turn {
        if let Some(next) = &state.next {
            return self.go(now, state, next, output);
        }
        if let Err(failure) = fits(&output) {
            return self.fail(now, failure);
        }
        self.exited(now, state, &output);
        self.end(now, Status::Succeeded, Some(output), None, None);
        Turn::Over
    }

    fn go(&mut self, now: Timestamp, state: &State, next: &str, output: Value) -> Turn {
        if let Err(failure) = fits(&output) {
            return self.fail(now, failure);
        }
        self.exited(now, state, &output);
        self.move_to(next, output)
    }

    fn move_to(&mut self, next: &str, output: Value) -> Turn {
        next.clone_into(&mut self.state);
        self.raw = output;
        self.phase = Phase::Enter;
        Turn::Go
    }

    fn exited(&mut self, now: Timestamp, state: &State, output: &Value) {
        if let Some(kind) = Happening::exit_of(&state.kind) {
            self.history.add(now, Happening::state_exited(kind, &self.state, output));
        }
    }

    fn fail(&mut self, now: Timestamp, failure: Failure) -> Turn {
        self.end(now, Status::Failed, None, Some(failure.error), Some(failure.cause));
        Turn::Over
    }

    fn end(
        &mut self,
        now: Timestamp,
        status: Status,
        output: Option<Value>,
        error: Option<String>,
        cause: Option<String>,
    ) {
        let ended =
            Happening::execution_ended(status, output.as_ref(), error.as_deref(), cause.as_deref());
        self.history.add(now, ended);
        self.phase = Phase::Ended;
        self.status = status;
        self.stopped = Some(now);
        (self.output, self.error, self.cause) = (output, error, cause);
    }

    fn task(&self) -> Option<(State, Task)> {
        let state = self.definition.states.get(&self.state)?;
        match &state.kind {
            Kind::Task(task) => Some((state.clone(), task.clone())),
            _ => None,
        }
    }

    fn effective_input(&self, state: &State, random: &mut Random) -> Result<Value, Failure> {
        let input = picked(state.input.as_ref(), &self.raw, &self.context())?;
        match &state.parameters {
            Some(template) => self.fill(template, &input, random),
            None => Ok(input),
        }
    }

    fn fill(
        &self,
        template: &Template,
        input: &Value,
        random: &mut Random,
    ) -> Result<Value, Failure> {
        template.fill(&mut Scope { input, context: &self.context(), random })
    }

    fn output(&self, state: &State, result: Value) -> Result<Value, Failure> {
        let placed = placed(state.result.as_ref(), &self.raw, result)?;
        picked(state.output.as_ref(), &placed, &self.context())
    }

    fn words(&self, random: &mut Random, words: Option<&Words>) -> Result<Option<String>, Failure> {
        let Some(words) = words else { return Ok(None) };
        match words {
            Words::Text(text) => Ok(Some(text.clone())),
            Words::Expression(expression) => {
                let context = self.context();
                let mut scope = Scope { input: &self.raw, context: &context, random };
                match expression.value(&mut scope)? {
                    Value::String(text) => Ok(Some(text)),
                    _ => Err(Failure::new("States.Runtime", "ErrorPath or CausePath is no text")),
                }
            }
        }
    }

    /// Returns the context object, `$$`.
    fn context(&self) -> Value {
        json!({
            "Execution": {
                "Id": self.arn,
                "Input": self.input,
                "Name": self.name,
                "RoleArn": self.role,
                "StartTime": seconds_text(self.started),
                "RedriveCount": 0,
            },
            "State": {
                "Name": self.state,
                "EnteredTime": seconds_text(self.entered),
                "RetryCount": self.retried.iter().sum::<u32>(),
            },
            "StateMachine": {"Id": self.machine, "Name": self.machine_name},
        })
    }
}

/// Reads the parameters of `lambda:invoke`: which function, and what it gets.
fn invoked(parameters: &Value) -> Result<(String, Value), Failure> {
    let refuse = |why: String| Err(Failure::new("States.Runtime", why));
    let known = ["FunctionName", "Payload", "InvocationType", "Qualifier", "ClientContext"];
    let members = parameters.as_object().into_iter().flatten();
    let unknown = members.map(|(name, _)| name).find(|name| !known.contains(&name.as_str()));
    if let Some(name) = unknown {
        return refuse(format!("The field '{name}' is not supported by Step Functions"));
    }
    let waits = parameters.get("InvocationType").is_none_or(|kind| kind == "RequestResponse");
    if !waits {
        return refuse("InvocationType other than RequestResponse is not played".to_owned());
    }
    match parameters.get("FunctionName").and_then(Value::as_str) {
        Some(function) => {
            let payload = parameters.get("Payload").cloned();
            Ok((function.to_owned(), payload.unwrap_or_else(|| json!({}))))
        }
        None => refuse("The field 'FunctionName' is required but was missing".to_owned()),
    }
}

fn picked(path: Option<&Path>, root: &Value, context: &Value) -> Result<Value, Failure> {
    let Some(path) = path else { return Ok(Value::Object(Map::new())) };
    let found = path.find(if path.context { context } else { root });
    found.ok_or_else(|| not_found(path))
}

fn placed(path: Option<&Path>, raw: &Value, result: Value) -> Result<Value, Failure> {
    let Some(path) = path else { return Ok(raw.clone()) };
    let mut output = raw.clone();
    if path.put(&mut output, result) {
        return Ok(output);
    }
    let cause = format!("Unable to apply ReferencePath {} to the state's input", path.text());
    Err(Failure::new("States.ResultPathMatchFailure", cause))
}

fn until(
    now: Timestamp,
    pause: &Pause,
    input: &Value,
    context: &Value,
) -> Result<Timestamp, Failure> {
    Ok(match pause {
        Pause::Until(time) => *time,
        Pause::Seconds(Seconds::Number(number)) => later(now, *number as f64),
        Pause::Seconds(Seconds::Path(path)) => later(now, seconds(path, input, context)? as f64),
        Pause::UntilPath(path) => {
            let found = picked(Some(path), input, context)?;
            let time = found.as_str().and_then(|text| text.parse().ok());
            time.ok_or_else(|| {
                Failure::new("States.Runtime", format!("{} is no timestamp", path.text()))
            })?
        }
    })
}

fn seconds(path: &Path, input: &Value, context: &Value) -> Result<i64, Failure> {
    let found = picked(Some(path), input, context)?;
    let number = found.as_i64().filter(|number| (0..=99_999_999).contains(number));
    number.ok_or_else(|| {
        Failure::new("States.Runtime", format!("{} is no number of seconds", path.text()))
    })
}

fn not_found(path: &Path) -> Failure {
    let cause = format!("Invalid path '{}': no results for it in the input", path.text());
    Failure::new("States.Runtime", cause)
}

fn fits(value: &Value) -> Result<(), Failure> {
    if value.to_string().len() <= MOST_BYTES {
        return Ok(());
    }
    let cause = format!("The state returned a result larger than {MOST_BYTES} bytes.");
    Err(Failure::new("States.DataLimitExceeded", cause))
}

fn later(now: Timestamp, seconds: f64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs_f64(seconds)).unwrap_or(Timestamp::MAX)
}

/// Returns the members of an error that a function answered with, as a task's cause shows them.
pub(super) fn cause_of(kind: &str, message: &str) -> String {
    let members = BTreeMap::from([("errorMessage", message), ("errorType", kind)]);
    json!(members).to_string()
}
