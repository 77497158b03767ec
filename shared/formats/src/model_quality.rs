//! The files of model quality (reference: formats E), and Vigil's own beside them.

mod constraints;
mod estimator;
mod figures;
mod statistics;
#[cfg(test)]
mod tests;

pub use constraints::QualityConstraintsFile;
pub use estimator::{ESTIMATOR_FILE, read_estimator, write_estimator};
pub use figures::write_figures;
pub use statistics::{read_statistics, write_statistics};

use engine::quality::ProblemType;

/// The member that holds the figures, or the constraints, of a problem.
fn member(problem: ProblemType, what: &str) -> String {
    let name = match problem {
        ProblemType::Regression => "regression",
        ProblemType::BinaryClassification => "binary_classification",
        ProblemType::MulticlassClassification => "multiclass_classification",
    };
    format!("{name}_{what}")
}

/// Returns the problem whose member is there, and the member.
fn problem_of<'a, T>(
    what: &str,
    mut get: impl FnMut(&str) -> Option<&'a T>,
) -> Option<(ProblemType, &'a T)> {
    ProblemType::ALL.into_iter().find_map(|it| Some((it, get(&member(it, what))?)))
}
