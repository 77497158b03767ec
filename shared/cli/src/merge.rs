//! `vigil merge`: joins labels to captured inferences, files to files.

mod hours;
mod joining;
mod labels;
mod passes;
mod spill;
mod told;

use std::fs::File;
use std::io::{self, BufWriter, Write};

use dataset::{CsvOptions, Format, LabelOptions};
use engine::merge::{Claims, LabelIndex, Labels, MatchStatistics};
use engine::scan::{InTurn, ScanOptions, Scanned, scan_each};

use crate::args::Merge;
use crate::folder::Folder;
use crate::input::{Dataset, Watching, tell_set_aside, threads};
use crate::screen::Screen;
use crate::{Failure, Outcome};
use hours::HourFiles;
use joining::{Desk, JoiningSink};
use labels::Known;
use passes::{Keys, Lines, PassSink};
use spill::{Answers, Parts};
use told::Told;

const ORPHANS: &str = "orphans.jsonl";
const UNLABELLED: &str = "unlabelled.jsonl";
const STATISTICS: &str = "match_statistics.json";
/// Beside the results while it is needed.
const SPILL: &str = ".merge-parts";
/// What one remembered event takes, in bytes.
const EVENT: usize = 48;

pub(crate) fn run(args: &Merge, screen: &mut Screen) -> Result<Outcome, Failure> {
    let job = Job::new(args)?;
    let total = job.labels.bytes() + job.captures.bytes();
    let mut watching = Watching::new(&job.output, screen.progress(total))?;
    let known = labels::read(&job.labels, &job.columns, job.memory, || job.parts(), &mut watching);
    let joined = known.and_then(|(known, labels)| {
        let (statistics, captures) = match known {
            Known::InMemory(known) => job.in_memory(known, &mut watching),
            Known::Spilled(parts) => job.through_files(parts, &mut watching),
        }?;
        Ok((statistics, labels, captures))
    });
    watching.finish()?;
    let (statistics, labels, captures) = joined?;
    if captures.tally.rows == 0 {
        return Err(nothing("--capture", &job.captures, &captures));
    }
    if labels.tally.rows == 0 {
        return Err(nothing("--ground-truth", &job.labels, &labels));
    }
    let told = Told { statistics: &statistics, labels: labels.tally, captures: captures.tally };
    job.output.write(STATISTICS, |to| writeln!(to, "{:#}", told.json()))?;
    if args.json {
        screen.line(told.json());
    } else {
        told.show(&job.output, screen);
    }
    for scanned in [&labels, &captures] {
        tell_set_aside(scanned, &job.output, screen);
    }
    Ok(Outcome::Fine)
}

/// What is to be joined.
struct Job {
    captures: Dataset,
    labels: Dataset,
    columns: LabelOptions,
    output: Folder,
    memory: usize,
    /// Writes inferences without a label.
    keeps: bool,
}

impl Job {
    fn new(args: &Merge) -> Result<Self, Failure> {
        let threads = threads(args.threads);
        let format = Some(Format::Inferences);
        let mut captures =
            Dataset::new(&args.capture, ScanOptions { format, threads, ..ScanOptions::default() })?;
        let second = |it: Option<jiff::Timestamp>| it.map(jiff::Timestamp::as_second);
        captures.between(second(args.start_time), second(args.end_time));
        let columns = columns(args);
        let mut options = ScanOptions { labels: true, threads, ..ScanOptions::default() };
        let known = [&columns.id, &columns.label]
            .map(|it| it.iter().filter(|it| !it.starts_with("_c")).cloned());
        options.reading.csv =
            CsvOptions { known: known.into_iter().flatten().collect(), ..CsvOptions::default() };
        options.reading.labels = columns.clone();
        let labels = Dataset::new(&args.ground_truth, options)?;
        let output = Folder::make(&args.output)?;
        let memory = args.memory as usize * (1 << 20);
        Ok(Self { captures, labels, columns, output, memory, keeps: args.unlabelled })
    }

    fn parts(&self) -> Result<Parts, Failure> {
        Parts::make(&self.output.path(SPILL))
    }

