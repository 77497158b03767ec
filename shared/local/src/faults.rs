//! What goes wrong, and when: a seeded plan.
//!
//! Every service holds its own copy of the plan and draws from streams of its own, so that a call more to one
//! service never changes the fate of a call to another.

use std::time::Duration;

use jiff::Timestamp;

use crate::random::Random;

/// The probability of each fault; the default is a world without faults.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rates {
    /// Calls to S3.
    pub store: CallRates,
    /// Calls to SageMaker's control plane.
    pub sagemaker: CallRates,
    /// Changes of SageMaker that are made some time after the caller has heard an error.
    pub sagemaker_late: LateRates,
    /// Calls that put events on the bus.
    pub bus: CallRates,
    /// Calls that publish to topics.
    pub topics: CallRates,
    /// Calls that put metrics.
    pub metrics: CallRates,
    pub events: EventRates,
    pub capture: CaptureRates,
}

/// The probability of each fault of one call.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CallRates {
    /// The call fails and changed nothing.
    pub error_before: f64,
    /// The change is made, and the caller hears an error.
    pub reply_lost: f64,
    /// The call is refused for its rate and changed nothing.
    pub throttled: f64,
    /// A conditional write meets another one in flight (409) and changed nothing.
    pub conflict: f64,
}

/// The probability that a change is made late.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LateRates {
    pub applied_late: f64,
    /// The longest time until it is made.
    pub longest: Duration,
}

impl Default for LateRates {
    fn default() -> Self {
        Self { applied_late: 0.0, longest: Duration::from_secs(30) }
    }
}

/// The probability of each fault of one event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventRates {
    /// The event is never sent; only SageMaker's own events are best effort.
    pub lost: f64,
    /// The event arrives more than once.
    pub duplicated: f64,
    /// The greatest number of extra copies of a duplicated event, at least 1.
    pub extra_copies: u32,
    /// The event arrives late.
    pub delayed: f64,
    /// The longest delay.
    pub longest_delay: Duration,
    /// The event is held back briefly, so that events behind it overtake it.
    pub reordered: f64,
    /// The longest time an event is held back.
    pub longest_hold: Duration,
    /// A target refuses a delivery for now, and the bus tries again.
    pub refused: f64,
    /// A function that ended well is run once more with the same event; copies are not.
    pub invoked_again: f64,
}

impl Default for EventRates {
    fn default() -> Self {
        Self {
            lost: 0.0,
            duplicated: 0.0,
            extra_copies: 1,
            delayed: 0.0,
            longest_delay: Duration::from_hours(1),
            reordered: 0.0,
            longest_hold: Duration::from_mins(1),
            refused: 0.0,
            invoked_again: 0.0,
        }
    }
}

/// The probability of faults of capture delivery.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptureRates {
    /// A capture file reaches its bucket late.
    pub delayed: f64,
    /// The longest delay of a capture file.
    pub longest_delay: Duration,
}

impl Default for CaptureRates {
    fn default() -> Self {
        Self { delayed: 0.0, longest_delay: Duration::from_mins(4) }
    }
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFate {
    Fine,
    ErrorBefore,
    ReplyLost,
    Throttled,
    /// Meant for conditional writes; any other call treats it as [`CallFate::Fine`].
    Conflict,
}

/// One delivery of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// How long after its emission the event arrives.
    pub after: Duration,
    /// Whether this copy carries an id of its own, as SageMaker's duplicates do.
    pub fresh_id: bool,
}

/// How many faults have happened so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Happened {
    pub calls_failed: u64,
    pub replies_lost: u64,
    pub calls_throttled: u64,
    pub conflicts: u64,
    pub calls_late: u64,
    pub events_lost: u64,
    pub events_duplicated: u64,
    pub events_delayed: u64,
    pub deliveries_refused: u64,
    pub invocations_repeated: u64,
    pub captures_delayed: u64,
}

/// A plan of faults, and the streams that decide them.
#[derive(Debug, Clone)]
pub struct Faults {
    /// Rates by the time they hold from, ascending.
    phases: Vec<(Timestamp, Rates)>,
    store: Random,
    sagemaker: Random,
    bus: Random,
    topics: Random,
    metrics: Random,
    events: Random,
    deliveries: Random,
    capture: Random,
    happened: Happened,
}

impl Faults {
    /// Returns the plan in which nothing goes wrong.
    pub fn none() -> Self {
        Self::seeded(0, Rates::default())
    }

