use super::super::{Groups, Objective, Table};
use super::{Forest, Split, Tree, TreeShap};

/// A small generator (Steele, Lea and Flood 2014, SplitMix64), so that the trees are always the same.
struct Draw(u64);

impl Draw {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    fn below(&mut self, most: u64) -> u64 {
        self.word() % most
    }

    fn tree(&mut self, inputs: u32, depth: u32, output: usize) -> Tree {
        let mut nodes = Vec::new();
        self.grow(inputs, depth, 1000.0, &mut nodes);
        Tree { output, nodes }
    }

    fn grow(&mut self, inputs: u32, depth: u32, cover: f64, nodes: &mut Vec<Split>) {
        let at = nodes.len();
        let value = self.below(9) as f32 - 4.0;
        nodes.push(Split { value, input: None, right: 0, missing_left: false, cover });
        if depth == 0 || self.below(8) == 0 {
            return;
        }
        let share = (1 + self.below(9)) as f64 / 10.0;
        nodes[at].input = Some(self.below(u64::from(inputs)) as u32);
        nodes[at].missing_left = self.below(2) == 0;
        self.grow(inputs, depth - 1, cover * share, nodes);
        nodes[at].right = nodes.len() as u32;
        self.grow(inputs, depth - 1, cover * (1.0 - share), nodes);
    }

    fn row(&mut self, inputs: u32) -> Vec<f32> {
        let cell = |it: u64| if it == 9 { f32::NAN } else { it as f32 - 4.5 };
        (0..inputs).map(|_| cell(self.below(10))).collect()
    }
}

fn forest(seed: u64, inputs: u32, depth: u32) -> (Forest, Draw) {
    let mut draw = Draw(seed);
    let trees = (0..6).map(|it| draw.tree(inputs, depth, it % 2)).collect();
    let forest = Forest::new(Objective::Identity, inputs as usize, vec![0.5, -1.0], trees);
    (forest.unwrap(), draw)
}

/// What a tree is worth to a coalition, read off the definition.
fn worth(tree: &Tree, at: usize, follows: &impl Fn(usize) -> Option<f32>) -> f64 {
    let node = &tree.nodes[at];
    let Some(input) = node.input else { return f64::from(node.value) };
    let (left, right) = (at + 1, node.right as usize);
    match follows(input as usize) {
        Some(it) => {
            let next = if node.goes_left(it) { left } else { right };
            worth(tree, next, follows)
        }
        None => [left, right]
            .into_iter()
            .map(|it| tree.nodes[it].cover / node.cover * worth(tree, it, follows))
            .sum(),
    }
}

fn brute(forest: &Forest, groups: &Groups, row: &[f32], baseline: Option<&Table<f32>>) -> Vec<f64> {
    let count = groups.len();
    let worths: Vec<Vec<f64>> = (0..1_usize << count)
        .map(|mask| {
            let has = |input: usize| mask >> groups.of_column(input) & 1 == 1;
            let mut sums = vec![0.0; 2];
            for tree in &forest.trees {
                sums[tree.output] += match baseline {
                    None => worth(tree, 0, &|it| has(it).then_some(row[it])),
                    Some(rows) => {
                        let one = |base: &[f32]| {
                            worth(tree, 0, &|it| Some(if has(it) { row[it] } else { base[it] }))
                        };
                        rows.rows().map(one).sum::<f64>() / rows.len() as f64
                    }
                };
            }
            sums
        })
        .collect();
    let factorial = |it: usize| (1..=it).map(|it| it as f64).product::<f64>();
    let value = |output: usize, feature: usize| {
        let without = (0..1_usize << count).filter(|mask| mask >> feature & 1 == 0);
        without
            .map(|mask| {
                let size = mask.count_ones() as usize;
                let weight = factorial(size) * factorial(count - size - 1) / factorial(count);
                weight * (worths[mask | 1 << feature][output] - worths[mask][output])
            })
            .sum::<f64>()
    };
    (0..2 * count).map(|it| value(it / count, it % count)).collect()
}

#[track_caller]
fn check(seed: u64, groups: &Groups, depth: u32, with_baseline: bool) {
    let inputs = groups.width() as u32;
    let (forest, mut draw) = forest(seed, inputs, depth);
    let baseline = with_baseline.then(|| {
        let cells = (0..3).flat_map(|_| draw.row(inputs)).collect();
        Table::of(inputs as usize, cells).unwrap()
    });
    let mut shap = TreeShap::of(&forest, groups, baseline.as_ref()).unwrap();
    let mut values = Vec::new();
    for _ in 0..4 {
        let row = draw.row(inputs);
        shap.values(&row, &mut values);
        let expect = brute(&forest, groups, &row, baseline.as_ref());
        for (got, expect) in values.iter().zip(&expect) {
            assert!((got - expect).abs() < 1e-9, "{values:?} is not {expect:?}");
        }
        let mut sums = Vec::new();
        forest.sums(&row, &mut sums);
        for ((part, sum), start) in values.chunks(groups.len()).zip(sums).zip(shap.expected()) {
            assert!((part.iter().sum::<f64>() + start - sum).abs() < 1e-4);
        }
    }
}

#[test]
fn values_are_those_of_every_order() {
    let names = |count: usize| (0..count).map(|it| format!("f{it}")).collect();
    for seed in 0..12 {
        for baseline in [false, true] {
            check(seed, &Groups::alone(names(4)), 4, baseline);
            // Deeper than what is laid out beforehand.
            check(seed, &Groups::alone(names(9)), 9, baseline);
            check(seed, &Groups::joined(["a", "b", "a", "c", "b", "d"]), 6, baseline);
        }
    }
}

#[test]
fn broken_trees_are_refused() {
    let leaf = Split { value: 1.0, input: None, right: 0, missing_left: false, cover: 1.0 };
    let split = |input: u32, right: u32| Split { input: Some(input), right, ..leaf };
    let refused = |output: usize, nodes: Vec<Split>| {
        let trees = vec![Tree { output, nodes }];
        Forest::new(Objective::Identity, 1, vec![0.0], trees).is_err()
    };
    assert!(!refused(0, vec![split(0, 2), leaf, leaf]));
    assert!(refused(1, vec![leaf]));
    assert!(refused(0, vec![]));
    assert!(refused(0, vec![split(0, 1), leaf, leaf]));
    assert!(refused(0, vec![split(1, 2), leaf, leaf]));
    assert!(refused(0, vec![leaf, leaf]));
    assert!(refused(0, vec![split(0, 0), leaf]));
}
