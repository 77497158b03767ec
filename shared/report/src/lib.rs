//! Findings to one self-contained HTML file.
//!
//! Pure functions of their input: no clock, no files, no script, no address but
//! those that were handed in. Everything that came from elsewhere is escaped by
//! the one writer there is ([`html`]).

mod attribution;
mod axis;
mod bias;
mod cards;
mod categories;
mod chart;
mod closing;
mod fleet;
mod html;
mod input;
mod number;
mod page;
mod pages;
mod quality;
mod reference;
mod render;
mod say;
mod view;

pub use attribution::{AttributionInput, render_attribution};
pub use bias::{BiasInput, render_bias};
pub use fleet::{EndpointLine, FaultLine, Fleet, MonitorLine, RunLine, index};
pub use input::{Action, Light, Past, Provenance, ReportInput, SetAsideCount};
pub use pages::Pages;
pub use quality::{LabelStream, QualityInput, render_quality};
pub use reference::Reference;
pub use render::render;
