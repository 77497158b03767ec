use super::own::is_own;
use crate::json::{Fault, Text, Walk, unescape};
use std::borrow::Cow;

/// What a captured inference says of itself (reference: formats B.2).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Envelope {
    pub(crate) input: Option<Side>,
    pub(crate) output: Option<Side>,
    /// The label of a merged record.
    pub(crate) truth: Option<Side>,
    pub(crate) event: Option<Text>,
    pub(crate) inference: Option<Text>,
    pub(crate) time: Option<Text>,
    /// The inference is one of a shadow variant.
    pub(crate) shadow: bool,
    /// A body is written as no text: no template fits others like it.
    pub(crate) bare: bool,
}

/// One side of an inference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    pub(crate) body: Text,
    pub(crate) encoding: Encoding,
    pub(crate) content_type: Option<Text>,
}

/// How a side's body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Csv,
    Json,
    Base64,
    /// Not said, or not a word of AWS's.
    Unknown,
}

impl Encoding {
    /// Walks over the word, or over what stands in its place.
    fn of(walk: &mut Walk<'_>) -> Result<Self, Fault> {
        let word = text(walk)?;
        Ok(word.map_or(Self::Unknown, |it| match &*plain(walk.bytes, it) {
            b"CSV" => Self::Csv,
            b"JSON" => Self::Json,
            b"BASE64" => Self::Base64,
            _ => Self::Unknown,
        }))
    }
}

impl Side {
    const EMPTY: Self = Self {
        body: Text { start: 0, end: 0, escaped: false },
        encoding: Encoding::Unknown,
        content_type: None,
    };

    /// The same side where its record starts `by` bytes earlier.
    pub(crate) fn moved(self, by: usize) -> Self {
        let moved = |it: Text| Text { start: it.start - by, end: it.end - by, ..it };
        Self { body: moved(self.body), content_type: self.content_type.map(moved), ..self }
    }
}

const NO_CAPTURE: Fault = "the record has no captureData";
const NOT_OBJECT: Fault = "the line is not a JSON object";
const ODD: Fault = "the record is not shaped like a captured inference";

impl Envelope {
    /// Reads the record at `start`, which runs to the end of `bytes`; keys may
    /// come in any order and unknown ones are skipped.
    ///
    /// Texts about the inference are noted in `others`.
    pub(crate) fn read(
        bytes: &[u8],
        start: usize,
        depth: usize,
        others: &mut Vec<Text>,
    ) -> Result<Self, Fault> {
        others.clear();
        let mut walk = Walk::new(bytes, start, depth);
        if walk.next_token()? != b'{' {
            return Err(NOT_OBJECT);
        }
        let mut envelope = Self::default();
        let mut captured = false;
        walk.object(|walk, key| match &*plain(bytes, key) {
            b"captureData" => {
                captured = true;
                envelope.read_sides(walk)
            }
            b"eventMetadata" => envelope.read_metadata(walk, others),
            b"groundTruthData" => envelope.read_truth(walk),
            _ => walk.skip(),
        })?;
        walk.done()?;
        if captured { Ok(envelope) } else { Err(NO_CAPTURE) }
    }

    /// Whether the suite itself asked for the inference.
    pub(crate) fn is_own(&self, bytes: &[u8]) -> bool {
        self.inference.is_some_and(|it| is_own(&plain(bytes, it)))
    }

    fn read_sides(&mut self, walk: &mut Walk<'_>) -> Result<(), Fault> {
        if walk.peek() != Some(b'{') {
            return Err(ODD);
        }
        walk.object(|walk, key| {
            match &*plain(walk.bytes, key) {
                b"endpointInput" => self.input = side(walk)?,
                b"endpointOutput" | b"batchTransformOutput" => self.output = side(walk)?,
                _ => walk.skip()?,
            }
            Ok(())
        })
    }

    /// A label is taken as it comes: AWS's is a text, others' a number or a list.
    fn read_truth(&mut self, walk: &mut Walk<'_>) -> Result<(), Fault> {
        if walk.peek() != Some(b'{') {
            self.bare = true;
            return walk.skip();
        }
        let mut truth = Side::EMPTY;
        walk.object(|walk, key| {
            match &*plain(walk.bytes, key) {
                b"data" if walk.peek() == Some(b'"') => truth.body = walk.text()?,
                b"data" => {
                    self.bare = true;
                    let start = walk.pos;
                    walk.skip()?;
                    if walk.bytes[start..walk.pos] != *b"null" {
                        truth.body = Text { start, end: walk.pos, escaped: false };
                    }
                }
                b"encoding" => truth.encoding = Encoding::of(walk)?,
                _ => walk.skip()?,
            }
            Ok(())
        })?;
        self.truth = Some(truth).filter(|it| it.body.start < it.body.end);
        Ok(())
    }

    fn read_metadata(&mut self, walk: &mut Walk<'_>, others: &mut Vec<Text>) -> Result<(), Fault> {
        if walk.peek() != Some(b'{') {
            return walk.skip();
        }
        walk.object(|walk, key| {
            match &*plain(walk.bytes, key) {
                b"inferenceTime" => {
                    self.time = text(walk)?;
                    others.extend(self.time);
                }
                b"eventId" => {
                    self.event = text(walk)?;
                    others.extend(self.event);
                }
                b"inferenceId" => {
                    self.inference = text(walk)?;
                    others.extend(self.inference);
                }
                b"invocationSource" => {
                    let source = text(walk)?;
                    self.shadow =
                        source.is_some_and(|it| *plain(walk.bytes, it) == *b"ShadowExperiment");
                }
                _ => texts(walk, others)?,
            }
            Ok(())
        })
    }
}

fn side(walk: &mut Walk<'_>) -> Result<Option<Side>, Fault> {
    match walk.peek() {
        Some(b'{') => {}
        Some(b'n') => return walk.skip().map(|()| None),
        _ => return Err(ODD),
    }
    let mut body = None;
    let mut encoding = Encoding::Unknown;
    let mut content_type = None;
    walk.object(|walk, key| {
        match &*plain(walk.bytes, key) {
            b"data" => match walk.peek() {
                Some(b'"' | b'n') => body = text(walk)?,
                _ => return Err(ODD),
            },
            b"encoding" => encoding = Encoding::of(walk)?,
            b"observedContentType" => content_type = text(walk)?,
            _ => walk.skip()?,
        }
        Ok(())
    })?;
    Ok(body.filter(|it| it.start < it.end).map(|body| Side { body, encoding, content_type }))
}

/// Walks over any value and notes the texts in it, but for keys.
fn texts(walk: &mut Walk<'_>, others: &mut Vec<Text>) -> Result<(), Fault> {
    match walk.peek() {
        Some(b'[') => walk.array(|walk, _| texts(walk, others)),
        Some(b'{') => walk.object(|walk, _| texts(walk, others)),
        _ => {
            others.extend(text(walk)?);
            Ok(())
        }
    }
}

/// Walks over any value; `None` when it is no text.
pub(crate) fn text(walk: &mut Walk<'_>) -> Result<Option<Text>, Fault> {
    if walk.peek() == Some(b'"') {
        return walk.text().map(Some);
    }
    walk.skip().map(|()| None)
}

/// The characters of a text.
#[inline]
pub(crate) fn plain(bytes: &[u8], text: Text) -> Cow<'_, [u8]> {
    let written = &bytes[text.start..text.end];
    if !text.escaped {
        return Cow::Borrowed(written);
    }
    let mut copy = written.to_vec();
    let end = unescape(&mut copy, Text { start: 0, end: written.len(), escaped: true });
    copy.truncate(end);
    Cow::Owned(copy)
}
