//! What attributions cost: `attribute weights|trees ROWS SAMPLES BACKGROUND [MODEL.json]` asks a model by KernelSHAP,
//! `attribute covers|baseline TIMES MODEL.json ROWS.csv [BACKGROUND]` walks trees. Prints processor time as the system
//! accounts for it, the model's part apart.

use std::{convert::Infallible, fs, process::ExitCode};

use engine::attribution::{
    BatchModel, Groups, KernelShap, Linear, Objective, Readable, ShapSettings, Table, TreeShap,
    explain,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let told = match words.as_slice() {
        [kind @ ("weights" | "trees"), rows, samples, background, model @ ..] => {
            asked(kind, rows, samples, background, model.first())
        }
        [kind @ ("covers" | "baseline"), times, model, rows, background @ ..] => {
            walked(kind, times, model, rows, background.first())
        }
        _ => None,
    };
    told.map_or(ExitCode::from(2), |()| ExitCode::SUCCESS)
}

/// Nanoseconds that this thread was on a processor.
fn spent() -> u64 {
    let told = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    told.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or_default()
}

struct Timed {
    model: Readable,
    spent: u64,
    rows: usize,
}

impl BatchModel<f32> for Timed {
    type Failed = Infallible;

    fn answer(&mut self, rows: &Table<f32>) -> Result<Table<f64>, Infallible> {
        let before = spent();
        let outputs = self.model.answer(rows);
        self.spent += spent() - before;
        self.rows += rows.len();
        outputs
    }
}

/// Numbers around zero, always the same.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut word = seed;
    let mut draw = || {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (word >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| draw() + draw() + draw()).collect()
}

#[expect(clippy::print_stdout, reason = "a program for people")]
fn asked(
    kind: &str,
    rows: &str,
    samples: &str,
    background: &str,
    model: Option<&&str>,
) -> Option<()> {
    const WIDTH: usize = 20;
    let model = match (kind, model) {
        ("weights", _) => Readable::Linear(Linear {
            objective: Objective::Logistic,
            intercept: 0.1,
            weights: numbers(WIDTH, 3).into_iter().map(f64::from).collect(),
        }),
        (_, Some(path)) => formats::model::read(&fs::read(path).ok()?).ok()?,
        _ => return None,
    };
    let width = model.inputs();
    let (rows, background): (usize, usize) = (rows.parse().ok()?, background.parse().ok()?);
    let table = |rows: usize, seed| Table::of(width, numbers(rows * width, seed));
    let (explained, base) = (table(rows, 1)?, table(background, 2)?);
    let groups = Groups::alone((0..width).map(|it| format!("f{it}")).collect());
    let settings = ShapSettings { num_samples: samples.parse().ok(), ..ShapSettings::default() };
    let before = spent();
    let kernel = KernelShap::new(settings, groups, base, explained).ok()?;
    let mut timed = Timed { model, spent: 0, rows: 0 };
    let done = explain(kernel, &mut timed, 4096).ok()?;
    let whole = spent() - before;
    let global = done.global(&[], &[String::from("f0")]);
    println!(
        "{kind} rows={rows} cpu_ms={:.2} model_ms={:.2} outside={:.2}% asked={} first={:.6}",
        whole as f64 / 1e6,
        timed.spent as f64 / 1e6,
        (whole - timed.spent) as f64 / whole as f64 * 100.0,
        timed.rows,
        global.labels.first()?.features.first()?.1,
    );
    Some(())
}

#[expect(clippy::print_stdout, reason = "a program for people")]
fn walked(
    kind: &str,
    times: &str,
    model: &str,
    rows: &str,
    background: Option<&&str>,
) -> Option<()> {
    let Readable::Forest(forest) = formats::model::read(&fs::read(model).ok()?).ok()? else {
        return None;
    };
    let text = fs::read_to_string(rows).ok()?;
    let width = forest.inputs();
    let mut table = Table::new(width);
    for line in text.lines() {
        let cells: Option<Vec<f32>> = line.split(',').map(|it| it.parse().ok()).collect();
        if let Some(cells) = cells {
            // A label may stand first.
            let _whole = table.push(cells[cells.len().checked_sub(width)?..].iter().copied());
        }
    }
    let count = background.and_then(|it| it.parse().ok()).unwrap_or(1);
    let base = Table::of(width, table.cells()[..count * width].to_vec())?;
    let groups = Groups::alone((0..width).map(|it| format!("f{it}")).collect());
    let before = spent();
    let mut shap = TreeShap::of(&forest, &groups, (kind == "baseline").then_some(&base)).ok()?;
    let ready = spent();
    let (mut values, mut sum) = (Vec::new(), 0.0);
    let times: usize = times.parse().ok()?;
    for _ in 0..times {
        for row in table.rows() {
            shap.values(row, &mut values);
            sum += values[0].abs();
        }
    }
    let (whole, all) = (spent() - before, times * table.len());
    println!(
        "{kind} rows={all} cpu_ms={:.2} ready_ms={:.2} us_a_row={:.2} mean_abs={:.6}",
        whole as f64 / 1e6,
        (ready - before) as f64 / 1e6,
        whole as f64 / 1e3 / all as f64,
        sum / all as f64,
    );
    Some(())
}
