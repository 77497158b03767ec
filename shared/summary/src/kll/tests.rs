use super::*;
use crate::laws;

fn of(rows: &[f64]) -> Kll {
    let mut kll = Kll::default();
    // As readers do: in pieces that fit no block.
    for piece in rows.chunks(1000) {
        kll.extend(piece);
    }
    kll
}

/// Rows of one shape: `u` is spread evenly over `(0, 1)`, `i` is the row.
type Shape = fn(u: f64, i: usize) -> f64;

const SHAPES: [(&str, Shape); 11] = [
    ("even", |u, _| u),
    ("normal", |u, _| normal(u)),
    ("exponential", |u, _| -u.ln()),
    ("lognormal", |u, _| (2.0 * normal(u)).exp()),
    ("cauchy", |u, _| (std::f64::consts::PI * (u - 0.5)).tan()),
    ("discrete", |u, _| (u * 7.0).floor()),
    ("geometric", |u, _| (-u.ln() * 3.0).floor()),
    ("constant", |_, _| 42.0),
    ("rising", |_, i| i as f64),
    ("falling", |_, i| -(i as f64)),
    ("alternating", |_, i| (i % 2) as f64 * 1e6 + (i % 11) as f64),
];

/// A rough normal quantile (Tukey's lambda): any fixed monotone curve would do.
fn normal(u: f64) -> f64 {
    (u.powf(0.14) - (1.0 - u).powf(0.14)) / 0.1975
}

fn rows(shape: Shape, n: usize, seed: u64) -> Vec<f64> {
    let mut chance = Chance::new(seed);
    (0..n).map(|i| shape((chance.next() as f64 + 0.5) / 2f64.powi(32), i)).collect()
}

fn rank(sorted: &[f64], x: f64) -> (f64, f64) {
    (sorted.partition_point(|it| *it < x) as f64, sorted.partition_point(|it| *it <= x) as f64)
}

/// The ten bucket counts of a table's own sketch against those of sorted rows.
fn bucket_error(kll: &Kll, sorted: &[f64]) -> f64 {
    let (min, max) = (sorted[0], sorted[sorted.len() - 1]);
    let items = kll.sorted();
    let below = |x: f64| items.iter().filter(|it| it.0 < x).map(|it| it.1).sum::<u64>() as f64;
    let edge = |i: i32| min + (max - min) * f64::from(i) / 10.0;
    (0..10).fold(0.0, |worst: f64, i| {
        let last = if i == 9 { f64::INFINITY } else { edge(i + 1) };
        let got = below(last) - below(edge(i));
        let want = rank(sorted, last).0 - rank(sorted, edge(i)).0;
        worst.max((got - want).abs() / sorted.len() as f64)
    })
}

/// The largest distance of any rank, taken at the items of the levels.
fn rank_error(levels: &Levels, sorted: &[f64]) -> f64 {
    let (mut error, mut below) = (0.0f64, 0.0);
    for (item, weight) in levels.sorted() {
        let (low, high) = rank(sorted, item);
        let reached = below + weight as f64;
        // Between two items the sketch claims `below` rows up to `low`.
        error = error.max((below - low).abs()).max((reached - high).abs());
        below = reached;
    }
    error / sorted.len() as f64
}

fn check(name: &str, rows: &[f64]) {
    let kll = of(rows);
    check_sketch(name, &kll, rows, 0.001);
}

fn check_sketch(name: &str, kll: &Kll, rows: &[f64], limit: f64) {
    let mut sorted = rows.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = rows.len() as u64;
    let levels = kll.levels();
    assert_eq!((kll.count(), levels.count()), (n, n), "{name} {n}: rows");
    assert_eq!(kll.sorted().iter().map(|it| it.1).sum::<u64>(), n, "{name} {n}: weights");
    let buckets = bucket_error(kll, &sorted);
    assert!(buckets <= limit, "{name} {n}: a bucket is off by {:.3} %", 100.0 * buckets);
    let ranks = rank_error(&levels, &sorted);
    assert!(ranks <= 0.0012, "{name} {n}: a rank is off by {:.3} %", 100.0 * ranks);
}

