use super::{
    super::{BrokenModel, Groups, Table},
    Forest,
    paths::{Fork, Leaf, Paths, Way},
    shares::Quadrature,
};

/// Paths of at most so many features have their values of all cases laid out.
const MOST_TABLED: usize = 6;
/// Numbers that are laid out, over all trees: 64 MB.
const MOST_CELLS: usize = 8 << 20;

/// Exact values of an ensemble's sums.
///
/// Without a baseline a feature that is left out follows the training rows, by their covers ("path dependent"; Lundberg,
/// Erion and Lee 2018); with one it takes the values of each baseline row in turn ("interventional"; Lundberg et al.
/// 2020), as KernelSHAP does. Inputs of one group are one feature in both games.
#[derive(Debug, Clone)]
pub struct TreeShap {
    outputs: usize,
    features: usize,
    inputs: usize,
    expected: Vec<f64>,
    trees: Vec<Paths>,
    game: Game,
    follows: Vec<u64>,
    leaves: Vec<u64>,
    scratch: Scratch,
}

/// Memory that is used again.
#[derive(Debug, Clone, Default)]
struct Scratch {
    values: Vec<f64>,
    open: Vec<Fork>,
}

#[derive(Debug, Clone)]
enum Game {
    Covers {
        quadrature: Vec<Quadrature>,
        /// For each tree and leaf: where its values of all cases begin.
        places: Vec<Vec<Option<u32>>>,
        cells: Vec<f64>,
    },
    Baseline {
        /// For each tree: the ways that the baseline's rows take.
        ways: Vec<Vec<Way>>,
        /// The weight of a feature beside so many that only the row and only the baseline follow.
        weights: Vec<Vec<f64>>,
    },
}

impl TreeShap {
    /// Gets ready; the baseline's rows have the model's inputs, and so have the groups columns.
    pub fn of(
        forest: &Forest,
        groups: &Groups,
        baseline: Option<&Table<f32>>,
    ) -> Result<Self, BrokenModel> {
        let wrong = |what: &str, given: usize| {
            let wanted = forest.inputs();
            Err(BrokenModel(format!("the model has {wanted} inputs, {what} {given}")))
        };
        if groups.width() != forest.inputs() {
            return wrong("the features make", groups.width());
        }
        if let Some(it) = baseline.filter(|it| it.width() != forest.inputs()) {
            return wrong("the baseline", it.width());
        }
        let trees: Vec<Paths> =
            forest.trees.iter().map(|it| Paths::of(it, groups)).collect::<Result<_, _>>()?;
        let game = match baseline {
            None => Game::covers(&trees),
            Some(baseline) => Game::baseline(&trees, baseline),
        };
        let mut shap = Self {
            outputs: forest.outputs(),
            features: groups.len(),
            inputs: forest.inputs(),
            expected: forest.starts().iter().map(|it| f64::from(*it)).collect(),
            trees,
            game,
            follows: Vec::new(),
            leaves: Vec::new(),
            scratch: Scratch::default(),
        };
        shap.expect();
        Ok(shap)
    }

    fn expect(&mut self) {
        for (at, tree) in self.trees.iter().enumerate() {
            self.expected[tree.output] += match &self.game {
                Game::Covers { .. } => tree
                    .leaves
                    .iter()
                    .map(|it| it.value * it.shares.iter().product::<f64>())
                    .sum::<f64>(),
                Game::Baseline { ways, .. } => {
                    ways[at].iter().map(|it| tree.alone(it)).sum::<f64>()
                }
            };
        }
    }

    /// Returns the mean sum of each output.
    pub fn expected(&self) -> &[f64] {
        &self.expected
    }

    /// Replaces `values` by the value of each feature for the first output, then for the next.
    ///
    /// A row that is too short has its last inputs missing.
    pub fn values(&mut self, row: &[f32], values: &mut Vec<f64>) {
        values.clear();
        values.resize(self.outputs * self.features, 0.0);
        let mut whole = Vec::new();
        let row = if row.len() < self.inputs {
            whole.extend_from_slice(row);
            whole.resize(self.inputs, f32::NAN);
            &whole
        } else {
            row
        };
        for (at, tree) in self.trees.iter().enumerate() {
            if matches!(self.game, Game::Covers { .. }) {
                tree.follow(row, &mut self.follows, &mut self.leaves);
            }
            let values = &mut values[tree.output * self.features..][..self.features];
            self.game.add((at, tree), row, &self.leaves, &mut self.scratch, values);
        }
    }
}

