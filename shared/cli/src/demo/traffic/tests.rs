use local::model::Scorer;

use super::*;

/// 2026-03-02, a midnight in UTC.
const START: i64 = 1_772_409_600;

fn numbers(rows: &Rows<'_>, columns: &[Column], name: &str) -> Vec<f64> {
    let at = columns.iter().position(|column| column.name == name).unwrap();
    let number = |row: Row<'_, '_>| match row.cells[at] {
        Cell::Decimal { mantissa, places } => {
            Some(mantissa as f64 / 10_f64.powi(i32::from(places)))
        }
        Cell::Real(number) => Some(number),
        _ => None,
    };
    rows.iter().filter_map(number).collect()
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

fn deviation(numbers: &[f64]) -> f64 {
    let mean = mean(numbers);
    (numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / numbers.len() as f64)
        .sqrt()
}

/// The two-sample Kolmogorov–Smirnov distance, the slow way.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    let below = |numbers: &[f64], at: f64| {
        numbers.iter().filter(|it| **it <= at).count() as f64 / numbers.len() as f64
    };
    a.iter().chain(b).map(|at| (below(a, *at) - below(b, *at)).abs()).fold(0.0, f64::max)
}

fn inject(fault: Fault) -> Traffic {
    let mut traffic = Traffic::generated(7);
    let (from, until) = (START + 9 * HOUR + 1800, START + 12 * HOUR);
    traffic.inject(Injection { endpoint: "a".into(), from, until, fault }).unwrap();
    traffic
}

/// The hour in which the fault of [`inject`] is in from end to end.
fn faulty(traffic: &Traffic) -> Rows<'_> {
    traffic.hour("a", START + 10 * HOUR)
}

#[test]
fn same_seed_draws_the_same_rows() {
    let (a, b) = (Traffic::generated(7), Traffic::generated(7));
    let later = a.hour("a", START + HOUR);
    assert_eq!(a.hour("a", START), b.hour("a", START));
    assert_eq!(later, b.hour("a", START + HOUR), "in any order");
    assert_ne!(a.hour("a", START), a.hour("b", START));
    assert_ne!(a.hour("a", START), Traffic::generated(8).hour("a", START));
    assert_eq!(a.reference(10), b.reference(10));
}

#[test]
fn nights_are_quiet_and_times_ascend() {
    let traffic = Traffic::generated(7).paced(1000.0);
    let rows = |hour: i64| -> usize {
        (0..5).map(|day| traffic.hour("a", START + (24 * day + hour) * HOUR).len()).sum()
    };
    let (night, noon) = (rows(3), rows(15));
    assert!((5 * 600..5 * 1400).contains(&noon), "{noon}");
    let share = night as f64 / noon as f64;
    assert!((share - NIGHT).abs() < 0.03, "{share}");
    let hour = traffic.hour("a", START);
    let times: Vec<i64> = hour.iter().map(|row| row.at_ms).collect();
    assert!(
        times.is_sorted()
            && times[0] >= START * 1000
            && *times.last().unwrap() < (START + HOUR) * 1000
    );
}

#[test]
fn distributions_stay_without_a_fault() {
    let traffic = Traffic::generated(7).paced(900.0);
    let reference = traffic.reference(1500);
    for (day, hour) in [(0, 3), (3, 15), (30, 15)] {
        let rows = traffic.hour("a", START + (24 * day + hour) * HOUR);
        for name in ["account_length", "day_mins", "custserv_calls", "monthly_charge"] {
            let here = numbers(&rows, traffic.columns(), name);
            let there = numbers(&reference, traffic.columns(), name);
            // The 99.99 % point of the distance of two samples of one distribution.
            let limit = 2.23 * ((1.0 / here.len() as f64) + (1.0 / there.len() as f64)).sqrt();
            let distance = distance(&here, &there);
            assert!(distance < limit, "{name} at {day}:{hour}: {distance} over {limit}");
        }
    }
}

#[test]
fn customers_are_those_of_the_training_script() {
    let traffic = Traffic::generated(7);
    let rows = traffic.reference(20_000);
    // Means and deviations of `customers` in shared/local/model/train.py, by numpy over 10^6 rows.
    for (name, expect, spread) in [
        ("account_length", 101.1, 39.8),
        ("day_mins", 180.0, 53.9),
        ("eve_mins", 200.0, 50.0),
        ("intl_mins", 10.2, 2.8),
        ("intl_calls", 4.5, 1.87),
        ("custserv_calls", 1.56, 1.25),
        ("vmail_messages", 8.13, 13.55),
        ("monthly_charge", 55.34, 9.23),
    ] {
        let found = numbers(&rows, traffic.columns(), name);
        assert_eq!(found.len(), 20_000);
        let (mean, deviation) = (mean(&found), deviation(&found));
        assert!((mean - expect).abs() < 0.04 * spread, "{name}: {mean}");
        assert!((deviation / spread - 1.0).abs() < 0.03, "{name}: {deviation}");
    }
    let distinct =
        |name: &str| traffic.columns().iter().find(|it| it.name == name).unwrap().distinct;
    assert_eq!(
        [distinct("state"), distinct("plan_tier"), distinct("intl_plan"), distinct("payment")],
        [12, 3, 2, 3]
    );
}