#[test]
fn few_rows_are_kept_exactly() {
    assert_eq!(of(&[]).levels().data, Vec::<Vec<f64>>::new());
    for n in [1, 2, 4095, 4096] {
        let mut want = rows(SHAPES[1].1, n, 7);
        let kll = of(&want);
        want.sort_by(f64::total_cmp);
        assert_eq!(kll.levels().data, vec![want]);
    }
}

#[test]
fn ranks_stay_near_the_truth() {
    for (name, shape) in SHAPES {
        for n in [4097, 50_000, 300_000] {
            check(name, &rows(shape, n, 1));
        }
    }
}

#[test]
fn sampled_ranks_stay_near_the_truth() {
    for (name, shape) in [SHAPES[1], SHAPES[5], SHAPES[8], SHAPES[10]] {
        check(name, &rows(shape, 3_000_000, 2));
    }
}

#[test]
fn shards_of_any_size_add_up() {
    let all = rows(SHAPES[1].1, 1_500_000, 3);
    for cuts in [
        vec![700_000, 701_000, 702_001],
        vec![1, 2, 3, 1_400_000],
        (1..300).map(|i| i * 4999).collect(),
    ] {
        let mut whole = Kll::default();
        let mut start = 0;
        for cut in cuts.into_iter().chain([all.len()]) {
            whole.merge(&of(&all[start..cut]));
            start = cut;
        }
        check_sketch("shards", &whole, &all, 0.001);
    }
}

#[test]
fn memory_grows_with_levels_only() {
    let kll = of(&rows(SHAPES[0].1, 5_000_000, 4));
    let items: usize = kll.runs.iter().map(Vec::capacity).sum::<usize>() + kll.batch.capacity();
    assert!(items <= 16 * BATCH, "{items} items");
}

#[test]
fn extremes_survive_in_the_levels() {
    let rows = rows(SHAPES[4].1, 20_000, 5);
    let sorted = of(&rows).levels().sorted();
    let kept = of(&rows).sorted();
    assert_eq!((sorted[0].0, sorted[sorted.len() - 1].0), (kept[0].0, kept[kept.len() - 1].0));
}

#[test]
fn kll_obeys_the_laws() {
    let few: Vec<f64> = (0..9).map(|i| f64::from(i % 4)).collect();
    laws::hold(&few, of, |a, b| a.sorted() == b.sorted());
    // Pieces past the exact part agree within the error.
    let seeds: Vec<u64> = (1..4).collect();
    let grown = |seeds: &[u64]| {
        of(&seeds.iter().flat_map(|seed| rows(SHAPES[1].1, 20_000, *seed)).collect::<Vec<_>>())
    };
    laws::hold(&seeds, grown, |a, b| {
        let (a, b) = (a.levels(), b.levels());
        a.count() == b.count()
            && (-20..20).all(|x| {
                let x = f64::from(x) / 8.0;
                a.rank_inclusive(x).abs_diff(b.rank_inclusive(x)) as f64 <= 0.002 * a.count() as f64
            })
    });
}

#[test]
fn weighted_items_stand_for_rows() {
    let items: Vec<(f64, u64)> =
        (0..30_000u32).map(|i| (f64::from(i), u64::from(i % 37))).collect();
    let rows: Vec<f64> = items
        .iter()
        .flat_map(|(item, weight)| std::iter::repeat_n(*item, *weight as usize))
        .collect();
    let mut kll = of(&rows[..100_000]);
    kll.extend_weighted(&items);
    check_sketch("weighted", &kll, &[&rows, &rows[..100_000]].concat(), 0.001);
}

#[test]
fn tails_are_finer_than_the_middle() {
    for (name, shape) in [SHAPES[1], SHAPES[3], SHAPES[4]] {
        let mut sorted = rows(shape, 400_000, 6);
        let items = of(&sorted).sorted();
        sorted.sort_by(f64::total_cmp);
        for place in [1, 10, 50, 100, 500, 2000, 10_000] {
            let check = |x: f64, low: bool| {
                let ours = items.iter().filter(|it| if low { it.0 <= x } else { x <= it.0 });
                let got: u64 = ours.map(|it| it.1).sum();
                let off = (got as f64 - place as f64).abs() / place as f64;
                assert!(off <= 0.05, "{name}: {got} for {place}");
            };
            check(sorted[place - 1], true);
            check(sorted[sorted.len() - place], false);
        }
    }
}