    fn in_memory(
        &self,
        labels: Labels,
        watching: &mut Watching<'_>,
    ) -> Result<(MatchStatistics, Scanned<()>), Failure> {
        let index = LabelIndex::new(labels);
        let desk = InTurn::new(Desk {
            claims: Claims::new(&index, self.memory / EVENT),
            statistics: MatchStatistics::of_labels(&index),
            hours: HourFiles::new(&self.output.path("")),
            unlabelled: self.unlabelled()?,
            failure: None,
        });
        let scanned =
            scan(&self.captures, || JoiningSink::new(&index, &desk, self.keeps), watching)?;
        let mut desk = desk.into_inner();
        desk.statistics.orphans = desk.claims.unclaimed(&index);
        self.close(desk.failure, desk.hours, desk.unlabelled)?;
        self.output.write(ORPHANS, |to| {
            let mut written = Ok(());
            let mut line = Vec::new();
            index.orphans(&desk.claims, &mut |it| {
                line.clear();
                it.write(&mut line);
                if written.is_ok() {
                    written = to.write_all(&line);
                }
            });
            written
        })?;
        Ok((desk.statistics, scanned))
    }

    fn through_files(
        &self,
        parts: Parts,
        watching: &mut Watching<'_>,
    ) -> Result<(MatchStatistics, Scanned<()>), Failure> {
        let keys = InTurn::new(Keys { parts, rows: 0, failure: None });
        let scanned = scan(&self.captures, || PassSink::new(&keys), watching)?;
        let mut keys = keys.into_inner();
        if let Some(why) = keys.failure {
            return Err(Failure::at(&self.output.path(SPILL), why));
        }
        let joined = keys.parts.join(self.memory, self.keeps)?;
        let lines = InTurn::new(Lines {
            answers: joined.answers,
            rows: 0,
            hours: HourFiles::new(&self.output.path("")),
            unlabelled: self.unlabelled()?,
            truth: Vec::new(),
            record: Vec::new(),
            failure: None,
        });
        // What cannot be read was told of in the first pass.
        scan_each(
            self.captures.sources(),
            self.captures.options(),
            || PassSink::new(&lines),
            &mut (),
        )?;
        let lines = lines.into_inner();
        self.close(lines.failure, lines.hours, lines.unlabelled)?;
        self.output.write(ORPHANS, |to| copy(joined.orphans, to))?;
        Ok((joined.statistics, scanned))
    }

    fn unlabelled(&self) -> Result<Option<BufWriter<File>>, Failure> {
        self.output.remove(UNLABELLED)?;
        if !self.keeps {
            return Ok(None);
        }
        let path = self.output.path(UNLABELLED);
        let file = File::create(&path).map_err(|why| Failure::at(&path, why))?;
        Ok(Some(BufWriter::with_capacity(1 << 18, file)))
    }

    /// Ends the files that the rows went to.
    fn close(
        &self,
        failure: Option<io::Error>,
        hours: HourFiles,
        unlabelled: Option<BufWriter<File>>,
    ) -> Result<(), Failure> {
        let ended = match failure {
            Some(why) => Err(why),
            None => hours.finish(),
        };
        let ended = ended.and_then(|()| unlabelled.map_or(Ok(()), |mut it| it.flush()));
        ended.map_err(|why| Failure::at(&self.output.path(""), format!("cannot be written: {why}")))
    }
}

fn scan<S: dataset::Sink + Send>(
    data: &Dataset,
    make: impl Fn() -> S,
    watching: &mut Watching<'_>,
) -> Result<Scanned<()>, Failure> {
    Ok(scan_each(data.sources(), data.options(), make, watching)?.map(drop))
}

/// The columns that are asked for, else those that are known.
fn columns(args: &Merge) -> LabelOptions {
    let mut columns = LabelOptions::default();
    let asked = [&args.id_column, &args.label_column, &args.label_time_column];
    let known = [&mut columns.id, &mut columns.label, &mut columns.time];
    for (asked, known) in asked.into_iter().zip(known) {
        if let Some(name) = asked {
            *known = vec![name.clone()];
        }
    }
    columns
}

fn copy(mut from: Answers, to: &mut dyn Write) -> io::Result<()> {
    let mut line = Vec::new();
    while from.peek().is_some() {
        from.take(&mut line)?;
        to.write_all(&line)?;
    }
    Ok(())
}

fn nothing(option: &str, data: &Dataset, scanned: &Scanned<()>) -> Failure {
    let tally = scanned.tally;
    let why = match (tally.set_aside, tally.outside + tally.shadow + tally.own, scanned.bytes) {
        (0, 0, 0) => "the input is empty".to_owned(),
        (0, 0, _) => "there are no records in it".to_owned(),
        (0, left, _) => {
            format!(
                "all {left} records lie outside of the window, are of a shadow variant or were asked for by Vigil"
            )
        }
        (aside, ..) => {
            let first = scanned.set_aside.first();
            let first =
                first.map(|it| format!("; the first, at byte {}: {}", it.offset, it.reason));
            format!("all {aside} records were set aside{}", first.unwrap_or_default())
        }
    };
    Failure::new(format!("{option} {}: nothing to join: {why}", data.name()))
}
