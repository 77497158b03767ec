//! EventBridge, its schedules, and the asynchronous side of Lambda, on a virtual clock.
//!
//! Events arrive at the default bus, rules choose them, targets get them. Delivery is at least once: the plan of
//! faults loses, duplicates, delays and reorders. What fails is tried again as AWS documents it and then goes to a
//! queue. Everything that is due runs in the order of its time, then of its making; same seed, same history.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use self::bus::Bus;
use crate::faults::{Faults, Happened};
use crate::iam::Guard;
use crate::place::Place;
use crate::queue::{Message, Queue};
use crate::random::Random;
use crate::refused::Refused;
use crate::states::{Started, StepFunctions};
use crate::template::{Named, Stack};

mod agenda;
mod bus;
mod journal;
mod lambda;
mod path;
mod put;
mod rights;
mod rule;
mod tasks;
mod transform;

pub use journal::{Label, Line, Outcome, Totals};
pub use put::{Entry, MOST_BYTES, MOST_ENTRIES, Rejected};
pub use rule::{Input, Retry, Rule, Target, Transformer};

/// A handle on the bus; clones share it, and a function may use its clone while it runs.
#[derive(Debug, Clone)]
pub struct Events {
    bus: Arc<Mutex<Bus>>,
}

/// How a function failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct HandlerError {
    /// The type of the error, such as `Runtime.ExitError`.
    pub kind: String,
    pub message: String,
    /// Whether it may pass by itself. Lambda does not ask and retries either way; the journal tells.
    pub retryable: bool,
}

/// Events kept coming without time passing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{invocations} invocations at {at} and no end, lately of {function}: \
     its own events seem to start it again; narrow the rule's pattern"
)]
pub struct Runaway {
    pub at: Timestamp,
    pub invocations: u64,
    /// The logical id of the function that ran last.
    pub function: String,
}

/// So many invocations may fall on one instant.
const MOST_AT_ONCE: u64 = 100_000;

impl Events {
    /// Opens the bus with the rules, functions and queues of a template; schedules count from `now`.
    pub fn open(place: Place, seed: u64, faults: Faults, now: Timestamp, stack: &Stack) -> Self {
        let bus = Bus::open(place, seed, faults, now, stack);
        Self { bus: Arc::new(Mutex::new(bus)) }
    }

    /// Asks a guard from now on before the bus delivers, starts or keeps anything.
    pub fn guard_with(&self, guard: Guard) {
        self.bus().guard = Some(guard);
    }

    /// Returns the virtual time.
    pub fn now(&self) -> Timestamp {
        self.bus().now()
    }

    /// Puts a caller's events on the bus; each entry gets its event id or its own refusal.
    ///
    /// # Errors
    /// The call as a whole is refused when it has no entry, more than 10, or 256 KiB or more, or as the plan of
    /// faults has it.
    pub fn put_events(&self, entries: &[Entry]) -> Result<Vec<Result<String, Rejected>>, Refused> {
        self.bus().put_events(entries)
    }

    /// Sends a whole event of an AWS service of the stand-in, such as S3.
    pub fn emit(&self, event: Value) {
        self.bus().emit(event);
    }

    /// Invokes a function as `InvocationType: Event` does; `false` for an unknown one.
    pub fn invoke(&self, function: &str, payload: Value) -> bool {
        self.bus().invoke(function, payload)
    }

    /// Reads the state machines and their executions.
    pub fn states<R>(&self, read: impl FnOnce(&StepFunctions) -> R) -> R {
        read(&self.bus().states)
    }

    /// Starts an execution of a state machine, as `StartExecution` does; without a name it gets a random one.
    ///
    /// # Errors
    /// There is no such machine, the name or the input is not valid, or the name is taken.
    pub fn start_execution(
        &self,
        machine: &str,
        name: Option<&str>,
        input: &str,
    ) -> Result<Started, Refused> {
        self.bus().start_execution(machine, name, input)
    }

