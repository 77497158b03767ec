//! Rules of the house: what must not be there, held by tests.

mod deployment;
mod files;
mod machine;
mod rooms;
mod samples;
mod template;
