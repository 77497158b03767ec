//! What the user wants: parse, validate, defaults, JSON Schema, manifest import.
//!
//! One table ([`fields`]) names every setting with its kind, default and meaning;
//! the reader, the schema, the tags and the import all follow it.

mod document;
mod duration;
mod effective;
mod field;
mod kind;
mod layer;
mod limit;
mod manifest;
mod pattern;
mod problem;
mod schedule;
mod schema;
mod settings;
mod suggest;
mod tag;

pub use duration::{Span, WindowCount};
pub use effective::{
    Alerts, Asking, Baseline, BaselineSource, CaptureSwitch, Changes, DriftRanks, Effective,
    Engine, GroundTruth, LabelFormat, Monitor, MonitorType, Network, Probe, Quality, Thresholds,
    Verdict,
};
pub use field::{Field, Kind, fields};
pub use limit::BIAS_METRICS;
pub use manifest::{Import, import};
pub use pattern::Pattern;
pub use problem::{Problem, Problems};
pub use schedule::Schedule;
pub use schema::schema;
pub use settings::{Origin, Settings, Told};
