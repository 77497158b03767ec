//! AWS's files as bytes.

use engine::constraints::Constraints;
use engine::statistics::Statistics;
use engine::violation::Violation;
use formats::constraints::ConstraintsFile;

const MEMORY: &str = "memory takes every byte, and the shapes are JSON's";

pub(crate) fn write_statistics(it: &Statistics) -> Vec<u8> {
    let mut bytes = Vec::new();
    formats::statistics::write(it, &mut bytes).expect(MEMORY);
    bytes
}

pub(crate) fn write_constraints(it: &Constraints) -> Vec<u8> {
    let mut bytes = Vec::new();
    ConstraintsFile::new(it.clone()).write(&mut bytes).expect(MEMORY);
    bytes
}

pub(crate) fn write_violations(it: &[Violation]) -> Vec<u8> {
    let mut bytes = Vec::new();
    formats::violations::write(it, &mut bytes).expect(MEMORY);
    bytes
}

pub(crate) fn read_statistics(bytes: &[u8]) -> Result<Statistics, String> {
    formats::statistics::read(bytes).map_err(|why| why.to_string())
}

pub(crate) fn read_constraints(bytes: &[u8]) -> Result<Constraints, String> {
    let file = ConstraintsFile::read(bytes).map_err(|why| why.to_string())?;
    Ok(file.constraints)
}
