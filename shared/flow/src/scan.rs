use crate::Limits;
use crate::fault::failed;
use engine::profile::Profile;
use engine::scan::{Input, ScanError, ScanOptions, Sink, Source, Summary, scan};
use ports::{Address, ListObjects, Listed, Next, ReadFailed, ReadObjects, Refusal};
use std::io::{self, Cursor, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// What a scan found.
pub(crate) struct Found<S = Profile> {
    pub(crate) profile: S,
    pub(crate) bytes: u64,
}

/// Up to so many bytes are read into memory; more are streamed through a thread.
const BUFFERED: u64 = 16 << 20;
/// Pieces that wait for the thread.
const WAITING: usize = 2;

/// Lists all objects under a prefix, in order of their keys.
pub(crate) async fn list_all(
    world: &impl ListObjects,
    prefix: &Address,
) -> Result<Vec<Listed>, Refusal> {
    let mut found: Vec<Listed> = Vec::new();
    loop {
        let after = found.last().map(|it| it.key.clone());
        let page = world
            .list(prefix, after.as_deref())
            .await
            .map_err(|it| failed("objects not listed")(it).fact("prefix", prefix.uri()))?;
        let more = page.more && !page.objects.is_empty();
        found.extend(page.objects);
        if !more {
            return Ok(found);
        }
    }
}

/// Reads objects into one profile, in order, with bounded memory.
pub(crate) async fn profile(
    world: &impl ReadObjects,
    bucket: &str,
    objects: &[Listed],
    options: &ScanOptions,
    limits: Limits,
) -> Result<Found, Refusal> {
    summary(world, bucket, objects, options, limits, Profile::default).await
}

/// Reads objects into one summary, in order, with bounded memory.
pub(crate) async fn summary<S: Summary + Sink + Send + 'static>(
    world: &impl ReadObjects,
    bucket: &str,
    objects: &[Listed],
    options: &ScanOptions,
    limits: Limits,
    make: impl Fn() -> S + Send + 'static,
) -> Result<Found<S>, Refusal> {
    let total: u64 = objects.iter().map(|it| it.size).sum();
    if limits.most_bytes < total {
        return Err(Refusal::new(Next::FixInput, "more bytes than one execution reads")
            .fact("bytes", total)
            .fact("most", limits.most_bytes));
    }
    if BUFFERED < total {
        return streamed(world, bucket, objects, options, limits, make).await;
    }
    let mut sources = Vec::with_capacity(objects.len());
    for listed in objects {
        let mut bytes = Vec::with_capacity(listed.size as usize);
        while (bytes.len() as u64) < listed.size {
            let from = bytes.len() as u64;
            let piece = read(world, bucket, listed, from, listed.size - from).await?;
            if bytes.is_empty() {
                bytes = piece;
            } else {
                bytes.extend(piece);
            }
        }
        let input = Input::Stream(Box::new(Cursor::new(bytes)));
        sources.push(Source { name: listed.key.clone(), input });
    }
    let scanned = scan(sources, options, make, &mut ()).map_err(unreadable)?;
    Ok(Found { profile: scanned.summary, bytes: scanned.bytes })
}

/// The largest object that is read whole, in bytes: a model, rows that stand for absent features.
const LARGEST: u64 = 64 << 20;

/// Reads an object whole; `None` where there is none.
pub(crate) async fn read_whole(
    world: &impl ReadObjects,
    at: &Address,
) -> Result<Option<Vec<u8>>, Refusal> {
    match world.read(at, 0, LARGEST).await {
        Ok(piece) => Ok(Some(piece.bytes)),
        Err(ReadFailed::Missing) => Ok(None),
        Err(ReadFailed::Other(trouble)) => {
            Err(failed("model not read")(trouble).fact("object", at.uri()))
        }
    }
}

/// Reads a table that is in memory into one summary.
pub(crate) fn summary_of<S: Summary + Sink + Send>(
    text: Vec<u8>,
    options: &ScanOptions,
    make: impl Fn() -> S,
) -> Result<Found<S>, Refusal> {
    let input = Input::Stream(Box::new(Cursor::new(text)));
    let sources = [Source { name: "table".to_owned(), input }];
    let scanned = scan(sources, options, make, &mut ()).map_err(unreadable)?;
    Ok(Found { profile: scanned.summary, bytes: scanned.bytes })
}

/// Reads a piece of an object that must still be the one that was listed.
async fn read(
    world: &impl ReadObjects,
    bucket: &str,
    listed: &Listed,
    from: u64,
    len: u64,
) -> Result<Vec<u8>, Refusal> {
    let at = Address::new(bucket, listed.key.as_str());
    let again = |what| Refusal::new(Next::TryAgain, what).fact("object", at.uri());
    match world.read(&at, from, len).await {
        Ok(piece) if piece.etag != listed.etag => Err(again("object changed while it was read")),
        Ok(piece) if piece.bytes.is_empty() => Err(again("object ended while it was read")),
        Ok(piece) => Ok(piece.bytes),
        Err(ReadFailed::Missing) => Err(again("object went while it was read")),
        Err(ReadFailed::Other(trouble)) => {
            Err(Refusal::of("object not read", trouble).fact("object", at.uri()))
        }
    }
}

