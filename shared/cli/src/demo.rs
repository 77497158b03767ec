//! The demo: the whole loop on the virtual clock, with injected faults and known answers.

pub mod table;
pub mod traffic;