    /// Returns a plan whose rates hold from the beginning.
    pub fn seeded(seed: u64, rates: Rates) -> Self {
        Self {
            phases: vec![(Timestamp::MIN, rates)],
            store: Random::named(seed, "faults of store calls"),
            sagemaker: Random::named(seed, "faults of sagemaker calls"),
            bus: Random::named(seed, "faults of bus calls"),
            topics: Random::named(seed, "faults of topic calls"),
            metrics: Random::named(seed, "faults of metric calls"),
            events: Random::named(seed, "faults of events"),
            deliveries: Random::named(seed, "faults of deliveries"),
            capture: Random::named(seed, "faults of capture"),
            happened: Happened::default(),
        }
    }

    /// Replaces the rates from a virtual time on.
    #[must_use]
    pub fn switched(mut self, from: Timestamp, rates: Rates) -> Self {
        self.phases.push((from, rates));
        self.phases.sort_by_key(|phase| phase.0);
        self
    }

    /// Returns the rates that hold at a time.
    pub fn rates(&self, now: Timestamp) -> &Rates {
        let later = self.phases.partition_point(|phase| phase.0 <= now);
        &self.phases[later.max(1) - 1].1
    }

    /// Returns how many faults have happened in this copy of the plan.
    pub fn happened(&self) -> Happened {
        self.happened
    }

    /// Decides the fate of a call to S3.
    pub fn store_call(&mut self, now: Timestamp) -> CallFate {
        let rates = self.rates(now).store;
        self.happened.call(call_fate(&mut self.store, rates))
    }

    /// Decides the fate of a call to SageMaker's control plane.
    pub fn sagemaker_call(&mut self, now: Timestamp) -> CallFate {
        let rates = self.rates(now).sagemaker;
        self.happened.call(call_fate(&mut self.sagemaker, rates))
    }

    /// Decides whether a change of SageMaker is made late, and after what time.
    pub fn applied_late(&mut self, now: Timestamp) -> Option<Duration> {
        let rates = self.rates(now).sagemaker_late;
        let late = self.sagemaker.chance(rates.applied_late);
        self.happened.calls_late += u64::from(late);
        late.then(|| rates.longest.mul_f64(self.sagemaker.unit()))
    }

    /// Decides the fate of a call that puts events on the bus.
    pub fn bus_call(&mut self, now: Timestamp) -> CallFate {
        let rates = self.rates(now).bus;
        self.happened.call(call_fate(&mut self.bus, rates))
    }

    /// Decides the fate of a call that publishes to a topic.
    pub fn topic_call(&mut self, now: Timestamp) -> CallFate {
        let rates = self.rates(now).topics;
        self.happened.call(call_fate(&mut self.topics, rates))
    }

    /// Decides the fate of a call that puts metrics.
    pub fn metric_call(&mut self, now: Timestamp) -> CallFate {
        let rates = self.rates(now).metrics;
        self.happened.call(call_fate(&mut self.metrics, rates))
    }

    /// Decides when and how often an event of this source arrives; empty where it never does.
    pub fn event(&mut self, now: Timestamp, source: &str) -> Vec<Delivery> {
        let rates = self.rates(now).events;
        let from_sagemaker = source == "aws.sagemaker";
        if from_sagemaker && self.events.chance(rates.lost) {
            self.happened.events_lost += 1;
            return Vec::new();
        }
        let mut deliveries = vec![Delivery { after: self.event_delay(rates), fresh_id: false }];
        if self.events.chance(rates.duplicated) {
            let extra = 1 + self.events.below(u64::from(rates.extra_copies.max(1)));
            self.happened.events_duplicated += extra;
            for _ in 0..extra {
                let after = self.event_delay(rates);
                deliveries.push(Delivery { after, fresh_id: from_sagemaker });
            }
        }
        deliveries
    }

    /// Decides whether a target refuses a delivery for now.
    pub fn delivery_refused(&mut self, now: Timestamp) -> bool {
        let refused = self.deliveries.chance(self.rates(now).events.refused);
        self.happened.deliveries_refused += u64::from(refused);
        refused
    }

    /// Decides whether a function that ended well is run once more.
    pub fn invoked_again(&mut self, now: Timestamp) -> bool {
        let again = self.deliveries.chance(self.rates(now).events.invoked_again);
        self.happened.invocations_repeated += u64::from(again);
        again
    }

    /// Decides how late a capture file reaches its bucket.
    pub fn capture_delay(&mut self, now: Timestamp) -> Duration {
        let rates = self.rates(now).capture;
        if !self.capture.chance(rates.delayed) {
            return Duration::ZERO;
        }
        self.happened.captures_delayed += 1;
        rates.longest_delay.mul_f64(self.capture.unit())
    }

