//! Bytes in, blocks of cells out.
//!
//! A [`Reader`] never opens anything: callers push bytes or fill its spare
//! space; it hands whole rows on, a [`Block`] at a time, to a [`Sink`], and
//! sets aside what it cannot read.

mod attribute;
mod block;
mod capture;
mod csv;
mod format;
mod gzip;
mod instant;
mod json;
mod json_lines;
mod label;
mod line_records;
mod lines;
mod masks;
mod options;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(not(feature = "parquet"))]
#[path = "no_parquet.rs"]
mod parquet;
mod reader;
mod rows;
mod unique;

pub use attribute::column_of;
pub use block::{Block, Cell, Piece, Refused, SetAside, Sink, Tally};
pub use capture::{ASKED, Inference, PROBED, is_own, write_merged};
pub use format::{Format, is_gzip, sniff, sniff_labels};
pub use gzip::gunzip;
pub use label::{Label, LabelOptions, Truth, Unlabelled, write_label};
pub use options::{CaptureOptions, CsvOptions, Header, Limits, Options, Sides};
pub use parquet::read_parquet;
pub use reader::Reader;
