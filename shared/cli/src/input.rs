//! What is read: paths to sources, options to a reader's, and one scan.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;

use dataset::{CaptureOptions, CsvOptions, Header, Sides, Sink, gunzip, is_gzip};
use engine::profile::Profile;
use engine::quality::Attributes;
use engine::scan::{Input as Reach, ReadSeek, ScanOptions, Scanned, Source, Unread, Watch, scan};

use serde_json::json;
use summary::Summary;

use crate::Failure;
use crate::args::{Format, Input, OutputColumns};
use crate::folder::Folder;
use crate::screen::{Progress, Screen};

/// Where set-aside records are kept, beside the results.
pub(crate) const SET_ASIDE: &str = "set_aside.jsonl";

/// Bytes that tell a format and a header line.
const HEAD: u64 = 64 << 10;

/// The data that a command reads.
#[derive(Debug)]
pub(crate) struct Dataset {
    paths: Vec<PathBuf>,
    bytes: u64,
    options: ScanOptions,
}

impl Dataset {
    pub(crate) fn of(input: &Input) -> Result<Self, Failure> {
        let mut options = ScanOptions { threads: threads(input.threads), ..ScanOptions::default() };
        options.format = input.format.map(|it| match it {
            Format::Csv => dataset::Format::Csv,
            Format::JsonLines => dataset::Format::JsonLines,
            Format::Capture => dataset::Format::Capture,
            Format::Parquet => dataset::Format::Parquet,
        });
        let header = input
            .header
            .map_or(Header::Guessed, |it| if it { Header::Present } else { Header::Absent });
        options.reading.csv = CsvOptions { header, ..CsvOptions::default() };
        options.reading.capture.sides = match input.output_columns_position {
            OutputColumns::Start => Sides::OutputFirst,
            OutputColumns::End => Sides::InputFirst,
            OutputColumns::None => Sides::InputOnly,
        };
        Self::new(&input.dataset, options)
    }

    /// Finds every file below the paths, in the order of their names.
    pub(crate) fn new(paths: &[PathBuf], options: ScanOptions) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for path in paths {
            let kind = fs::metadata(path)
                .map_err(|why| Failure::at(path, format!("cannot be read: {why}")))?;
            if !kind.is_dir() {
                files.push(path.clone());
                continue;
            }
            let before = files.len();
            below(path, &mut files)?;
            if files.len() == before {
                return Err(Failure::at(
                    path,
                    "the folder holds no files; name the folder that holds the data",
                ));
            }
        }
        let bytes = files.iter().filter_map(|it| Some(fs::metadata(it).ok()?.len())).sum();
        Ok(Self { paths: files, bytes, options })
    }

    /// Keeps only inferences in a stretch of time, in seconds since 1970.
    pub(crate) fn between(&mut self, start: Option<i64>, end: Option<i64>) {
        if start.is_some() || end.is_some() {
            self.options.reading.capture.window =
                Some(start.unwrap_or(i64::MIN)..end.unwrap_or(i64::MAX));
        }
    }

    /// Reads what models say and, of merged captures, what was true; captured inputs are left out.
    pub(crate) fn of_predictions(&mut self) -> Result<(), Failure> {
        self.options.reading.capture.sides = Sides::OutputOnly;
        self.options.reading.capture.labels = self.is_merged()?;
        Ok(())
    }

    /// Whether the first file holds captures with labels.
    pub(crate) fn is_merged(&self) -> Result<bool, Failure> {
        let head = self.head()?;
        let format = self.format(&head);
        let label = format!("\"{}\"", Attributes::MERGED_LABEL);
        let has_label = head.windows(label.len()).any(|it| it == label.as_bytes());
        Ok(format == dataset::Format::Capture && has_label)
    }

    /// Reads the cells of these columns only; `None` reads all.
    pub(crate) fn want(&mut self, columns: Option<Vec<String>>) {
        self.options.reading.columns = columns;
    }

    /// The same data with all of its columns, on one thread and so in the order of the rows.
    pub(crate) fn alone(&self) -> Self {
        let mut options = ScanOptions { threads: 1, ..self.options.clone() };
        options.reading.columns = None;
        Self { paths: self.paths.clone(), bytes: self.bytes, options }
    }

    /// Returns the beginning of the first file, unpacked.
    pub(crate) fn head(&self) -> Result<Vec<u8>, Failure> {
        let Some(path) = self.paths.first() else { return Ok(Vec::new()) };
        let failed = |why: io::Error| Failure::at(path, format!("cannot be read: {why}"));
        let mut head = Vec::new();
        File::open(path).and_then(|it| it.take(HEAD).read_to_end(&mut head)).map_err(failed)?;
        if is_gzip(&head) {
            let mut plain = Vec::new();
            let file = File::open(path).map_err(failed)?;
            // A cut-off or damaged stream is the scan's to tell of.
            let _ = gunzip(file).take(HEAD).read_to_end(&mut plain);
            return Ok(plain);
        }
        Ok(head)
    }

    /// The format of a file that begins so.
    pub(crate) fn format(&self, head: &[u8]) -> dataset::Format {
        self.options.format.unwrap_or_else(|| dataset::sniff(head))
    }

    pub(crate) fn csv_options(&mut self) -> &mut CsvOptions {
        &mut self.options.reading.csv
    }

    pub(crate) fn capture_options(&mut self) -> &mut CaptureOptions {
        &mut self.options.reading.capture
    }

    /// Profiles the data; set-aside records go to a file in `output`.
    pub(crate) fn profile(
        &self,
        output: &Folder,
        screen: &Screen,
    ) -> Result<Scanned<Profile>, Failure> {
        self.scan(output, screen, || Profile::of_shards(self.options.threads))
    }

    /// Reads the data into a summary; set-aside records go to a file in `output`.
    pub(crate) fn scan<S: Summary + Sink + Send>(
        &self,
        output: &Folder,
        screen: &Screen,
        make: impl Fn() -> S,
    ) -> Result<Scanned<S>, Failure> {
        let mut watching = Watching::new(output, screen.progress(self.bytes))?;
        let scanned = scan(self.sources(), &self.options, make, &mut watching);
        watching.finish()?;
        let scanned = scanned?;
        if scanned.tally.rows == 0 {
            return Err(self.nothing(&scanned));
        }
        Ok(scanned)
    }

    /// Returns the files, each opened when its turn comes.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Source> + Send {
        self.paths.iter().map(|path| source(path))
    }

    /// Returns the bytes of the files, packed as they are.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn options(&self) -> &ScanOptions {
        &self.options
    }

    /// Returns the first file, and how many there are.
    pub(crate) fn name(&self) -> String {
        let first = self.paths.first().map(|it| it.display().to_string()).unwrap_or_default();
        match self.paths.len() {
            0 | 1 => first,
            more => format!("{first} and {} more", more - 1),
        }
    }

    fn nothing<S>(&self, scanned: &Scanned<S>) -> Failure {
        let whole = self.name();
        let why = match (
            scanned.tally.set_aside,
            scanned.tally.outside + scanned.tally.own,
            scanned.bytes,
        ) {
            (0, 0, 0) => "no rows: the input is empty".to_string(),
            (0, 0, _) => "no rows: there is at most a header".to_string(),
            (0, outside, _) => format!(
                "no rows: all {outside} records lie outside of the window or were asked for by Vigil"
            ),
            (aside, _, _) => {
                let first = scanned.set_aside.first();
                let first = first
                    .map(|it| format!("; the first, at byte {}: {}", it.offset, it.reason))
                    .unwrap_or_default();
                format!("no rows: all {aside} records were set aside{first}")
            }
        };
        Failure::new(format!("{whole}: {why}"))
    }
}

