//! A folder that outlives the process: bodies as files, and a line for every change beside them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Mirror;
use crate::account::Account;
use crate::s3::{Change, Object, Store};

/// The file of changes; no bucket can have this name.
const LINES: &str = "changes.jsonl";

/// Buckets and objects that come back at the next start.
///
/// Bodies are files at `DIR/bucket/key`, as [`Mirror`] spells them; etags, headers and times are lines of
/// `DIR/changes.jsonl`, which is written anew at every start. An object whose file is gone does not come back; a file
/// without a line is not looked at. Uploads in parts, and all other services, begin anew.
#[derive(Debug)]
pub struct Keep {
    mirror: Mirror,
    lines: Arc<Mutex<Lines>>,
    restored: usize,
}

#[derive(Debug)]
struct Lines {
    file: File,
    failed: Option<io::Error>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
enum Line {
    Bucket {
        bucket: String,
        announces: bool,
        created: Timestamp,
    },
    BucketGone {
        bucket: String,
    },
    Written {
        bucket: String,
        key: String,
        etag: String,
        last_modified: Timestamp,
        content_type: Option<String>,
        headers: BTreeMap<String, String>,
    },
    Removed {
        bucket: String,
        key: String,
    },
}

/// What the lines come to.
#[derive(Debug, Default)]
struct Held {
    buckets: BTreeMap<String, Line>,
    objects: BTreeMap<(String, String), Line>,
}

impl Keep {
    /// Brings back what a folder keeps, and follows the account's store from now on.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn open(folder: &Path, account: &Account) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(LINES);
        let held = Held::read(&path)?;
        let mirror = Mirror::new(folder);
        let (restored, lines) = account.call(|all, _| {
            let restored = held.restore(&mut all.s3, &mirror);
            compact(&path, &all.s3).map(|lines| (restored, lines))
        })?;
        let lines = Arc::new(Mutex::new(Lines { file: lines, failed: None }));
        let (seen, written) = (mirror.clone(), Arc::clone(&lines));
        let observer = Box::new(move |change: Change<'_>| {
            seen.see(change);
            let mut lines = written.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.failed.is_none() {
                lines.failed = append(&mut lines.file, &Line::of(change)).err();
            }
        });
        account.call(|all, _| all.s3.observe(observer));
        Ok(Self { mirror, lines, restored })
    }

    /// Returns how many objects came back.
    pub fn restored(&self) -> usize {
        self.restored
    }

    /// Returns the first failure since the start, after which nothing more was kept.
    pub fn finish(&self) -> io::Result<()> {
        self.mirror.finish()?;
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.failed.take().map_or(Ok(()), Err)
    }
}

impl Held {
    fn read(path: &Path) -> io::Result<Self> {
        let mut held = Self::default();
        let file = match File::open(path) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(held),
            opened => opened?,
        };
        for line in BufReader::new(file).lines() {
            // A line that a crash cut off is the last one; its object is as it was before.
            if let Ok(line) = serde_json::from_str(&line?) {
                held.take(line);
            }
        }
        Ok(held)
    }

    fn take(&mut self, line: Line) {
        match &line {
            Line::Bucket { bucket, .. } => {
                self.buckets.insert(bucket.clone(), line);
            }
            Line::BucketGone { bucket } => {
                self.buckets.remove(bucket);
            }
            Line::Written { bucket, key, .. } => {
                self.objects.insert((bucket.clone(), key.clone()), line);
            }
            Line::Removed { bucket, key } => {
                self.objects.remove(&(bucket.clone(), key.clone()));
            }
        }
    }

    /// Puts everything into a store and returns how many objects came back.
    fn restore(self, store: &mut Store, mirror: &Mirror) -> usize {
        for line in self.buckets.into_values() {
            if let Line::Bucket { bucket, announces, created } = line {
                // The template may have made it already.
                let _known = store.make_bucket(created, &bucket, announces);
            }
        }
        let objects = self.objects.into_values().filter_map(|line| line.object(mirror));
        objects
            .filter(|(bucket, key, object)| store.restore(bucket, key, object.clone()).is_ok())
            .count()
    }
}

