//! Folders that results are written to.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::Failure;

/// A folder for results; made where it is missing.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn make(path: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(path)
            .map_err(|why| Failure::at(path, format!("the folder cannot be made: {why}")))?;
        Ok(Self(path.to_path_buf()))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file whole: readers see the old one or the new one.
    pub(crate) fn write(
        &self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let (path, part) = (self.path(name), self.path(&format!(".{name}.part")));
        let filled = File::create(&part).and_then(|file| {
            let mut file = BufWriter::with_capacity(1 << 16, file);
            fill(&mut file)?;
            file.flush()?;
            fs::rename(&part, &path)
        });
        filled.map_err(|why| Failure::at(&path, format!("cannot be written: {why}")))
    }

    /// Removes a file that an earlier run may have left.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Failure> {
        match fs::remove_file(self.path(name)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => {
                Err(Failure::at(&self.path(name), why))
            }
            _ => Ok(()),
        }
    }
}

/// Reads a whole file that is small by its nature.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|why| Failure::at(path, format!("cannot be read: {why}")))
}
