//! The use cases over the world in memory.

mod bias;
mod defects;
mod faults;
mod labelled;
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
