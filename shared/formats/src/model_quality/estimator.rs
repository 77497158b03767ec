//! What a baseline teaches for estimates before labels: Vigil's own file.

use crate::{error, error::FormatError};
use engine::quality::ProblemType;
use engine::quality::calibration::{Block, Calibrator};
use engine::quality::estimate::{Estimator, LossBin, LossCurve};
use serde::{Deserialize, Serialize};
use std::io;

/// The file's name, beside `constraints.json`.
pub const ESTIMATOR_FILE: &str = "performance_estimator.json";

const FIX: &str = "build the baseline again";

/// Blocks or bins that are read.
const MOST: usize = 4096;

/// Writes the file.
pub fn write_estimator(estimator: &Estimator, to: impl io::Write) -> io::Result<()> {
    let (problem, calibration, losses) = match estimator {
        Estimator::Binary(it) => (ProblemType::BinaryClassification, Some(it), None),
        Estimator::Multiclass(it) => (ProblemType::MulticlassClassification, Some(it), None),
        Estimator::Regression(it) => (ProblemType::Regression, None, Some(it)),
    };
    let wire = Wire {
        version: 1,
        problem_type: problem.word().to_owned(),
        calibration: calibration.map(|it| it.blocks.iter().map(BlockWire::of).collect()),
        losses: losses.map(|it| it.bins.iter().map(BinWire::of).collect()),
    };
    serde_json::to_writer(to, &wire).map_err(io::Error::from)
}

/// Reads the file.
pub fn read_estimator(text: &[u8]) -> Result<Estimator, FormatError> {
    let wire: Wire = error::read(ESTIMATOR_FILE, FIX, text)?;
    let wrong = |path: &str, problem: &str| FormatError::at(ESTIMATOR_FILE, FIX, path, problem);
    if wire.version != 1 {
        return Err(wrong("version", "is not 1"));
    }
    let problem = ProblemType::parse(&wire.problem_type)
        .ok_or_else(|| wrong("problem_type", "is no problem type"))?;
    if problem == ProblemType::Regression {
        let bins: Vec<LossBin> = wire.losses.unwrap_or_default().iter().map(BinWire::bin).collect();
        let is_sound = (1..=MOST).contains(&bins.len())
            && bins.is_sorted_by(|one, other| one.high <= other.high)
            && bins.iter().all(|it| 0 < it.rows && 0.0 <= it.absolute && 0.0 <= it.squared);
        if !is_sound {
            return Err(wrong("losses", "is no rising list of losses"));
        }
        return Ok(Estimator::Regression(LossCurve { bins }));
    }
    let blocks: Vec<Block> =
        wire.calibration.unwrap_or_default().iter().map(BlockWire::block).collect();
    let is_sound = (1..=MOST).contains(&blocks.len())
        && blocks.iter().all(|it| it.low <= it.high && (0.0..=1.0).contains(&it.share))
        && blocks.is_sorted_by(|one, other| one.high < other.low && one.share <= other.share);
    if !is_sound {
        return Err(wrong("calibration", "is no rising list of shares"));
    }
    let calibrator = Calibrator { blocks };
    Ok(match problem {
        ProblemType::BinaryClassification => Estimator::Binary(calibrator),
        _ => Estimator::Multiclass(calibrator),
    })
}

#[derive(Serialize, Deserialize)]
struct Wire {
    version: u32,
    problem_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calibration: Option<Vec<BlockWire>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    losses: Option<Vec<BinWire>>,
}

#[derive(Serialize, Deserialize)]
struct BlockWire {
    low: f64,
    high: f64,
    share: f64,
    rows: u64,
}

impl BlockWire {
    fn of(it: &Block) -> Self {
        Self { low: it.low, high: it.high, share: it.share, rows: it.rows }
    }

    fn block(&self) -> Block {
        Block { low: self.low, high: self.high, share: self.share, rows: self.rows }
    }
}

#[derive(Serialize, Deserialize)]
struct BinWire {
    high: f64,
    rows: u64,
    absolute: f64,
    squared: f64,
    fourth: f64,
}

impl BinWire {
    fn of(it: &LossBin) -> Self {
        let LossBin { high, rows, absolute, squared, fourth } = *it;
        Self { high, rows, absolute, squared, fourth }
    }

    fn bin(&self) -> LossBin {
        let Self { high, rows, absolute, squared, fourth } = *self;
        LossBin { high, rows, absolute, squared, fourth }
    }
}
