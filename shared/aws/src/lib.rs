//! The suite's ports over AWS's own SDK.
//!
//! [`Aws`] has every port of room `ports`. Clients are made at their first use, so
//! that a function pays only for the services it asks. One table ([`classify`]) says
//! what each refusal of AWS means.

mod alerts;
mod classify;
mod clients;
mod events;
mod failed;
mod metrics;
mod objects;
mod place;
mod sagemaker;
mod traffic;

pub use classify::{Class, classify};
pub use clients::Aws;
pub use place::{Key, Place, Urls};

#[cfg(test)]
mod tests;