#[test]
fn model_knows_every_word_of_the_rows() {
    let traffic = Traffic::generated(7);
    let scorer = Scorer::churn();
    let names: Vec<&str> = scorer.columns().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        names,
        traffic.columns().iter().map(|column| column.name.as_str()).collect::<Vec<_>>()
    );
    let rows = traffic.reference(3000);
    for row in rows.iter() {
        for (cell, column) in row.cells.iter().zip(scorer.columns().iter()) {
            let Cell::Text(word) = cell else { continue };
            assert!(column.categories.iter().any(|known| known == word), "{word}");
        }
    }
    let mut table = String::new();
    write_table(&rows, traffic.columns(), Some(&scorer), &mut table);
    let predictions: Vec<f64> = table
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    // 9.6 % of the training rows left.
    assert!((mean(&predictions) - 0.096).abs() < 0.01, "{}", mean(&predictions));
}

#[test]
fn shift_moves_one_feature_by_its_deviation() {
    let (plain, traffic) =
        (Traffic::generated(7), inject(Fault::Shift { feature: "day_mins".into(), sd: 0.5 }));
    let (before, after) = (faulty(&plain), faulty(&traffic));
    let columns = traffic.columns();
    let moved =
        mean(&numbers(&after, columns, "day_mins")) - mean(&numbers(&before, columns, "day_mins"));
    assert!((moved - 27.0).abs() < 1.0, "{moved}");
    for (a, b) in before.iter().zip(after.iter()) {
        assert_eq!(
            (a.at_ms, &a.cells[..6], &a.cells[7..]),
            (b.at_ms, &b.cells[..6], &b.cells[7..])
        );
    }
}

#[test]
fn faults_begin_and_end_at_their_times() {
    let (plain, traffic) =
        (Traffic::generated(7), inject(Fault::Scale { feature: "day_mins".into(), factor: 100.0 }));
    for hour in 8..14 {
        let (before, after) =
            (plain.hour("a", START + hour * HOUR), traffic.hour("a", START + hour * HOUR));
        for (a, b) in before.iter().zip(after.iter()) {
            let second = a.at_ms / 1000 - START;
            let inside = (9 * HOUR + 1800..12 * HOUR).contains(&second);
            assert_eq!(a.cells != b.cells, inside, "{second}");
        }
        assert_eq!(plain.hour("b", START + hour * HOUR), traffic.hour("b", START + hour * HOUR));
    }
}

#[test]
fn share_of_cells_goes_missing_or_new() {
    let share = |traffic: &Traffic, at: usize, wanted: Cell<'_>| {
        let rows: Vec<Rows<'_>> =
            (10..12).map(|hour| traffic.hour("a", START + hour * HOUR)).collect();
        let cells: Vec<Cell<'_>> =
            rows.iter().flat_map(|rows| rows.iter().map(|row| row.cells[at])).collect();
        cells.iter().filter(|cell| **cell == wanted).count() as f64 / cells.len() as f64
    };
    let nulls = inject(Fault::Nulls { feature: "intl_plan".into(), share: 0.31 }).paced(3000.0);
    assert!((share(&nulls, 3, Cell::Empty) - 0.31).abs() < 0.03);
    let words = inject(Fault::NewCategory { feature: "payment".into(), share: 0.2 }).paced(3000.0);
    assert!((share(&words, 4, Cell::Text("unheard-of")) - 0.2).abs() < 0.03);
    let gone = inject(Fault::DropColumn { feature: "plan_tier".into() });
    assert_eq!(share(&gone, 2, Cell::Absent), 1.0);
    let rows = faulty(&gone);
    let (mut line, mut object) = (String::new(), String::new());
    let row = rows.iter().next().unwrap();
    row.write_csv(&mut line);
    row.write_json(gone.columns(), &mut object);
    assert_eq!(line.split(',').count(), 15);
    assert!(!object.contains("plan_tier") && object.contains("\"payment\":"), "{object}");
}

#[test]
fn silent_hours_have_no_rows() {
    let mut traffic = Traffic::generated(7);
    traffic.silence("a", START + HOUR, START + 2 * HOUR);
    assert!(traffic.hour("a", START + HOUR).is_empty());
    assert!(!traffic.hour("a", START).is_empty() && !traffic.hour("b", START + HOUR).is_empty());
}

#[test]
fn faults_need_a_fitting_feature() {
    let mut traffic = Traffic::generated(7);
    let mut check = |fault: Fault| {
        traffic.inject(Injection { endpoint: "a".into(), from: 0, until: 1, fault }).unwrap_err()
    };
    assert_eq!(check(Fault::DropColumn { feature: "x".into() }), "no column is named x");
    let words = "column state holds words, which cannot be shifted or scaled";
    assert_eq!(check(Fault::Scale { feature: "state".into(), factor: 2.0 }), words);
}
