use super::{
    AggregateMethod, BatchModel, Explained, Groups, KernelShap, Link, ShapSettings, Table,
    Unexplainable, explain,
};

struct Closure<F>(F);

impl<F: Fn(&[f64]) -> Vec<f64>> BatchModel<f64> for Closure<F> {
    type Failed = Unexplainable;

    fn answer(&mut self, rows: &Table<f64>) -> Result<Table<f64>, Unexplainable> {
        let answers: Vec<Vec<f64>> = rows.rows().map(&self.0).collect();
        let width = answers.first().map_or(1, Vec::len);
        Ok(Table::of(width, answers.concat()).expect("whole rows"))
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|it| format!("f{it}")).collect()
}

fn table(rows: &[&[f64]]) -> Table<f64> {
    Table::of(rows[0].len(), rows.concat()).expect("rows of one width")
}

fn explained(
    settings: ShapSettings,
    groups: Groups,
    baseline: &Table<f64>,
    rows: &Table<f64>,
    model: impl Fn(&[f64]) -> Vec<f64>,
) -> Explained {
    let kernel = KernelShap::new(settings, groups, baseline.clone(), rows.clone()).unwrap();
    explain(kernel, &mut Closure(model), 100).unwrap()
}

/// Values of one row and output by their definition: the mean gain over all orders of arrival.
fn brute(
    groups: &Groups,
    baseline: &Table<f64>,
    row: &[f64],
    link: Link,
    model: &impl Fn(&[f64]) -> Vec<f64>,
    output: usize,
) -> Vec<f64> {
    let count = groups.len();
    let worth: Vec<f64> = (0..1_usize << count)
        .map(|mask| {
            let answer = |base: &[f64]| {
                let own = |column: usize| mask >> groups.of_column(column) & 1 == 1;
                let mixed: Vec<f64> =
                    (0..row.len()).map(|it| if own(it) { row[it] } else { base[it] }).collect();
                model(&mixed)[output]
            };
            link.of(baseline.rows().map(answer).sum::<f64>() / baseline.len() as f64)
        })
        .collect();
    let factorial = |it: usize| (1..=it).map(|it| it as f64).product::<f64>();
    (0..count)
        .map(|feature| {
            (0..1_usize << count)
                .filter(|mask| mask >> feature & 1 == 0)
                .map(|mask| {
                    let size = mask.count_ones() as usize;
                    let weight = factorial(size) * factorial(count - size - 1) / factorial(count);
                    weight * (worth[mask | 1 << feature] - worth[mask])
                })
                .sum()
        })
        .collect()
}

#[track_caller]
fn close(got: &[f64], expect: &[f64], within: f64) {
    assert_eq!(got.len(), expect.len());
    for (one, two) in got.iter().zip(expect) {
        assert!((one - two).abs() <= within, "{got:?} is not {expect:?}");
    }
}

fn local() -> ShapSettings {
    ShapSettings { keep_local: true, ..ShapSettings::default() }
}

fn curved(row: &[f64]) -> Vec<f64> {
    let sum = row[0] * row[1] - 0.5 * row[2] + (row[3] * row[0]).sin() + 0.1 * row[4];
    vec![1.0 / (1.0 + (-sum).exp()), sum]
}

const BASE: [&[f64]; 3] =
    [&[0.0, 1.0, 0.0, 2.0, 1.0], &[1.0, -1.0, 0.5, 0.0, 1.0], &[-1.0, 0.0, 0.0, 1.0, 3.0]];
const ROWS: [&[f64]; 3] =
    [&[2.0, 1.0, -1.0, 0.5, 0.0], &[0.3, -0.7, 4.0, 1.0, 2.0], &[1.0, 1.0, 1.0, 1.0, 1.0]];

#[test]
fn enumerated_values_are_shapley_values() {
    let (baseline, rows) = (table(&BASE), table(&ROWS));
    let joined = Groups::joined(["a", "b", "a", "c", "b"]);
    for groups in [Groups::alone(names(5)), joined] {
        for link in [Link::Identity, Link::Logit] {
            let model = |row: &[f64]| vec![curved(row)[0], 1.0 - curved(row)[0]];
            let settings = ShapSettings { link, ..local() };
            let got = explained(settings, groups.clone(), &baseline, &rows, model).local.unwrap();
            for (at, row) in ROWS.iter().enumerate() {
                for output in 0..2 {
                    let expect = brute(&groups, &baseline, row, link, &model, output);
                    let part = &got.row(at)[output * groups.len()..][..groups.len()];
                    close(part, &expect, 1e-11);
                }
            }
        }
    }
}

#[test]
fn linear_models_give_their_weights_even_when_sampled() {
    let width = 24;
    let weights: Vec<f64> = (0..width).map(|it| (it as f64 * 0.7).sin()).collect();
    let row: Vec<f64> = (0..width).map(|it| (it as f64 * 1.3).cos() + 2.0).collect();
    let base = vec![0.25; width];
    let model =
        |row: &[f64]| vec![3.0 + row.iter().zip(&weights).map(|it| it.0 * it.1).sum::<f64>()];
    let (baseline, rows) = (table(&[&base]), table(&[&row]));
    let expect: Vec<f64> =
        weights.iter().zip(&row).map(|(weight, it)| weight * (it - 0.25)).collect();
    for samples in [None, Some(200), Some(60)] {
        let settings = ShapSettings { num_samples: samples, ..local() };
        let got = explained(settings, Groups::alone(names(width)), &baseline, &rows, model);
        close(got.local.unwrap().cells(), &expect, 1e-9);
    }
}

