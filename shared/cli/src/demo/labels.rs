//! What came true of the demo's predictions: labels that come late, twice, or never.

use std::fmt::Write as _;

use local::model::{Form, Scorer, Scratch};
use local::random::Random;

const HOUR: i64 = 3600;
/// Most labels are there after so long, the stragglers after so long more.
const DELAY: i64 = 3 * HOUR;
const LATE: i64 = 5 * HOUR;
/// Shares of the labels that come with the stragglers, and that never come.
const STRAGGLING: f64 = 0.12;
const MISSING: f64 = 0.08;
/// Share of the labels that the stragglers' file brings a second time.
const TWICE: f64 = 0.04;

/// Customers of this plan leave with such a probability while the world is unfair to them.
const WATCHED: &str = ",basic,";
const LEAVING: f64 = 0.7;

/// What labels follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum World {
    /// What the model says.
    AsLearnt,
    /// No feature any more.
    Turned,
    /// What the model says, but for one group.
    Unfair,
}

/// A file of labels that is to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upload {
    /// Seconds since 1970.
    pub due: i64,
    /// The key below the labels' folder.
    pub name: String,
    pub csv: String,
}

/// Draws what comes true: with the probability that the model tells, or, once the
/// concept has changed, without regard to it.
#[derive(Debug)]
pub(super) struct Labels {
    scorer: Scorer,
    seed: u64,
    scratch: Scratch,
    /// Share of all customers that leave.
    share: f64,
}

impl Labels {
    pub(super) fn new(scorer: Scorer, seed: u64) -> Self {
        Self { scorer, seed, scratch: Scratch::default(), share: 0.15 }
    }

    /// Adds what came true to a table of predictions and features, and learns the share of those that churned.
    pub(super) fn training(&mut self, table: &str) -> String {
        let mut random = Random::named(self.seed, "labels of the training");
        let (mut count, mut positive) = (0_u32, 0_u32);
        let (names, lines) = table.split_once('\n').unwrap_or_default();
        let mut csv = format!("{names},churned\n");
        for line in lines.lines() {
            // The prediction stands first, and is a number.
            let row = line.split_once(',').map_or(line, |(_, row)| row);
            let score = self.score(Form::Csv, row);
            let label = random.chance(score);
            (count, positive) = (count + 1, positive + u32::from(label));
            let _ = writeln!(csv, "{line},{}", u8::from(label));
        }
        self.share = f64::from(positive) / f64::from(count.max(1));
        csv
    }

    /// Names a request, so that its label finds it.
    pub(super) fn id(endpoint: &str, hour: i64, at: usize) -> String {
        format!("{endpoint}-{hour}-{at}")
    }

    /// Makes the labels of an hour, in the order of its requests.
    pub(super) fn of_hour<'a>(
        &mut self,
        endpoint: &str,
        hour: i64,
        form: Form,
        rows: impl Iterator<Item = &'a str>,
        world: World,
    ) -> [Upload; 2] {
        let mut random = Random::named(self.seed, &format!("labels {hour} of {endpoint}"));
        let header = "id,label\n";
        let (mut first, mut late) = (header.to_owned(), header.to_owned());
        for (at, row) in rows.enumerate() {
            let chance = match world {
                World::Turned => self.share,
                World::Unfair if row.contains(WATCHED) => LEAVING,
                _ => self.score(form, row),
            };
            let label = u8::from(random.chance(chance));
            let line = format!("{},{label}\n", Self::id(endpoint, hour, at));
            let fate = random.unit();
            if fate < MISSING {
                continue;
            }
            let straggles = fate < MISSING + STRAGGLING;
            if !straggles {
                first += &line;
            }
            if straggles || random.chance(TWICE) {
                late += &line;
            }
        }
        let due = hour + HOUR + DELAY;
        let upload = |due, name: &str, csv| Upload {
            due,
            name: format!("{endpoint}/{hour}-{name}.csv"),
            csv,
        };
        [upload(due, "labels", first), upload(due + LATE, "stragglers", late)]
    }

    fn score(&mut self, form: Form, row: &str) -> f64 {
        let scored = self.scorer.predict(form, row, &mut self.scratch);
        scored.ok().and_then(|it| it.first()).map_or(0.0, |it| f64::from(*it).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "111,TX,basic,no,invoice,30,128.3,101,194.9,107,211.6,118,13.1,6,1,49.80";

    fn lines(upload: &Upload) -> Vec<&str> {
        upload.csv.lines().skip(1).collect()
    }

    fn share_of_ones(uploads: &[Upload; 2]) -> f64 {
        let all: Vec<&str> = uploads.iter().flat_map(lines).collect();
        all.iter().filter(|it| it.ends_with(",1")).count() as f64 / all.len() as f64
    }

    #[test]
    fn labels_come_late_twice_or_never() {
        let mut labels = Labels::new(Scorer::churn(), 42);
        let made = |labels: &mut Labels| {
            let rows = std::iter::repeat_n(ROW, 5000);
            labels.of_hour("e", 3600, Form::Csv, rows, World::AsLearnt)
        };
        let [first, late] = made(&mut labels);
        assert_eq!((first.due, late.due), (2 * HOUR + DELAY, 2 * HOUR + DELAY + LATE));
        let (early, late_lines) = (lines(&first), lines(&late));
        let twice = late_lines.iter().filter(|it| early.contains(it)).count();
        let known = early.len() + late_lines.len() - twice;
        // Five standard errors of binomial counts of 5,000.
        assert!((known as f64 - 5000.0 * (1.0 - MISSING)).abs() < 100.0, "{known}");
        assert!((twice as f64 - 5000.0 * 0.8 * TWICE).abs() < 65.0, "{twice}");
        assert_eq!(made(&mut labels), [first, late]);
    }

    #[test]
    fn world_decides_what_labels_follow() {
        let mut labels = Labels::new(Scorer::churn(), 42);
        let mut share = |world| {
            let rows = std::iter::repeat_n(ROW, 5000);
            share_of_ones(&labels.of_hour("e", 3600, Form::Csv, rows, world))
        };
        // The model gives this customer 1.6 %; of all, 15 % leave where nothing was learnt.
        assert!(share(World::AsLearnt) < 0.04);
        assert!((share(World::Turned) - 0.15).abs() < 0.03);
        assert!((share(World::Unfair) - LEAVING).abs() < 0.04);
    }
}
