use super::{
    super::{BrokenModel, Groups},
    Tree,
};

/// Features on one path.
const MOST: usize = 64;

/// A tree laid out for walking all its paths at once.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    pub(super) output: usize,
    pub(super) nodes: Vec<Step>,
    pub(super) leaves: Vec<Leaf>,
}

/// A node, in depth-first order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) value: f32,
    /// The input; of a leaf [`LEAF`].
    pub(super) input: u32,
    pub(super) right: u32,
    /// The place of the feature among those of the path; of a leaf, the leaf's number.
    pub(super) place: u32,
    pub(super) missing_left: bool,
}

pub(super) const LEAF: u32 = u32::MAX;

/// A leaf with the features on its path, in the order in which they come up.
#[derive(Debug, Clone, Default)]
pub(super) struct Leaf {
    pub(super) value: f64,
    pub(super) features: Vec<u32>,
    /// The share of training rows that stay on the path, of those that come to the feature's splits.
    pub(super) shares: Vec<f64>,
}

impl Paths {
    /// Lays a tree out; inputs of one group are one feature.
    pub(super) fn of(tree: &Tree, groups: &Groups) -> Result<Self, BrokenModel> {
        let mut paths = Self { output: tree.output, nodes: Vec::new(), leaves: Vec::new() };
        // The path to each right child that is still to come.
        let mut waiting: Vec<(u32, Leaf)> = Vec::new();
        let mut path = Leaf::default();
        for (at, node) in tree.nodes.iter().enumerate() {
            if waiting.last().is_some_and(|it| it.0 as usize == at)
                && let Some((_, known)) = waiting.pop()
            {
                path = known;
            }
            let (value, right, missing_left) = (node.value, node.right, node.missing_left);
            let Some(input) = node.input else {
                let place = paths.leaves.len() as u32;
                paths.nodes.push(Step { value, input: LEAF, right, place, missing_left });
                path.value = f64::from(value);
                paths.leaves.push(path.clone());
                continue;
            };
            let feature = groups.of_column(input as usize) as u32;
            let place = path.features.iter().position(|it| *it == feature).unwrap_or_else(|| {
                path.features.push(feature);
                path.shares.push(1.0);
                path.features.len() - 1
            });
            if MOST < path.features.len() {
                let words = format!("a path of the tree has more than {MOST} features");
                return Err(BrokenModel(words));
            }
            let share = |child: usize| {
                let part = tree.nodes[child].cover / node.cover;
                // Where no training row came by, both sides are as likely.
                if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.5 }
            };
            let mut other = path.clone();
            other.shares[place] *= share(right as usize);
            waiting.push((right, other));
            path.shares[place] *= share(at + 1);
            let place = place as u32;
            paths.nodes.push(Step { value, input, right, place, missing_left });
        }
        Ok(paths)
    }

    /// Writes, for each leaf, which of its path's features the row follows: a bit for each.
    #[inline]
    pub(super) fn follow(&self, row: &[f32], follows: &mut Vec<u64>, leaves: &mut Vec<u64>) {
        follows.clear();
        follows.resize(self.nodes.len(), u64::MAX);
        leaves.clear();
        leaves.resize(self.leaves.len(), 0);
        for at in 0..self.nodes.len() {
            let (node, here) = (self.nodes[at], follows[at]);
            if node.input == LEAF {
                leaves[node.place as usize] = here;
                continue;
            }
            let input = row[node.input as usize];
            let left = input < node.value || (input.is_nan() && node.missing_left);
            let bit = 1_u64 << node.place;
            let without = here & !bit;
            follows[at + 1] = if left { here } else { without };
            follows[node.right as usize] = if left { without } else { here };
        }
    }
}
