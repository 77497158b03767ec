//! The suite's ports over the stand-in.
//!
//! [`Aws`] puts the ports of the suite on one account of the stand-in;
//! [`Functions`] are the suite's functions by the template's logical ids. Futures
//! never pend here.

mod account;
mod alerts;
mod endpoints;
mod functions;
mod objects;
mod rights;
mod sagemaker;
mod template;

pub use account::Aws;
pub use alerts::Sent;
pub use functions::{Functions, Invocation};
pub use template::{BESIDE, TEMPLATE, stack};
