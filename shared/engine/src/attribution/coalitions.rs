use std::collections::BTreeMap;

use super::chance::Chance;

/// Coalitions of features with their kernel weights, for all rows in which equally many features vary.
///
/// The scheme of `shap.KernelExplainer` (Lundberg and Lee 2017, "A unified approach to interpreting model predictions"):
/// sizes from the outside in are enumerated whole while the samples last, each with its complement; the rest is drawn in
/// pairs of complements, a coalition that comes again gaining weight. Same seed, same coalitions as that package.
#[derive(Debug, Clone, PartialEq)]
pub struct Coalitions {
    players: usize,
    words: usize,
    masks: Vec<u64>,
    weights: Vec<f64>,
}

impl Coalitions {
    /// Draws coalitions of at least two players; `samples` as [`super::ShapSettings::num_samples`].
    pub fn draw(players: usize, samples: Option<u32>, seed: u32) -> Self {
        let mut all = Self::none(players);
        if players < 2 {
            return all;
        }
        let wanted = samples.map_or(2 * players + 2048, |it| it as usize);
        let exist = if players <= 30 { (1 << players) - 2 } else { 1 << 30 };
        let samples = wanted.min(exist);
        let sizes = Sizes::of(players);
        let full = all.enumerate(&sizes, samples);
        if full != sizes.weights.len() {
            all.sample(&sizes, full, samples, seed);
        }
        all
    }

    fn none(players: usize) -> Self {
        let words = players.div_ceil(64).max(1);
        Self { players, words, masks: Vec::new(), weights: Vec::new() }
    }

    pub fn players(&self) -> usize {
        self.players
    }

    /// Returns the number of coalitions.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Returns the players of a coalition, in order.
    pub fn members(&self, at: usize) -> impl Iterator<Item = usize> {
        let words = &self.masks[at * self.words..(at + 1) * self.words];
        words.iter().enumerate().flat_map(|(place, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(place * 64 + bit)
            })
        })
    }

    fn push(&mut self, mask: &[u64], weight: f64) {
        self.masks.extend_from_slice(mask);
        self.weights.push(weight);
    }

    fn complement(&self, mask: &mut [u64]) {
        for word in mask.iter_mut() {
            *word = !*word;
        }
        let spare = self.words * 64 - self.players;
        if let Some(last) = mask.last_mut() {
            *last = (*last << spare) >> spare;
        }
    }

    /// Adds every coalition of the sizes that the samples last for, and returns how many sizes those are.
    fn enumerate(&mut self, sizes: &Sizes, samples: usize) -> usize {
        let mut left = samples as f64;
        let mut remaining = sizes.weights.clone();
        let mut mask = vec![0; self.words];
        for (at, weight) in sizes.weights.iter().enumerate() {
            let size = at + 1;
            let one_side = binomial(self.players, size);
            let paired = size <= sizes.paired;
            let subsets = if paired { 2.0 * one_side } else { one_side };
            let share = remaining[at];
            if left * share / subsets < 1.0 - 1e-8 {
                return at;
            }
            left -= subsets;
            if share < 1.0 {
                for it in &mut remaining {
                    *it /= 1.0 - share;
                }
            }
            let each = weight / one_side / if paired { 2.0 } else { 1.0 };
            let mut members: Vec<usize> = (0..size).collect();
            loop {
                set(&mut mask, &members);
                self.push(&mask, each);
                if paired {
                    self.complement(&mut mask);
                    self.push(&mask, each);
                }
                if !advance(&mut members, self.players) {
                    break;
                }
            }
        }
        sizes.weights.len()
    }

    /// Draws coalitions of the sizes from `full` on.
    fn sample(&mut self, sizes: &Sizes, full: usize, samples: usize, seed: u32) {
        let fixed = self.len();
        let mut left = samples - fixed.min(samples);
        let mut chances = sizes.weights.clone();
        for it in &mut chances[..sizes.paired] {
            *it /= 2.0;
        }
        let chances = &mut chances[full..];
        let whole: f64 = chances.iter().sum();
        for it in chances.iter_mut() {
            *it /= whole;
        }
        let mut chance = Chance::new(seed);
        let drawn = chance.choices(chances, 4 * left);
        let (mut order, mut mask) = (vec![0; self.players], vec![0; self.words]);
        let mut known: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
        for size in drawn.into_iter().map(|it| it + full + 1) {
            if left == 0 {
                break;
            }
            chance.permutation(&mut order);
            set(&mut mask, &order[..size]);
            // A complement comes right after its coalition, and again with it.
            let seen = known.get(&mask).copied();
            let paired = size <= sizes.paired;
            if let Some(at) = seen {
                self.weights[at] += 1.0;
                if paired {
                    self.weights[at + 1] += 1.0;
                }
                continue;
            }
            known.insert(mask.clone(), self.len());
            left -= 1;
            self.push(&mask, 1.0);
            if 0 < left && paired {
                self.complement(&mut mask);
                left -= 1;
                self.push(&mask, 1.0);
            }
        }
        let rest: f64 = sizes.weights[full..].iter().sum();
        let sum: f64 = self.weights[fixed..].iter().sum();
        for weight in &mut self.weights[fixed..] {
            *weight *= rest / sum;
        }
    }
}