fn unreadable(error: ScanError) -> Refusal {
    Refusal::new(Next::FixInput, "objects not understood").because(error)
}

/// What goes to the thread that scans.
enum Step {
    Object(String),
    Bytes(Vec<u8>),
}

/// Reads objects that do not fit in memory: pieces go to a thread that scans them.
async fn streamed<S: Summary + Sink + Send + 'static>(
    world: &impl ReadObjects,
    bucket: &str,
    objects: &[Listed],
    options: &ScanOptions,
    limits: Limits,
    make: impl Fn() -> S + Send + 'static,
) -> Result<Found<S>, Refusal> {
    let (sender, receiver) = sync_channel(WAITING);
    let options = options.clone();
    let thread = std::thread::spawn(move || {
        let steps = Arc::new(Mutex::new(Steps { receiver, next: None }));
        scan(Objects(steps), &options, make, &mut ())
    });
    let fed = feed(world, bucket, objects, limits, sender).await;
    let scanned = thread.join().map_err(|_| Refusal::new(Next::CallOperator, "scan broke down"))?;
    fed?;
    let scanned = scanned.map_err(unreadable)?;
    Ok(Found { profile: scanned.summary, bytes: scanned.bytes })
}

async fn feed(
    world: &impl ReadObjects,
    bucket: &str,
    objects: &[Listed],
    limits: Limits,
    sender: SyncSender<Step>,
) -> Result<(), Refusal> {
    for listed in objects {
        // A thread that is gone has failed, and says so when it is joined.
        if sender.send(Step::Object(listed.key.clone())).is_err() {
            return Ok(());
        }
        let mut from = 0;
        while from < listed.size {
            let piece = read(world, bucket, listed, from, limits.piece).await?;
            from += piece.len() as u64;
            if sender.send(Step::Bytes(piece)).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The receiving end: objects one after the other.
struct Steps {
    receiver: Receiver<Step>,
    /// The next object's name, seen while the one before was read.
    next: Option<String>,
}

struct Objects(Arc<Mutex<Steps>>);

impl Iterator for Objects {
    type Item = Source;

    fn next(&mut self) -> Option<Source> {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = loop {
            if let Some(name) = steps.next.take() {
                break name;
            }
            if let Step::Object(name) = steps.receiver.recv().ok()? {
                break name;
            }
        };
        let bytes = Cursor::new(Vec::new());
        let stream = Stream { steps: Arc::clone(&self.0), bytes, ended: false };
        Some(Source { name, input: Input::Stream(Box::new(stream)) })
    }
}

struct Stream {
    steps: Arc<Mutex<Steps>>,
    bytes: Cursor<Vec<u8>>,
    ended: bool,
}

impl Read for Stream {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.bytes.read(to)?;
            if 0 < count || to.is_empty() || self.ended {
                return Ok(count);
            }
            let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
            match steps.receiver.recv() {
                Ok(Step::Bytes(bytes)) => self.bytes = Cursor::new(bytes),
                Ok(Step::Object(name)) => {
                    steps.next = Some(name);
                    self.ended = true;
                }
                Err(_) => self.ended = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::MemoryWorld;
    use std::fmt::Write as _;

    fn world(objects: usize) -> MemoryWorld {
        let world = MemoryWorld::default();
        for at in 0..objects {
            let mut lines = String::new();
            for row in 0..300 {
                let age = 20 + (row * 7 + at * 13) % 60;
                let _ = writeln!(lines, r#"{{"age":{age},"plan":"p{}"}}"#, row % 3);
            }
            world.set_object(&Address::new("bucket", format!("in/{at}.jsonl")), lines);
        }
        world
    }

    fn limits() -> Limits {
        // No divisor of anything: pieces end within records.
        Limits { piece: 997, ..Limits::default() }
    }

    #[test]
    fn streamed_objects_profile_as_buffered_ones() {
        let world = world(5);
        pollster::block_on(async {
            let objects = list_all(&world, &Address::new("bucket", "in/")).await.expect("listed");
            let options = ScanOptions::default();
            let buffered = profile(&world, "bucket", &objects, &options, limits()).await;
            let make = Profile::default;
            let streamed = streamed(&world, "bucket", &objects, &options, limits(), make).await;
            let (buffered, streamed) = (buffered.expect("read"), streamed.expect("read"));
            assert_eq!(streamed.bytes, buffered.bytes);
            let statistics = streamed.profile.statistics();
            assert_eq!(statistics.rows, 5 * 300);
            assert_eq!(statistics, buffered.profile.statistics());
        });
    }

    #[test]
    fn object_that_changes_while_streamed_is_tried_again() {
        let world = world(2);
        pollster::block_on(async {
            let objects = list_all(&world, &Address::new("bucket", "in/")).await.expect("listed");
            world.set_object(&Address::new("bucket", "in/1.jsonl"), "{}");
            let options = ScanOptions::default();
            let make = Profile::default;
            let found = streamed(&world, "bucket", &objects, &options, limits(), make).await;
            let refusal = found.err().expect("a refusal");
            assert_eq!(refusal.next, Next::TryAgain);
            assert!(refusal.to_string().contains("in/1.jsonl"), "{refusal}");
        });
    }
}
