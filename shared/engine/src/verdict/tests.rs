use super::*;
use crate::Levels;
use crate::statistics::{Category, Feature, InferredType, Numbers, Texts, Values};

/// Numbers that look normal: seeded, so that tests repeat.
fn normal(seed: u64, rows: usize) -> Vec<f64> {
    let mut state = seed;
    let mut uniform = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..rows)
        .map(|_| {
            let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt();
            radius * (2.0 * std::f64::consts::PI * uniform()).cos()
        })
        .collect()
}

fn numbers(name: &str, values: &[f64], missing: u64) -> Feature {
    let whole = values.iter().all(|it| it.fract() == 0.0);
    Feature {
        name: name.to_string(),
        inferred_type: if whole { InferredType::Integral } else { InferredType::Fractional },
        present: values.len() as u64,
        missing,
        values: Values::Numbers(Numbers {
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            sketch: Levels::from_values(values),
            ..Numbers::default()
        }),
        types: None,
    }
}

fn texts(name: &str, counts: &[(&str, u64)], missing: u64) -> Feature {
    let categories: Vec<Category> = counts
        .iter()
        .map(|(value, count)| Category { value: (*value).to_string(), count: *count })
        .collect();
    Feature {
        name: name.to_string(),
        inferred_type: InferredType::String,
        present: counts.iter().map(|it| it.1).sum(),
        missing,
        values: Values::Texts(Texts {
            distinct: counts.len() as f64,
            categories: Some(categories),
        }),
        types: None,
    }
}

fn table(features: Vec<Feature>) -> Statistics {
    let rows = features.first().map_or(0, |it| it.present + it.missing);
    Statistics { rows, features }
}

/// Sixteen columns: two that tests change, and others at rest.
fn usual(seed: u64, rows: usize, change: impl Fn(&mut Vec<Feature>)) -> Statistics {
    let minutes: Vec<f64> = normal(seed, rows).iter().map(|z| 180.0 + 54.0 * z).collect();
    let count = rows as u64;
    let mut features = vec![
        numbers("day_mins", &minutes, 0),
        texts("intl_plan", &[("no", count - count / 10), ("yes", count / 10)], 0),
    ];
    for idx in 0..14u64 {
        let wide: Vec<f64> =
            normal(seed * 100 + idx, rows).iter().map(|z| z * 3.0 + 20.0 * idx as f64).collect();
        features.push(numbers(&format!("other_{idx}"), &wide, 0));
    }
    change(&mut features);
    table(features)
}

/// Judges 500 rows against 5,000 and says what stands out.
#[track_caller]
fn check(change: impl Fn(&mut Vec<Feature>), state: State, expect: &str) -> Judgement {
    let judgement = judge(
        &usual(1, 5000, |_| {}),
        &Constraints::default(),
        &usual(2, 500, change),
        0,
        &VerdictSettings::default(),
    );
    let said: Vec<String> = judgement
        .findings
        .iter()
        .filter(|it| it.significant)
        .map(|it| {
            let feature = it.feature.clone().unwrap_or_default();
            format!("{} {} {}", it.family.word(), it.check.word(), feature)
        })
        .collect();
    assert_eq!(said.join(", "), expect);
    assert_eq!(judgement.state, state);
    judgement
}

fn day_mins(change: impl Fn(f64) -> f64) -> Feature {
    let values: Vec<f64> = normal(2, 500).iter().map(|z| change(180.0 + 54.0 * z)).collect();
    numbers("day_mins", &values, 0)
}

#[test]
fn unchanged_window_is_ok() {
    let judgement = check(|_| {}, State::Ok, "");
    assert_eq!((judgement.rows, judgement.baseline_rows), (500, 5000));
}

#[test]
fn half_deviation_shift_is_drift() {
    let judgement =
        check(|it| it[0] = day_mins(|x| x + 27.0), State::Drift, "drift distribution day_mins");
    let Some(Hint::Shift { deviations }) = judgement.findings[0].hint else {
        panic!("{:?}", judgement.findings[0].hint)
    };
    assert!((deviations - 0.5).abs() < 0.15, "{deviations}");
    // Two unit normals half a deviation apart: 2 Phi(0.25) - 1 = 0.1974.
    let effect = judgement.findings[0].effect;
    assert!(effect.low < 0.1974 && 0.1974 < effect.high, "{effect:?}");
}

#[test]
fn wrong_unit_breaks_the_contract() {
    let judgement = check(
        |it| it[0] = day_mins(|x| x * 100.0),
        State::Drift,
        "data-contract out_of_range day_mins",
    );
    assert_eq!(judgement.findings[0].hint, Some(Hint::Scale { factor: 100.0 }));
}

