//! The metrics of Clarify's bias reports (reference: formats F.3).

/// One of the 21 metrics; the variants are spelled as Clarify names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BiasMetric {
    /// Conditional demographic disparity in labels.
    Cddl,
    /// Class imbalance.
    Ci,
    /// Difference in positive proportions in labels.
    Dpl,
    /// Jensen-Shannon divergence.
    Js,
    /// Kullback-Leibler divergence.
    Kl,
    /// Kolmogorov-Smirnov distance.
    Ks,
    /// Euclidean norm of the difference of the distributions.
    Lp,
    /// Total variation distance.
    Tvd,
    /// Accuracy difference.
    Ad,
    /// Conditional demographic disparity in predicted labels.
    Cddpl,
    /// Difference in acceptance rates.
    Dar,
    /// Difference in conditional acceptance.
    Dca,
    /// Difference in conditional rejection.
    Dcr,
    /// Disparate impact.
    Di,
    /// Difference in positive proportions in predicted labels.
    Dppl,
    /// Difference in rejection rates.
    Drr,
    /// Flip test.
    Ft,
    /// Generalised entropy.
    Ge,
    /// Recall difference.
    Rd,
    /// Specificity difference.
    Sd,
    /// Treatment equality.
    Te,
}

/// When a metric can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// From labels alone.
    PreTraining,
    /// From labels and predictions.
    PostTraining,
}

impl Stage {
    pub const ALL: [Self; 2] = [Self::PreTraining, Self::PostTraining];

    /// Returns the stage's metrics in the order of their names.
    pub fn metrics(self) -> &'static [BiasMetric] {
        match self {
            Self::PreTraining => &BiasMetric::ALL[..8],
            Self::PostTraining => &BiasMetric::ALL[8..],
        }
    }
}

impl BiasMetric {
    /// All of them: those before training, then those after it, each in the order of names.
    pub const ALL: [Self; 21] = [
        Self::Cddl,
        Self::Ci,
        Self::Dpl,
        Self::Js,
        Self::Kl,
        Self::Ks,
        Self::Lp,
        Self::Tvd,
        Self::Ad,
        Self::Cddpl,
        Self::Dar,
        Self::Dca,
        Self::Dcr,
        Self::Di,
        Self::Dppl,
        Self::Drr,
        Self::Ft,
        Self::Ge,
        Self::Rd,
        Self::Sd,
        Self::Te,
    ];

    /// Returns the metric that Clarify calls `name`.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Returns Clarify's short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cddl => "CDDL",
            Self::Ci => "CI",
            Self::Dpl => "DPL",
            Self::Js => "JS",
            Self::Kl => "KL",
            Self::Ks => "KS",
            Self::Lp => "LP",
            Self::Tvd => "TVD",
            Self::Ad => "AD",
            Self::Cddpl => "CDDPL",
            Self::Dar => "DAR",
            Self::Dca => "DCA",
            Self::Dcr => "DCR",
            Self::Di => "DI",
            Self::Dppl => "DPPL",
            Self::Drr => "DRR",
            Self::Ft => "FT",
            Self::Ge => "GE",
            Self::Rd => "RD",
            Self::Sd => "SD",
            Self::Te => "TE",
        }
    }

    /// Returns what the metric compares, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Cddl => "share among rejected minus share among accepted, by group",
            Self::Ci => "how much smaller the facet is than the rest",
            Self::Dpl => "positive labels, rest minus facet",
            Self::Js | Self::Kl => "divergence of the labels",
            Self::Ks => "largest gap between the labels",
            Self::Lp => "Euclidean distance of the labels",
            Self::Tvd => "share of labels to move to be equal",
            Self::Ad => "accuracy, rest minus facet",
            Self::Cddpl => "as CDDL, of predicted labels",
            Self::Dar => "precision, rest minus facet",
            Self::Dca => "labels per predicted acceptance, rest minus facet",
            Self::Dcr => "labels per predicted rejection, facet minus rest",
            Self::Di => "predicted positives, facet over rest",
            Self::Dppl => "predicted positives, rest minus facet",
            Self::Drr => "right rejections, facet minus rest",
            Self::Ft => "predictions that would flip outside of the facet",
            Self::Ge => "inequality of benefits over all rows",
            Self::Rd => "recall, rest minus facet",
            Self::Sd => "specificity, facet minus rest",
            Self::Te => "missed per falsely accepted, facet minus rest",
        }
    }

    /// Returns when the metric can be computed.
    pub fn stage(self) -> Stage {
        if self <= Self::Tvd { Stage::PreTraining } else { Stage::PostTraining }
    }

    /// Returns what it compares, the rest of the rows against the group, in a few plain words (formats F.3).
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Cddl => "who holds the bad labels, within each subgroup",
            Self::Ci => "how many more rows the rest has",
            Self::Dpl => "share of good labels, the rest less the group",
            Self::Js | Self::Kl | Self::Ks | Self::Lp | Self::Tvd => {
                "how far the labels of the rest and the group lie apart"
            }
            Self::Ad => "share of right predictions, the rest less the group",
            Self::Cddpl => "who gets the bad predictions, within each subgroup",
            Self::Dar => "how often a good prediction comes true, the rest less the group",
            Self::Dca => "good labels to a good prediction, the rest less the group",
            Self::Dcr => "bad labels to a bad prediction, the group less the rest",
            Self::Di => "share of good predictions, the group to the rest",
            Self::Dppl => "share of good predictions, the rest less the group",
            Self::Drr => "how often a bad prediction comes true, the group less the rest",
            Self::Ft => "predictions that differ between the group and its likes in the rest",
            Self::Ge => "how unequally predictions pay off",
            Self::Rd => "share of good labels that are found, the rest less the group",
            Self::Sd => "share of bad labels that are found, the group less the rest",
            Self::Te => "wrong rejections to wrong acceptances, the group less the rest",
        }
    }

    /// Returns how far a value lies from no bias; of the ratio by its logarithm, so
    /// that a half is as far as a double.
    pub fn distance(self, value: f64) -> f64 {
        if self == Self::Di { value.max(0.0).ln().abs() } else { value.abs() }
    }

    /// Returns the value without any bias: 1 for the ratio, 0 for the rest.
    pub fn neutral(self) -> f64 {
        if self == Self::Di { 1.0 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::{BiasMetric, Stage};

    #[test]
    fn names_are_sorted_within_a_stage() {
        for stage in Stage::ALL {
            assert!(stage.metrics().is_sorted_by_key(|it| it.name()));
            assert!(stage.metrics().iter().all(|it| it.stage() == stage));
        }
        assert_eq!(Stage::ALL.map(|it| it.metrics().len()), [8, 13]);
        assert!(BiasMetric::ALL.iter().all(|it| BiasMetric::of_name(it.name()) == Some(*it)));
    }
}
