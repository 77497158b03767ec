//! `constraints.json` (reference: formats D.4).
//!
//! People and tools put members of their own into this file, so whatever is not
//! known here is kept when the file is written again.

mod wire;

use crate::{error, error::FormatError};
use engine::constraints::{Constraints, FeatureConstraints, MonitoringConfig};
use std::{collections::HashMap, io};
use wire::{ConfigWire, FeatureWire, FileWire};

const DOCUMENT: &str = "constraints.json";
const FIX: &str = "correct it there, or build the baseline again";

/// The file: what it says, and what else it holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConstraintsFile {
    pub constraints: Constraints,
    /// The file as it was read; only members that are not known here are used.
    kept: FileWire,
}

impl ConstraintsFile {
    /// Makes a file that was not read from anywhere.
    pub fn new(constraints: Constraints) -> Self {
        Self { constraints, kept: FileWire::default() }
    }

    /// Reads the file, of AWS, of its Python SDK, or of ours.
    ///
    /// An absent member is one that is not checked, but for the members of
    /// `monitoring_config`, which fall back to what AWS's baseline job writes.
    pub fn read(text: &[u8]) -> Result<Self, FormatError> {
        let kept: FileWire = error::read(DOCUMENT, FIX, text)?;
        let features = kept.features.iter().map(FeatureWire::constraints).collect();
        let config = kept.monitoring_config.as_ref();
        let config = config.map_or_else(MonitoringConfig::default, ConfigWire::monitoring_config);
        Ok(Self { constraints: Constraints { features, config }, kept })
    }

    /// Writes the file, indented for people who edit it.
    pub fn write(&self, to: impl io::Write) -> io::Result<()> {
        let mut kept = self.kept.clone();
        let mut features: HashMap<String, FeatureWire> =
            kept.features.drain(..).map(|it| (it.name.clone(), it)).collect();
        kept.features = self
            .constraints
            .features
            .iter()
            .map(|it: &FeatureConstraints| {
                let mut feature = features.remove(&it.name).unwrap_or_default();
                feature.set(it);
                feature
            })
            .collect();
        let config = &self.constraints.config;
        if kept.monitoring_config.as_ref().is_none_or(|it| it.monitoring_config() != *config) {
            kept.monitoring_config.get_or_insert_default().set(config);
        }
        serde_json::to_writer_pretty(to, &kept).map_err(io::Error::from)
    }
}

#[cfg(test)]
mod tests;
