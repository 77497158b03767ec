//! Models whose artefacts can be read: XGBoost's JSON and a linear one.
//!
//! XGBoost's `save_model("x.json")`, versions 1.0 to 3.2 (xgboost documentation, "Introduction to Model IO"), with tree
//! boosters and splits on numbers; or `{"linear":{"objective":"binary:logistic","intercept":0.1,"weights":[…]}}`.

use crate::{FormatError, error};
use engine::attribution::{BrokenModel, Forest, Linear, Objective, Readable, Split, Tree};
use serde::Deserialize;

const FILE: &str = "model";
const FIX: &str =
    "save the model with XGBoost's save_model(\"model.json\"), or ask it by KernelSHAP";

/// Reads a model.
pub fn read(text: &[u8]) -> Result<Readable, FormatError> {
    let file: File = error::read(FILE, FIX, text)?;
    let model = match file {
        File { linear: Some(linear), .. } => linear.model().map(Readable::Linear),
        File { learner: Some(learner), .. } => learner.forest().map(Readable::Forest),
        _ => broken("has neither `learner` nor `linear`"),
    };
    model.map_err(|why| FormatError::at(FILE, FIX, "", why.0))
}

fn broken<T>(words: impl Into<String>) -> Result<T, BrokenModel> {
    Err(BrokenModel(words.into()))
}

#[derive(Deserialize)]
struct File {
    linear: Option<LinearFile>,
    learner: Option<Learner>,
}

#[derive(Deserialize)]
struct LinearFile {
    objective: String,
    intercept: f64,
    weights: Vec<f64>,
}

#[derive(Deserialize)]
struct Learner {
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
    trees: Vec<TreeFile>,
    tree_info: Vec<usize>,
}

