//! One file of merged records for each hour of inference.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Files that are open at once, and the room of each.
const OPEN: usize = 256;
const ROOM: usize = 32 << 10;

const NAME: &str = "merged.jsonl";
const PART: &str = ".merged.jsonl.part";

/// Writes `yyyy/mm/dd/hh/merged.jsonl`; readers see a file only once it is whole.
#[derive(Debug)]
pub(super) struct HourFiles {
    folder: PathBuf,
    open: BTreeMap<i64, BufWriter<File>>,
    begun: BTreeSet<i64>,
}

impl HourFiles {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), open: BTreeMap::new(), begun: BTreeSet::new() }
    }

    /// Appends whole records to the file of an hour since 1970.
    pub(super) fn write(&mut self, hour: i64, records: &[u8]) -> io::Result<()> {
        if let Some(file) = self.open.get_mut(&hour) {
            return file.write_all(records);
        }
        if self.open.len() == OPEN {
            for (_, mut file) in std::mem::take(&mut self.open) {
                file.flush()?;
            }
        }
        let path = self.folder.join(place(hour));
        let file = if self.begun.insert(hour) {
            fs::create_dir_all(&path)?;
            File::create(path.join(PART))?
        } else {
            OpenOptions::new().append(true).open(path.join(PART))?
        };
        let mut file = BufWriter::with_capacity(ROOM, file);
        file.write_all(records)?;
        self.open.insert(hour, file);
        Ok(())
    }

    /// Shows every file under its name.
    pub(super) fn finish(mut self) -> io::Result<()> {
        for (_, mut file) in std::mem::take(&mut self.open) {
            file.flush()?;
        }
        while let Some(hour) = self.begun.first().copied() {
            let path = self.folder.join(place(hour));
            fs::rename(path.join(PART), path.join(NAME))?;
            self.begun.remove(&hour);
        }
        Ok(())
    }
}

impl Drop for HourFiles {
    /// Removes what was not finished.
    fn drop(&mut self) {
        self.open.clear();
        for hour in &self.begun {
            let _gone = fs::remove_file(self.folder.join(place(*hour)).join(PART));
        }
    }
}

/// Returns the folder of an hour since 1970: `2026/03/04/10`.
fn place(hour: i64) -> String {
    moment(hour).map_or_else(|| format!("{hour}"), |it| it.strftime("%Y/%m/%d/%H").to_string())
}

/// Returns when an hour since 1970 begins.
pub(super) fn moment(hour: i64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(hour * 3600).ok()
}
