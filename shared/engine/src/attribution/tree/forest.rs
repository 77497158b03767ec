use super::super::{BrokenModel, Objective};

/// An ensemble of regression trees, as gradient boosting makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    objective: Objective,
    inputs: usize,
    /// The sum that each output starts from.
    starts: Vec<f32>,
    pub(super) trees: Vec<Tree>,
}

/// A tree with its nodes in depth-first order: a left child follows its parent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    /// The output that the leaves add to.
    pub output: usize,
    pub nodes: Vec<Split>,
}

/// A node of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// What the input must be below of to go left; the value of a leaf.
    pub value: f32,
    /// The input that is looked at; `None` for a leaf.
    pub input: Option<u32>,
    /// The right child; of no meaning in a leaf.
    pub right: u32,
    pub missing_left: bool,
    /// The weight of the training rows that came here.
    pub cover: f64,
}

impl Split {
    /// Returns whether an input goes left.
    #[inline]
    pub fn goes_left(&self, input: f32) -> bool {
        input < self.value || (input.is_nan() && self.missing_left)
    }
}

impl Forest {
    /// Takes trees whose inputs, children and outputs exist.
    pub fn new(
        objective: Objective,
        inputs: usize,
        starts: Vec<f32>,
        trees: Vec<Tree>,
    ) -> Result<Self, BrokenModel> {
        for (id, tree) in trees.iter().enumerate() {
            let broken = |what: &str| Err(BrokenModel(format!("tree {id} {what}")));
            if tree.output >= starts.len() {
                return broken("adds to an output that is not there");
            }
            if !is_whole(&tree.nodes) {
                return broken("is not in depth-first order");
            }
            if tree.nodes.iter().any(|it| it.input.is_some_and(|it| it as usize >= inputs)) {
                return broken("splits on an input that is not there");
            }
        }
        Ok(Self { objective, inputs, starts, trees })
    }

    pub fn inputs(&self) -> usize {
        self.inputs
    }

    pub fn outputs(&self) -> usize {
        self.starts.len()
    }

    pub fn objective(&self) -> Objective {
        self.objective
    }

    pub(super) fn starts(&self) -> &[f32] {
        &self.starts
    }

    /// Appends the sum of each output, in the single precision that XGBoost works with.
    pub fn sums(&self, row: &[f32], sums: &mut Vec<f64>) {
        if let [start] = self.starts.as_slice() {
            let sum = self.trees.iter().fold(*start, |sum, tree| sum + tree.leaf(row));
            sums.push(f64::from(sum));
            return;
        }
        let mut all = self.starts.clone();
        for tree in &self.trees {
            all[tree.output] += tree.leaf(row);
        }
        sums.extend(all.into_iter().map(f64::from));
    }
}

impl Tree {
    #[inline]
    fn leaf(&self, row: &[f32]) -> f32 {
        let mut at = 0;
        loop {
            let node = &self.nodes[at];
            let Some(input) = node.input else { return node.value };
            let input = row.get(input as usize).copied().unwrap_or(f32::NAN);
            at = if node.goes_left(input) { at + 1 } else { node.right as usize };
        }
    }
}

/// Returns whether every node but the first is the child of one node before it.
fn is_whole(nodes: &[Split]) -> bool {
    // Right children that wait for the left side to end.
    let mut open = Vec::new();
    let mut wanted = Some(0);
    for (at, node) in nodes.iter().enumerate() {
        if wanted != Some(at) {
            return false;
        }
        wanted = match node.input {
            Some(_) => {
                open.push(node.right as usize);
                Some(at + 1)
            }
            None => open.pop(),
        };
    }
    !nodes.is_empty() && wanted.is_none()
}
