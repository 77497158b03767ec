//! False alarms and power of the calibrated verdict, through the project's own code.
#![expect(clippy::print_stdout, reason = "a bench prints its tables")]

mod bench;
mod chance;
mod months;
mod power;
mod real;
mod traffic;
