//! Capture files: opened by an invocation, closed by time, uploaded later.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use jiff::Timestamp;

use super::{DataCaptureConfig, Pace};
use crate::{
    faults::{Faults, Happened},
    random::Random,
};

const HOUR_MS: i64 = 3_600_000;

/// A capture file on its way to its bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// When the object appears.
    pub due: Timestamp,
    pub bucket: String,
    /// `prefix/endpoint/variant/yyyy/mm/dd/hh/MM-SS-mmm-uuid.jsonl`, the hour being that of the invocations.
    pub key: String,
    pub body: Vec<u8>,
}

/// The capture files of all endpoints.
pub(super) struct Captures {
    pace: Pace,
    faults: Faults,
    /// Draws event ids, file ids and the lengths of files.
    ids: Random,
    /// Draws the sample.
    samples: Random,
    open: BTreeMap<(String, String), OpenFile>,
    uploads: Vec<Upload>,
}

/// A capture file that still grows.
pub(super) struct OpenFile {
    body: Vec<u8>,
    bucket: String,
    key: String,
    hour_ms: i64,
    close_ms: i64,
    /// The ISO text of the last record's time; only its minutes and seconds change within a file.
    time: String,
    time_second: i64,
}

impl Captures {
    pub(super) fn new(pace: Pace, seed: u64, faults: Faults) -> Self {
        let (ids, samples) =
            (Random::named(seed, "capture ids"), Random::named(seed, "capture samples"));
        Self { pace, faults, ids, samples, open: BTreeMap::new(), uploads: Vec::new() }
    }

    pub(super) fn happened(&self) -> Happened {
        self.faults.happened()
    }

    /// Whether the sample takes this invocation.
    pub(super) fn sampled(&mut self, config: &DataCaptureConfig) -> bool {
        self.samples.chance(f64::from(config.sampling_percent) / 100.0)
    }

    /// Returns the open file for an invocation at a time, and the ids to draw the record's from.
    ///
    /// `None` where the destination is not an S3 URI, which no config that was accepted has.
    pub(super) fn file(
        &mut self,
        name: &(String, String),
        config: &DataCaptureConfig,
        at_ms: i64,
    ) -> Option<(&mut OpenFile, &mut Random)> {
        if self.open.get(name).is_some_and(|file| !file.takes(at_ms)) {
            let file = self.open.remove(name)?;
            self.send(file);
        }
        if !self.open.contains_key(name) {
            let file = OpenFile::start(name, config, at_ms, self.pace, &mut self.ids)?;
            self.open.insert(name.clone(), file);
        }
        self.open.get_mut(name).map(|file| (file, &mut self.ids))
    }

    /// Closes the files of an endpoint.
    pub(super) fn close(&mut self, endpoint: &str) {
        let closed: Vec<_> = self.open.extract_if(.., |name, _| name.0 == endpoint).collect();
        for (_, file) in closed {
            self.send(file);
        }
    }

    /// Closes the files whose time is over.
    pub(super) fn close_due(&mut self, now: Timestamp) {
        let now_ms = now.as_millisecond();
        let closed: Vec<_> = self.open.extract_if(.., |_, file| file.close_ms <= now_ms).collect();
        for (_, file) in closed {
            self.send(file);
        }
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let closing = self.open.values().map(|file| file.close_ms).min();
        let closing = closing.and_then(|at| Timestamp::from_millisecond(at).ok());
        let upload = self.uploads.iter().map(|upload| upload.due).min();
        [closing, upload].into_iter().flatten().min()
    }

    pub(super) fn take_uploads(&mut self, now: Timestamp) -> VecDeque<Upload> {
        let mut taken: Vec<Upload> =
            self.uploads.extract_if(.., |upload| upload.due <= now).collect();
        taken.sort_by(|a, b| a.due.cmp(&b.due).then_with(|| a.key.cmp(&b.key)));
        taken.into()
    }

    fn send(&mut self, file: OpenFile) {
        let closed = Timestamp::from_millisecond(file.close_ms).unwrap_or(Timestamp::MAX);
        let delay = self.pace.upload + self.faults.capture_delay(closed);
        let due = closed.saturating_add(delay).unwrap_or(Timestamp::MAX);
        self.uploads.push(Upload { due, bucket: file.bucket, key: file.key, body: file.body });
    }
}

impl OpenFile {
    fn start(
        name: &(String, String),
        config: &DataCaptureConfig,
        at_ms: i64,
        pace: Pace,
        ids: &mut Random,
    ) -> Option<Self> {
        let (bucket, prefix) = config.target()?;
        let at = Timestamp::from_millisecond(at_ms).ok()?;
        let hour_ms = at_ms - at_ms.rem_euclid(HOUR_MS);
        let length = drawn(pace.shortest_file, pace.longest_file, ids).as_millis().max(1);
        let close_ms =
            at_ms.saturating_add(i64::try_from(length).unwrap_or(HOUR_MS)).min(hour_ms + HOUR_MS);
        let (day, file) = (at.strftime("%Y/%m/%d/%H"), at.strftime("%M-%S"));
        let millisecond = at_ms.rem_euclid(1000);
        let (endpoint, variant) = name;
        let key = format!(
            "{prefix}{endpoint}/{variant}/{day}/{file}-{millisecond:03}-{}.jsonl",
            ids.uuid()
        );
        Some(Self {
            body: Vec::new(),
            bucket: bucket.to_owned(),
            key,
            hour_ms,
            close_ms,
            time: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            time_second: at_ms.div_euclid(1000),
        })
    }

    fn takes(&self, at_ms: i64) -> bool {
        self.hour_ms <= at_ms && at_ms < self.close_ms
    }

    /// Returns the file's body and the ISO text of a time within its hour.
    pub(super) fn at(&mut self, at_ms: i64) -> (&mut Vec<u8>, &str) {
        let second = at_ms.div_euclid(1000);
        if second != self.time_second {
            self.time_second = second;
            let within = (at_ms - self.hour_ms) / 1000;
            let (minute, second) = (within / 60, within % 60);
            let digits = [minute / 10, minute % 10, second / 10, second % 10];
            let digits = digits.map(|digit| (b'0' + digit as u8) as char);
            self.time.truncate("yyyy-mm-ddThh:".len());
            self.time.extend([digits[0], digits[1], ':', digits[2], digits[3], 'Z']);
        }
        (&mut self.body, &self.time)
    }
}

fn drawn(shortest: Duration, longest: Duration, random: &mut Random) -> Duration {
    shortest + longest.saturating_sub(shortest).mul_f64(random.unit())
}
