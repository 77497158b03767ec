//! The bus from inside: who gets what, and what follows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::HandlerError;
use super::agenda::{Agenda, Arrival, Delivery, Invocation, Work};
use super::journal::{Journal, Label, Line, Outcome, Totals};
use super::lambda;
use super::put::{self, Entry, Rejected};
use super::rule::Rule;
use super::transform;
use crate::clock::Clock;
use crate::faults::{Faults, Happened};
use crate::iam::Guard;
use crate::place::{Place, seconds_text};
use crate::queue::{Message, Queue};
use crate::random::Random;
use crate::refused::{Refused, with_fate};
use crate::states::StepFunctions;
use crate::template::{Function, Stack};

#[derive(Debug)]
pub(super) struct Bus {
    pub(super) place: Place,
    pub(super) random: Random,
    faults: Faults,
    clock: Clock,
    /// When the rules were made.
    opened: Timestamp,
    rules: Vec<Arc<Rule>>,
    /// By logical id.
    pub(super) functions: BTreeMap<Arc<str>, Function>,
    pub(super) queues: Vec<Queue>,
    pub(super) states: StepFunctions,
    pub(super) guard: Option<Guard>,
    pub(super) agenda: Agenda,
    journal: Journal,
}

/// What a step came to.
#[derive(Debug)]
pub(super) enum Step {
    /// It was the bus's own business.
    Moved,
    /// A function must run now.
    Invoke(Invocation),
}

/// The longest pause between two deliveries; with it, 185 attempts take about the 24 hours that EventBridge documents.
const LONGEST_PAUSE: f64 = 512.0;

