//! More labels than fit in memory: both sides are cut into parts by their ids.
//!
//! Labels and the keys of inferences go to files, part by part; each part is joined
//! in memory and says which label is for which row; then the captures are read a
//! second time and written with their labels. So lines never go through these files,
//! and what comes out is what comes out of memory, byte by byte.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use engine::merge::{Became, Claims, EventHash, LabelIndex, Labels, MatchStatistics, hour_of};

use crate::Failure;

/// Parts; each has to fit in memory.
const PARTS: usize = 64;
const ROOM: usize = 32 << 10;

/// The files, removed when this is dropped.
#[derive(Debug)]
pub(super) struct Parts {
    folder: PathBuf,
    labels: Vec<BufWriter<File>>,
    keys: Vec<BufWriter<File>>,
}

/// One row of the captures: what is needed to find its label.
pub(super) struct Key<'a> {
    pub(super) row: u64,
    pub(super) event: EventHash,
    pub(super) time: i64,
    pub(super) id: &'a [u8],
}

/// What the parts came to.
pub(super) struct Joined {
    pub(super) statistics: MatchStatistics,
    pub(super) answers: Answers,
    /// Orphans in the order of the input.
    pub(super) orphans: Answers,
}

impl Parts {
    pub(super) fn make(folder: &Path) -> Result<Self, Failure> {
        let made = || {
            if folder.exists() {
                fs::remove_dir_all(folder)?;
            }
            fs::create_dir_all(folder)?;
            let all =
                |what| (0..PARTS).map(|it| create(folder, what, it)).collect::<io::Result<_>>();
            Ok(Self { folder: folder.to_path_buf(), labels: all("labels")?, keys: all("keys")? })
        };
        made().map_err(|why: io::Error| failed(folder, &why))
    }

    /// Adds labels; `first` is how many there were before.
    pub(super) fn write_labels(&mut self, labels: &Labels, first: u64) -> Result<(), Failure> {
        let mut written = Ok(());
        labels.spill(PARTS, first, &mut |part, packed| {
            if written.is_ok() {
                written = write_frame(&mut self.labels[part], &[packed]);
            }
        });
        written.map_err(|why| failed(&self.folder, &why))
    }

    pub(super) fn write_key(&mut self, key: &Key<'_>) -> io::Result<()> {
        let part = Labels::part(key.id, PARTS);
        let numbers = [key.row, key.event.0, key.time as u64].map(u64::to_le_bytes);
        let [row, event, time] = &numbers;
        write_frame(&mut self.keys[part], &[row, event, time, key.id])
    }

    /// Joins part by part. `memory` is what one part's labels may take; `keeps` says
    /// that rows without a label are answered too, with an empty one.
    pub(super) fn join(&mut self, memory: usize, keeps: bool) -> Result<Joined, Failure> {
        let folder = self.folder.clone();
        for file in self.labels.iter_mut().chain(&mut self.keys) {
            file.flush().map_err(|why| failed(&folder, &why))?;
        }
        let mut statistics = MatchStatistics::default();
        for part in 0..PARTS {
            let joined = self.join_part(part, memory, keeps)?;
            statistics.merge(&joined);
        }
        let opened = |what| Answers::open(&folder, what).map_err(|why| failed(&folder, &why));
        Ok(Joined { statistics, answers: opened("answers")?, orphans: opened("orphans")? })
    }

