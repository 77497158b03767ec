/// Nodes and weights that integrate polynomials over [0, 1] exactly up to twice their number less one (Gauss-Legendre).
#[derive(Debug, Clone)]
pub(super) struct Quadrature {
    nodes: Vec<(f64, f64)>,
}

impl Quadrature {
    /// Makes what paths of so many features need.
    pub(super) fn of(features: usize) -> Self {
        let count = features.div_ceil(2).max(1);
        let nodes = (0..count).map(|at| node(count, at)).collect();
        Self { nodes }
    }

    /// Writes the value of each feature of a path whose leaf is worth one.
    ///
    /// The leaf's game is a product: a feature in the coalition gives 1 if the row follows the path (its bit in `follows`)
    /// and else 0, a feature outside gives its share of the training rows. Its Shapley values are an integral (Owen 1972),
    /// over polynomials of lower degree than the features' number, so that the nodes give them exactly.
    pub(super) fn values(&self, follows: u64, shares: &[f64], values: &mut [f64]) {
        let strays: f64 =
            (0..shares.len()).filter(|at| follows >> at & 1 == 0).map(|at| shares[at]).product();
        let straying = shares.len() as i32 - follows.count_ones() as i32;
        values.fill(0.0);
        for (node, weight) in &self.nodes {
            let out = 1.0 - node;
            let mut product = weight * strays * out.powi(straying - 1);
            for (at, share) in shares.iter().enumerate() {
                if follows >> at & 1 == 1 {
                    product *= share * out + node;
                }
            }
            for (at, (share, value)) in shares.iter().zip(values.iter_mut()).enumerate() {
                *value += if follows >> at & 1 == 1 {
                    product * out * (1.0 - share) / (share * out + node)
                } else {
                    -product
                };
            }
        }
    }
}

/// Finds a root of the Legendre polynomial by Newton's steps, moved from [-1, 1] to [0, 1].
fn node(count: usize, at: usize) -> (f64, f64) {
    let degree = count as f64;
    let mut root = (std::f64::consts::PI * (at as f64 + 0.75) / (degree + 0.5)).cos();
    let mut slope = 1.0;
    for _ in 0..100 {
        let (mut before, mut value) = (1.0, root);
        for term in 2..=count {
            let term = term as f64;
            let next = ((2.0 * term - 1.0) * root * value - (term - 1.0) * before) / term;
            before = value;
            value = next;
        }
        slope = degree * (root * value - before) / (root * root - 1.0);
        let step = value / slope;
        root -= step;
        if step.abs() < 1e-16 {
            break;
        }
    }
    (f64::midpoint(1.0, root), 1.0 / ((1.0 - root * root) * slope * slope))
}
