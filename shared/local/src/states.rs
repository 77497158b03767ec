//! Step Functions: Standard workflows in Amazon States Language (JSONPath) on the virtual clock.
//!
//! Played are Task (functions, by `lambda:invoke` or their bare ARN), Choice, Pass, Wait, Succeed and Fail with all
//! their fields; any other type, field, resource or comparison is refused by name when the template is read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use self::definition::Definition;
use crate::place::Place;
use crate::random::Random;
use crate::refused::{Code, Refused};
use crate::template::{Named, Stack};

mod choice;
mod definition;
mod execution;
mod expression;
mod history;
mod path;

pub(crate) use execution::Effect;
pub use execution::Execution;
pub use history::HistoryEvent;

/// The state machines of one account and their executions.
#[derive(Debug)]
pub struct StepFunctions {
    place: Place,
    random: Random,
    machines: Vec<Machine>,
    /// By ARN.
    executions: BTreeMap<String, Execution>,
    /// Executions in the order of their start.
    order: VecDeque<String>,
    events: Vec<Value>,
}

/// A state machine.
#[derive(Debug, Clone)]
pub struct Machine {
    pub named: Named,
    /// The ARN of its role.
    pub role: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its definition as the template gives it.
    pub text: Option<Value>,
    definition: Option<Arc<Definition>>,
}

/// How an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

/// What `StartExecution` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    pub arn: String,
    pub at: Timestamp,
}

/// Why a state failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: String,
    pub(crate) cause: String,
}

/// Inputs and outputs have at most so many bytes.
pub const MOST_BYTES: usize = 262_144;
/// Older executions give way; Step Functions keeps them for 90 days.
const MOST_EXECUTIONS: usize = 10_000;
/// How long the name of an ended execution is taken.
const NAME_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Checks a definition; the reason names the state and the field.
///
/// # Errors
/// It is not valid, or has a part that the stand-in does not play.
pub fn check(definition: &Value) -> Result<(), String> {
    Definition::parse(definition).map(|_| ())
}

impl Status {
    /// Returns its name in the API, such as `TIMED_OUT`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

impl Failure {
    pub(crate) fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: error.into(), cause: cause.into() }
    }

    /// Returns the failure of a task whose function answered with an error.
    pub(crate) fn of_function(kind: &str, message: &str) -> Self {
        Self::new(kind, execution::cause_of(kind, message))
    }

    /// Whether a retrier or a catcher of these errors takes it.
    fn is_one_of(&self, errors: &[String]) -> bool {
        let error = self.error.as_str();
        errors.iter().any(|it| match it.as_str() {
            // Nothing catches it.
            _ if error == "States.Runtime" => false,
            "States.ALL" => error != "States.DataLimitExceeded",
            "States.TaskFailed" => !["States.Timeout", "States.DataLimitExceeded"].contains(&error),
            named => named == error,
        })
    }
}

impl StepFunctions {
    /// Opens with the state machines of a template.
    pub fn open(place: Place, seed: u64, now: Timestamp, stack: &Stack) -> Self {
        let machines = stack.machines.iter().map(|it| Machine {
            named: it.named.clone(),
            role: it.role.clone(),
            created: now,
            text: it.definition.clone(),
            definition: it
                .definition
                .as_ref()
                .and_then(|it| Definition::parse(it).ok())
                .map(Arc::new),
        });
        Self {
            place,
            random: Random::named(seed, "states"),
            machines: machines.collect(),
            executions: BTreeMap::new(),
            order: VecDeque::new(),
            events: Vec::new(),
        }
    }

    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// Returns a state machine by its ARN.
    ///
    /// # Errors
    /// There is none.
    pub fn machine(&self, arn: &str) -> Result<&Machine, Refused> {
        self.machines.iter().find(|machine| machine.named.arn == arn).ok_or_else(|| {
            let message = format!("State Machine Does Not Exist: '{arn}'");
            Refused::new(Code::Invalid, "StateMachineDoesNotExist", message)
        })
    }

    /// Returns an execution by its ARN.
    ///
    /// # Errors
    /// There is none, or it was so long ago that it is forgotten.
    pub fn execution(&self, arn: &str) -> Result<&Execution, Refused> {
        self.executions.get(arn).ok_or_else(|| {
            let message = format!("Execution Does Not Exist: '{arn}'");
            Refused::new(Code::Invalid, "ExecutionDoesNotExist", message)
        })
    }

    /// Returns the executions of a state machine, latest first.
    pub fn executions<'a>(&'a self, machine: &'a str) -> impl Iterator<Item = &'a Execution> {
        let latest = self.order.iter().rev().filter_map(|arn| self.executions.get(arn));
        latest.filter(move |execution| execution.machine == machine)
    }

