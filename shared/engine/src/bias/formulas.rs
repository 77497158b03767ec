//! Every closed-form metric from counts, with Clarify's answers at the edges.
//!
//! Formulas: reference formats F.3, as the open-source `smclarify` 0.5 computes
//! them; `a` is the rest, `d` the facet. Texts of errors are those of its files.

use super::{
    BiasMetric,
    counts::{Counts, Outcomes, Sides},
    report::Figure,
};

type Answer = Result<f64, &'static str>;

/// Computes a metric; the flip test is not one of counts, so it has no figure here.
pub fn figure(metric: BiasMetric, counts: &Counts) -> Figure {
    let answer = match metric {
        BiasMetric::Cddl => disparity(counts, Outcomes::positive, Outcomes::negative),
        BiasMetric::Cddpl => {
            disparity(counts, Outcomes::predicted_positive, Outcomes::predicted_negative)
        }
        BiasMetric::Ft => Err("the flip test needs the rows"),
        other => of_sides(other, &counts.sides),
    };
    match answer {
        Ok(it) => Figure::Value(it),
        Err(why) => Figure::Nothing(why.to_owned()),
    }
}

/// Computes a metric of the two sides alone.
pub(super) fn of_sides(metric: BiasMetric, sides: &Sides) -> Answer {
    let Sides { facet: d, rest: a } = sides;
    match metric {
        BiasMetric::Ci => imbalance(d, a),
        BiasMetric::Dpl => proportions(d, a, Outcomes::positive),
        BiasMetric::Dppl => proportions(d, a, Outcomes::predicted_positive),
        BiasMetric::Kl | BiasMetric::Js | BiasMetric::Lp | BiasMetric::Tvd | BiasMetric::Ks => {
            distance(metric, d, a)
        }
        BiasMetric::Di => impact(d, a),
        BiasMetric::Ge => entropy(d, a),
        BiasMetric::Ad => {
            sides_have_rows(d, a, EMPTY)?;
            Ok(accuracy(a) - accuracy(d))
        }
        BiasMetric::Te => {
            sides_have_rows(d, a, EMPTY)?;
            let treatment = |it: &Outcomes| divide(it.false_negative, it.false_positive);
            Ok(difference(treatment(d), treatment(a)))
        }
        BiasMetric::Dca => {
            sides_have_rows(d, a, EMPTY_OF_OUTCOMES)?;
            let accepted = |it: &Outcomes| divide(it.positive(), it.predicted_positive());
            Ok(difference(accepted(a), accepted(d)))
        }
        BiasMetric::Dcr => {
            sides_have_rows(d, a, EMPTY_OF_OUTCOMES)?;
            let rejected = |it: &Outcomes| divide(it.negative(), it.predicted_negative());
            Ok(difference(rejected(d), rejected(a)))
        }
        BiasMetric::Rd => {
            sides_have_rows(d, a, EMPTY_OF_ACCURACY)?;
            let recall = |it: &Outcomes| divide(it.true_positive, it.positive());
            Ok(recall(a) - recall(d))
        }
        BiasMetric::Sd => {
            sides_have_rows(d, a, EMPTY_OF_ACCURACY)?;
            let specificity = |it: &Outcomes| divide(it.true_negative, it.negative());
            Ok(specificity(d) - specificity(a))
        }
        BiasMetric::Dar => {
            sides_have_rows(d, a, EMPTY_OF_RATES)?;
            let precision = |it: &Outcomes| divide(it.true_positive, it.predicted_positive());
            Ok(precision(a) - precision(d))
        }
        BiasMetric::Drr => {
            sides_have_rows(d, a, EMPTY_OF_RATES)?;
            let rejection = |it: &Outcomes| divide(it.true_negative, it.predicted_negative());
            Ok(rejection(d) - rejection(a))
        }
        BiasMetric::Cddl | BiasMetric::Cddpl | BiasMetric::Ft => Err("not a metric of two sides"),
    }
}

/// `0 / 0` is zero, all else over zero infinite.
pub(super) fn divide(a: f64, b: f64) -> f64 {
    match (a == 0.0, b == 0.0) {
        (true, true) => 0.0,
        (false, true) if a < 0.0 => f64::NEG_INFINITY,
        (false, true) => f64::INFINITY,
        (_, false) => a / b,
    }
}

/// A difference; that of two infinities is zero.
fn difference(one: f64, two: f64) -> f64 {
    if one == two { 0.0 } else { one - two }
}

fn accuracy(it: &Outcomes) -> f64 {
    divide(it.true_positive + it.true_negative, it.rows())
}

/// The errors of an empty facet and of an empty rest.
type Empty = (&'static str, &'static str);

const EMPTY: Empty = ("Facet set is empty", "Negated Facet set is empty");
const EMPTY_OF_OUTCOMES: Empty = ("DCO: Facet set is empty", "DCO: Negated Facet set is empty");
const EMPTY_OF_ACCURACY: Empty = ("DLA: Facet set is empty", "DLA: Negated Facet set is empty");
const EMPTY_OF_RATES: Empty = ("DLR: Facet set is empty", "DLR: Negated Facet set is empty");
const NO_COMMON_LABEL: &str = "No instance of common facet found, dataset may be too small";

