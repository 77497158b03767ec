//! Boosted trees from XGBoost's JSON (xgboost documentation, "Introduction to Model IO"; versions 1.0 to 3.2).

use serde::Deserialize;

use super::Unreadable;

/// An ensemble of regression trees with its objective.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    objective: Objective,
    inputs: usize,
    /// The margin that each output starts from.
    starts: Vec<f32>,
    /// The first node of each tree, and the output that it adds to.
    roots: Vec<(u32, u32)>,
    /// All trees, each in depth-first order: a left child follows its parent.
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Objective {
    Logistic,
    Identity,
    Softprob,
    Softmax,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    /// The value of a leaf, or what the input must be below of to go left.
    value: f32,
    feature: u32,
    right: u32,
    missing_left: bool,
}

const LEAF: u32 = u32::MAX;

impl Forest {
    /// Returns how many inputs the trees know.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Replaces `outputs` by the prediction, in the single precision XGBoost works with.
    pub fn predict(&self, inputs: &[f32], outputs: &mut Vec<f32>) {
        outputs.clear();
        outputs.extend_from_slice(&self.starts);
        for (root, output) in &self.roots {
            outputs[*output as usize] += self.leaf(*root, inputs);
        }
        match self.objective {
            Objective::Identity => {}
            Objective::Logistic => {
                for margin in outputs.iter_mut() {
                    *margin = 1.0 / (1.0 + (-*margin).exp());
                }
            }
            Objective::Softprob => softmax(outputs),
            Objective::Softmax => {
                let first_best = outputs.iter().enumerate().rev().max_by(|a, b| a.1.total_cmp(b.1));
                let class = first_best.map_or(0.0, |best| best.0 as f32);
                outputs.clear();
                outputs.push(class);
            }
        }
    }

    #[inline]
    fn leaf(&self, root: u32, inputs: &[f32]) -> f32 {
        let mut at = root as usize;
        loop {
            let node = self.nodes[at];
            if node.feature == LEAF {
                return node.value;
            }
            let input = inputs.get(node.feature as usize).copied().unwrap_or(f32::NAN);
            let left = input < node.value || (input.is_nan() && node.missing_left);
            at = if left { at + 1 } else { node.right as usize };
        }
    }
}

fn softmax(margins: &mut [f32]) {
    let top = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for margin in margins.iter_mut() {
        *margin = (*margin - top).exp();
    }
    let sum: f32 = margins.iter().sum();
    for margin in margins {
        *margin /= sum;
    }
}

/// The part of the file that a prediction needs.
#[derive(Deserialize)]
pub(super) struct Learner {
    gradient_booster: Booster,
    #[serde(rename = "learner_model_param")]
    param: ModelParam,
    objective: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct ModelParam {
    base_score: String,
    num_class: String,
    num_feature: String,
}

#[derive(Deserialize)]
struct Booster {
    name: String,
    model: Option<Trees>,
}

#[derive(Deserialize)]
struct Trees {
    trees: Vec<Tree>,
    tree_info: Vec<u32>,
}

#[derive(Deserialize)]
struct Tree {
    left_children: Vec<i64>,
    right_children: Vec<i64>,
    split_indices: Vec<u32>,
    split_conditions: Vec<f32>,
    default_left: Vec<Flag>,
    #[serde(default)]
    categories_nodes: Vec<u32>,
}

/// Versions before 1.6 wrote booleans where later ones write 0 and 1.
#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Number(u8),
}

impl Learner {
    pub(super) fn forest(self) -> Result<Forest, Unreadable> {
        let name = &self.objective.name;
        let objective = match name.as_str() {
            "binary:logistic" | "reg:logistic" => Objective::Logistic,
            "reg:squarederror" | "reg:linear" | "binary:logitraw" => Objective::Identity,
            "multi:softprob" => Objective::Softprob,
            "multi:softmax" => Objective::Softmax,
            _ => return Err(Unreadable(format!("objective {name} is not supported"))),
        };
        let param = &self.param;
        let classes: usize = number(&param.num_class, "num_class")?;
        let trees = match self.gradient_booster {
            Booster { name, model: Some(trees) } if name == "gbtree" => trees,
            Booster { name, .. } => {
                return Err(Unreadable(format!("booster {name} is not supported")));
            }
        };
        let mut forest = Forest {
            objective,
            inputs: number(&param.num_feature, "num_feature")?,
            starts: starts(&param.base_score, objective, classes.max(1))?,
            roots: Vec::new(),
            nodes: Vec::new(),
        };
        if trees.tree_info.len() != trees.trees.len() {
            return Err(Unreadable("tree_info and trees differ in length".to_owned()));
        }
        for (id, (tree, output)) in trees.trees.iter().zip(trees.tree_info).enumerate() {
            if output as usize >= forest.starts.len() {
                return Err(Unreadable(format!("tree {id} adds to class {output}")));
            }
            forest.roots.push((forest.nodes.len() as u32, output));
            flatten(tree, id, forest.inputs, &mut forest.nodes)?;
        }
        Ok(forest)
    }
}

