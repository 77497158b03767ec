//! Attribution: how much each feature moved a model's answers (reference: formats G).
//!
//! KernelSHAP asks a model through [`BatchModel`], or batch by batch through [`KernelShap`]. Trees and weights that can be read need no question at all: [`TreeShap`], [`LinearShap`]. Values of rows fold into a
//! [`GlobalShap`], and two of those are compared by [`attribution_drift`].

mod aggregate;
mod chance;
mod clusters;
mod coalitions;
mod config;
mod drift;
mod explanation;
mod groups;
mod kernel;
mod linear;
mod ndcg;
mod prepared;
mod readable;
mod sample;
mod settings;
mod solver;
mod table;
#[cfg(test)]
mod tests;
mod tree;

pub use aggregate::Aggregate;
pub use coalitions::Coalitions;
pub use config::{ColumnRef, ExplainConfig, ModelForm, ShapBaseline};
pub use drift::{LabelDrift, RankChange, THRESHOLD, attribution_drift};
pub use explanation::{Explained, GlobalShap, LabelShap};
pub use groups::Groups;
pub use kernel::{Batch, BatchModel, ExplainFailed, KernelShap, explain};
pub use linear::{Linear, LinearShap};
pub use ndcg::{Unranked, ndcg};
pub use prepared::{Method, NotExplained, Prepared};
pub use readable::{BrokenModel, Objective, Readable};
pub use sample::Sample;
pub use settings::{AggregateMethod, Link, MOST_SAMPLES, ShapSettings, Unexplainable};
pub use table::{Cell, Table};
pub use tree::{Forest, Split, Tree, TreeShap};
