use super::*;
use crate::scan::{Input, ScanOptions, Source, scan};
use ::summary::Summary;
use std::{io::Cursor, sync::Arc};

fn config(facet: Vec<Value>) -> BiasConfig {
    BiasConfig {
        label: Watched { column: "y".into(), values: vec![Value::Whole(1)], ..Watched::default() },
        predicted: Some(Predicted::Label("p".into())),
        facets: vec![Watched { column: "sex".into(), values: facet, ..Watched::default() }],
        group: Some("g".into()),
        ..BiasConfig::default()
    }
}

fn text(it: &str) -> Value {
    Value::Text(it.into())
}

fn summary_of(config: &BiasConfig, csv: &str, threads: usize) -> BiasSummary {
    let input = Input::Stream(Box::new(Cursor::new(csv.to_owned().into_bytes())));
    let source = Source { name: "rows".into(), input };
    let options = ScanOptions { threads, ..ScanOptions::default() };
    let config = Arc::new(config.clone());
    let make = || BiasSummary::new(Arc::clone(&config));
    scan([source], &options, make, &mut ()).expect("memory is readable").summary
}

fn report_of(config: &BiasConfig, csv: &str) -> BiasReport {
    summary_of(config, csv, 1).report(&FlipOutcomes::default()).expect("a report")
}

/// The rows of one table, with as many of each kind as is said.
fn rows(kinds: &[(&str, usize)]) -> String {
    let rows = kinds.iter().flat_map(|(row, count)| std::iter::repeat_n(*row, *count));
    std::iter::once("sex,y,p,g").chain(rows).fold(String::new(), |all, row| all + row + "\n")
}

/// 200 rows of a seeded generator; their metrics are what smclarify 0.5 prints for them.
fn table() -> String {
    let counts: [[usize; 3]; 8] = [
        [4, 9, 7],
        [2, 4, 5],
        [4, 1, 1],
        [7, 2, 3],
        [23, 21, 12],
        [7, 10, 9],
        [6, 5, 9],
        [11, 16, 22],
    ];
    let mut kinds = Vec::new();
    for (place, groups) in counts.iter().enumerate() {
        let sex = if place < 4 { "f" } else { "m" };
        for (group, count) in ["a", "b", "c"].iter().zip(groups) {
            kinds.push((format!("{sex},{},{},{group}", place / 2 % 2, place % 2), *count));
        }
    }
    let kinds: Vec<(&str, usize)> =
        kinds.iter().map(|(row, count)| (row.as_str(), *count)).collect();
    rows(&kinds)
}

const EXPECT: [(&str, f64); 20] = [
    ("CDDL", 0.070_352_813_852_813_86),
    ("CI", 0.51),
    ("DPL", 0.089_606_703_608_595_74),
    ("JS", 0.004_149_038_551_282_971),
    ("KL", 0.016_803_540_966_313_465),
    ("KS", 0.089_606_703_608_595_8),
    ("LP", 0.126_723_015_522_822_28),
    ("TVD", 0.089_606_703_608_595_77),
    ("AD", 0.042_303_013_920_800_16),
    ("CDDPL", 0.017_266_480_671_653_1),
    ("DAR", 0.131_594_202_898_550_73),
    ("DCA", 0.137_391_304_347_826_1),
    ("DCR", 0.113_360_323_886_639_64),
    ("DI", 0.945_034_013_605_442_3),
    ("DPPL", 0.027_300_986_619_813_45),
    ("DRR", 0.032_388_663_967_611_42),
    ("GE", 0.140_147_346_196_177_08),
    ("RD", 0.043_478_260_869_565_3),
    ("SD", -0.037_765_538_945_712_11),
    ("TE", -0.223_776_223_776_223_86),
];

#[test]
fn metrics_equal_those_of_smclarify() {
    let report = report_of(&config(vec![text("f")]), &table());
    for (name, expect) in EXPECT {
        let metric = BiasMetric::of_name(name).expect("a metric");
        let found = report.metric("sex", "f", metric).expect("reported");
        let value = found.figure.value().expect("a number");
        assert!((value - expect).abs() < 1e-12, "{name}: {value} is not {expect}");
        let Some(interval) = found.interval else { panic!("{name} has no interval") };
        assert!(interval.low <= value && value <= interval.high, "{name}: {interval:?}");
    }
    let stage = report.pre_training.as_ref().expect("a stage");
    assert_eq!((stage.label.as_str(), stage.label_value.as_str()), ("y", "1"));
    assert_eq!(stage.facets[0].rows, Some(FacetRows { facet: 49, rest: 151 }));
}