fn sides_have_rows(d: &Outcomes, a: &Outcomes, empty: Empty) -> Result<(), &'static str> {
    if d.rows() == 0.0 {
        return Err(empty.0);
    }
    if a.rows() == 0.0 { Err(empty.1) } else { Ok(()) }
}

fn imbalance(d: &Outcomes, a: &Outcomes) -> Answer {
    let (nd, na) = (d.rows(), a.rows());
    if na == 0.0 {
        return Err("CI: negated facet set is empty. Check that x[~facet] has non-zero length.");
    }
    if nd == 0.0 {
        return Err("CI: facet set is empty. Check that x[facet] has non-zero length.");
    }
    Ok((na - nd) / (na + nd))
}

fn proportions(d: &Outcomes, a: &Outcomes, positive: fn(&Outcomes) -> f64) -> Answer {
    if a.rows() == 0.0 {
        return Err("Negative facet set is empty.");
    }
    if d.rows() == 0.0 {
        return Err("Facet set is empty.");
    }
    Ok(positive(a) / a.rows() - positive(d) / d.rows())
}

fn impact(d: &Outcomes, a: &Outcomes) -> Answer {
    if a.rows() == 0.0 {
        return Err("Negated facet set is empty");
    }
    if d.rows() == 0.0 {
        return Err("Facet set is empty");
    }
    Ok(divide(d.predicted_positive() / d.rows(), a.predicted_positive() / a.rows()))
}

/// The shares of the labels that both sides have: of the facet and of the rest.
pub(super) fn common_labels(d: &Outcomes, a: &Outcomes) -> Vec<(f64, f64)> {
    let share = |it: &Outcomes, count: f64| count / it.rows();
    [(d.negative(), a.negative()), (d.positive(), a.positive())]
        .into_iter()
        .filter(|(of_d, of_a)| 0.0 < *of_d && 0.0 < *of_a)
        .map(|(of_d, of_a)| (share(d, of_d), share(a, of_a)))
        .collect()
}

fn distance(metric: BiasMetric, d: &Outcomes, a: &Outcomes) -> Answer {
    let common = common_labels(d, a);
    if common.is_empty() {
        return Err(NO_COMMON_LABEL);
    }
    let gaps = common.iter().map(|(d, a)| (a - d).abs());
    let sum = |term: fn(f64, f64) -> f64| common.iter().map(|(d, a)| term(*d, *a)).sum::<f64>();
    Ok(match metric {
        BiasMetric::Kl => sum(|d, a| a * (a / d).ln()),
        BiasMetric::Js => {
            0.5 * (sum(|d, a| a * (a / (0.5 * (a + d))).ln())
                + sum(|d, a| d * (d / (0.5 * (a + d))).ln()))
        }
        BiasMetric::Lp => gaps.map(|it| it * it).sum::<f64>().sqrt(),
        BiasMetric::Tvd => 0.5 * gaps.sum::<f64>(),
        _ => gaps.fold(0.0, f64::max),
    })
}

fn entropy(d: &Outcomes, a: &Outcomes) -> Answer {
    let rows = d.rows() + a.rows();
    if rows == 0.0 {
        return Err("dataset must be non-empty");
    }
    let twice = d.false_positive + a.false_positive;
    let once = d.true_positive + d.true_negative + a.true_positive + a.true_negative;
    let mean = (2.0 * twice + once) / rows;
    if mean == 0.0 {
        return Err(
            "All predicted labels are false negatives. There should be at least one prediction that is not false negative.",
        );
    }
    let term = |benefit: f64| (benefit / mean) * (benefit / mean) - 1.0;
    let none = d.false_negative + a.false_negative;
    Ok((twice * term(2.0) + once * term(1.0) + none * term(0.0)) / (rows * 2.0))
}

/// The disparity of one group: share of the facet among the rejected minus that among the accepted.
pub(super) fn group_disparity(
    sides: &Sides,
    accepted: fn(&Outcomes) -> f64,
    rejected: fn(&Outcomes) -> f64,
) -> f64 {
    let share = |of: fn(&Outcomes) -> f64| {
        let all = of(&sides.facet) + of(&sides.rest);
        if all == 0.0 { 0.0 } else { of(&sides.facet) / all }
    };
    share(rejected) - share(accepted)
}

fn disparity(
    counts: &Counts,
    accepted: fn(&Outcomes) -> f64,
    rejected: fn(&Outcomes) -> f64,
) -> Answer {
    let sides = &counts.sides;
    let Some(groups) = counts.groups.as_ref().filter(|_| 0.0 < sides.rows()) else {
        return Err("Group variable is empty or not provided");
    };
    if accepted(&sides.facet) + accepted(&sides.rest) == 0.0 {
        return Err("No positive labels in set");
    }
    if rejected(&sides.facet) + rejected(&sides.rest) == 0.0 {
        return Err("No negative labels in set");
    }
    let weighted = |it: &Sides| it.rows() * group_disparity(it, accepted, rejected);
    let rows: f64 = groups.iter().map(Sides::rows).sum();
    Ok(divide(groups.iter().map(weighted).sum(), rows))
}
