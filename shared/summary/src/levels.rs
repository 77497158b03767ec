/// The levels of a KLL sketch: an item of level `h` stands for `2^h` rows.
///
/// This is what AWS's `statistics.json` keeps of a sketch, and all that drift
/// needs of one. Reference: Karnin, Lang, Liberty, "Optimal Quantile
/// Approximation in Streams" (2016), and Deequ's `QuantileNonSample`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Levels {
    /// Capacity of the widest level.
    pub k: f64,
    /// Factor by which capacities shrink from level to level.
    pub c: f64,
    pub data: Vec<Vec<f64>>,
}
