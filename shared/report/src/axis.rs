use crate::reference::Ranks;
use engine::statistics::InferredType;

/// The common horizontal axis of a reference and a window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    /// Edges of the bins, rising; the first and last bin also hold what lies beyond.
    edges: Vec<f64>,
    /// Values at both ends, as written under the picture.
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) is_log: bool,
    pub(crate) has_less: bool,
    pub(crate) has_more: bool,
}

const BINS: usize = 20;
/// Whole numbers get a bar each up to so many.
const MOST_BARS: f64 = 24.0;

impl Axis {
    /// Chooses bins that show both sides; `None` without numbers.
    pub(crate) fn of(reference: &Ranks, current: &Ranks, kind: InferredType) -> Option<Self> {
        let sides: Vec<&Ranks> =
            [reference, current].into_iter().filter(|it| 0 < it.total()).collect();
        let at = |q: f64| sides.iter().filter_map(move |it| it.quantile(q));
        let (low, high) = (at(0.0).reduce(f64::min)?, at(1.0).reduce(f64::max)?);
        if kind == InferredType::Integral && high - low <= MOST_BARS {
            return Some(Self::whole_numbers(low, high, 1.0));
        }
        let (body_low, body_high) = (at(0.005).reduce(f64::min)?, at(0.995).reduce(f64::max)?);
        let body = body_high - body_low;
        let is_far = 0.0 < body && 3.0 * body < high - low;
        let (from, to) = if is_far { (body_low, body_high) } else { (low, high) };
        let narrowest = sides
            .iter()
            .filter_map(|it| Some(it.quantile(0.995)? - it.quantile(0.005)?))
            .filter(|it| 0.0 < *it)
            .reduce(f64::min);
        let is_log = narrowest.is_some_and(|it| it * 12.0 < to - from);
        let mut axis = if is_log {
            let unit = at(0.5).map(f64::abs).filter(|it| 0.0 < *it).reduce(f64::min);
            Self::stretched(from, to, unit.or(narrowest)? / 4.0)
        } else if kind == InferredType::Integral && (to - from) < 1e15 {
            Self::whole_numbers(from.floor(), to.ceil(), ((to - from + 1.0) / BINS as f64).ceil())
        } else {
            Self::even(from, to)
        };
        (axis.has_less, axis.has_more) = (low < from, to < high);
        Some(axis)
    }

    pub(crate) fn bins(&self) -> usize {
        self.edges.len() - 1
    }

    /// Returns the share of rows in each bin.
    pub(crate) fn shares(&self, ranks: &Ranks) -> Vec<f64> {
        let last = self.bins();
        let below = |at: usize| match at {
            0 => 0.0,
            it if it == last => f64::from(u8::from(0 < ranks.total())),
            it => ranks.below(self.edges[it]),
        };
        (0..last).map(|it| below(it + 1) - below(it)).collect()
    }

    fn whole_numbers(low: f64, high: f64, width: f64) -> Self {
        let bins = ((high - low + 1.0) / width).ceil().max(1.0) as usize;
        let edges = (0..=bins).map(|it| low - 0.5 + it as f64 * width).collect();
        Self::linear(edges, low, high)
    }

    fn even(low: f64, high: f64) -> Self {
        // One value alone gets one bar.
        if high <= low {
            return Self::linear(vec![low - 0.5, low + 0.5], low, high);
        }
        let edges = (0..=BINS).map(|it| low + (high - low) * it as f64 / BINS as f64).collect();
        Self::linear(edges, low, high)
    }

    /// Even steps of `asinh(x / unit)`: linear near zero, logarithmic beyond.
    fn stretched(low: f64, high: f64, unit: f64) -> Self {
        let (from, to) = ((low / unit).asinh(), (high / unit).asinh());
        let step = (to - from) / (BINS as f64 + 4.0);
        let edges = (0..=BINS + 4).map(|it| unit * (from + step * it as f64).sinh()).collect();
        Self { is_log: true, ..Self::linear(edges, low, high) }
    }

    fn linear(edges: Vec<f64>, low: f64, high: f64) -> Self {
        Self { edges, low, high, is_log: false, has_less: false, has_more: false }
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;
    use crate::reference::Ranks;
    use engine::Levels;
    use engine::statistics::{Feature, InferredType, Numbers, Values};

    fn ranks(values: &[f64]) -> Ranks {
        let sketch = Levels::from_values(values);
        let values = Values::Numbers(Numbers { sketch, ..Numbers::default() });
        Ranks::of(&Feature { values, ..Feature::default() })
    }

    /// Counts by brute force what the axis says is in each bin.
    #[track_caller]
    fn check(reference: &[f64], current: &[f64], kind: InferredType, expect: &str) {
        let (a, b) = (ranks(reference), ranks(current));
        let axis = Axis::of(&a, &b, kind).unwrap();
        for (values, ranks) in [(reference, &a), (current, &b)] {
            let last = axis.bins() - 1;
            for (at, share) in axis.shares(ranks).into_iter().enumerate() {
                let is_in = |x: f64| {
                    (at == 0 || axis.edges[at] <= x) && (at == last || x < axis.edges[at + 1])
                };
                let rows = values.iter().filter(|it| is_in(**it)).count();
                assert!((share - rows as f64 / values.len().max(1) as f64).abs() < 1e-12);
            }
        }
        let Axis { low, high, is_log, has_less, has_more, .. } = axis;
        let bins = axis.bins();
        assert_eq!(format!("{low}..{high} {bins} log={is_log} {has_less} {has_more}"), expect);
    }

    fn ramp(n: u32, step: f64) -> Vec<f64> {
        (0..n).map(|it| f64::from(it) * step).collect()
    }

    #[test]
    fn few_whole_numbers_get_a_bar_each() {
        check(
            &ramp(10, 1.0),
            &ramp(8, 1.0),
            InferredType::Integral,
            "0..9 10 log=false false false",
        );
    }

    #[test]
    fn many_whole_numbers_share_even_bars() {
        check(
            &ramp(171, 1.0),
            &ramp(100, 1.0),
            InferredType::Integral,
            "0..170 19 log=false false false",
        );
    }

    #[test]
    fn change_of_unit_is_drawn_stretched() {
        check(
            &ramp(300, 1.0),
            &ramp(300, 100.0),
            InferredType::Integral,
            "0..29900 24 log=true false false",
        );
    }

    #[test]
    fn single_outlier_does_not_flatten_the_picture() {
        let mut far = ramp(1000, 0.5);
        far.push(1e12);
        check(&ramp(1000, 0.5), &far, InferredType::Fractional, "2..497.5 20 log=false true true");
    }

    #[test]
    fn one_value_and_no_value_have_a_picture() {
        check(&[3.5; 9], &[3.5; 4], InferredType::Fractional, "3.5..3.5 1 log=false false false");
        check(&[3.5; 9], &[], InferredType::Fractional, "3.5..3.5 1 log=false false false");
        assert_eq!(Axis::of(&ranks(&[]), &ranks(&[]), InferredType::Fractional), None);
    }

    #[test]
    fn extreme_values_make_no_holes() {
        let far = [f64::MIN, -1.0, 0.0, 1e-300, f64::MAX];
        let (a, b) = (ranks(&far), ranks(&ramp(50, 1.0)));
        let axis = Axis::of(&a, &b, InferredType::Fractional).unwrap();
        assert!(axis.shares(&a).iter().all(|it| it.is_finite()));
    }
}