#[test]
fn smaller_unit_breaks_it_within_range() {
    let judgement = check(
        |it| it[0] = day_mins(|x| x / 60.0),
        State::Drift,
        "data-contract distribution day_mins",
    );
    assert_eq!(judgement.findings[0].hint, Some(Hint::Scale { factor: 1.0 / 60.0 }));
}

#[test]
fn missing_cells_break_the_contract() {
    let judgement = check(
        |it| it[1] = texts("intl_plan", &[("no", 310), ("yes", 35)], 155),
        State::Drift,
        "data-contract completeness intl_plan",
    );
    assert_eq!(judgement.findings[0].hint, Some(Hint::Missing { before: 0.0, after: 0.31 }));
}

#[test]
fn new_category_breaks_the_contract() {
    let judgement = check(
        |it| it[1] = texts("intl_plan", &[("no", 420), ("yes", 50), ("maybe", 30)], 0),
        State::Drift,
        "data-contract unseen_values intl_plan",
    );
    assert_eq!(judgement.findings[0].hint, Some(Hint::NewValues { kinds: 1, share: 0.06 }));
}

#[test]
fn other_mixture_of_categories_is_drift() {
    check(
        |it| it[1] = texts("intl_plan", &[("no", 350), ("yes", 150)], 0),
        State::Drift,
        "drift distribution intl_plan",
    );
}

#[test]
fn dropped_column_is_missing_by_name() {
    check(|it| drop(it.remove(0)), State::Drift, "data-contract missing_column day_mins");
}

#[test]
fn dropped_column_is_found_by_values() {
    for dropped in [0usize, 1, 5, 15] {
        let name = usual(1, 10, |_| {}).features[dropped].name.clone();
        let judgement = check(
            |it| {
                it.remove(dropped);
                for (idx, column) in it.iter_mut().enumerate() {
                    column.name = format!("_c{idx}");
                }
            },
            State::Drift,
            &format!("data-contract missing_column {name}"),
        );
        assert_eq!(judgement.findings[0].hint, Some(Hint::ByPosition));
    }
}

#[test]
fn positions_take_the_names_of_the_baseline() {
    check(
        |it| {
            it[0] = day_mins(|x| x * 100.0);
            for (idx, column) in it.iter_mut().enumerate() {
                column.name = format!("_c{idx}");
            }
        },
        State::Drift,
        "data-contract out_of_range day_mins",
    );
}

#[test]
fn texts_among_numbers_break_the_type() {
    check(
        |it| {
            it[0] = texts("day_mins", &[("n/a", 100), ("180.5", 400)], 0);
        },
        State::Drift,
        "data-contract data_type day_mins",
    );
}

#[test]
fn stuck_column_is_named_constant() {
    let judgement =
        check(|it| it[0] = day_mins(|_| 180.5), State::Drift, "drift distribution day_mins");
    assert_eq!(judgement.findings[0].hint, Some(Hint::Constant));
}

#[test]
fn wider_spread_is_named_so() {
    let judgement = check(
        |it| it[0] = day_mins(|x| 180.0 + 2.5 * (x - 180.0)),
        State::Drift,
        "data-contract out_of_range day_mins",
    );
    assert!(
        matches!(judgement.findings[0].hint, Some(Hint::Spread { factor }) if (2.0..3.0).contains(&factor))
    );
}

#[test]
fn counter_is_not_compared() {
    let counter = |from: u32, rows: u32| {
        numbers("customer", &(from..from + rows).map(f64::from).collect::<Vec<_>>(), 0)
    };
    let baseline = table(vec![counter(1, 5000)]);
    let window = table(vec![counter(9000, 500)]);
    let judgement =
        judge(&baseline, &Constraints::default(), &window, 0, &VerdictSettings::default());
    assert_eq!((judgement.state, judgement.findings.len()), (State::Ok, 0));
    assert_eq!(judgement.not_compared[0].reason, crate::finding::Reason::Identifier);
}

#[test]
fn few_rows_say_too_little() {
    let judge = |rows: usize| {
        let settings = VerdictSettings::default();
        judge(
            &usual(1, 5000, |_| {}),
            &Constraints::default(),
            &usual(2, rows, |_| {}),
            0,
            &settings,
        )
    };
    assert_eq!(judge(10).state, State::TooLittleData);
    assert!(judge(10).visible_effect.is_some_and(|it| 0.6 < it));
    assert_eq!(judge(50).state, State::Ok);
}

