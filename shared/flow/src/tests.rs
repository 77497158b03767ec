//! The use cases over the world in memory.

mod loop_runs;
mod stage;