impl Line {
    fn of(change: Change<'_>) -> Self {
        match change {
            Change::Bucket { bucket, announces, created } => {
                Self::Bucket { bucket: bucket.to_owned(), announces, created }
            }
            Change::BucketGone { bucket } => Self::BucketGone { bucket: bucket.to_owned() },
            Change::Written { bucket, key, object } => Self::Written {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                etag: object.etag.clone(),
                last_modified: object.last_modified,
                content_type: object.content_type.clone(),
                headers: object.headers.clone(),
            },
            Change::Removed { bucket, key } => {
                Self::Removed { bucket: bucket.to_owned(), key: key.to_owned() }
            }
        }
    }

    /// Returns the object of a line with its body; `None` where the file is gone.
    fn object(self, mirror: &Mirror) -> Option<(String, String, Object)> {
        let Self::Written { bucket, key, etag, last_modified, content_type, headers } = self else {
            return None;
        };
        let body = Arc::new(mirror.read(&bucket, &key)?);
        Some((bucket, key, Object { body, etag, last_modified, content_type, headers }))
    }
}

/// Writes the lines of what a store holds, in place of all that led there.
fn compact(path: &Path, store: &Store) -> io::Result<File> {
    let fresh: PathBuf = path.with_extension("new");
    let mut lines = BufWriter::new(File::create(&fresh)?);
    for change in store.contents() {
        append(&mut lines, &Line::of(change))?;
    }
    let file = lines.into_inner().map_err(io::IntoInnerError::into_error)?;
    fs::rename(fresh, path)?;
    Ok(file)
}

fn append(to: &mut impl Write, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    to.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Faults;
    use crate::place::Place;
    use crate::s3::{Condition, Draft, List};
    use crate::sagemaker::Pace;
    use crate::template::Stack;

    fn account() -> Account {
        let stack = Stack::parse(
            "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: kept}}}",
            &[],
        )
        .unwrap();
        let (place, pace, faults) = (Place::default(), Pace::default(), Faults::none());
        Account::open(place, pace, 1, &faults, Timestamp::UNIX_EPOCH, &stack).unwrap()
    }

    #[test]
    fn objects_come_back_with_headers_and_etags() {
        let folder = std::env::temp_dir().join(format!("local-keep-{}", std::process::id()));
        let first = account();
        let keep = Keep::open(&folder, &first).unwrap();
        first.call(|all, now| {
            all.s3.make_bucket(now, "other", true).unwrap();
            let headers = [("x-amz-meta-who".to_owned(), "me".to_owned())].into();
            let draft = Draft { content_type: Some("text/csv".to_owned()), headers };
            let key = "../a//b\u{e9}";
            all.s3
                .put_draft(now, ("other", key), b"1".to_vec(), draft, &Condition::Always)
                .unwrap();
            all.s3.put(now, "kept", "gone", b"2".to_vec(), None, &Condition::Always).unwrap();
            all.s3.delete(now, "kept", "gone", None).unwrap();
        });
        keep.finish().unwrap();
        for _ in 0..2 {
            let again = account();
            let keep = Keep::open(&folder, &again).unwrap();
            assert_eq!(keep.restored(), 1);
            again.call(|all, now| {
                let object = all.s3.head(now, "other", "../a//b\u{e9}", None).unwrap();
                assert_eq!(*object.body, b"1");
                assert_eq!(object.content_type.as_deref(), Some("text/csv"));
                assert_eq!(object.headers["x-amz-meta-who"], "me");
                assert_eq!(all.s3.announces("other"), Some(true));
                assert!(all.s3.list(now, "kept", &List::default()).unwrap().entries.is_empty());
            });
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
