//! Labels as JSON, one a line: AWS's records, and plain objects.

use super::{LabelOptions, columns::moment, template::Template};
use crate::{
    block::Cell,
    capture::{plain, text},
    json::{Fault, Text, Walk, unescape},
    line_records::{Kept, LineRecord},
    options::Limits,
    rows::Rows,
};
use std::sync::Arc;

/// The columns; no CSV of labels is named so.
pub(super) const NAMES: [&str; 5] = ["$id", "$record", "$text", "$json", "$time"];

/// Reads label records (reference: formats C.1) and plain objects such as
/// `{"id":"order-1","label":[0,1]}`.
#[derive(Debug, Clone)]
pub(crate) struct LabelRecord {
    options: Arc<LabelOptions>,
    depth: usize,
    names: Arc<[String; 5]>,
    template: Template,
}

const NOT_OBJECT: Fault = "the line is not a JSON object";
const JOINED: Fault = "more than one object on the line: they must stand on lines of their own";
const NO_ID: Fault = "the record has no id";
const NO_LABEL: Fault = "the record has no label";
const ODD_ID: Fault = "the id is neither a text nor a number";
const ODD: Fault = "the record is not shaped like a label";
const NO_TIME: Fault = "the time of the label is not readable";

impl LabelRecord {
    pub(crate) fn new(options: &LabelOptions, limits: Limits) -> Self {
        let names = Arc::new(NAMES.map(str::to_owned));
        let (options, template) = (Arc::new(options.clone()), Template::default());
        Self { options, depth: limits.depth, names, template }
    }
}

impl LineRecord for LabelRecord {
    fn names(&self) -> &[String] {
        &self.names[..]
    }

    fn record(&mut self, bytes: &mut [u8], start: usize, rows: &mut Rows) -> Result<Kept, Fault> {
        if let Some((id, value)) = self.template.read(bytes, start) {
            add(bytes, rows, id, value);
            return Ok(Kept::Rows);
        }
        let found = Found::read(bytes, start, self.depth, &self.options)?;
        let (id, value) = found.settle()?;
        let is_id = |it: &Text| *it == id && bytes[it.start - 1] == b'"';
        if let (None, Some(said), Some(id)) = (found.time, found.said, found.event.filter(is_id)) {
            self.template.learn(bytes, start, id, value.text, said);
        }
        if let Some(time) = found.time
            && moment(&plain(bytes, time)).is_none()
        {
            return Err(NO_TIME);
        }
        // Nothing is refused from here on, so texts may be changed in place.
        let row = add(bytes, rows, id, value);
        if let Some(time) = found.time {
            row[4] = cell(time.start, unescape(bytes, time));
        }
        Ok(Kept::Rows)
    }
}

#[inline]
fn add<'a>(bytes: &mut [u8], rows: &'a mut Rows, id: Text, value: Value) -> &'a mut [Cell] {
    let row = rows.add(NAMES.len());
    row[0] = cell(id.start, unescape(bytes, id));
    row[value.column] = match value.column {
        2 => cell(value.text.start, unescape(bytes, value.text)),
        _ => cell(value.text.start, value.text.end),
    };
    row
}

/// What a record says; of several names for one thing the first wanted counts.
#[derive(Default)]
struct Found {
    /// AWS's members.
    truth: Option<Value>,
    /// The characters of its `data`, where these are a text, once.
    said: Option<Text>,
    event: Option<Text>,
    inference: Option<Text>,
    /// Members by the wanted names, and how much wanted.
    id: Option<(usize, Text)>,
    label: Option<(usize, Value)>,
    named_time: Option<(usize, Text)>,
    time: Option<Text>,
}

/// A value and the column that it goes to.
#[derive(Clone, Copy)]
pub(super) struct Value {
    pub(super) column: usize,
    pub(super) text: Text,
}