/// The weight of each size of a coalition, with its complement's, from one player to half of them.
struct Sizes {
    weights: Vec<f64>,
    /// So many sizes have a complement of another size.
    paired: usize,
}

impl Sizes {
    fn of(players: usize) -> Self {
        let paired = (players - 1) / 2;
        let all = players as f64;
        let weight = |size: usize| {
            let one = (all - 1.0) / (size as f64 * (all - size as f64));
            if size <= paired { 2.0 * one } else { one }
        };
        let mut weights: Vec<f64> = (1..=players / 2).map(weight).collect();
        let whole: f64 = weights.iter().sum();
        for it in &mut weights {
            *it /= whole;
        }
        Self { weights, paired }
    }
}

fn set(mask: &mut [u64], members: &[usize]) {
    mask.fill(0);
    for it in members {
        mask[it / 64] |= 1 << (it % 64);
    }
}

/// Moves to the next combination in the order of words of a dictionary.
fn advance(members: &mut [usize], players: usize) -> bool {
    let size = members.len();
    let Some(at) = (0..size).rev().find(|at| members[*at] < players - size + at) else {
        return false;
    };
    members[at] += 1;
    for next in at + 1..size {
        members[next] = members[next - 1] + 1;
    }
    true
}

/// Returns the number of ways to choose `some` of `all`.
fn binomial(all: usize, some: usize) -> f64 {
    (0..some).fold(1.0, |ways, at| ways * (all - at) as f64 / (at + 1) as f64).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(all: &Coalitions) -> Vec<Vec<usize>> {
        (0..all.len()).map(|at| all.members(at).collect()).collect()
    }

    #[test]
    fn few_players_are_enumerated_whole() {
        let all = Coalitions::draw(4, None, 0);
        let mut sorted = members(&all);
        sorted.sort();
        sorted.dedup();
        assert_eq!((all.len(), sorted.len()), (14, 14));
        // The Shapley kernel, scaled to a sum of one: (M - 1) / (C(M, s) s (M - s)).
        let kernel = |size: usize| 3.0 / (binomial(4, size) * (size * (4 - size)) as f64);
        let whole: f64 = members(&all).iter().map(|it| kernel(it.len())).sum();
        for (members, weight) in members(&all).iter().zip(all.weights()) {
            assert!((weight - kernel(members.len()) / whole).abs() < 1e-15);
        }
    }

    #[test]
    fn drawn_coalitions_come_with_their_complements() {
        let all = Coalitions::draw(70, Some(400), 3);
        let whole: f64 = all.weights().iter().sum();
        assert_eq!(all.len(), 400);
        assert!((whole - 1.0).abs() < 1e-12);
        for pair in members(&all).chunks(2) {
            let mut both = pair.concat();
            both.sort_unstable();
            assert_eq!(both, (0..70).collect::<Vec<_>>());
        }
    }

    #[test]
    fn same_seed_gives_same_coalitions() {
        assert_eq!(Coalitions::draw(20, None, 5), Coalitions::draw(20, None, 5));
        assert_ne!(Coalitions::draw(20, None, 5), Coalitions::draw(20, None, 6));
    }
}
