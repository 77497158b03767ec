use super::Coalitions;

/// Fits values to the answers of coalitions: weighted least squares under the constraint that the values add up.
///
/// Where the coalitions do not tell all features apart, the values differ as little from each other as the answers allow.
#[derive(Debug, Clone)]
pub(super) struct Solver {
    players: usize,
    weights: Vec<f64>,
    /// The members of each coalition in bytes, `bytes` each.
    masks: Vec<u8>,
    bytes: usize,
    /// The pseudo-inverse of the centred normal matrix.
    inverse: Vec<f64>,
    /// The normal matrix times ones.
    sums: Vec<f64>,
}

impl Solver {
    pub(super) fn of(coalitions: &Coalitions) -> Self {
        let players = coalitions.players();
        let bytes = players.div_ceil(8);
        let mut masks = vec![0_u8; coalitions.len() * bytes];
        let mut normal = vec![0.0; players * players];
        let mut members = Vec::with_capacity(players);
        for (at, weight) in coalitions.weights().iter().enumerate() {
            members.clear();
            members.extend(coalitions.members(at));
            for one in &members {
                masks[at * bytes + one / 8] |= 1 << (one % 8);
                for two in &members {
                    normal[one * players + two] += weight;
                }
            }
        }
        let sums = normal.chunks_exact(players).map(|row| row.iter().sum()).collect();
        centre(&mut normal, players);
        let weights = coalitions.weights().to_vec();
        Self { players, weights, masks, bytes, inverse: pseudo_inverse(normal, players), sums }
    }

    /// Returns the values whose sum is `whole` and that fit the answers best; `answers` has one for each coalition, less
    /// the answer of nobody.
    pub(super) fn solve(
        &self,
        answers: impl Iterator<Item = f64>,
        whole: f64,
        values: &mut Vec<f64>,
    ) {
        // Sums by the value of each byte of the mask, so that a coalition costs an addition for eight players.
        let mut table = vec![0.0; self.bytes * 256];
        for ((mask, weight), answer) in
            self.masks.chunks_exact(self.bytes).zip(&self.weights).zip(answers)
        {
            let weighed = weight * answer;
            for (place, byte) in mask.iter().enumerate() {
                table[place << 8 | usize::from(*byte)] += weighed;
            }
        }
        let each = whole / self.players as f64;
        let mut right: Vec<f64> = (0..self.players)
            .map(|player| {
                let part = &table[(player / 8) << 8..][..256];
                let bit = player % 8;
                let sum: f64 =
                    part.iter().enumerate().filter(|it| it.0 >> bit & 1 == 1).map(|it| it.1).sum();
                sum - self.sums[player] * each
            })
            .collect();
        let mean = right.iter().sum::<f64>() / self.players as f64;
        for it in &mut right {
            *it -= mean;
        }
        values.clear();
        values.extend(
            self.inverse
                .chunks_exact(self.players)
                .map(|row| each + row.iter().zip(&right).map(|(one, two)| one * two).sum::<f64>()),
        );
        let off = (whole - values.iter().sum::<f64>()) / self.players as f64;
        for it in values {
            *it += off;
        }
    }
}

/// Takes the means of rows and columns out of a symmetric matrix.
fn centre(matrix: &mut [f64], size: usize) {
    let means: Vec<f64> =
        matrix.chunks_exact(size).map(|row| row.iter().sum::<f64>() / size as f64).collect();
    let mean = means.iter().sum::<f64>() / size as f64;
    for (row, row_mean) in matrix.chunks_exact_mut(size).zip(&means) {
        for (cell, column_mean) in row.iter_mut().zip(&means) {
            *cell += mean - row_mean - column_mean;
        }
    }
}

/// Inverts a centred matrix where it can be: by Cholesky's factors, or by eigenvalues where those fail.
fn pseudo_inverse(matrix: Vec<f64>, size: usize) -> Vec<f64> {
    let scale = (0..size).map(|at| matrix[at * size + at]).sum::<f64>() / size as f64;
    if scale <= 0.0 {
        return vec![0.0; size * size];
    }
    // Ones are the null vector of a centred matrix; lifting them changes nothing for what is centred too.
    let mut lifted = matrix.clone();
    for cell in &mut lifted {
        *cell += scale / size as f64;
    }
    if cholesky(&mut lifted, size, scale * 1e-10) {
        inverse_of_factors(&lifted, size)
    } else {
        by_eigenvalues(matrix, size, scale * 1e-10)
    }
}