    /// Starts an execution; the same name and input again, while it runs, is the same execution.
    pub(crate) fn start(
        &mut self,
        now: Timestamp,
        machine: &str,
        name: Option<&str>,
        input: &str,
    ) -> Result<(Started, Vec<Effect>), Refused> {
        let machine = self.machine(machine)?.clone();
        let name = name.map_or_else(|| self.random.uuid(), str::to_owned);
        check_name(&name)?;
        let input = read_input(input)?;
        let Some(definition) = machine.definition.clone() else {
            let message = format!("the definition of {} was not at hand", machine.named.id);
            return Err(Refused::new(Code::Invalid, "InvalidDefinition", message));
        };
        let arn = self.place.arn("states", &format!("execution:{}:{name}", machine.named.name));
        if let Some(earlier) = self.executions.get(&arn) {
            if earlier.status == Status::Running && earlier.input == input {
                return Ok((Started { arn, at: earlier.started }, Vec::new()));
            }
            let kept = earlier.stopped.is_none_or(|it| now.duration_since(it) < NAME_KEPT);
            if kept {
                let message = format!("Execution Already Exists: '{arn}'");
                return Err(Refused::new(Code::Invalid, "ExecutionAlreadyExists", message));
            }
            self.order.retain(|it| *it != arn);
        }
        self.forget();
        let timeout = definition.timeout;
        let execution = Execution::new(arn.clone(), name, &machine, definition, input, now);
        let event = self.change(&execution, now);
        self.events.push(event);
        self.executions.insert(arn.clone(), execution);
        self.order.push_back(arn.clone());
        let mut effects = vec![Effect::Wake { execution: arn.clone(), at: now }];
        if let Some(seconds) = timeout {
            let at = now.saturating_add(SignedDuration::from_secs(seconds));
            let at = at.unwrap_or(Timestamp::MAX);
            effects.push(Effect::Wake { execution: arn.clone(), at });
        }
        Ok((Started { arn, at: now }, effects))
    }

    /// Ends a running execution; one that has ended stays as it is.
    pub(crate) fn stop(
        &mut self,
        now: Timestamp,
        arn: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<Timestamp, Refused> {
        self.execution(arn)?;
        self.with(now, arn, |execution, _| {
            execution.abort(now, error, cause);
            Vec::new()
        });
        Ok(self.execution(arn)?.stopped.unwrap_or(now))
    }

    /// Lets an execution go on that is due.
    pub(crate) fn wake(&mut self, now: Timestamp, arn: &str) -> Vec<Effect> {
        self.with(now, arn, |execution, random| execution.proceed(now, random))
    }

    /// Hands a function's answer to its execution.
    pub(crate) fn answer(
        &mut self,
        now: Timestamp,
        arn: &str,
        answer: Result<Value, Failure>,
    ) -> Vec<Effect> {
        self.with(now, arn, |execution, random| execution.answer(now, random, answer))
    }

    /// Takes the status changes that are to be announced.
    pub(crate) fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    fn with(
        &mut self,
        now: Timestamp,
        arn: &str,
        act: impl FnOnce(&mut Execution, &mut Random) -> Vec<Effect>,
    ) -> Vec<Effect> {
        let Some(execution) = self.executions.get_mut(arn) else { return Vec::new() };
        let before = execution.status;
        let effects = act(execution, &mut self.random);
        if execution.status != before {
            let execution = execution.clone();
            let event = self.change(&execution, now);
            self.events.push(event);
        }
        effects
    }

    /// Makes room for one more execution.
    fn forget(&mut self) {
        if self.order.len() < MOST_EXECUTIONS {
            return;
        }
        let ended = |arn: &String| {
            self.executions.get(arn).is_none_or(|execution| execution.status != Status::Running)
        };
        if let Some(index) = self.order.iter().position(ended)
            && let Some(arn) = self.order.remove(index)
        {
            self.executions.remove(&arn);
        }
    }

    /// Returns a "Step Functions Execution Status Change" event ("Automating Step Functions event delivery").
    fn change(&mut self, execution: &Execution, now: Timestamp) -> Value {
        let millis = |time: Timestamp| time.as_millisecond();
        let details = |value: Option<&Value>| value.map(|_| json!({"included": true}));
        let output = execution.output.as_ref();
        let detail = json!({
            "executionArn": execution.arn,
            "stateMachineArn": execution.machine,
            "name": execution.name,
            "status": execution.status.as_str(),
            "startDate": millis(execution.started),
            "stopDate": execution.stopped.map(millis),
            "input": execution.input.to_string(),
            "output": output.map(Value::to_string),
            "inputDetails": {"included": true},
            "outputDetails": details(output),
            "error": execution.error,
            "cause": execution.cause,
        });
        let kind = "Step Functions Execution Status Change";
        let resources = std::slice::from_ref(&execution.arn);
        self.place.event(&mut self.random, now, "aws.states", kind, resources, detail)
    }
}

fn check_name(name: &str) -> Result<(), Refused> {
    let banned = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(letter)
            || letter == '\u{fffe}'
            || letter == '\u{ffff}'
    };
    if (1..=80).contains(&name.chars().count()) && !name.contains(banned) {
        return Ok(());
    }
    Err(Refused::new(Code::Invalid, "InvalidName", format!("Invalid Name: '{name}'")))
}

fn read_input(input: &str) -> Result<Value, Refused> {
    let refuse = |why: String| Refused::new(Code::Invalid, "InvalidExecutionInput", why);
    if input.len() > MOST_BYTES {
        return Err(refuse(format!("input is larger than {MOST_BYTES} bytes")));
    }
    let input = if input.is_empty() { "{}" } else { input };
    serde_json::from_str(input)
        .map_err(|why| refuse(format!("Invalid State Machine Execution Input: '{why}'")))
}

#[cfg(test)]
mod tests;
