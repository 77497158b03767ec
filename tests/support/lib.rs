//! Paths and samples for the suites.
