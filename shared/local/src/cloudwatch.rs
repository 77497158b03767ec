//! CloudWatch metrics: what was put, by namespace, name, dimensions and time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::faults::{Faults, Happened};
use crate::refused::{Code, Refused, with_fate};

/// All metrics.
#[derive(Debug)]
pub struct CloudWatch {
    faults: Faults,
    series: BTreeMap<Metric, BTreeMap<Timestamp, Vec<Sample>>>,
    /// What was put as a summary already.
    sets: BTreeMap<Metric, BTreeMap<Timestamp, Vec<StatisticSet>>>,
    kept: usize,
}

/// What tells one metric from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Metric {
    pub namespace: String,
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
}

/// One number of a call of `PutMetricData`.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    pub name: String,
    pub dimensions: BTreeMap<String, String>,
    /// When it was measured; `None` for now.
    pub time: Option<Timestamp>,
    pub value: f64,
    /// AWS's word, such as `Count`; `None` is its `None`.
    pub unit: Option<String>,
}

/// A number as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub value: f64,
    pub unit: Option<String>,
}

/// Numbers that were summarised before they were put (`StatisticSet`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatisticSet {
    pub samples: u64,
    pub sum: f64,
    pub least: f64,
    pub most: f64,
}

/// A summary of the samples of one period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// Where the period starts.
    pub start: Timestamp,
    pub samples: u64,
    pub sum: f64,
    pub least: f64,
    pub most: f64,
}

/// A call may have so many numbers.
pub const MOST_DATA: usize = 1000;
/// A metric may have so many dimensions.
pub const MOST_DIMENSIONS: usize = 30;
/// So many numbers are kept over all metrics; further calls are throttled.
pub const MOST_SAMPLES: usize = 5_000_000;

impl CloudWatch {
    /// Opens an account without metrics.
    pub fn open(faults: Faults) -> Self {
        Self { faults, series: BTreeMap::new(), sets: BTreeMap::new(), kept: 0 }
    }

    /// Keeps the numbers of a call, or none of them.
    ///
    /// # Errors
    /// The namespace, a name, a dimension, a number or a time is outside of what CloudWatch takes: two weeks back,
    /// two hours ahead.
    pub fn put(&mut self, now: Timestamp, namespace: &str, data: &[Datum]) -> Result<(), Refused> {
        let fate = self.faults.metric_call(now);
        with_fate(fate, "Throttling", "InternalServiceFault", || {
            check(now, namespace, data)?;
            if self.kept + data.len() > MOST_SAMPLES {
                let message = format!("{MOST_SAMPLES} samples are kept: start a new run");
                return Err(Refused::new(Code::Throttled, "LimitExceeded", message));
            }
            for datum in data {
                let metric = Metric {
                    namespace: namespace.to_owned(),
                    name: datum.name.clone(),
                    dimensions: datum.dimensions.clone(),
                };
                let sample = Sample { value: datum.value, unit: datum.unit.clone() };
                let series = self.series.entry(metric).or_default();
                series.entry(datum.time.unwrap_or(now)).or_default().push(sample);
            }
            self.kept += data.len();
            Ok(())
        })
    }

    /// Keeps a summary that another service of AWS puts: no call, no fault.
    pub(crate) fn put_set(&mut self, metric: Metric, time: Timestamp, set: StatisticSet) {
        if self.kept < MOST_SAMPLES {
            self.kept += 1;
            self.sets.entry(metric).or_default().entry(time).or_default().push(set);
        }
    }

    /// Returns all metrics, in order.
    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        let all: BTreeSet<&Metric> = self.series.keys().chain(self.sets.keys()).collect();
        all.into_iter()
    }

    /// Returns the numbers of a metric with their times, oldest first.
    pub fn samples(&self, metric: &Metric) -> impl Iterator<Item = (Timestamp, &Sample)> {
        let series = self.series.get(metric).into_iter().flatten();
        series.flat_map(|(time, samples)| samples.iter().map(|sample| (*time, sample)))
    }

    /// Summarises a metric from `start` to before `end`; a period without samples is left out.
    ///
    /// Periods start at multiples of `period` since 1970, as CloudWatch aligns them.
    pub fn statistics(
        &self,
        metric: &Metric,
        start: Timestamp,
        end: Timestamp,
        period: SignedDuration,
    ) -> Vec<Statistics> {
        let one = |value: f64| StatisticSet { samples: 1, sum: value, least: value, most: value };
        let numbers = self.samples(metric).map(|(time, sample)| (time, one(sample.value)));
        let sets = self.sets.get(metric).into_iter().flatten();
        let sets = sets.flat_map(|(time, sets)| sets.iter().map(|set| (*time, *set)));
        let mut found: BTreeMap<i64, StatisticSet> = BTreeMap::new();
        let period = period.as_secs().max(1);
        for (time, set) in numbers.chain(sets).filter(|(time, _)| (start..end).contains(time)) {
            let second = time.as_second().div_euclid(period) * period;
            let held = found.entry(second).or_insert(StatisticSet {
                samples: 0,
                sum: 0.0,
                least: set.least,
                most: set.most,
            });
            held.samples += set.samples;
            held.sum += set.sum;
            held.least = held.least.min(set.least);
            held.most = held.most.max(set.most);
        }
        let summary = |(second, it): (i64, StatisticSet)| {
            let start = Timestamp::from_second(second).ok()?;
            let StatisticSet { samples, sum, least, most } = it;
            Some(Statistics { start, samples, sum, least, most })
        };
        found.into_iter().filter_map(summary).collect()
    }

    /// Returns how many faults this part of the plan has caused.
    pub fn faults(&self) -> Happened {
        self.faults.happened()
    }
}