#[derive(Deserialize)]
struct TreeFile {
    left_children: Vec<i64>,
    right_children: Vec<i64>,
    split_indices: Vec<u32>,
    split_conditions: Vec<f32>,
    default_left: Vec<Flag>,
    sum_hessian: Vec<f64>,
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

/// Names what looks like a name of XGBoost's own, and nothing else.
fn named(what: &str, name: &str) -> String {
    let is_name =
        name.len() < 40 && name.bytes().all(|it| it.is_ascii_lowercase() || b":_".contains(&it));
    if is_name { format!("{what} {name}") } else { format!("a {what}") }
}

fn objective(name: &str) -> Result<Objective, BrokenModel> {
    Ok(match name {
        "binary:logistic" | "reg:logistic" => Objective::Logistic,
        "reg:squarederror" | "reg:linear" | "binary:logitraw" => Objective::Identity,
        "multi:softprob" => Objective::Softprob,
        "multi:softmax" => Objective::Softmax,
        _ => return broken(format!("has {}, which is not known here", named("objective", name))),
    })
}

impl LinearFile {
    fn model(self) -> Result<Linear, BrokenModel> {
        let objective = objective(&self.objective)?;
        if !matches!(objective, Objective::Logistic | Objective::Identity) {
            return broken("is linear and has an objective of several outputs");
        }
        Ok(Linear { objective, intercept: self.intercept, weights: self.weights })
    }
}

impl Learner {
    fn forest(self) -> Result<Forest, BrokenModel> {
        let objective = objective(&self.objective.name)?;
        let classes: usize = number(&self.param.num_class, "num_class")?;
        let inputs = number(&self.param.num_feature, "num_feature")?;
        let Booster { name, model } = self.gradient_booster;
        let Some(trees) = model.filter(|_| name == "gbtree") else {
            return broken(format!("has {}, which is not known here", named("booster", &name)));
        };
        if trees.tree_info.len() != trees.trees.len() {
            return broken("has lists trees and tree_info of different lengths");
        }
        let starts = starts(&self.param.base_score, objective, classes.max(1))?;
        let trees = trees.trees.iter().zip(trees.tree_info).enumerate();
        let trees: Vec<Tree> = trees
            .map(|(id, (tree, output))| Ok(Tree { output, nodes: flatten(tree, id)? }))
            .collect::<Result<_, _>>()?;
        Forest::new(objective, inputs, starts, trees)
    }
}

/// Reads `base_score`: a number, or since 3.1 a list such as `[9.6E-2]`.
fn starts(text: &str, objective: Objective, outputs: usize) -> Result<Vec<f32>, BrokenModel> {
    let scores = text.trim_matches(['[', ']']).split(',');
    let scores: Vec<f32> =
        scores.map(|it| number(it.trim(), "base_score")).collect::<Result<_, _>>()?;
    let logistic = objective == Objective::Logistic;
    let margin = |it: f32| if logistic { -(1.0 / it - 1.0).ln() } else { it };
    let margins: Vec<f32> = scores.into_iter().map(margin).collect();
    match margins.len() {
        1 => Ok(vec![margins[0]; outputs]),
        given if given == outputs => Ok(margins),
        given => broken(format!("has base_score of {given} values for {outputs} outputs")),
    }
}

fn number<T: std::str::FromStr>(text: &str, name: &str) -> Result<T, BrokenModel> {
    text.parse().or_else(|_| broken(format!("has a {name} that is no number")))
}

/// Lays a tree out in depth-first order, so that a left child follows its parent.
fn flatten(tree: &TreeFile, id: usize) -> Result<Vec<Split>, BrokenModel> {
    let wrong = |what: &str| broken(format!("has tree {id}, which {what}"));
    if !tree.categories_nodes.is_empty() {
        return wrong("splits on categories; that is not known here");
    }
    let count = tree.left_children.len();
    let lengths = [
        tree.right_children.len(),
        tree.split_indices.len(),
        tree.split_conditions.len(),
        tree.default_left.len(),
        tree.sum_hessian.len(),
    ];
    if lengths.iter().any(|length| *length != count) {
        return wrong("has lists of different lengths");
    }
    let mut nodes: Vec<Split> = Vec::with_capacity(count);
    // A node of the file, and the laid-out node whose right child it is.
    let mut open = vec![(0_i64, None)];
    while let Some((source, parent)) = open.pop() {
        let Some(at) = usize::try_from(source).ok().filter(|at| *at < count) else {
            return wrong("has a child that is not there");
        };
        if nodes.len() == count {
            return wrong("visits a node twice");
        }
        let place = nodes.len() as u32;
        if let Some(parent) = parent {
            let parent: &mut Split = &mut nodes[parent as usize];
            parent.right = place;
        }
        let (left, right) = (tree.left_children[at], tree.right_children[at]);
        let missing_left = match tree.default_left[at] {
            Flag::Bool(flag) => flag,
            Flag::Number(number) => number != 0,
        };
        nodes.push(Split {
            value: tree.split_conditions[at],
            input: (0 <= left).then_some(tree.split_indices[at]),
            right: 0,
            missing_left,
            cover: tree.sum_hessian[at],
        });
        if 0 <= left {
            open.push((right, Some(place)));
            open.push((left, None));
        }
    }
    Ok(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUMP: &str = r#"{"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":[0],"trees":[
        {"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],
         "split_conditions":[1.5,-2.0,3.0],"default_left":[true,false,false],"sum_hessian":[4,1,3]}]}},
        "learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"1"},
        "objective":{"name":"reg:squarederror"}}}"#;

    #[track_caller]
    fn check(json: &str, input: f32, expect: Result<f64, &str>) {
        let got = read(json.as_bytes()).map(|model| {
            let mut answers = Vec::new();
            model.answer_row(&[input], &mut answers);
            answers[0]
        });
        assert_eq!(
            got.map_err(|it| it.to_string()),
            expect.map_err(|it| format!("model: it {it}; {FIX}"))
        );
    }

    #[test]
    fn stump_answers_on_both_sides() {
        check(STUMP, 1.4, Ok(-1.5));
        check(STUMP, 1.5, Ok(3.5));
        check(STUMP, f32::NAN, Ok(-1.5));
        check(&STUMP.replace("true", "0"), f32::NAN, Ok(3.5));
        check(&STUMP.replace("5E-1", "[5E-1]"), 1.0, Ok(-1.5));
        let weighed = r#"{"linear":{"objective":"binary:logistic","intercept":1,"weights":[-1]}}"#;
        check(weighed, 1.0, Ok(0.5));
    }

    #[test]
    fn broken_models_are_refused() {
        check("{}", 0.0, Err("has neither `learner` nor `linear`"));
        check(
            &STUMP.replace("5E-1", "[1,2]"),
            1.0,
            Err("has base_score of 2 values for 1 outputs"),
        );
        check(
            &STUMP.replace("[2,-1,-1]", "[0,-1,-1]"),
            1.0,
            Err("has tree 0, which visits a node twice"),
        );
        check(
            &STUMP.replace("[2,-1,-1]", "[7,-1,-1]"),
            1.0,
            Err("has tree 0, which has a child that is not there"),
        );
        check(
            &STUMP.replace("[4,1,3]", "[4,1]"),
            1.0,
            Err("has tree 0, which has lists of different lengths"),
        );
        check(
            &STUMP.replace("gbtree", "dart"),
            1.0,
            Err("has booster dart, which is not known here"),
        );
    }
}
