//! The body of one side of an inference, as rows.

use super::envelope::{Encoding, Side, plain};
use crate::{
    block::Cell,
    csv::{plain::split, record},
    json::{
        Fault, Text, Walk,
        flatten::{Entry, Flatten},
        names::Names,
        unescape,
    },
};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use memchr::{memchr, memmem};

/// What a body holds; the cells are in [`Payload`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Nothing,
    /// Rows of cells without names.
    Cells {
        rows: usize,
        width: usize,
    },
    /// One JSON list of scalars: a row of cells, or one row each.
    List {
        count: usize,
    },
    /// JSON objects.
    Named {
        rows: usize,
    },
}

/// The cells of one body; kept to be used again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Payload {
    pub(crate) cells: Vec<Cell>,
    pub(crate) entries: Vec<Entry>,
    texts: Vec<Option<Text>>,
    ends: Vec<u32>,
    fields: Vec<record::Field>,
    path: Vec<u8>,
    decoded: Vec<u8>,
}

/// Columns of the side that the body is of.
pub(crate) struct Place<'a> {
    pub(crate) names: &'a mut Names,
    pub(crate) side: usize,
    pub(crate) depth: usize,
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const NOT_BASE64: Fault = "a body is not valid BASE64";
const NOT_TABLE: Fault = "a body is neither CSV nor JSON";
const UNEVEN: Fault = "the rows of a body have different numbers of cells";
const MIXED: Fault = "a body mixes objects, lists and single values";

impl Payload {
    /// Reads a body, in place; `bytes` end with its record.
    pub(crate) fn read(
        &mut self,
        bytes: &mut [u8],
        side: &Side,
        place: Place<'_>,
    ) -> Result<Shape, Fault> {
        self.cells.clear();
        self.entries.clear();
        let start = side.body.start;
        let mut end = unescape(bytes, side.body);
        if side.encoding == Encoding::Base64 {
            self.decoded.clear();
            let packed = bytes[start..end].trim_ascii();
            BASE64.decode_vec(packed, &mut self.decoded).map_err(|_| NOT_BASE64)?;
            end = start + self.decoded.len();
            bytes[start..end].copy_from_slice(&self.decoded);
        }
        let is_json = match side.encoding {
            Encoding::Csv => false,
            Encoding::Json => true,
            Encoding::Base64 | Encoding::Unknown => is_json(bytes, end, side)?,
        };
        if is_json {
            self.json(&mut bytes[..end], start, place)
        } else {
            self.csv(bytes, start, end)
        }
    }

    fn csv(&mut self, bytes: &mut [u8], start: usize, end: usize) -> Result<Shape, Fault> {
        let body = &bytes[start..end];
        if memchr(b'"', body).is_some() {
            return self.quoted_csv(&mut bytes[..end], start);
        }
        let lines = memchr(b'\n', body).is_some();
        let count = split(bytes, start, end, b',', &mut self.ends);
        if !lines {
            let stop = end - usize::from(bytes[end - 1] == b'\r');
            let mut from = start as u32;
            self.cells.extend(self.ends[..count].iter().map(|it| {
                let cell = Cell::between(from, *it);
                from = *it + 1;
                cell
            }));
            self.cells.push(Cell::between(from, stop as u32));
            return Ok(Shape::Cells { rows: 1, width: count + 1 });
        }
        if self.ends.len() == count {
            self.ends.push(0);
        }
        self.ends[count] = end as u32;
        let (mut rows, mut width) = (0, 0);
        let mut from = start as u32;
        for row in self.ends[..=count].split_inclusive(|it| bytes.get(*it as usize) == Some(&b'\n'))
        {
            let first = from;
            let kept = self.cells.len();
            for stop in row {
                self.cells.push(Cell::between(from, *stop));
                from = *stop + 1;
            }
            let stop = row[row.len() - 1] as usize;
            let start = if row.len() == 1 { first } else { row[row.len() - 2] + 1 };
            if (start as usize) < stop && bytes[stop - 1] == b'\r' {
                let last = self.cells.len() - 1;
                self.cells[last] = Cell::between(start, stop as u32 - 1);
            }
            if row.len() == 1 && self.cells[kept].is_missing() {
                self.cells.truncate(kept);
            } else {
                check_width(&mut rows, &mut width, row.len())?;
            }
        }
        Ok(shape(rows, width))
    }

    fn quoted_csv(&mut self, bytes: &mut [u8], mut pos: usize) -> Result<Shape, Fault> {
        let (mut rows, mut width) = (0, 0);
        while pos < bytes.len() {
            match record::find(bytes, pos, true, b',', usize::MAX, &mut self.fields) {
                record::Found::Record { next } => {
                    for field in &self.fields {
                        self.cells.push(field.settle(bytes));
                    }
                    check_width(&mut rows, &mut width, self.fields.len())?;
                    pos = next;
                }
                record::Found::Blank { next } => pos = next,
                _ => return Err("a quote is never closed"),
            }
        }
        Ok(shape(rows, width))
    }

    /// Reads one JSON document or several, one after another.
    fn json(&mut self, bytes: &mut [u8], start: usize, place: Place<'_>) -> Result<Shape, Fault> {
        self.texts.clear();
        let mut documents = Documents {
            found: Shape::Nothing,
            place,
            texts: &mut self.texts,
            entries: &mut self.entries,
            path: &mut self.path,
        };
        let mut walk = Walk::new(bytes, start, documents.place.depth);
        let mut count = 0;
        while !walk.is_done() {
            documents.document(&mut walk, count == 0)?;
            count += 1;
        }
        let found = documents.found;
        for text in &self.texts {
            self.cells.push(text.map_or(Cell::MISSING, |it| Cell {
                start: it.start as u32,
                end: unescape(bytes, it) as u32,
            }));
        }
        Ok(found)
    }
}