impl Bus {
    pub(super) fn open(
        place: Place,
        seed: u64,
        faults: Faults,
        now: Timestamp,
        stack: &Stack,
    ) -> Self {
        let functions = stack.functions.iter();
        let queues = stack.queues.iter();
        let states = StepFunctions::open(place.clone(), seed, now, stack);
        let mut bus = Self {
            place,
            states,
            guard: None,
            random: Random::named(seed, "events"),
            faults,
            clock: Clock::at(now),
            opened: now,
            rules: stack.rules.iter().cloned().map(Arc::new).collect(),
            functions: functions.map(|it| (it.named.id.as_str().into(), it.clone())).collect(),
            queues: queues.map(|it| Queue::new(it.named.clone(), it.retention)).collect(),
            agenda: Agenda::default(),
            journal: Journal::default(),
        };
        for rule in bus.rules.clone() {
            bus.plan_firing(rule);
        }
        bus
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn advance_to(&mut self, time: Timestamp) {
        self.clock.advance_to(time);
    }

    pub(super) fn put_events(
        &mut self,
        entries: &[Entry],
    ) -> Result<Vec<Result<String, Rejected>>, Refused> {
        let fate = self.faults.bus_call(self.now());
        with_fate(fate, "ThrottlingException", "InternalException", || {
            put::admit(entries)?;
            Ok(entries.iter().map(|entry| self.put(entry)).collect())
        })
    }

    fn put(&mut self, entry: &Entry) -> Result<String, Rejected> {
        let detail = put::detail(entry)?;
        if self.agenda.is_full() {
            self.journal.totals.turned_away += 1;
            let message = "too many events are under way: let time pass first".to_owned();
            return Err(Rejected { code: "ThrottlingException", message });
        }
        let time = entry.time.unwrap_or(self.now());
        let event = self.place.event(
            &mut self.random,
            time,
            &entry.source,
            &entry.detail_type,
            &entry.resources,
            detail,
        );
        let id = event["id"].as_str().unwrap_or_default().to_owned();
        self.emit(event);
        Ok(id)
    }

    pub(super) fn emit(&mut self, event: Value) {
        self.journal.totals.sent += 1;
        if self.agenda.is_full() {
            self.journal.totals.turned_away += 1;
            return;
        }
        let now = self.now();
        let label = Arc::new(Label::of(&event));
        let deliveries = self.faults.event(now, &label.source);
        if deliveries.is_empty() {
            self.write(&label, false, None, None, Outcome::Lost);
        }
        let event = Arc::new(event);
        for (index, delivery) in deliveries.into_iter().enumerate() {
            let due = now.saturating_add(delivery.after).unwrap_or(Timestamp::MAX);
            let (event, label) = if delivery.fresh_id {
                let mut copy = Value::clone(&event);
                copy["id"] = self.random.uuid().into();
                let label = Label::of(&copy);
                (Arc::new(copy), Arc::new(label))
            } else {
                (event.clone(), label.clone())
            };
            self.agenda.add(due, Work::Arrive(Arrival { event, label, copy: index > 0 }));
        }
    }

    pub(super) fn invoke(&mut self, function: &str, payload: Value) -> bool {
        let Some((id, _)) = self.functions.get_key_value(function) else { return false };
        let invocation = Invocation {
            function: id.clone(),
            label: Arc::new(Label::of(&payload)),
            payload: Arc::new(payload),
            request_id: self.random.uuid(),
            rule: None,
            copy: false,
            accepted: self.now(),
            failed: 0,
            execution: None,
        };
        self.agenda.add(self.now(), Work::Invoke(invocation));
        true
    }

    /// Does the next thing that is due by `end`, at its own time.
    pub(super) fn step(&mut self, end: Timestamp) -> Option<Step> {
        let (due, work) = self.agenda.take(end)?;
        self.clock.advance_to(due);
        match work {
            Work::Arrive(arrival) => self.arrive(&arrival),
            Work::Fire(rule) => self.fire(&rule),
            Work::Deliver(delivery) => self.deliver(delivery),
            Work::Invoke(invocation) => {
                self.leave_traces(&invocation);
                return Some(Step::Invoke(invocation));
            }
            Work::Wake(execution) => self.wake(&execution),
        }
        Some(Step::Moved)
    }

    /// Takes note of how a function did, and plans what follows.
    pub(super) fn finish(&mut self, invocation: Invocation, answer: Result<Value, HandlerError>) {
        let now = self.now();
        let attempt = invocation.failed + 1;
        let target = invocation.function.clone();
        if let Some(execution) = invocation.execution.clone() {
            self.finish_task(&invocation, &execution, answer);
            return;
        }
        let Err(error) = answer else {
            let outcome = Outcome::Done { attempt };
            self.write_of(&invocation, target, outcome);
            if !invocation.copy && self.faults.invoked_again(now) {
                self.agenda.add(now, Work::Invoke(Invocation { copy: true, ..invocation }));
            }
            return;
        };
        let asynchronous = self.functions.get(&target).map(|it| it.asynchronous.clone());
        let mut asynchronous = asynchronous.unwrap_or_default();
        // One minute after the first failure, two after the second.
        let pause = SignedDuration::from_mins(i64::from(attempt));
        let again = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        let too_old = again.duration_since(invocation.accepted) > asynchronous.max_age;
        let retries = attempt <= asynchronous.retries && !too_old;
        let outcome = Outcome::Failed {
            attempt,
            kind: error.kind.clone(),
            retryable: error.retryable,
            again: retries.then_some(again),
        };
        self.write_of(&invocation, target.clone(), outcome);
        if retries {
            let next = Invocation { failed: attempt, ..invocation };
            self.agenda.add(again, Work::Invoke(next));
            return;
        }
        let condition = if too_old { "EventAgeExceeded" } else { "RetriesExhausted" };
        let Some(function) = self.functions.get(&target).cloned() else { return };
        let record = lambda::failure_record(now, &function, &invocation, condition, &error);
        let attributes = lambda::dead_letter_attributes(&invocation, &error);
        let queues = [&mut asynchronous.on_failure, &mut asynchronous.dead_letters];
        for queue in queues {
            *queue = queue.take().filter(|queue| self.may_leave(&function, queue));
        }
        let kept = [
            (asynchronous.on_failure, record, BTreeMap::new()),
            (asynchronous.dead_letters, invocation.payload.to_string(), attributes),
        ];
        let mut outcome = Outcome::Dropped { code: condition.to_owned() };
        for (queue, body, attributes) in kept {
            if let Some(queue) = queue.filter(|queue| self.send(queue, body, attributes)) {
                outcome = Outcome::DeadLettered { queue, code: condition.to_owned() };
            }
        }
        self.write_of(&invocation, target, outcome);
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.agenda.next_due()
    }

    pub(super) fn enable(&mut self, id: &str, enabled: bool) -> bool {
        let Some(index) = self.rules.iter().position(|rule| rule.id == id) else { return false };
        if self.rules[index].enabled != enabled {
            let mut rule = Rule::clone(&self.rules[index]);
            rule.enabled = enabled;
            self.rules[index] = Arc::new(rule);
        }
        true
    }

    pub(super) fn messages(&mut self, queue: &str) -> Option<Vec<Message>> {
        let now = self.now();
        self.queue(queue).map(|queue| queue.messages(now).cloned().collect())
    }

    pub(super) fn replay(&mut self, queue: &str) -> Option<usize> {
        let now = self.now();
        let mut taken = Vec::new();
        let queue_found = self.queue(queue)?;
        while let Some(message) = queue_found.take(now) {
            taken.push(message);
        }
        let mut sent = 0;
        for message in taken {
            if let Some((function, payload)) = self.addressee(&message) {
                self.invoke(&function, payload);
                sent += 1;
            } else {
                self.queue(queue)?.put_back(message);
            }
        }
        Some(sent)
    }

    pub(super) fn take_journal(&mut self) -> Vec<Line> {
        self.journal.take()
    }

    pub(super) fn totals(&self) -> Totals {
        self.journal.totals
    }

    pub(super) fn faults(&self) -> Happened {
        self.faults.happened()
    }

    fn arrive(&mut self, arrival: &Arrival) {
        if arrival.copy {
            self.journal.totals.copies += 1;
        }
        let mut wanted = false;
        for rule in self.rules.clone() {
            let wants = |rule: &Rule| {
                rule.pattern.as_ref().is_some_and(|pattern| pattern.matches(&arrival.event))
            };
            if rule.enabled && wants(&rule) {
                wanted = true;
                self.address(&rule, arrival);
            }
        }
        if !wanted {
            self.write(&arrival.label, arrival.copy, None, None, Outcome::Unmatched);
        }
    }

    /// Sends an event to all targets of a rule.
    fn address(&mut self, rule: &Arc<Rule>, arrival: &Arrival) {
        let now = self.now();
        let ingested = seconds_text(now);
        for (index, target) in rule.targets.iter().enumerate() {
            let payload = transform::payload(&target.input, &arrival.event, rule, &ingested);
            let delivery = Delivery {
                rule: rule.clone(),
                target: index,
                payload: payload.map_or_else(|| arrival.event.clone(), Arc::new),
                label: arrival.label.clone(),
                copy: arrival.copy,
                first: now,
                failed: 0,
            };
            self.agenda.add(now, Work::Deliver(delivery));
        }
    }

    fn plan_firing(&mut self, rule: Arc<Rule>) {
        let schedule = rule.schedule.as_ref();
        if let Some(next) = schedule.and_then(|it| it.next_after(self.opened, self.now())) {
            self.agenda.add(next, Work::Fire(rule));
        }
    }

    fn fire(&mut self, rule: &Arc<Rule>) {
        // The rule may have been switched since this was planned.
        let current = self.rules.iter().find(|it| it.id == rule.id).cloned();
        let Some(rule) = current else { return };
        if rule.enabled {
            let now = self.now();
            let resources = std::slice::from_ref(&rule.arn);
            let (random, place) = (&mut self.random, &self.place);
            let event =
                place.event(random, now, "aws.events", "Scheduled Event", resources, json!({}));
            self.journal.totals.scheduled += 1;
            let label = Arc::new(Label::of(&event));
            self.address(&rule, &Arrival { event: Arc::new(event), label, copy: false });
        }
        self.plan_firing(rule);
    }

    fn deliver(&mut self, delivery: Delivery) {
        let now = self.now();
        let target = delivery.target();
        if self.faults.delivery_refused(now) {
            self.retry(delivery);
        } else if !self.may_call(&delivery.rule, target) {
            // EventBridge does not try again what it may not do.
            self.bury(&delivery, "NO_PERMISSIONS", None);
        } else if let Some(function) = &target.function {
            let known = self.functions.get_key_value(function.as_str()).map(|(id, _)| id.clone());
            let Some(function) = known else {
                self.bury(&delivery, "NO_RESOURCE", None);
                return;
            };
            let invocation = Invocation {
                function,
                payload: delivery.payload.clone(),
                request_id: self.random.uuid(),
                rule: Some(delivery.rule.name.as_str().into()),
                label: delivery.label.clone(),
                copy: delivery.copy,
                accepted: now,
                failed: 0,
                execution: None,
            };
            self.agenda.add(now, Work::Invoke(invocation));
        } else if self.states.machine(&target.arn).is_ok() {
            self.start_for(&delivery);
        } else if self.send(&target.arn, delivery.payload.to_string(), BTreeMap::new()) {
            self.write_delivery(&delivery, Outcome::Queued);
        } else {
            // No such receiver here: EventBridge does not try again.
            self.bury(&delivery, "NO_RESOURCE", None);
        }
    }

    fn retry(&mut self, delivery: Delivery) {
        let now = self.now();
        let retry = delivery.target().retry;
        let attempt = delivery.failed + 1;
        let longest = 2_f64.powi(delivery.failed.min(20) as i32).min(LONGEST_PAUSE);
        // Exponential, with jitter of half around it.
        let pause = SignedDuration::from_secs_f64(longest * (0.5 + self.random.unit()));
        let again = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        if attempt > retry.attempts {
            self.bury(&delivery, "THROTTLING", Some("MaximumRetryAttempts"));
        } else if again.duration_since(delivery.first) > retry.max_age {
            self.bury(&delivery, "THROTTLING", Some("MaximumEventAgeInSeconds"));
        } else {
            self.write_delivery(&delivery, Outcome::Refused { attempt, again });
            let next = Delivery { failed: attempt, ..delivery };
            self.agenda.add(again, Work::Deliver(next));
        }
    }

    /// Gives a delivery up: into the target's dead-letter queue, or nowhere.
    pub(super) fn bury(&mut self, delivery: &Delivery, code: &str, exhausted: Option<&str>) {
        let target = delivery.target();
        let message = match code {
            "NO_RESOURCE" => format!("target {} does not exist", target.arn),
            "NO_PERMISSIONS" => format!("target {} may not be called", target.arn),
            "SDK_CLIENT_ERROR" => format!("target {} refused the call", target.arn),
            _ => "the target is throttled".to_owned(),
        };
        let mut attributes = BTreeMap::from([
            ("RULE_ARN".to_owned(), delivery.rule.arn.clone()),
            ("TARGET_ARN".to_owned(), target.arn.clone()),
            ("ERROR_CODE".to_owned(), code.to_owned()),
            ("ERROR_MESSAGE".to_owned(), message),
            ("RETRY_ATTEMPTS".to_owned(), delivery.failed.to_string()),
        ]);
        if let Some(exhausted) = exhausted {
            attributes.insert("EXHAUSTED_RETRY_CONDITION".to_owned(), exhausted.to_owned());
        }
        let queue = target.dead_letters.clone();
        let queue = queue.filter(|queue| self.may_bury(&delivery.rule, queue));
        let body = delivery.payload.to_string();
        let outcome = match queue.filter(|queue| self.send(queue, body, attributes)) {
            Some(queue) => Outcome::DeadLettered { queue, code: code.to_owned() },
            None => Outcome::Dropped { code: code.to_owned() },
        };
        self.write_delivery(delivery, outcome);
    }

    /// Sends a message to a queue; `false` for an unknown one.
    fn send(&mut self, arn: &str, body: String, attributes: BTreeMap<String, String>) -> bool {
        let now = self.now();
        let queue = self.queues.iter_mut().find(|queue| queue.named.arn == arn);
        let random = &mut self.random;
        // A full queue has the message counted.
        queue.map(|queue| drop(queue.send(now, random, body, attributes))).is_some()
    }

    pub(super) fn on_queue<R>(
        &mut self,
        name: &str,
        act: impl FnOnce(&mut Queue, &mut Random, Timestamp) -> R,
    ) -> Option<R> {
        let now = self.now();
        let queue = self.queues.iter_mut().find(|queue| queue.is_called(name))?;
        Some(act(queue, &mut self.random, now))
    }

    fn queue(&mut self, name: &str) -> Option<&mut Queue> {
        self.queues.iter_mut().find(|queue| queue.is_called(name))
    }

    /// Returns whom a failed event was for, and the event.
    fn addressee(&self, message: &Message) -> Option<(Arc<str>, Value)> {
        let body: Value = serde_json::from_str(&message.body).ok()?;
        let (arn, payload) = if let Some(arn) = message.attributes.get("TARGET_ARN") {
            (arn.clone(), body)
        } else {
            let arn = body.pointer("/requestContext/functionArn")?.as_str()?;
            let arn = arn.strip_suffix(":$LATEST").unwrap_or(arn);
            (arn.to_owned(), body.get("requestPayload")?.clone())
        };
        let function = self.functions.iter().find(|(_, function)| function.named.arn == arn);
        function.map(|(id, _)| (id.clone(), payload))
    }

    pub(super) fn write_delivery(&mut self, delivery: &Delivery, outcome: Outcome) {
        let target = delivery.target();
        let target: Arc<str> = target.function.as_ref().unwrap_or(&target.arn).as_str().into();
        let rule: Arc<str> = delivery.rule.name.as_str().into();
        self.write(&delivery.label, delivery.copy, Some(rule), Some(target), outcome);
    }

    pub(super) fn write_of(&mut self, invocation: &Invocation, target: Arc<str>, outcome: Outcome) {
        let rule = invocation.rule.clone();
        self.write(&invocation.label, invocation.copy, rule, Some(target), outcome);
    }

    fn write(
        &mut self,
        event: &Arc<Label>,
        copy: bool,
        rule: Option<Arc<str>>,
        target: Option<Arc<str>>,
        outcome: Outcome,
    ) {
        let (at, event) = (self.now(), event.clone());
        self.journal.write(Line { at, event, copy, rule, target, outcome });
    }
}

impl Label {
    pub(super) fn of(event: &Value) -> Self {
        let text =
            |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { id: text("id"), source: text("source"), detail_type: text("detail-type") }
    }
}