/// Reads `base_score`: a number, or since 3.1 a list such as `[9.6E-2]`.
fn starts(text: &str, objective: Objective, outputs: usize) -> Result<Vec<f32>, Unreadable> {
    let scores: Vec<f32> = text
        .trim_matches(['[', ']'])
        .split(',')
        .map(|score| number(score.trim(), "base_score"))
        .collect::<Result<_, _>>()?;
    let margin = |score: f32| {
        if objective == Objective::Logistic { -(1.0 / score - 1.0).ln() } else { score }
    };
    let margins: Vec<f32> = scores.into_iter().map(margin).collect();
    match margins.len() {
        1 => Ok(vec![margins[0]; outputs]),
        given if given == outputs => Ok(margins),
        given => Err(Unreadable(format!("base_score has {given} values for {outputs} outputs"))),
    }
}

fn number<T: std::str::FromStr>(text: &str, name: &str) -> Result<T, Unreadable> {
    text.parse().map_err(|_| Unreadable(format!("{name} is not a number")))
}

/// Appends a tree in depth-first order, so that a left child follows its parent.
fn flatten(tree: &Tree, id: usize, inputs: usize, nodes: &mut Vec<Node>) -> Result<(), Unreadable> {
    let broken = |what: &str| Unreadable(format!("tree {id} {what}"));
    if !tree.categories_nodes.is_empty() {
        return Err(broken("splits on categories, which is not supported"));
    }
    let count = tree.left_children.len();
    let lengths = [
        tree.right_children.len(),
        tree.split_indices.len(),
        tree.split_conditions.len(),
        tree.default_left.len(),
    ];
    if count == 0 || lengths.iter().any(|length| *length != count) {
        return Err(broken("has lists of different lengths"));
    }
    let first = nodes.len();
    // A node of the file, and the flat node whose right child it is.
    let mut open = vec![(0_i64, None)];
    while let Some((source, parent)) = open.pop() {
        let at = usize::try_from(source).ok().filter(|at| *at < count);
        let at = at.ok_or_else(|| broken("has a child that is not there"))?;
        if nodes.len() - first == count {
            return Err(broken("visits a node twice"));
        }
        let flat = nodes.len() as u32;
        if let Some(parent) = parent {
            let parent: &mut Node = &mut nodes[parent as usize];
            parent.right = flat;
        }
        let value = tree.split_conditions[at];
        let (left, right) = (tree.left_children[at], tree.right_children[at]);
        if left < 0 {
            nodes.push(Node { value, feature: LEAF, right: 0, missing_left: false });
            continue;
        }
        let feature = tree.split_indices[at];
        if feature as usize >= inputs {
            return Err(broken("splits on a feature that is not there"));
        }
        let missing_left = match tree.default_left[at] {
            Flag::Bool(flag) => flag,
            Flag::Number(number) => number != 0,
        };
        nodes.push(Node { value, feature, right: 0, missing_left });
        open.push((right, Some(flat)));
        open.push((left, None));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::model::Model;

    const STUMP: &str = r#"{"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":[0],"trees":[
        {"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],
         "split_conditions":[1.5,-2.0,3.0],"default_left":[true,false,false]}]}},
        "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"1"},
        "objective":{"name":"reg:squarederror"}}}"#;

    #[track_caller]
    fn check(json: &str, input: f32, expect: Result<f32, &str>) {
        let got = Model::parse(json.as_bytes()).map(|model| {
            let mut outputs = Vec::new();
            model.predict(&[input], &mut outputs);
            outputs[0]
        });
        assert_eq!(
            got.map_err(|error| error.to_string()),
            expect.map_err(|text| format!("model not readable: {text}"))
        );
    }

    #[test]
    fn split_sends_smaller_inputs_left() {
        check(STUMP, 1.4, Ok(-1.5));
        check(STUMP, 1.5, Ok(3.5));
        check(STUMP, f32::NAN, Ok(-1.5));
        check(&STUMP.replace("true", "0"), f32::NAN, Ok(3.5));
    }

    #[test]
    fn base_score_is_read_in_every_form() {
        check(&STUMP.replace("5E-1", "[5E-1]"), 1.0, Ok(-1.5));
        check(&STUMP.replace("5E-1", "0.25"), 1.0, Ok(-1.75));
        check(&STUMP.replace("5E-1", "[1,2]"), 1.0, Err("base_score has 2 values for 1 outputs"));
        check(&STUMP.replace("5E-1", "high"), 1.0, Err("base_score is not a number"));
    }

    #[test]
    fn broken_trees_are_refused_by_number() {
        check(&STUMP.replace("[2,-1,-1]", "[0,-1,-1]"), 1.0, Err("tree 0 visits a node twice"));
        check(
            &STUMP.replace("[2,-1,-1]", "[7,-1,-1]"),
            1.0,
            Err("tree 0 has a child that is not there"),
        );
        check(
            &STUMP.replace("[2,-1,-1]", "[2,-1]"),
            1.0,
            Err("tree 0 has lists of different lengths"),
        );
        check(
            &STUMP.replace("[0,0,0]", "[1,0,0]"),
            1.0,
            Err("tree 0 splits on a feature that is not there"),
        );
        check(
            &STUMP.replace("tree_info\":[0]", "tree_info\":[1]"),
            1.0,
            Err("tree 0 adds to class 1"),
        );
        check(
            &STUMP.replace("squarederror", "gamma"),
            1.0,
            Err("objective reg:gamma is not supported"),
        );
        check(&STUMP.replace("gbtree", "dart"), 1.0, Err("booster dart is not supported"));
    }
}
