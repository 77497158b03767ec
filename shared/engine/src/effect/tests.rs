//! Against scipy 1.17.1, as `tests/verdict/golden.py` prints it, and against chance itself.

use proptest::prelude::*;
use summary::Levels;

use super::*;

#[track_caller]
fn near(got: f64, want: f64, slack: f64) {
    assert!((got - want).abs() <= slack * want.abs(), "{got} is not near {want}");
}

fn ranks(values: &[f64]) -> Ranks {
    Ranks::of(&Levels::from_values(values)).unwrap()
}

/// Uniform numbers in [0, 1), seeded.
fn chance(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn kolmogorov_tail_agrees_with_scipy() {
    for (distance, n, m, limit, exact) in [
        (0.05, 100.0, 100.0, 0.999_480_234_288_359_4, 0.999),
        (0.2, 300.0, 5000.0, 2.086_739_822_072_930_4e-10, 2.131e-10),
        (0.1, 1000.0, 5000.0, 1.001_306_371_950_964_7e-7, 1.053e-7),
        (0.04, 5000.0, 5000.0, 0.000_645_164_906_688_630_8, 0.000_651_9),
        (0.25, 30.0, 5000.0, 0.039_625_761_274_767_38, 0.038_72),
    ] {
        near(kolmogorov_tail(distance, n, m), limit, 1e-9);
        near(kolmogorov_tail(distance, n, m), exact, 0.06);
    }
    near(kolmogorov_tail(0.0, 10.0, 10.0), 1.0, 0.0);
}

#[test]
fn distance_counts_ties_whole() {
    #[track_caller]
    fn check(a: &[f64], b: &[f64], expect: f64) {
        near(ranks(a).widest_gap(&ranks(b)).distance(), expect, 1e-12);
        near(ranks(b).widest_gap(&ranks(a)).distance(), expect, 1e-12);
    }
    check(&[1.0, 1.0, 1.0, 2.0], &[1.0, 2.0, 2.0, 2.0], 0.5);
    check(&[0.0, 0.0, 1.0], &[0.0, 1.0, 1.0, 1.0, 1.0], 0.466_666_666_666_666_7);
    // Deequ's KLLDistanceTest.
    check(&[1.0, 2.0, 3.0, 4.0], &[2.0, 3.0, 4.0, 5.0], 0.25);
    check(&[5.0], &[5.0, 5.0, 6.0], 1.0 / 3.0);
}

#[test]
fn weighted_items_count_as_rows() {
    let levels = Levels { data: vec![vec![3.0], vec![1.0, 3.0], vec![2.0]], ..Levels::default() };
    let rows = [1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0];
    let (sketch, plain) = (Ranks::of(&levels).unwrap(), ranks(&rows));
    near(sketch.rows(), 9.0, 0.0);
    assert_eq!(sketch.widest_gap(&plain), Gap::default());
    for share in [0.0, 0.2, 0.3, 0.5, 0.7, 1.0] {
        near(sketch.quantile(share), plain.quantile(share), 0.0);
    }
    assert_eq!(sketch.mode(), (2.0, 4.0 / 9.0));
}

#[test]
fn fisher_tail_agrees_with_scipy() {
    for (k, n, j, m, expect) in [
        (3, 50, 0, 5000, 9.136_739_161_004_754e-7),
        (1, 50, 0, 5000, 0.009_900_990_099_009_901),
        (155, 500, 0, 5000, 7.897_057_536_051_472e-173),
        (12, 100, 400, 5000, 0.106_296_902_659_326_95),
        (2, 100, 400, 5000, 0.997_565_986_999_387_6),
        (600, 10_000, 250, 5000, 0.006_569_055_611_399_938),
        (5, 5, 2, 5, 0.083_333_333_333_333_33),
    ] {
        near(fisher_tail(Share::new(k, n), Share::new(j, m)), expect, 1e-8);
    }
    near(fisher_tail(Share::new(0, 50), Share::new(0, 5000)), 1.0, 0.0);
}

#[test]
fn rise_has_newcombes_interval() {
    for (k, n, j, m, low, high) in [
        (56, 70, 48, 80, 0.005_370_869_250_078_403, 0.371_808_431_757_773_6),
        (155, 500, 0, 5000, 0.259_485_685_580_708_7, 0.365_473_412_632_275_2),
        (3, 50, 0, 5000, 0.015_275_202_181_380_489, 0.207_799_000_702_296_9),
        (12, 100, 400, 5000, 0.0, 0.148_482_843_327_934_5),
    ] {
        let effect = rise(Share::new(j, m), Share::new(k, n), 0.05).unwrap();
        near(effect.low, low, 1e-9);
        near(effect.high, high, 1e-9);
    }
    assert_eq!(rise(Share::new(0, 0), Share::new(1, 2), 0.05), None);
}

#[test]
fn range_agrees_with_negative_hypergeometric() {
    for (k, n, m, expect) in [
        (1, 50, 5000.0, 0.019_705_892_157_843_234),
        (3, 50, 5000.0, 3.629_170_001_201_948e-06),
        (10, 1000, 5000.0, 1.488_759_812_126_858_7e-07),
        (200, 100_000, 5000.0, 0.000_603_867_644_653_653_2),
        (5, 5, 3.0, 0.107_142_857_142_857_14),
    ] {
        near(beyond_range(m, Share::new(k, n), 0.05).unwrap().p_value, expect, 1e-7);
    }
}

fn counted(now: &[f64], was: &[f64]) -> Vec<Counts> {
    now.iter()
        .zip(was)
        .map(|(current, reference)| Counts { reference: *reference, current: *current })
        .collect()
}

#[test]
fn homogeneity_agrees_with_scipy() {
    for (now, was, expect) in [
        (vec![30.0, 70.0], vec![2500.0, 2500.0], 7.472_661_759_896_355e-5),
        (vec![350.0, 150.0], vec![4500.0, 500.0], 7.836_120_933_314_369e-40),
        (vec![20.0, 30.0, 50.0], vec![1800.0, 1700.0, 1500.0], 3.719_596_417_307_662e-5),
        (vec![101.0, 99.0, 100.0], vec![1000.0, 1010.0, 990.0], 0.973_202_842_661_556_4),
    ] {
        near(categories(&counted(&now, &was), 0.08).unwrap().p_value, expect, 1e-8);
    }
}

#[test]
fn small_cells_stay_near_permutations() {
    // (now, before, p by 400,000 permutations of Pearson's statistic, at most)
    for (now, was, permuted, most) in [
        ([44.0, 3.0, 2.0, 1.0], [4700.0, 100.0, 100.0, 100.0], 0.160_407, 1.0),
        ([40.0, 10.0, 0.0, 0.0], [4950.0, 50.0, 0.0, 0.0], 0.0, 2.5e-6),
        ([48.0, 1.0, 1.0, 0.0], [4800.0, 100.0, 100.0, 0.0], 1.0, 1.0),
    ] {
        let p = categories(&counted(&now, &was), 0.08).unwrap().p_value;
        assert!(0.3 * permuted <= p && p <= most, "{p} against {permuted}");
    }
}

#[test]
fn nothing_has_no_effect() {
    assert_eq!(categories(&[], 0.08), None);
    assert_eq!(categories(&counted(&[0.0], &[7.0]), 0.08), None);
    assert_eq!(Ranks::of(&Levels::default()), None);
    assert_eq!(Ranks::of(&Levels::from_values(&[f64::INFINITY])), None);
}

/// Share of 400 pairs of samples whose interval holds the true effect, and
/// whose probability is at most 1 %.
fn trials(truth: f64, mut measure: impl FnMut(u64) -> crate::finding::Effect) -> (f64, f64) {
    let (mut held, mut rejected) = (0.0, 0.0);
    for seed in 0..400 {
        let effect = measure(seed);
        held += f64::from(u8::from(effect.low <= truth && truth <= effect.high));
        rejected += f64::from(u8::from(effect.p_value <= 0.01));
    }
    (held / 400.0, rejected / 400.0)
}

#[test]
fn interval_of_distance_holds_the_truth() {
    // Uniform on [0, 1] against uniform on [s, 1 + s]: the distance is s.
    for shift in [0.0, 0.1, 0.3] {
        let (held, rejected) = trials(shift, |seed| {
            let mut next = chance(seed);
            let reference: Vec<f64> = (0..2000).map(|_| next()).collect();
            let current: Vec<f64> = (0..300).map(|_| next() + shift).collect();
            numbers(&ranks(&reference), &ranks(&current), 0.08)
        });
        assert!(0.98 <= held, "{held} at {shift}");
        assert!(shift != 0.0 || rejected <= 0.025, "{rejected} false");
        assert!(shift < 0.2 || rejected == 1.0, "{rejected} found at {shift}");
    }
}

#[test]
fn interval_of_variation_holds_the_truth() {
    // Ten equal categories, then the first takes `moved` from the others.
    for moved in [0.0, 0.15, 0.4] {
        let (held, rejected) = trials(moved, |seed| {
            let mut next = chance(seed + 7000);
            let mut counts = vec![Counts::default(); 10];
            for _ in 0..2000 {
                counts[(next() * 10.0) as usize].reference += 1.0;
            }
            for _ in 0..300 {
                let forced = next() < moved / 0.9;
                let drawn = (next() * 10.0) as usize;
                counts[if forced { 0 } else { drawn }].current += 1.0;
            }
            categories(&counts, 0.08).unwrap()
        });
        assert!(0.97 <= held, "{held} at {moved}");
        assert!(moved != 0.0 || rejected <= 0.025, "{rejected} false");
        assert!(moved < 0.3 || rejected == 1.0, "{rejected} found at {moved}");
    }
}

/// A normal number from two uniform ones (Box and Muller).
fn normal(next: &mut impl FnMut() -> f64) -> f64 {
    (-2.0 * (1.0 - next()).ln()).sqrt() * (2.0 * std::f64::consts::PI * next()).cos()
}

#[test]
fn visible_distance_is_found_four_times_in_five() {
    // Normals `s` apart lie 2 Phi(s/2) - 1 apart.
    for (n, shift, distance) in [(300, 0.3306, 0.131_292), (100, 0.5633, 0.221_788)] {
        let visible = visible_distance(f64::from(n), 5000.0, 1e-4);
        near(visible, distance, 1e-3);
        let mut found = 0;
        for seed in 0..400 {
            let mut next = chance(seed + 90_000);
            let reference: Vec<f64> = (0..5000).map(|_| normal(&mut next)).collect();
            let current: Vec<f64> = (0..n).map(|_| normal(&mut next) + shift).collect();
            found += u32::from(numbers(&ranks(&reference), &ranks(&current), 0.0).p_value <= 1e-4);
        }
        assert!((295..=345).contains(&found), "{found} of 400 at {visible}");
    }
}

/// Kolmogorov's distance from its definition, over rows written out.
fn plain_distance(a: &[f64], b: &[f64]) -> f64 {
    let share =
        |of: &[f64], x: f64| of.iter().filter(|it| **it <= x).count() as f64 / of.len() as f64;
    a.iter().chain(b).map(|x| (share(a, *x) - share(b, *x)).abs()).fold(0.0, f64::max)
}

proptest! {
    #[test]
    fn distance_agrees_with_its_definition(
        a in prop::collection::vec(-5..5i32, 1..40),
        b in prop::collection::vec(-5..5i32, 1..40),
    ) {
        let a: Vec<f64> = a.iter().map(|it| f64::from(*it)).collect();
        let b: Vec<f64> = b.iter().map(|it| f64::from(*it)).collect();
        let got = ranks(&a).widest_gap(&ranks(&b)).distance();
        prop_assert!((got - plain_distance(&a, &b)).abs() < 1e-12);
    }

    #[test]
    fn effects_stay_on_their_scale(
        k in 0..200u64, n in 1..200u64, j in 0..200u64, m in 1..200u64,
        values in prop::collection::vec(-1e12..1e12f64, 1..30),
        others in prop::collection::vec(-1e12..1e12f64, 1..30),
    ) {
        let (now, was) = (Share::new(k.min(n), n), Share::new(j.min(m), m));
        let effects = [
            rise(was, now, 0.05),
            beyond_range(m as f64, now, 0.05),
            categories(&counted(&[now.hits, now.rows], &[was.hits, was.rows]), 0.08),
            Some(numbers(&ranks(&values), &ranks(&others), 0.08)),
        ];
        for effect in effects.into_iter().flatten() {
            let all = [effect.value, effect.low, effect.high, effect.p_value];
            prop_assert!(all.iter().all(|it| (0.0..=1.0).contains(it)), "{:?}", effect);
            prop_assert!(effect.low <= effect.value + 1e-12 && effect.value <= effect.high + 1e-12, "{:?}", effect);
        }
    }
}
