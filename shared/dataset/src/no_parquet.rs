use crate::{
    block::{SetAside, Sink, Tally},
    options::Limits,
};
use std::io::{Read, Seek};

/// Sets the file aside: this build leaves the reader of Parquet out.
pub fn read_parquet<R: Read + Seek + Send + 'static>(
    _: R,
    _: Limits,
    sink: &mut dyn Sink,
) -> Tally {
    let reason = "this build does not read Parquet";
    sink.set_aside(SetAside { offset: 0, reason }, &[]);
    Tally { set_aside: 1, ..Tally::default() }
}