impl Found {
    fn read(
        bytes: &[u8],
        start: usize,
        depth: usize,
        options: &LabelOptions,
    ) -> Result<Self, Fault> {
        let mut walk = Walk::new(bytes, start, depth);
        if walk.next_token()? != b'{' {
            return Err(NOT_OBJECT);
        }
        let mut found = Self::default();
        walk.object(|walk, key| {
            let key = plain(walk.bytes, key);
            match &*key {
                b"groundTruthData" => (found.truth, found.said) = truth(walk)?,
                b"eventMetadata" if walk.peek() == Some(b'{') => found.metadata(walk)?,
                _ => found.member(walk, &key, options)?,
            }
            Ok(())
        })?;
        if !walk.is_done() {
            return Err(JOINED);
        }
        found.time = found.time.or(found.named_time.map(|it| it.1));
        Ok(found)
    }

    fn metadata(&mut self, walk: &mut Walk<'_>) -> Result<(), Fault> {
        walk.object(|walk, key| {
            match &*plain(walk.bytes, key) {
                b"eventId" => self.event = id(walk)?,
                b"inferenceId" => self.inference = id(walk)?,
                b"eventTime" => self.time = scalar(walk)?,
                _ => walk.skip()?,
            }
            Ok(())
        })
    }

    fn member(
        &mut self,
        walk: &mut Walk<'_>,
        key: &[u8],
        options: &LabelOptions,
    ) -> Result<(), Fault> {
        let place = |names: &[String]| names.iter().position(|it| it.as_bytes() == key);
        if let Some(place) = place(&options.id) {
            if let Some(it) = id(walk)?
                && self.id.is_none_or(|(before, _)| place <= before)
            {
                self.id = Some((place, it));
            }
        } else if let Some(place) = place(&options.label) {
            if let Some(it) = value(walk)?
                && self.label.is_none_or(|(before, _)| place <= before)
            {
                self.label = Some((place, it));
            }
        } else if let Some(place) = place(&options.time) {
            if let Some(it) = scalar(walk)?
                && self.named_time.is_none_or(|(before, _)| place <= before)
            {
                self.named_time = Some((place, it));
            }
        } else {
            walk.skip()?;
        }
        Ok(())
    }

    /// AWS's members count before others.
    fn settle(&self) -> Result<(Text, Value), Fault> {
        let id = self.event.or(self.inference).or(self.id.map(|it| it.1)).ok_or(NO_ID)?;
        let value = self.truth.or(self.label.map(|it| it.1)).ok_or(NO_LABEL)?;
        Ok((id, value))
    }
}

/// AWS's label: an object with `data`, kept as it is. A value in its place is one too.
fn truth(walk: &mut Walk<'_>) -> Result<(Option<Value>, Option<Text>), Fault> {
    if walk.peek() != Some(b'{') {
        return Ok((value(walk)?, None));
    }
    let start = walk.pos;
    let (mut says, mut said) = (None, None);
    walk.object(|walk, key| {
        let is_label = *plain(walk.bytes, key) == *b"data";
        let null = walk.peek() == Some(b'n');
        let text = text(walk)?;
        if is_label {
            said = text.filter(|_| says.is_none());
            says = Some(!null);
        }
        Ok(())
    })?;
    let text = Text { start, end: walk.pos, escaped: false };
    match says {
        None => Err(ODD),
        Some(is_said) => Ok((is_said.then_some(Value { column: 1, text }), said)),
    }
}

/// A label that stands for itself; `null` is none.
fn value(walk: &mut Walk<'_>) -> Result<Option<Value>, Fault> {
    if matches!(walk.peek(), Some(b'{' | b'[')) {
        let start = walk.pos;
        walk.skip()?;
        let text = Text { start, end: walk.pos, escaped: false };
        return Ok(Some(Value { column: 3, text }));
    }
    Ok(scalar(walk)?.map(|text| Value { column: 2, text }))
}

/// A text, or what a number is written as; an empty one is none.
fn id(walk: &mut Walk<'_>) -> Result<Option<Text>, Fault> {
    if matches!(walk.peek(), Some(b'{' | b'[')) {
        return Err(ODD_ID);
    }
    Ok(scalar(walk)?.filter(|it| it.start < it.end))
}

fn scalar(walk: &mut Walk<'_>) -> Result<Option<Text>, Fault> {
    match walk.peek() {
        Some(b'"') => text(walk),
        Some(b'{' | b'[') => Err(ODD),
        _ => walk.scalar(),
    }
}

fn cell(start: usize, end: usize) -> Cell {
    Cell { start: start as u32, end: end as u32 }
}
