//! The use cases, one file per function.