/// A file, opened when its turn comes.
fn source(path: &Path) -> Source {
    let (name, path) = (path.display().to_string(), path.to_path_buf());
    let open = move || File::open(path).map(|file| Box::new(file) as Box<dyn ReadSeek>);
    Source { name, input: Reach::Later(Box::new(open)) }
}

/// Worker threads: as many as wanted, else one a core.
pub(crate) fn threads(wanted: Option<u16>) -> usize {
    let cores = || thread::available_parallelism().map_or(1, usize::from).min(8);
    wanted.map_or_else(cores, usize::from)
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|why| Failure::at(folder, why))?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|why| Failure::at(folder, why))?.path());
    }
    paths.sort();
    for path in paths {
        let hidden =
            path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(['.', '_']));
        if path.is_dir() && !hidden {
            below(&path, files)?;
        } else if !hidden {
            files.push(path);
        }
    }
    Ok(())
}

/// Shows progress and keeps what is set aside.
pub(crate) struct Watching<'a> {
    output: &'a Folder,
    file: Option<std::io::BufWriter<File>>,
    failure: Option<std::io::Error>,
    progress: Progress,
}

impl<'a> Watching<'a> {
    /// Begins anew: what an earlier run set aside is removed.
    pub(crate) fn new(output: &'a Folder, progress: Progress) -> Result<Self, Failure> {
        output.remove(SET_ASIDE)?;
        Ok(Self { output, file: None, failure: None, progress })
    }

    fn keep(&mut self, unread: &Unread, record: &[u8]) -> std::io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                none.insert(std::io::BufWriter::new(File::create(self.output.path(SET_ASIDE))?))
            }
        };
        let text = String::from_utf8_lossy(record);
        let line = json!({"source": unread.source, "offset": unread.offset, "reason": unread.reason, "record": text});
        writeln!(file, "{line}")
    }

    /// Ends the file and the progress.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.progress.finish();
        let flushed = self.file.map_or(Ok(()), |mut it| it.flush());
        match self.failure.or(flushed.err()) {
            None => Ok(()),
            Some(why) => {
                let path = self.output.path(SET_ASIDE);
                Err(Failure::at(&path, format!("cannot be written: {why}")))
            }
        }
    }
}

impl Watch for Watching<'_> {
    fn progress(&mut self, bytes: u64) {
        self.progress.advance(bytes);
    }

    fn set_aside(&mut self, unread: &Unread, record: &[u8]) {
        if self.failure.is_none() {
            self.failure = self.keep(unread, record).err();
        }
    }
}

/// Says how many records were set aside, why, and where they are.
pub(crate) fn tell_set_aside<S>(scanned: &Scanned<S>, output: &Folder, screen: &mut Screen) {
    let count = scanned.tally.set_aside;
    if let Some(first) = scanned.set_aside.first() {
        let noun = if count == 1 { "record was" } else { "records were" };
        screen.note(format!(
            "{count} {noun} set aside, kept in {}; the first: {} at byte {}, {}",
            output.path(SET_ASIDE).display(),
            first.source,
            first.offset,
            first.reason
        ));
    }
}
