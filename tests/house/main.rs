//! Rules of the house: what must not be there, held by tests.

mod files;
mod rooms;
mod samples;
mod template;
