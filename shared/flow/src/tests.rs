//! The use cases over the world in memory.

mod asking;
mod backfills;
mod bias;
mod defects;
mod explainability;
mod faults;
mod held;
mod label_files;
mod labelled;
mod ledgers;
mod loop_runs;
mod merge_calls;
mod merge_histories;
mod merges;
mod messages;
mod monitors;
mod orders;
mod payloads;
mod probes;
mod quality;
mod runs;
mod stage;
mod status;
mod unsteady;
mod variants;