#[test]
fn too_few_coalitions_still_add_up() {
    let width = 40;
    let row: Vec<f64> = (0..width).map(f64::from).collect();
    let base = vec![-1.0; width as usize];
    let model = |row: &[f64]| vec![row.iter().map(|it| it * it).sum::<f64>()];
    let (baseline, rows) = (table(&[&base]), table(&[&row]));
    let settings = ShapSettings { num_samples: Some(20), ..local() };
    let got = explained(settings, Groups::alone(names(40)), &baseline, &rows, model);
    let whole = model(&row)[0] - model(&base)[0];
    let sum: f64 = got.local.unwrap().cells().iter().sum();
    assert!((sum - whole).abs() < 1e-8 * whole && got.expected == model(&base));
}

#[test]
fn features_that_do_not_vary_have_no_value() {
    let (baseline, rows) =
        (table(&[&[1.0, 2.0, f64::NAN]]), table(&[&[1.0, 5.0, f64::NAN], &[1.0, 2.0, f64::NAN]]));
    let got = explained(local(), Groups::alone(names(3)), &baseline, &rows, |row| vec![row[1]]);
    assert_eq!(got.local.unwrap().cells(), [0.0, 3.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn order_of_answers_changes_nothing() {
    let (baseline, rows) = (table(&BASE), table(&ROWS));
    let run = |most: usize, backwards: bool| {
        let groups = Groups::alone(names(5));
        let mut kernel = KernelShap::new(local(), groups, baseline.clone(), rows.clone()).unwrap();
        let cost = kernel.cost();
        let mut batches: Vec<_> = std::iter::from_fn(|| kernel.next_batch(most)).collect();
        assert_eq!(batches.iter().map(|it| it.rows() as u64).sum::<u64>(), cost);
        if backwards {
            batches.reverse();
        }
        let mut rows = Table::default();
        for batch in batches {
            kernel.fill(&batch, &mut rows);
            let outputs = Closure(curved).answer(&rows).unwrap();
            kernel.answer(&batch, &outputs).unwrap();
        }
        kernel.finish().unwrap()
    };
    let expect = run(1000, false);
    for most in [1, 7, 64] {
        assert_eq!(run(most, false), expect);
        assert_eq!(run(most, true), expect);
    }
}

#[test]
fn aggregates_are_those_of_the_rows() {
    let (baseline, rows) = (table(&BASE), table(&ROWS));
    let settings = ShapSettings { aggregate: AggregateMethod::MeanSq, ..local() };
    let got = explained(settings, Groups::alone(names(5)), &baseline, &rows, curved);
    let local = got.local.clone().unwrap();
    let global = got.global(&["churn".into()], &names(5));
    assert_eq!(global.labels[0].label, "churn");
    assert_eq!(global.labels[1].label, "label1");
    for (at, (_, value)) in global.labels[1].features.iter().enumerate() {
        let expect: f64 = local.rows().map(|row| row[5 + at] * row[5 + at]).sum::<f64>() / 3.0;
        assert!((value - expect).abs() < 1e-15);
    }
}

#[test]
fn senseless_questions_and_answers_are_refused() {
    let new = |baseline: Table<f64>, rows: Table<f64>, settings: ShapSettings| {
        KernelShap::new(settings, Groups::alone(names(2)), baseline, rows)
    };
    let two = || table(&[&[1.0, 2.0]]);
    let other = || table(&[&[3.0, 4.0]]);
    let refused = |given: Result<KernelShap<f64>, Unexplainable>| given.unwrap_err();
    assert_eq!(
        refused(new(table(&[&[1.0]]), two(), local())),
        Unexplainable::Width { given: 1, wanted: 2 }
    );
    assert_eq!(refused(new(Table::new(2), two(), local())), Unexplainable::NoBaseline);
    assert_eq!(refused(new(two(), Table::new(2), local())), Unexplainable::NoRows);
    let many = ShapSettings { num_samples: Some(u32::MAX), ..local() };
    assert_eq!(refused(new(two(), two(), many)), Unexplainable::TooManySamples(u32::MAX));
    let logit = ShapSettings { link: Link::Logit, ..local() };
    let cases = [
        (local(), vec![f64::NAN; 2], Unexplainable::NotANumber),
        (logit, vec![1.5; 2], Unexplainable::NotAProbability),
        (local(), vec![1.0], Unexplainable::Answers { given: 1, wanted: 2 }),
    ];
    for (settings, answers, expect) in cases {
        let mut kernel = new(two(), other(), settings).unwrap();
        let batch = kernel.next_batch(2).unwrap();
        let outputs = Table::of(1, answers).unwrap();
        assert_eq!(kernel.answer(&batch, &outputs), Err(expect));
    }
    assert!(new(two(), other(), local()).unwrap().finish().is_err());
}