    fn event_delay(&mut self, rates: EventRates) -> Duration {
        let mut after = Duration::ZERO;
        if self.events.chance(rates.delayed) {
            self.happened.events_delayed += 1;
            after += rates.longest_delay.mul_f64(self.events.unit());
        }
        if self.events.chance(rates.reordered) {
            after += rates.longest_hold.mul_f64(self.events.unit());
        }
        after
    }
}

impl Happened {
    fn call(&mut self, fate: CallFate) -> CallFate {
        match fate {
            CallFate::Fine => {}
            CallFate::ErrorBefore => self.calls_failed += 1,
            CallFate::ReplyLost => self.replies_lost += 1,
            CallFate::Throttled => self.calls_throttled += 1,
            CallFate::Conflict => self.conflicts += 1,
        }
        fate
    }
}

fn call_fate(random: &mut Random, rates: CallRates) -> CallFate {
    let fates = [
        (rates.error_before, CallFate::ErrorBefore),
        (rates.reply_lost, CallFate::ReplyLost),
        (rates.throttled, CallFate::Throttled),
        (rates.conflict, CallFate::Conflict),
    ];
    fates.into_iter().find(|(rate, _)| random.chance(*rate)).map_or(CallFate::Fine, |fate| fate.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stormy() -> Rates {
        Rates {
            store: CallRates { error_before: 0.1, reply_lost: 0.1, throttled: 0.1, conflict: 0.1 },
            events: EventRates {
                lost: 0.2,
                duplicated: 0.5,
                extra_copies: 4,
                delayed: 0.3,
                reordered: 0.3,
                ..EventRates::default()
            },
            capture: CaptureRates { delayed: 0.5, ..CaptureRates::default() },
            ..Rates::default()
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn nothing_goes_wrong_without_rates() {
        let mut faults = Faults::none();
        for second in 0..1000 {
            assert_eq!(faults.store_call(at(second)), CallFate::Fine);
            assert_eq!(faults.sagemaker_call(at(second)), CallFate::Fine);
            let deliveries = faults.event(at(second), "aws.sagemaker");
            assert_eq!(deliveries, [Delivery { after: Duration::ZERO, fresh_id: false }]);
            assert_eq!(faults.capture_delay(at(second)), Duration::ZERO);
        }
        assert_eq!(faults.happened(), Happened::default());
    }

    #[test]
    fn same_seed_gives_the_same_fates() {
        let history = |seed| {
            let mut faults = Faults::seeded(seed, stormy());
            let calls: Vec<CallFate> =
                (0..500).map(|second| faults.store_call(at(second))).collect();
            let events: Vec<_> =
                (0..500).map(|second| faults.event(at(second), "aws.s3")).collect();
            (calls, events, faults.happened())
        };
        assert_eq!(history(7), history(7));
        assert_ne!(history(7).0, history(8).0);
    }

    #[test]
    fn calls_to_one_service_leave_others_alone() {
        let (mut quiet, mut busy) = (Faults::seeded(7, stormy()), Faults::seeded(7, stormy()));
        for second in 0..50 {
            busy.store_call(at(second));
        }
        for second in 0..200 {
            assert_eq!(quiet.event(at(second), "aws.s3"), busy.event(at(second), "aws.s3"));
        }
    }

    #[test]
    fn only_events_of_sagemaker_are_lost() {
        let mut faults = Faults::seeded(7, stormy());
        let lost = |faults: &mut Faults, source| {
            (0..2000).filter(|second| faults.event(at(*second), source).is_empty()).count()
        };
        assert_eq!(lost(&mut faults, "aws.s3"), 0);
        let share = lost(&mut faults, "aws.sagemaker") as f64 / 2000.0;
        assert!((share - 0.2).abs() < 0.03, "{share}");
    }

    #[test]
    fn rates_switch_at_their_time() {
        let rates = Rates {
            store: CallRates { throttled: 1.0, ..CallRates::default() },
            ..Rates::default()
        };
        let mut faults =
            Faults::none().switched(at(200), Rates::default()).switched(at(100), rates);
        let fates: Vec<CallFate> =
            [99, 100, 199, 200].map(|second| faults.store_call(at(second))).into();
        assert_eq!(
            fates,
            [CallFate::Fine, CallFate::Throttled, CallFate::Throttled, CallFate::Fine]
        );
    }
}
