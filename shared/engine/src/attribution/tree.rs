//! Exact values of boosted trees, without asking anybody.

mod forest;
mod paths;
mod shares;
#[cfg(test)]
mod tests;
mod walk;

pub use forest::{Forest, Split, Tree};
pub use walk::TreeShap;