/// Cuts the table in three, in every order, with empty pieces.
#[test]
fn summaries_obey_the_laws() {
    let config = config(Vec::new());
    let whole = table() + ",1,0,a\nx,0,1,\nm,0.5,1,d\n";
    let lines: Vec<&str> = whole.lines().collect();
    let of = |from: usize, upto: usize| {
        summary_of(&config, &(lines[0].to_owned() + "\n" + &lines[from..upto].join("\n")), 1)
    };
    let answer = |it: &BiasSummary| {
        let report = it.report(&FlipOutcomes::default());
        (it.rows(), report)
    };
    let expect = answer(&of(1, lines.len()));
    for (i, j) in [(1, 1), (1, 90), (2, 203), (77, 78), (50, 150), (lines.len(), lines.len())] {
        let [a, b, c] = [of(1, i), of(i, j), of(j, lines.len())];
        let join = |one: &BiasSummary, two: &BiasSummary| {
            let mut joined = one.clone();
            joined.merge(two);
            joined
        };
        assert_eq!(answer(&join(&join(&a, &b), &c)), expect, "left of {i} and {j}");
        assert_eq!(answer(&join(&a, &join(&b, &c))), expect, "right of {i} and {j}");
        assert_eq!(answer(&join(&join(&c, &a), &b)), expect, "swapped at {i} and {j}");
        assert_eq!(answer(&join(&BiasSummary::default(), &join(&join(&a, &b), &c))), expect);
        assert_eq!(answer(&join(&join(&join(&a, &b), &c), &BiasSummary::default())), expect);
    }
}

#[test]
fn threads_do_not_change_the_report() {
    let config = config(vec![text("f")]);
    let csv =
        rows(&[("f,1,0,a", 40_000), ("m,1,1,b", 70_000), ("f,0,0,c", 9), ("m,0,1,a", 30_000)]);
    let answer =
        |threads: usize| summary_of(&config, &csv, threads).report(&FlipOutcomes::default());
    assert_eq!(answer(1), answer(3));
}

#[track_caller]
fn check(kinds: &[(&str, usize)], facet: &str, metric: &str, expect: &str) {
    let report = report_of(&config(vec![text(facet)]), &rows(kinds));
    let metric = BiasMetric::of_name(metric).expect("a metric");
    let found = match &report.metric("sex", facet, metric).expect("reported").figure {
        Figure::Value(it) => it.to_string(),
        Figure::Nothing(why) => why.clone(),
    };
    assert_eq!(found, expect);
}

/// Expected: the source of smclarify 0.5.
#[test]
fn edges_are_answered_as_by_clarify() {
    let both = [("f,1,1,a", 50), ("m,0,1,b", 50)];
    check(&both, "x", "CI", "CI: facet set is empty. Check that x[facet] has non-zero length.");
    check(&both, "x", "DPL", "Facet set is empty.");
    check(&both, "x", "RD", "DLA: Facet set is empty");
    check(&both, "x", "DCA", "DCO: Facet set is empty");
    check(&both, "x", "DRR", "DLR: Facet set is empty");
    check(&both, "f", "KL", "No instance of common facet found, dataset may be too small");
    check(&both, "f", "CDDPL", "No negative labels in set");
    check(&[("f,1,1,a", 90)], "f", "DI", "Negated facet set is empty");
    check(&[("f,1,1,a", 90)], "f", "CDDL", "No negative labels in set");
    // Nothing accepted on one side: over zero all is infinite.
    let rejected = [("f,1,1,a", 20), ("f,0,0,a", 30), ("m,1,0,a", 30), ("m,0,0,a", 20)];
    check(&rejected, "f", "DI", "inf");
    check(&rejected, "m", "DI", "0");
    check(&rejected, "m", "TE", "inf");
    check(&rejected, "m", "DCA", "-inf");
    // 0 / 0 is 0, and two infinities are equal.
    check(&[("f,1,1,a", 50), ("m,0,0,b", 50)], "f", "TE", "0");
    check(&[("f,1,0,a", 50), ("m,1,0,b", 49), ("m,1,1,b", 1)], "f", "TE", "0");
}

/// Samples that are drawn for the intervals.
const TRIES: usize = 1500;