/// Returns a bit for each feature of a leaf's path.
fn all(leaf: &Leaf) -> u64 {
    match leaf.features.len() {
        0 => 0,
        count => u64::MAX >> (64 - count),
    }
}

impl Game {
    fn covers(trees: &[Paths]) -> Self {
        let longest = trees.iter().flat_map(|it| &it.leaves).map(|it| it.features.len()).max();
        let quadrature: Vec<Quadrature> = (0..=longest.unwrap_or(0)).map(Quadrature::of).collect();
        let mut cells = Vec::new();
        let mut places = Vec::with_capacity(trees.len());
        for tree in trees {
            let place = |leaf: &Leaf| {
                let count = leaf.features.len();
                if MOST_TABLED < count || MOST_CELLS < cells.len() + (count << count) {
                    return None;
                }
                let place = cells.len();
                cells.resize(place + (count << count), 0.0);
                for (follows, values) in cells[place..].chunks_exact_mut(count.max(1)).enumerate() {
                    quadrature[count].values(follows as u64, &leaf.shares, values);
                    for it in values {
                        *it *= leaf.value;
                    }
                }
                Some(place as u32)
            };
            places.push(tree.leaves.iter().map(place).collect());
        }
        Self::Covers { quadrature, places, cells }
    }

    fn baseline(trees: &[Paths], baseline: &Table<f32>) -> Self {
        let ways = trees.iter().map(|it| it.ways(baseline)).collect();
        let longest = trees.iter().flat_map(|it| &it.leaves).map(|it| it.features.len()).max();
        let longest = longest.unwrap_or(0);
        // (own - 1)! others! / (own + others)!, which is 1 / (own C(own + others, own)).
        let weight = |own: usize, others: usize| {
            let ways: f64 = (1..=own).map(|it| (others + it) as f64 / it as f64).product();
            1.0 / (own as f64 * ways)
        };
        let weights = (0..=longest)
            .map(|own| (0..=longest).map(|others| weight(own.max(1), others)).collect())
            .collect();
        Self::Baseline { ways, weights }
    }

    /// Adds the values of one tree.
    #[inline]
    fn add(
        &self,
        (at, tree): (usize, &Paths),
        row: &[f32],
        leaves: &[u64],
        Scratch { values: scratch, open }: &mut Scratch,
        values: &mut [f64],
    ) {
        match self {
            Self::Covers { quadrature, places, cells } => {
                for ((leaf, follows), place) in tree.leaves.iter().zip(leaves).zip(&places[at]) {
                    let count = leaf.features.len();
                    let follows = follows & all(leaf);
                    if let Some(place) = place {
                        let place = *place as usize + follows as usize * count;
                        let tabled = &cells[place..place + count];
                        for (feature, it) in leaf.features.iter().zip(tabled) {
                            values[*feature as usize] += it;
                        }
                    } else {
                        scratch.resize(count, 0.0);
                        quadrature[count].values(follows, &leaf.shares, scratch);
                        for (feature, it) in leaf.features.iter().zip(scratch.iter()) {
                            values[*feature as usize] += leaf.value * it;
                        }
                    }
                }
            }
            Self::Baseline { ways, weights } => {
                for way in &ways[at] {
                    tree.meet(row, way, open, |leaf, own, base| {
                        add_leaf(leaf, own, base, weights, way.share, values);
                    });
                }
            }
        }
    }
}

/// Adds a leaf that is reached when the coalition has all features that only the row follows, and none that only the
/// baseline does.
fn add_leaf(leaf: &Leaf, own: u64, base: u64, weights: &[Vec<f64>], each: f64, values: &mut [f64]) {
    let (owns, bases) = (own.count_ones() as usize, base.count_ones() as usize);
    let (gain, loss) =
        (each * leaf.value * weights[owns][bases], each * leaf.value * weights[bases][owns]);
    let mut left = own;
    while left != 0 {
        values[leaf.features[left.trailing_zeros() as usize] as usize] += gain;
        left &= left - 1;
    }
    let mut left = base;
    while left != 0 {
        values[leaf.features[left.trailing_zeros() as usize] as usize] -= loss;
        left &= left - 1;
    }
}
