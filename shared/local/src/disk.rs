//! Object stores on a disk: the only file I/O of the stand-in.

mod keep;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use self::keep::Keep;
use crate::s3::{Change, Observer, etag};

/// The longest name of a folder or file; most file systems take 255 bytes.
const LONGEST_NAME: usize = 200;

const HEX: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];

/// A folder that follows a store: `root/bucket/key`.
///
/// Keys that are no good file names are spelled so that no key can leave the folder, and keys that differ get
/// different files. The first failure is kept and nothing is written after it.
#[derive(Debug, Clone)]
pub struct Mirror {
    root: PathBuf,
    state: Arc<Mutex<State>>,
    /// Bytes of changes that may wait to be written.
    most: usize,
}

/// What is still to be written, and what went wrong.
#[derive(Debug, Default)]
struct State {
    /// By bucket and key; `None` is a removal.
    waiting: BTreeMap<(String, String), Option<Arc<Vec<u8>>>>,
    bytes: usize,
    failed: Option<io::Error>,
}

impl Mirror {
    /// Opens a mirror in a folder, which is created with the first object.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), state: Arc::default(), most: 0 }
    }

    /// Lets changes of up to so many bytes wait, so that an object that is written over and over is one file written
    /// once; [`Mirror::finish`] writes what still waits.
    #[must_use]
    pub fn gathering(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Returns what to give to [`crate::s3::Store::observe`].
    pub fn observer(&self) -> Observer {
        let mirror = self.clone();
        Box::new(move |change| mirror.see(change))
    }

    fn see(&self, change: Change<'_>) {
        let (bucket, key, body) = match change {
            Change::Written { bucket, key, object } => (bucket, key, Some(&object.body)),
            Change::Removed { bucket, key } => (bucket, key, None),
            Change::Bucket { .. } | Change::BucketGone { .. } => return,
        };
        let mut state = self.state();
        state.bytes += body.map_or(0, |it| it.len());
        let before = state.waiting.insert((bucket.to_owned(), key.to_owned()), body.cloned());
        state.bytes -= before.flatten().map_or(0, |it| it.len());
        if self.most <= state.bytes {
            self.write(&mut state);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, state: &mut State) {
        state.bytes = 0;
        for ((bucket, key), body) in std::mem::take(&mut state.waiting) {
            if state.failed.is_none() {
                let body = body.as_ref().map(|it| it.as_slice());
                state.failed = self.follow(&bucket, &key, body).err();
            }
        }
    }

    /// Reads the body of an object back, where one was written.
    fn read(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        fs::read(self.path(bucket, key)).or_else(|_| fs::read(self.aside(bucket, key))).ok()
    }

    /// Writes what waits, and returns the first failure so far, once.
    pub fn finish(&self) -> io::Result<()> {
        let mut state = self.state();
        self.write(&mut state);
        state.failed.take().map_or(Ok(()), Err)
    }

    /// Returns the file of a key.
    pub fn path(&self, bucket: &str, key: &str) -> PathBuf {
        let mut path = self.root.join(safe_name(bucket));
        path.extend(key.split('/').map(safe_name));
        path
    }

    fn follow(&self, bucket: &str, key: &str, body: Option<&[u8]>) -> io::Result<()> {
        let (path, aside) = (self.path(bucket, key), self.aside(bucket, key));
        let Some(body) = body else {
            return [path, aside].iter().try_for_each(|path| remove(path));
        };
        if write(&path, body).is_ok() {
            return Ok(());
        }
        // `a` and `a/b` can both be keys, but not both be files.
        write(&aside, body)
    }

    fn aside(&self, bucket: &str, key: &str) -> PathBuf {
        self.root.join(safe_name(bucket)).join("%aside").join(etag(key.as_bytes()))
    }
}

fn write(path: &Path, body: &[u8]) -> io::Result<()> {
    match fs::write(path, body) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, body)
        }
        done => done,
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if path.is_file() => Err(error),
        _ => Ok(()),
    }
}

