//! One file of labels or of captured inferences, handed on row by row.

use super::{Inference, Label, LabelOptions};
use crate::scan::{Input, ScanError, ScanOptions, Source, read};
use dataset::{Block, Format, Refused, SetAside, Sink, Tally};
use std::io::Cursor;

/// Hands on the labels of one file, in its order; `format` of `None` tells by content.
///
/// A first row of CSV is a header exactly if it names a column that is looked for.
/// Returns also why the first record was set aside; it never quotes the record.
pub fn each_label(
    bytes: Vec<u8>,
    format: Option<LabelFormat>,
    options: &LabelOptions,
    each: impl FnMut(&Label<'_>),
) -> Result<(Tally, Option<&'static str>), ScanError> {
    let mut scan = ScanOptions { labels: true, ..ScanOptions::default() };
    scan.format = format.map(|it| match it {
        LabelFormat::Json => Format::Labels,
        LabelFormat::Csv => Format::Csv,
        LabelFormat::Parquet => Format::Parquet,
    });
    let named = options.id.iter().chain(&options.label).chain(&options.time);
    scan.reading.csv.known = named.filter(|it| !it.starts_with("_c")).cloned().collect();
    scan.reading.labels = options.clone();
    let mut first = None;
    let sink = EachLabel { options, each, refused: Vec::new(), first: &mut first };
    let tally = read([source(bytes)], &scan, sink, &mut ()).map(|it| it.tally)?;
    Ok((tally, first))
}

/// How a label file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelFormat {
    /// AWS's records, or plain objects; one a line.
    Json,
    Csv,
    Parquet,
}

/// Hands on the captured inferences of one file, in its order.
pub fn each_inference(
    bytes: Vec<u8>,
    each: impl FnMut(&Inference<'_>),
) -> Result<Tally, ScanError> {
    let scan = ScanOptions { format: Some(Format::Inferences), ..ScanOptions::default() };
    read([source(bytes)], &scan, EachInference(each), &mut ()).map(|it| it.tally)
}

fn source(bytes: Vec<u8>) -> Source {
    Source { name: String::new(), input: Input::Seekable(Box::new(Cursor::new(bytes))) }
}

struct EachLabel<'a, F> {
    options: &'a LabelOptions,
    each: F,
    refused: Vec<Refused>,
    first: &'a mut Option<&'static str>,
}

impl<F: FnMut(&Label<'_>)> Sink for EachLabel<'_, F> {
    fn block(&mut self, block: &Block<'_>) {
        for label in Label::all(block, self.options) {
            match label {
                Ok(label) => (self.each)(&label),
                Err(it) => {
                    self.first.get_or_insert(it.reason);
                    let why = SetAside { offset: it.offset, reason: it.reason };
                    self.refused.push(Refused { why, record: Vec::new() });
                }
            }
        }
    }

    fn set_aside(&mut self, why: SetAside, _: &[u8]) {
        self.first.get_or_insert(why.reason);
    }

    fn refused(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.refused)
    }
}

struct EachInference<F>(F);

impl<F: FnMut(&Inference<'_>)> Sink for EachInference<F> {
    fn block(&mut self, block: &Block<'_>) {
        Inference::all(block).for_each(|it| (self.0)(&it));
    }

    fn set_aside(&mut self, _: SetAside, _: &[u8]) {}
}