#[test]
fn no_rows_are_no_failure() {
    let settings = VerdictSettings::default();
    let empty = Statistics::default();
    let judged = judge(&usual(1, 5000, |_| {}), &Constraints::default(), &empty, 0, &settings);
    assert_eq!((judged.state, judged.visible_effect), (State::NoData, None));
    let judged = judge(&usual(1, 5000, |_| {}), &Constraints::default(), &empty, 40, &settings);
    assert_eq!((judged.state, judged.findings[0].check), (State::Drift, Check::Unreadable));
}

#[test]
fn optional_column_may_be_absent_by_chance() {
    let baseline = usual(1, 5000, |it| {
        it.push(numbers("rare", &normal(9, 50), 4950));
        it.push(numbers("often", &normal(9, 2500), 2500));
    });
    let judged = judge(
        &baseline,
        &Constraints::default(),
        &usual(2, 50, |_| {}),
        0,
        &VerdictSettings::default(),
    );
    let missing: Vec<_> = judged.findings.iter().map(|it| it.feature.as_deref()).collect();
    assert_eq!(missing, [Some("often")]);
}

#[test]
fn switches_of_the_constraints_hold() {
    let judged = |evaluate: bool, compare: bool| {
        let mut constraints = Constraints::default();
        constraints.config.evaluate_constraints = evaluate;
        constraints.config.perform_comparison = compare;
        let window = usual(2, 500, |it| {
            it[0] = day_mins(|x| x + 27.0);
            it[1] = texts("intl_plan", &[("no", 250), ("yes", 50)], 200);
        });
        let settings = VerdictSettings::default();
        let judged = judge(&usual(1, 5000, |_| {}), &constraints, &window, 0, &settings);
        let families =
            judged.findings.iter().filter(|it| it.significant).map(|it| it.family.word());
        families.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(judged(true, true), "data-contract drift");
    assert_eq!(judged(true, false), "data-contract");
    assert_eq!(judged(false, true), "drift");
    assert_eq!(judged(false, false), "");
}

#[test]
fn agreed_domain_rules_what_is_new() {
    let judged = |domain: &[&str]| {
        let own = crate::constraints::FeatureConstraints {
            name: "intl_plan".to_string(),
            inferred_type: InferredType::String,
            domains: Some(domain.iter().map(|it| (*it).to_string()).collect()),
            ..Default::default()
        };
        let constraints = Constraints { features: vec![own], ..Constraints::default() };
        let window = usual(2, 500, |it| {
            it[1] = texts("intl_plan", &[("no", 440), ("yes", 50), ("maybe", 10)], 0);
        });
        let settings = VerdictSettings::default();
        judge(&usual(1, 5000, |_| {}), &constraints, &window, 0, &settings)
    };
    assert_eq!(judged(&["no", "yes", "maybe"]).state, State::Ok);
    assert_eq!(judged(&["no", "yes"]).findings[0].check, Check::UnseenValues);
}

#[test]
fn flood_of_kinds_is_new_values() {
    let window = usual(2, 500, |it| {
        it[1].values = Values::Texts(Texts { distinct: 300.0, categories: None });
    });
    let settings = VerdictSettings::default();
    let judged = judge(&usual(1, 5000, |_| {}), &Constraints::default(), &window, 0, &settings);
    assert_eq!(judged.findings[0].check, Check::UnseenValues);
    assert_eq!(judged.findings[0].hint, Some(Hint::NewValues { kinds: 298, share: 0.596 }));
}

#[test]
fn keys_are_told_from_measures() {
    #[track_caller]
    fn check(values: &[f64], key: bool) {
        let prepared =
            PreparedBaseline::new(&table(vec![numbers("x", values, 0)]), &Constraints::default());
        assert_eq!(prepared.columns[0].kind == prepared::Kind::Identifier, key);
    }
    let rows = 0..3000u32;
    check(&rows.clone().map(f64::from).collect::<Vec<_>>(), true);
    check(&rows.clone().map(|it| 1.6e9 + 60.0 * f64::from(it)).collect::<Vec<_>>(), true);
    check(&rows.clone().map(|it| f64::from(it % 700)).collect::<Vec<_>>(), false);
    check(&rows.clone().map(|it| f64::from(it) + 0.5).collect::<Vec<_>>(), false);
    check(
        &rows.map(|it| (f64::from(it) / 300.0).exp().floor() + f64::from(it)).collect::<Vec<_>>(),
        false,
    );
}
