//! The use cases over the world in memory.

mod defects;
mod faults;
mod ledgers;
mod loop_runs;
mod messages;
mod monitors;
mod orders;
mod probes;
mod runs;
mod stage;
mod variants;