/// Tells CSV and JSON apart by media type, then by content.
fn is_json(bytes: &[u8], end: usize, side: &Side) -> Result<bool, Fault> {
    let body = &bytes[side.body.start..end];
    if std::str::from_utf8(body).is_err() {
        return Err(NOT_TABLE);
    }
    let media = side.content_type.map(|it| plain(bytes, it).to_ascii_lowercase());
    let media = media.unwrap_or_default();
    if media.starts_with(b"text/csv") {
        return Ok(false);
    }
    if media.starts_with(b"application/json") {
        return Ok(true);
    }
    match body.trim_ascii_start().first() {
        Some(b'{' | b'[') => Ok(true),
        // Markup is what a failing server answers.
        Some(b'<') => Err(NOT_TABLE),
        _ => Ok(false),
    }
}

fn shape(rows: usize, width: usize) -> Shape {
    if rows == 0 { Shape::Nothing } else { Shape::Cells { rows, width } }
}

fn check_width(rows: &mut usize, width: &mut usize, cells: usize) -> Result<(), Fault> {
    if *rows == 0 {
        *width = cells;
    }
    *rows += 1;
    if *width == cells { Ok(()) } else { Err(UNEVEN) }
}

/// Gathers the rows of JSON documents.
struct Documents<'a> {
    found: Shape,
    place: Place<'a>,
    texts: &'a mut Vec<Option<Text>>,
    entries: &'a mut Vec<Entry>,
    path: &'a mut Vec<u8>,
}

impl Documents<'_> {
    fn document(&mut self, walk: &mut Walk<'_>, first: bool) -> Result<(), Fault> {
        match walk.peek() {
            Some(b'[') => self.list(walk, first),
            Some(b'{') => match wrapped(walk) {
                Some(list) => {
                    let mut inside = Walk::new(walk.bytes, list, walk.depth);
                    walk.skip()?;
                    self.list(&mut inside, first)
                }
                None => self.object(walk),
            },
            _ => {
                let before = self.texts.len();
                self.scalars(walk)?;
                self.row_of_cells(before)
            }
        }
    }

    /// Rows of objects, rows of lists, or single values.
    fn list(&mut self, walk: &mut Walk<'_>, first: bool) -> Result<(), Fault> {
        let before = self.texts.len();
        let mut singles = 0;
        let mut others = 0;
        walk.array(|walk, _| match walk.peek() {
            Some(b'{') => {
                others += 1;
                self.object(walk)
            }
            Some(b'[') => {
                others += 1;
                let before = self.texts.len();
                self.scalars(walk)?;
                self.row_of_cells(before)
            }
            _ => {
                singles += 1;
                self.scalars(walk)
            }
        })?;
        match (singles, others) {
            (0, _) => Ok(()),
            (count, 0) if first => {
                self.found = Shape::List { count };
                Ok(())
            }
            (_, 0) => self.row_of_cells(before),
            _ => Err(MIXED),
        }
    }

    fn object(&mut self, walk: &mut Walk<'_>) -> Result<(), Fault> {
        let rows = match self.found {
            Shape::Nothing => 0,
            Shape::Named { rows } => rows,
            _ => return Err(MIXED),
        };
        self.found = Shape::Named { rows: rows + 1 };
        self.path.clear();
        let mut flatten = Flatten {
            names: self.place.names,
            side: self.place.side,
            path: self.path,
            row: rows as u32,
            next: 0,
            entries: self.entries,
        };
        flatten.object(walk)
    }

    /// Appends the values of nested lists in their order.
    fn scalars(&mut self, walk: &mut Walk<'_>) -> Result<(), Fault> {
        match walk.peek() {
            Some(b'[') => walk.array(|walk, _| self.scalars(walk)),
            Some(b'{') => Err(MIXED),
            Some(b'"') => {
                let text = walk.text()?;
                self.texts.push(Some(text));
                Ok(())
            }
            _ => {
                let text = walk.scalar()?;
                self.texts.push(text);
                Ok(())
            }
        }
    }

    /// Ends a row whose cells start at `before`.
    fn row_of_cells(&mut self, before: usize) -> Result<(), Fault> {
        let cells = self.texts.len() - before;
        let (mut rows, mut width) = match self.found {
            Shape::Nothing => (0, 0),
            Shape::Cells { rows, width } => (rows, width),
            Shape::List { count } => (1, count),
            Shape::Named { .. } => return Err(MIXED),
        };
        check_width(&mut rows, &mut width, cells)?;
        self.found = Shape::Cells { rows, width };
        Ok(())
    }
}

/// Where the list of `{"instances":[…]}` or `{"predictions":[…]}` is.
fn wrapped(walk: &Walk<'_>) -> Option<usize> {
    let body = &walk.bytes[walk.pos..];
    memmem::find(body, b"\"instances\"").or_else(|| memmem::find(body, b"\"predictions\""))?;
    let mut list = None;
    let mut ahead = Walk::new(walk.bytes, walk.pos, walk.depth);
    ahead
        .object(|ahead, key| {
            let key = &ahead.bytes[key.start..key.end];
            if ahead.peek() == Some(b'[') && matches!(key, b"instances" | b"predictions") {
                list = Some(ahead.pos);
            }
            ahead.skip()
        })
        .ok()?;
    list
}