/// Spells one part of a key as a file name; `%` begins every spelling that is not the part itself.
fn safe_name(part: &str) -> String {
    if part.len() > LONGEST_NAME {
        return format!("%long-{}", etag(part.as_bytes()));
    }
    let mut name = String::with_capacity(part.len());
    for (at, byte) in part.bytes().enumerate() {
        let plain =
            byte.is_ascii_alphanumeric() || b"-_=+@,".contains(&byte) || (byte == b'.' && at > 0);
        if plain {
            name.push(char::from(byte));
        } else {
            name.push('%');
            name.extend([byte >> 4, byte & 0xf].map(|digit| HEX[usize::from(digit)]));
        }
    }
    match name.len() {
        0 => "%".to_owned(),
        // Spelled out, a part can grow threefold.
        long if long > LONGEST_NAME => format!("%long-{}", etag(part.as_bytes())),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Faults;
    use crate::place::Place;
    use crate::s3::{Condition, Store};

    #[track_caller]
    fn check(key: &str, expect: &str) {
        let path = Mirror::new("out").path("b", key);
        assert_eq!(path, Path::new("out/b").join(expect));
    }

    #[test]
    fn plain_keys_keep_their_names() {
        check(
            "capture/churn-prod/2026/03/04/10/20-48-871-0b7b.jsonl",
            "capture/churn-prod/2026/03/04/10/20-48-871-0b7b.jsonl",
        );
    }

    #[test]
    fn hostile_keys_stay_in_the_folder() {
        check("../../etc/passwd", "%2E./%2E./etc/passwd");
        check("/etc/passwd", "%/etc/passwd");
        check("a//b/.", "a/%/b/%2E");
        check("C:\\x\0\u{e9}", "C%3A%5Cx%00%C3%A9");
        check("%aside", "%25aside");
        check(&"x".repeat(300), &format!("%long-{}", etag("x".repeat(300).as_bytes())));
    }

    #[test]
    fn mirror_follows_writes_and_removals() {
        let root = std::env::temp_dir().join(format!("local-mirror-{}", std::process::id()));
        let mirror = Mirror::new(&root);
        let mut store = Store::new(Place::default(), 1, Faults::none());
        store.create_bucket("b", false).unwrap();
        store.observe(mirror.observer());
        let at = jiff::Timestamp::UNIX_EPOCH;
        for (key, body) in [("k", b"1"), ("k/below", b"2"), ("../k", b"3")] {
            store.put(at, "b", key, body.to_vec(), None, &Condition::Always).unwrap();
        }
        assert_eq!(fs::read(mirror.path("b", "k")).unwrap(), b"1");
        assert_eq!(fs::read(mirror.aside("b", "k/below")).unwrap(), b"2");
        assert_eq!(fs::read(root.join("b/%2E./k")).unwrap(), b"3");
        for key in ["k", "k/below", "../k", "never"] {
            store.delete(at, "b", key, None).unwrap();
        }
        assert!(!mirror.path("b", "k").exists() && !mirror.aside("b", "k/below").exists());
        mirror.finish().unwrap();
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn gathered_changes_end_as_the_last_of_each() {
        let root = std::env::temp_dir().join(format!("local-gathered-{}", std::process::id()));
        let mirror = Mirror::new(&root).gathering(10);
        let mut store = Store::new(Place::default(), 1, Faults::none());
        store.create_bucket("b", false).unwrap();
        store.observe(mirror.observer());
        let at = jiff::Timestamp::UNIX_EPOCH;
        let put = |store: &mut Store, key: &str, body: &[u8]| {
            store.put(at, "b", key, body.to_vec(), None, &Condition::Always).unwrap();
        };
        for body in [b"111", b"222", b"333"] {
            put(&mut store, "k", body);
        }
        assert!(!mirror.path("b", "k").exists(), "three bytes wait");
        put(&mut store, "gone", b"4444");
        store.delete(at, "b", "gone", None).unwrap();
        put(&mut store, "large", b"5555555");
        assert_eq!(fs::read(mirror.path("b", "k")).unwrap(), b"333", "ten bytes wait no longer");
        put(&mut store, "late", b"6");
        mirror.finish().unwrap();
        assert_eq!(fs::read(mirror.path("b", "late")).unwrap(), b"6");
        assert!(!mirror.path("b", "gone").exists());
        fs::remove_dir_all(root).unwrap();
    }
}
