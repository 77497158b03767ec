//! Bytes in, blocks of cells out.
//!
//! A reader never opens anything: callers push bytes, the reader hands whole
//! rows on, a [`Block`] at a time, and sets aside what it cannot read.

mod block;

pub use block::{Block, Cell, SetAside, Sink};