    /// Aborts an execution and returns when it stopped.
    ///
    /// # Errors
    /// There is no such execution.
    pub fn stop_execution(
        &self,
        execution: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<Timestamp, Refused> {
        self.bus().stop_execution(execution, error, cause)
    }

    /// Runs all that is due now; see [`Events::run_until`].
    pub fn run_until_idle(
        &self,
        handler: impl FnMut(&str, &Value) -> Result<Value, HandlerError>,
    ) -> Result<u64, Runaway> {
        self.run_until(self.now(), handler)
    }

    /// Runs all that is due until `end`, moves the clock there, and returns the number of invocations.
    ///
    /// `handler` gets the logical id of a function and its payload. It runs while the bus is free, so that it may put
    /// events and read the time; what it puts is delivered after it.
    ///
    /// # Errors
    /// More than 100,000 invocations fell on one instant.
    pub fn run_until(
        &self,
        end: Timestamp,
        mut handler: impl FnMut(&str, &Value) -> Result<Value, HandlerError>,
    ) -> Result<u64, Runaway> {
        let (mut invocations, mut at_once, mut at) = (0, 0, self.now());
        loop {
            // The lock ends with this statement, before the function runs.
            let step = self.bus().step(end);
            let invocation = match step {
                Some(bus::Step::Invoke(invocation)) => invocation,
                Some(bus::Step::Moved) => continue,
                None => break,
            };
            let now = self.now();
            at_once = if now == at { at_once + 1 } else { 1 };
            at = now;
            if at_once > MOST_AT_ONCE {
                let function = invocation.function.to_string();
                return Err(Runaway { at, invocations: at_once, function });
            }
            let answer = handler(&invocation.function, &invocation.payload);
            self.bus().finish(invocation, answer);
            invocations += 1;
        }
        self.bus().advance_to(end);
        Ok(invocations)
    }

    /// Moves the clock on by `step` and runs all that falls due on the way.
    pub fn advance(
        &self,
        step: SignedDuration,
        handler: impl FnMut(&str, &Value) -> Result<Value, HandlerError>,
    ) -> Result<u64, Runaway> {
        let end = self.now().saturating_add(step).unwrap_or(Timestamp::MAX);
        self.run_until(end, handler)
    }

    /// Returns when the next thing falls due; a schedule alone keeps this from ever being `None`.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.bus().next_due()
    }

    /// Switches a rule on or off by its logical id; `false` for an unknown one.
    pub fn enable(&self, rule: &str, enabled: bool) -> bool {
        self.bus().enable(rule, enabled)
    }

    /// Returns the messages of a queue by its logical id, name or ARN; `None` for an unknown one.
    pub fn messages(&self, queue: &str) -> Option<Vec<Message>> {
        self.bus().messages(queue)
    }

    /// Works on a queue, by its logical id, name or ARN, at the present time; `None` for an unknown one.
    pub fn queue<R>(
        &self,
        queue: &str,
        act: impl FnOnce(&mut Queue, &mut Random, Timestamp) -> R,
    ) -> Option<R> {
        self.bus().on_queue(queue, act)
    }

    /// Returns the names of the queues.
    pub fn queues(&self) -> Vec<Named> {
        self.bus().queues.iter().map(|queue| queue.named.clone()).collect()
    }

    /// Sends the messages of a queue of failed events back to their functions and returns how many went.
    ///
    /// A message that names no function of this place stays.
    pub fn replay(&self, queue: &str) -> Option<usize> {
        self.bus().replay(queue)
    }

    /// Takes what has been written since the last time, oldest first, at most the latest 100,000 lines.
    pub fn take_journal(&self) -> Vec<Line> {
        self.bus().take_journal()
    }

    pub fn totals(&self) -> Totals {
        self.bus().totals()
    }

    /// Returns how many faults this part of the plan has caused.
    pub fn faults(&self) -> Happened {
        self.bus().faults()
    }

    fn bus(&self) -> MutexGuard<'_, Bus> {
        // A function that panicked held no lock: the bus is whole.
        self.bus.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
