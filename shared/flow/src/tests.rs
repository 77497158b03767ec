//! The use cases over the world in memory.

mod defects;
mod faults;
mod ledgers;
mod loop_runs;
mod merges;
mod messages;
mod monitors;
mod orders;
mod probes;
mod quality;
mod runs;
mod stage;
mod variants;
