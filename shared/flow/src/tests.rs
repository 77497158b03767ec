//! The use cases over the world in memory.

mod faults;
mod loop_runs;
mod messages;
mod orders;
mod stage;