    fn join_part(
        &self,
        part: usize,
        memory: usize,
        keeps: bool,
    ) -> Result<MatchStatistics, Failure> {
        let failed = |why: io::Error| failed(&self.folder, &why);
        let mut labels = Labels::default();
        let mut frames = Frames::open(&self.folder, "labels", part).map_err(failed)?;
        while let Some(packed) = frames.next().map_err(failed)? {
            labels.add_packed(packed);
            if memory < labels.bytes() {
                let why = format!(
                    "one of {PARTS} parts of the labels exceeds the memory: raise --memory"
                );
                return Err(Failure::new(why));
            }
        }
        let index = LabelIndex::new(labels);
        let mut claims = Claims::new(&index, memory / 48);
        let mut statistics = MatchStatistics::of_labels(&index);
        let mut answers = create(&self.folder, "answers", part).map_err(failed)?;
        let mut keys = Frames::open(&self.folder, "keys", part).map_err(failed)?;
        let mut truth = Vec::new();
        while let Some(frame) = keys.next().map_err(failed)? {
            let key = Key::read(frame).ok_or_else(|| failed(io::ErrorKind::InvalidData.into()))?;
            let place = index.find(key.id);
            let hour = hour_of(key.time);
            truth.clear();
            let answered = match (claims.settle(place, key.event), place) {
                (Became::Merged, Some(place)) => {
                    let delay = index.time(place);
                    let delay =
                        delay.map(|it| it.saturating_sub(key.time.saturating_mul(1_000_000)));
                    statistics.merged(hour, delay);
                    index.write(place, &mut truth);
                    true
                }
                (Became::Repeated, _) => {
                    statistics.repeated += 1;
                    false
                }
                _ => {
                    statistics.unlabelled(hour);
                    keeps
                }
            };
            if answered {
                write_frame(&mut answers, &[&key.row.to_le_bytes(), &truth]).map_err(failed)?;
            }
        }
        answers.flush().map_err(failed)?;
        statistics.orphans = claims.unclaimed(&index);
        let mut orphans = create(&self.folder, "orphans", part).map_err(failed)?;
        let mut written = Ok(());
        index.orphans(&claims, &mut |it| {
            truth.clear();
            it.write(&mut truth);
            if written.is_ok() {
                let number = it.number().unwrap_or_default().to_le_bytes();
                written = write_frame(&mut orphans, &[&number, &truth]);
            }
        });
        written.and_then(|()| orphans.flush()).map_err(failed)?;
        Ok(statistics)
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

impl<'a> Key<'a> {
    fn read(frame: &'a [u8]) -> Option<Self> {
        let (row, rest) = frame.split_first_chunk()?;
        let (event, rest) = rest.split_first_chunk()?;
        let (time, id) = rest.split_first_chunk()?;
        let event = EventHash(u64::from_le_bytes(*event));
        Some(Self { row: u64::from_le_bytes(*row), event, time: i64::from_le_bytes(*time), id })
    }
}

/// What each part says about rows, in the order of the rows.
pub(super) struct Answers {
    parts: Vec<Frames>,
    /// The next row of each part.
    next: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Answers {
    fn open(folder: &Path, what: &str) -> io::Result<Self> {
        let parts =
            (0..PARTS).map(|it| Frames::open(folder, what, it)).collect::<io::Result<_>>()?;
        let mut answers = Self { parts, next: BinaryHeap::new() };
        for part in 0..PARTS {
            answers.advance(part)?;
        }
        Ok(answers)
    }

    /// Returns the number that comes next.
    pub(super) fn peek(&self) -> Option<u64> {
        self.next.peek().map(|it| it.0.0)
    }

    /// Hands on what is said about the number that comes next.
    pub(super) fn take(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        let Some(Reverse((_, part))) = self.next.pop() else { return Ok(()) };
        out.clear();
        out.extend_from_slice(&self.parts[part].frame[8..]);
        self.advance(part)
    }

    fn advance(&mut self, part: usize) -> io::Result<()> {
        if let Some(frame) = self.parts[part].next()? {
            let number = frame.first_chunk().ok_or(io::ErrorKind::InvalidData)?;
            self.next.push(Reverse((u64::from_le_bytes(*number), part)));
        }
        Ok(())
    }
}

/// Reads stretches of bytes as [`write_frame`] wrote them.
struct Frames {
    file: BufReader<File>,
    frame: Vec<u8>,
}

impl Frames {
    fn open(folder: &Path, what: &str, part: usize) -> io::Result<Self> {
        let file = BufReader::with_capacity(ROOM, File::open(path(folder, what, part))?);
        Ok(Self { file, frame: Vec::new() })
    }

    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        let mut length = [0; 4];
        match self.file.read_exact(&mut length) {
            Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        self.frame.resize(u32::from_le_bytes(length) as usize, 0);
        self.file.read_exact(&mut self.frame)?;
        Ok(Some(&self.frame))
    }
}

fn write_frame(file: &mut BufWriter<File>, parts: &[&[u8]]) -> io::Result<()> {
    let length: usize = parts.iter().map(|it| it.len()).sum();
    file.write_all(&(length as u32).to_le_bytes())?;
    parts.iter().try_for_each(|it| file.write_all(it))
}

fn create(folder: &Path, what: &str, part: usize) -> io::Result<BufWriter<File>> {
    Ok(BufWriter::with_capacity(ROOM, File::create(path(folder, what, part))?))
}

fn path(folder: &Path, what: &str, part: usize) -> PathBuf {
    folder.join(format!("{what}-{part:02}"))
}

fn failed(folder: &Path, why: &io::Error) -> Failure {
    Failure::at(folder, format!("labels that do not fit in memory could not be kept there: {why}"))
}
