use local::place::Place;
use local::template::{Fault, Stack};

/// The very template that is deployed, and the files beside it.
pub const TEMPLATE: &str = include_str!("../../../infra/template.yaml");
pub const BESIDE: &[(&str, &str)] =
    &[("rebuild-baseline.asl.json", include_str!("../../../infra/rebuild-baseline.asl.json"))];

/// Reads the suite's template for a stack called `vigil`; `parameters` override its defaults.
///
/// # Errors
/// A parameter is not one of the template's.
pub fn stack(place: &Place, parameters: &[(&str, &str)]) -> Result<Stack, Fault> {
    Stack::read_with(TEMPLATE, BESIDE, place, "vigil", parameters)
}
