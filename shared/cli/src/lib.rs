//! The vigil command.
