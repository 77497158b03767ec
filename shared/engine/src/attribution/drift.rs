use crate::violation::{Scope, Violation, ViolationCheck};

use super::{
    GlobalShap, LabelShap,
    ndcg::{Unranked, ndcg},
};

/// Below it, Clarify's monitor raises a violation (formats G).
pub const THRESHOLD: f64 = 0.90;

/// How the attributions of one output moved.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelDrift {
    pub label: String,
    /// 1 is the baseline's order.
    pub score: Result<f64, Unranked>,
    /// All features of the baseline, its largest first.
    pub ranks: Vec<RankChange>,
}

impl LabelDrift {
    /// Returns whether the order is lost: the score is below [`THRESHOLD`].
    pub fn is_violation(&self) -> bool {
        self.score.is_ok_and(|it| it < THRESHOLD)
    }

    /// Returns the violation in Clarify's words ("exceeds" is theirs), where there is one.
    pub fn violation(&self) -> Option<Violation> {
        let score = self.score.ok().filter(|it| *it < THRESHOLD)?;
        Some(Violation {
            feature: "shap".to_owned(),
            check: ViolationCheck::FeatureAttributionDrift,
            scope: Scope::Label(self.label.clone()),
            observed: score,
            threshold: THRESHOLD,
            description: format!(
                "Feature attribution drift {score:?} exceeds threshold {THRESHOLD:?}"
            ),
        })
    }
}

/// One feature before and now.
#[derive(Debug, Clone, PartialEq)]
pub struct RankChange {
    pub feature: String,
    pub reference: f64,
    /// `None` where the feature is gone, which counts as zero.
    pub current: Option<f64>,
    /// From 1; equal values share the smallest rank.
    pub reference_rank: usize,
    pub current_rank: usize,
    /// What the change of rank takes from the score, above 0; below 0 it adds. All of them sum to what the score lacks,
    /// but for ties.
    pub cost: f64,
}

/// Compares the attributions of now with a baseline's, label by label.
///
/// Labels go by name, or by place where no name agrees. A feature that is gone has no attribution; a new one has none in
/// the baseline, so it can only push others down. A baseline without values or without the label has nothing to compare.
pub fn attribution_drift(baseline: &GlobalShap, current: &GlobalShap) -> Vec<LabelDrift> {
    let by_name = baseline.labels.iter().any(|it| label(current, &it.label).is_some());
    let mut drifts = Vec::new();
    for (at, before) in baseline.labels.iter().enumerate() {
        let now = if by_name { label(current, &before.label) } else { current.labels.get(at) };
        if let Some(now) = now {
            drifts.push(compare(before, now));
        }
    }
    drifts
}

fn label<'a>(of: &'a GlobalShap, name: &str) -> Option<&'a LabelShap> {
    of.labels.iter().find(|it| it.label == name)
}

fn compare(before: &LabelShap, now: &LabelShap) -> LabelDrift {
    let known = before.features.iter().map(|it| (it.1, now.value(&it.0).unwrap_or(0.0)));
    let new = now.features.iter().filter(|it| before.value(&it.0).is_none()).map(|it| (0.0, it.1));
    let pairs: Vec<(f64, f64)> = known.chain(new).collect();
    let rank = |value: f64, side: fn(&(f64, f64)) -> f64| {
        1 + pairs.iter().filter(|it| value < side(it)).count()
    };
    let discount = |rank: usize| 1.0 / (rank as f64 + 1.0).log2();
    let mut ranks: Vec<RankChange> = before
        .features
        .iter()
        .map(|(feature, reference)| {
            let current = now.value(feature);
            let reference_rank = rank(*reference, |it| it.0);
            let current_rank = rank(current.unwrap_or(0.0), |it| it.1);
            RankChange {
                feature: feature.clone(),
                reference: *reference,
                current,
                reference_rank,
                current_rank,
                cost: reference * (discount(reference_rank) - discount(current_rank)),
            }
        })
        .collect();
    let best: f64 = ranks.iter().map(|it| it.reference * discount(it.reference_rank)).sum();
    for it in &mut ranks {
        it.cost = if 0.0 < best { it.cost / best } else { 0.0 };
    }
    ranks.sort_by(|one, two| two.reference.total_cmp(&one.reference));
    LabelDrift { label: before.label.clone(), score: ndcg(&pairs), ranks }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(label: &str, features: &[(&str, f64)]) -> GlobalShap {
        let features = features.iter().map(|it| (it.0.to_owned(), it.1)).collect();
        GlobalShap {
            labels: vec![LabelShap { label: label.into(), expected: None, features }],
            rows: 1,
        }
    }

    #[test]
    fn reversed_order_violates_as_documented() {
        let before = global("label0", &[("a", 0.7), ("b", 0.5), ("c", 0.05)]);
        let now = global("label0", &[("a", 0.1), ("b", 0.2), ("c", 0.3)]);
        let drift = &attribution_drift(&before, &now)[0];
        assert!(drift.is_violation());
        let words = drift.violation().unwrap().description;
        assert!(words.starts_with("Feature attribution drift 0.68763962412262"), "{words}");
        assert!(words.ends_with(" exceeds threshold 0.9"), "{words}");
        assert_eq!((drift.ranks[0].reference_rank, drift.ranks[0].current_rank), (1, 3));
        let costs: f64 = drift.ranks.iter().map(|it| it.cost).sum();
        assert!((1.0 - costs - drift.score.unwrap()).abs() < 1e-12);
        assert!(!attribution_drift(&before, &before)[0].is_violation());
    }

    #[test]
    fn gone_and_new_features_are_zeros() {
        let before = global("label0", &[("a", 0.7), ("b", 0.5)]);
        let now = global("label0", &[("b", 0.3), ("n", 0.9)]);
        let drift = &attribution_drift(&before, &now)[0];
        // ndcg_score([[.7, .5, 0]], [[0, .3, .9]]) of scikit-learn 1.9.1.
        assert!((drift.score.unwrap() - 0.655_330_3).abs() < 1e-6);
        assert_eq!(drift.ranks[0].current, None);
    }

    #[test]
    fn labels_of_other_names_go_by_place() {
        let before = global("churn", &[("a", 1.0), ("b", 0.5)]);
        let now = global("0.83", &[("a", 1.0), ("b", 0.5)]);
        assert_eq!(attribution_drift(&before, &now)[0].score, Ok(1.0));
        assert_eq!(attribution_drift(&before, &GlobalShap::default()), []);
    }
}
