use std::collections::BTreeMap;

use super::{
    super::{BrokenModel, Groups, Table},
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

/// How some rows of the baseline go at every node of a tree, those that go elsewhere apart.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// The part of the baseline that goes this way.
    pub(super) share: f64,
    /// A bit for each node: whether they go left.
    left: Vec<u64>,
}

/// A node that is still to be visited, with the features that must be the row's, and those that must be the baseline's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fork {
    at: u32,
    own: u64,
    base: u64,
}

impl Step {
    #[inline]
    fn goes_left(&self, row: &[f32]) -> bool {
        let input = row[self.input as usize];
        input < self.value || (input.is_nan() && self.missing_left)
    }
}

impl Way {
    #[inline]
    fn goes_left(&self, at: usize) -> bool {
        self.left[at / 64] >> (at % 64) & 1 == 1
    }
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

    /// Returns the ways of a baseline's rows, each once.
    pub(super) fn ways(&self, baseline: &Table<f32>) -> Vec<Way> {
        let mut counts: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
        for row in baseline.rows() {
            let mut left = vec![0; self.nodes.len().div_ceil(64)];
            for (at, node) in self.nodes.iter().enumerate() {
                if node.input != LEAF && node.goes_left(row) {
                    left[at / 64] |= 1 << (at % 64);
                }
            }
            *counts.entry(left).or_default() += 1;
        }
        let rows = baseline.len() as f64;
        counts.into_iter().map(|(left, count)| Way { share: count as f64 / rows, left }).collect()
    }

    /// Returns what the way's rows add to their sums by themselves.
    pub(super) fn alone(&self, way: &Way) -> f64 {
        let mut at = 0;
        while self.nodes[at].input != LEAF {
            at = if way.goes_left(at) { at + 1 } else { self.nodes[at].right as usize };
        }
        way.share * f64::from(self.nodes[at].value)
    }

    /// Visits each leaf that a mixture of the row and the way can reach, with the features that must be the row's and those
    /// that must be the baseline's; a leaf that needs neither is left out.
    #[inline]
    pub(super) fn meet(
        &self,
        row: &[f32],
        way: &Way,
        open: &mut Vec<Fork>,
        mut visit: impl FnMut(&Leaf, u64, u64),
    ) {
        open.clear();
        open.push(Fork { at: 0, own: 0, base: 0 });
        while let Some(Fork { at, mut own, base }) = open.pop() {
            let mut at = at as usize;
            loop {
                let node = &self.nodes[at];
                if node.input == LEAF {
                    if own != base {
                        visit(&self.leaves[node.place as usize], own, base);
                    }
                    break;
                }
                let bit = 1_u64 << node.place;
                let right = node.right as usize;
                let left = if base & bit != 0 { way.goes_left(at) } else { node.goes_left(row) };
                if (own | base) & bit == 0 && left != way.goes_left(at) {
                    let other = if left { right } else { at + 1 };
                    open.push(Fork { at: other as u32, own, base: base | bit });
                    own |= bit;
                }
                at = if left { at + 1 } else { right };
            }
        }
    }
}