/// Replaces the lower half by Cholesky's factor, or returns `false` at a pivot below `least`.
fn cholesky(matrix: &mut [f64], size: usize, least: f64) -> bool {
    for column in 0..size {
        let own = &mut matrix[column * size..][..=column];
        let squares: f64 = own[..column].iter().map(|it| it * it).sum();
        let pivot = own[column] - squares;
        if pivot < least {
            return false;
        }
        let root = pivot.sqrt();
        own[column] = root;
        for row in column + 1..size {
            let (upper, lower) = matrix.split_at_mut(row * size);
            let done = &upper[column * size..column * size + column];
            let dot: f64 = lower[..column].iter().zip(done).map(|(one, two)| one * two).sum();
            lower[column] = (lower[column] - dot) / root;
        }
    }
    true
}

fn inverse_of_factors(factor: &[f64], size: usize) -> Vec<f64> {
    // The factor's inverse, lower half; then its transpose times itself.
    let mut half = vec![0.0; size * size];
    for column in 0..size {
        half[column * size + column] = 1.0 / factor[column * size + column];
        for row in column + 1..size {
            let sum: f64 =
                (column..row).map(|at| factor[row * size + at] * half[at * size + column]).sum();
            half[row * size + column] = -sum / factor[row * size + row];
        }
    }
    let mut inverse = vec![0.0; size * size];
    for row in half.chunks_exact(size) {
        for (one, left) in row.iter().enumerate().filter(|it| *it.1 != 0.0) {
            for (cell, right) in inverse[one * size..(one + 1) * size].iter_mut().zip(row) {
                *cell += left * right;
            }
        }
    }
    inverse
}

/// Inverts what lies above `least` by Jacobi's rotations (Golub and Van Loan, "Matrix computations", 8.5).
fn by_eigenvalues(mut matrix: Vec<f64>, size: usize, least: f64) -> Vec<f64> {
    let mut vectors = vec![0.0; size * size];
    for at in 0..size {
        vectors[at * size + at] = 1.0;
    }
    for _sweep in 0..60 {
        let mut rotated = false;
        for one in 0..size {
            for two in one + 1..size {
                rotated |= rotate(&mut matrix, &mut vectors, size, (one, two), least * 1e-6);
            }
        }
        if !rotated {
            break;
        }
    }
    let mut inverse = vec![0.0; size * size];
    for at in 0..size {
        let value = matrix[at * size + at];
        if value < least {
            continue;
        }
        let vector = &vectors[at * size..(at + 1) * size];
        for (row, left) in inverse.chunks_exact_mut(size).zip(vector) {
            for (cell, right) in row.iter_mut().zip(vector) {
                *cell += left * right / value;
            }
        }
    }
    inverse
}

/// Turns two axes so that their common cell vanishes; `vectors` has one in each row.
fn rotate(
    matrix: &mut [f64],
    vectors: &mut [f64],
    size: usize,
    (one, two): (usize, usize),
    least: f64,
) -> bool {
    let common = matrix[one * size + two];
    if common.abs() <= least {
        return false;
    }
    let half = (matrix[two * size + two] - matrix[one * size + one]) / (2.0 * common);
    let tangent = half.signum() / (half.abs() + half.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for at in 0..size {
        let (left, right) = (matrix[at * size + one], matrix[at * size + two]);
        matrix[at * size + one] = cosine * left - sine * right;
        matrix[at * size + two] = sine * left + cosine * right;
    }
    for cells in [matrix, vectors] {
        for at in 0..size {
            let (left, right) = (cells[one * size + at], cells[two * size + at]);
            cells[one * size + at] = cosine * left - sine * right;
            cells[two * size + at] = sine * left + cosine * right;
        }
    }
    true
}