/// Drawn from known shares, the intervals hold the truth about 19 times in 20.
#[test]
fn intervals_hold_the_truth_as_often_as_said() {
    let mut state = 7_u64;
    let mut uniform = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    let shares = [[0.30, 0.10, 0.15, 0.45], [0.45, 0.12, 0.08, 0.35]];
    let outcomes = |rows: f64, it: [f64; 4]| Outcomes {
        true_positive: rows * it[0],
        false_positive: rows * it[1],
        false_negative: rows * it[2],
        true_negative: rows * it[3],
    };
    let counts = |facet: Outcomes, rest: Outcomes| {
        let sides = Sides { facet, rest };
        Counts { sides, groups: Some(vec![sides]) }
    };
    let truth = counts(outcomes(300.0, shares[0]), outcomes(700.0, shares[1]));
    let mut draw = |rows: usize, it: [f64; 4]| {
        let mut counts = [0.0; 4];
        for _ in 0..rows {
            let at = uniform();
            let place = if at < it[0] {
                0
            } else if at < it[0] + it[1] {
                1
            } else if at < it[0] + it[1] + it[2] {
                2
            } else {
                3
            };
            counts[place] += 1.0;
        }
        outcomes(1.0, counts)
    };
    let closed =
        BiasMetric::ALL.into_iter().filter(|it| !matches!(it, BiasMetric::Ci | BiasMetric::Ft));
    let closed: Vec<BiasMetric> = closed.collect();
    let mut held = vec![0; closed.len()];
    for _ in 0..TRIES {
        let drawn = counts(draw(300, shares[0]), draw(700, shares[1]));
        for (metric, held) in closed.iter().zip(&mut held) {
            let it = interval(*metric, &drawn).expect("an interval");
            let truth = figure(*metric, &truth).value().expect("a number");
            *held += usize::from((it.low..=it.high).contains(&truth));
        }
    }
    for (metric, held) in closed.iter().zip(held) {
        let share = f64::from(held as u32) / TRIES as f64;
        assert!((0.93..=0.985).contains(&share), "{}: {share}", metric.name());
    }
}

/// Expected: the rule of formats F.4.
#[test]
fn farther_from_zero_breaks_the_baseline() {
    let with = |value: Figure| {
        let metric =
            MetricReport { metric: BiasMetric::Dppl, figure: value, interval: None, support: None };
        let facet = FacetReport {
            facet: "sex".into(),
            value: "0".into(),
            metrics: vec![metric],
            rows: None,
        };
        let stage = StageReport { facets: vec![facet], ..StageReport::default() };
        BiasReport { post_training: Some(stage), pre_training: None }
    };
    let broken = |before: f64, now: f64| {
        let (before, now) = (with(Figure::Value(before)), with(Figure::Value(now)));
        violations(Some(&before), &now, &Judging::default())
    };
    assert_eq!(broken(0.2, 0.1), []);
    assert_eq!(broken(0.2, -0.2), []);
    assert_eq!(broken(f64::INFINITY, f64::INFINITY), []);
    assert_eq!(broken(0.2, f64::INFINITY).len(), 1);
    let found = broken(0.12, -0.41);
    assert_eq!(
        found[0].description,
        "Metric value -0.41 doesn't meet the baseline constraint requirement 0.12"
    );
    let nothing = with(Figure::Nothing("why".into()));
    assert_eq!(violations(Some(&nothing), &with(Figure::Value(1.0)), &Judging::default()), []);
    assert_eq!(violations(Some(&with(Figure::Value(0.0))), &nothing, &Judging::default()), []);
}

#[test]
fn calibrated_verdict_wants_more_than_chance() {
    let standing_of = |metric: BiasMetric, before: f64, now: f64, half: f64, support: u64| {
        let with = |value: f64| {
            let interval = Some(Interval { low: value - half, high: value + half });
            let metric = MetricReport {
                metric,
                figure: Figure::Value(value),
                interval,
                support: Some(support),
            };
            let facet = FacetReport { metrics: vec![metric], ..FacetReport::default() };
            let stage = StageReport { facets: vec![facet], ..StageReport::default() };
            BiasReport { post_training: Some(stage), pre_training: None }
        };
        let mut judging = Judging::default();
        judging.limits.insert(BiasMetric::Rd, Range { low: -0.2, high: 0.2 });
        judge(Some(&with(before)), &with(now), &judging)[0].standing
    };
    let (bad, watch) = (Standing::Bad(Cause::Baseline), Standing::Watch(Cause::Baseline));
    assert_eq!(standing_of(BiasMetric::Dppl, 0.05, -0.30, 0.10, 200), bad);
    assert_eq!(standing_of(BiasMetric::Dppl, 0.05, -0.15, 0.10, 200), watch);
    assert_eq!(standing_of(BiasMetric::Dppl, 0.05, 0.01, 0.02, 200), Standing::Fine);
    assert_eq!(standing_of(BiasMetric::Dppl, 0.05, -0.30, 0.10, 29), Standing::TooFewRows);
    // The ratio is fairest at 1, whatever AWS's rule says.
    assert_eq!(standing_of(BiasMetric::Di, 0.86, 1.04, 0.08, 200), Standing::Fine);
    assert_eq!(standing_of(BiasMetric::Di, 0.86, 0.40, 0.10, 200), bad);
    assert_eq!(standing_of(BiasMetric::Di, 0.86, 0.0, 0.0, 200), bad);
    // Limits come first, and want more than chance as well.
    let limit = |cause: fn(Cause) -> Standing| cause(Cause::Limit);
    assert_eq!(standing_of(BiasMetric::Rd, 0.5, 0.4, 0.1, 200), limit(Standing::Bad));
    assert_eq!(standing_of(BiasMetric::Rd, 0.5, 0.25, 0.1, 200), limit(Standing::Watch));
}