fn check(now: Timestamp, namespace: &str, data: &[Datum]) -> Result<(), Refused> {
    let refuse =
        |message: String| Err(Refused::new(Code::Invalid, "InvalidParameterValue", message));
    if namespace.is_empty() || namespace.len() > 255 || namespace.starts_with(':') {
        return refuse("Namespace must have 1 to 255 characters and not start with ':'".to_owned());
    }
    if namespace.starts_with("AWS/") {
        return refuse(format!("Namespace {namespace} is kept for AWS: choose another"));
    }
    if data.is_empty() || data.len() > MOST_DATA {
        return refuse(format!(
            "a call takes 1 to {MOST_DATA} numbers, not {}: split it",
            data.len()
        ));
    }
    for datum in data {
        let name = &datum.name;
        let sizes = |text: &str| (1..=255).contains(&text.len());
        if !sizes(name) {
            return refuse("MetricName must have 1 to 255 characters".to_owned());
        }
        if datum.dimensions.len() > MOST_DIMENSIONS {
            return refuse(format!("{name} has more than {MOST_DIMENSIONS} dimensions"));
        }
        let dimension = |(key, value): (&String, &String)| {
            sizes(key) && (1..=1024).contains(&value.len()) && value.is_ascii()
        };
        if !datum.dimensions.iter().all(dimension) {
            return refuse(format!("{name} has a dimension that is empty, too long or not ASCII"));
        }
        // CloudWatch takes -2^360 to 2^360.
        if !datum.value.is_finite() || datum.value.abs() > 2_f64.powi(360) {
            return refuse(format!("{name} has a value that CloudWatch does not take"));
        }
        let age = now.duration_since(datum.time.unwrap_or(now));
        if age > SignedDuration::from_hours(14 * 24) || age < SignedDuration::from_hours(-2) {
            return refuse(format!("{name} is more than two weeks old or two hours ahead"));
        }
    }
    Ok(())
}

impl Default for CloudWatch {
    /// Nothing kept, nothing going wrong.
    fn default() -> Self {
        Self::open(Faults::none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{CallRates, Rates};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(10_000_000 + second).unwrap()
    }

    fn datum(second: i64, value: f64) -> Datum {
        let dimensions = [("Endpoint".to_owned(), "churn".to_owned())].into();
        Datum { name: "rows".to_owned(), dimensions, time: Some(at(second)), value, unit: None }
    }

    fn rows() -> Metric {
        let dimensions = datum(0, 0.0).dimensions;
        Metric { namespace: "Vigil".to_owned(), name: "rows".to_owned(), dimensions }
    }

    #[test]
    fn numbers_are_kept_by_metric_and_time() {
        let mut metrics = CloudWatch::default();
        metrics.put(at(0), "Vigil", &[datum(70, 4.0), datum(0, 1.0), datum(0, 2.0)]).unwrap();
        metrics.put(at(0), "Other", &[datum(0, 9.0)]).unwrap();
        let values: Vec<f64> = metrics.samples(&rows()).map(|(_, sample)| sample.value).collect();
        assert_eq!(values, [1.0, 2.0, 4.0]);
        assert_eq!(metrics.metrics().count(), 2);
        let minutes = metrics.statistics(&rows(), at(0), at(1000), SignedDuration::from_mins(1));
        // 10,000,000 seconds is 40 seconds into a minute.
        let first = Statistics { start: at(-40), samples: 2, sum: 3.0, least: 1.0, most: 2.0 };
        let second = Statistics { start: at(20), samples: 1, sum: 4.0, least: 4.0, most: 4.0 };
        assert_eq!(minutes, [first, second]);
        assert_eq!(
            metrics.statistics(&rows(), at(0), at(70), SignedDuration::from_mins(1)),
            [first]
        );
    }

    #[test]
    fn calls_beyond_the_limits_are_refused() {
        let mut metrics = CloudWatch::open(Faults::none());
        let named = |name: &str| Datum { name: name.to_owned(), ..datum(0, 1.0) };
        let sized = |key: &str, value: &str| {
            let dimensions = [(key.to_owned(), value.to_owned())].into();
            Datum { dimensions, ..datum(0, 1.0) }
        };
        for (namespace, data, fine) in [
            ("aws/sagemaker/Endpoints/data-metrics", vec![datum(0, 1.0)], true),
            ("AWS/SageMaker", vec![datum(0, 1.0)], false),
            ("", vec![datum(0, 1.0)], false),
            ("Vigil", vec![], false),
            ("Vigil", vec![datum(0, 1.0); 1001], false),
            ("Vigil", vec![datum(0, f64::NAN)], false),
            ("Vigil", vec![datum(0, 1e200)], false),
            ("Vigil", vec![datum(-14 * 86_400 - 1, 1.0)], false),
            ("Vigil", vec![datum(7201, 1.0)], false),
            ("Vigil", vec![datum(7200, 1.0)], true),
            ("Vigil", vec![named("")], false),
            ("Vigil", vec![sized("a", "")], false),
            ("Vigil", vec![sized("a", "é")], false),
        ] {
            let got = metrics.put(at(0), namespace, &data);
            assert_eq!(got.is_ok(), fine, "{namespace} {got:?}");
        }
    }

    #[test]
    fn lost_replies_keep_the_numbers() {
        let topics = CallRates { reply_lost: 1.0, ..CallRates::default() };
        let faults = Faults::seeded(1, Rates { metrics: topics, ..Rates::default() });
        let mut metrics = CloudWatch::open(faults);
        let refused = metrics.put(at(0), "Vigil", &[datum(0, 1.0)]).unwrap_err();
        assert_eq!((refused.code, metrics.samples(&rows()).count()), (Code::ReplyLost, 1));
    }
}
