//! The suite's ports over the stand-in.
