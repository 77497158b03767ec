use super::*;

/// The sample of the reference, D.1, as AWS writes it.
const AWS: &str = include_str!("sample.json");

fn text(statistics: &Statistics) -> String {
    let mut bytes = Vec::new();
    write(statistics, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|it| !it.is_whitespace()).collect()
}

#[test]
fn file_of_aws_is_read_and_written_alike() {
    let read = read(AWS.as_bytes()).unwrap();
    assert_eq!(read.rows, 1000);
    let age = read.feature("age").unwrap();
    assert_eq!((age.present, age.missing, age.types), (998, 2, None));
    let Values::Numbers(numbers) = &age.values else { panic!() };
    assert_eq!((numbers.mean, numbers.std_dev, numbers.max), (41.2, 11.9, 88.0));
    assert_eq!(numbers.sketch.data, [vec![18.0, 23.0, 41.0], vec![19.0, 52.0]]);
    assert_eq!((numbers.sketch.k, numbers.sketch.c), (2048.0, 0.64));
    assert_eq!(numbers.buckets, [Bucket { low: 18.0, high: 25.0, count: 71.0 }]);
    assert_eq!(text(&read), without_blanks(AWS));
}

#[test]
fn version_may_be_anything() {
    for version in ["0", "\"1.0\"", "null", "1.0"] {
        let text = AWS.replacen("0.0", version, 1);
        assert_eq!(read(text.as_bytes()), read(AWS.as_bytes()), "{version}");
    }
}

#[test]
fn counts_may_be_whole_doubles() {
    let text = AWS.replace("\"item_count\":1000", "\"item_count\":1000.0").replace("998", "998.0");
    assert_eq!(read(text.as_bytes()), read(AWS.as_bytes()));
}

#[test]
fn byte_order_mark_is_passed_over() {
    assert!(read(format!("\u{feff}{AWS}").as_bytes()).is_ok());
}

fn texts(kinds: usize) -> Statistics {
    let categories = (0..kinds).map(|it| Category { value: format!("v{it:03}"), count: 2 });
    let texts = Texts { distinct: kinds as f64, categories: Some(categories.collect()) };
    let values = Values::Texts(texts);
    let name = "plan".to_owned();
    let inferred_type = InferredType::String;
    let feature = Feature { name, inferred_type, present: 9, values, ..Feature::default() };
    Statistics { rows: 9, features: vec![feature] }
}

#[test]
fn categories_end_at_a_hundred_and_twenty() {
    assert!(text(&texts(120)).contains("categorical"));
    let above = text(&texts(121));
    assert!(!above.contains("distribution"), "{above}");
    assert!(above.contains(r#""distinct_count":121.0"#), "{above}");
}

#[test]
fn column_without_values_has_only_counts() {
    let feature = Feature { name: "gone".into(), missing: 4, ..Feature::default() };
    let statistics = Statistics { rows: 4, features: vec![feature] };
    let written = text(&statistics);
    assert_eq!(
        written,
        r#"{"version":0.0,"dataset":{"item_count":4},"features":[{"name":"gone","inferred_type":"Unknown","string_statistics":{"common":{"num_present":0,"num_missing":4}}}]}"#
    );
    assert_eq!(read(written.as_bytes()).unwrap(), statistics);
}

#[test]
fn every_double_comes_back_as_it_was() {
    let mut numbers = Numbers::default();
    let mut seed = 7_u64;
    let odd = std::iter::from_fn(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some(f64::from_bits(seed))
    });
    let tenths = (0..1000).map(|it| f64::from(it) / 10.0);
    let items = odd.filter(|it| it.is_finite()).take(20_000).chain(tenths).collect();
    numbers.sketch = Levels { k: 2048.0, c: 0.64, data: vec![items] };
    let feature = Feature { values: Values::Numbers(numbers), ..Feature::default() };
    let statistics = Statistics { rows: 0, features: vec![feature] };
    assert_eq!(read(text(&statistics).as_bytes()).unwrap(), statistics);
}

#[test]
fn overflown_sum_is_written_as_a_number() {
    let numbers = Numbers { sum: f64::INFINITY, ..Numbers::default() };
    let feature = Feature { values: Values::Numbers(numbers), ..Feature::default() };
    let written = text(&Statistics { rows: 1, features: vec![feature] });
    let Values::Numbers(again) = &read(written.as_bytes()).unwrap().features[0].values else {
        panic!()
    };
    assert_eq!(again.sum, f64::MAX);
}

#[track_caller]
fn refused(from: &str, to: &str, expect: &str) {
    assert!(AWS.contains(from), "{from}");
    let said = read(AWS.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
    let (said, fix) = said.split_once("; ").unwrap();
    assert_eq!(said, expect);
    assert_eq!(fix, FIX);
}

#[test]
fn faults_say_member_line_and_column() {
    refused(
        "41.2",
        "\"4711\"",
        "statistics.json: features[0].numerical_statistics.mean is not a number (line 7, column 18)",
    );
    refused(
        "998",
        "-3",
        "statistics.json: features[0].numerical_statistics.common.num_present is not a whole number from 0 (line 6, column 31)",
    );
    refused(
        "Integral",
        "secret",
        "statistics.json: features[0].inferred_type is not Integral, Fractional, String or Unknown (line 4, column 40)",
    );
    refused(
        "\"name\":\"plan\",",
        "",
        "statistics.json: features[1] lacks `name` (line 16, column 109)",
    );
    refused(
        "\"mean\":41.2,",
        "",
        "statistics.json: features[0] has values and lacks one of mean, sum, std_dev, min and max (line 12, column 2)",
    );
    refused(
        "[18.0,23.0",
        "[18.0 23.0",
        "statistics.json: features[0].numerical_statistics.distribution.kll.sketch.data[0] is not JSON: expected `,` or `]` (line 11, column 33)",
    );
}

#[test]
fn cut_file_is_refused_at_every_byte() {
    for length in 0..AWS.trim_end().len() {
        let said = read(&AWS.as_bytes()[..length]).unwrap_err().to_string();
        assert!(
            ["ends too early", "is empty", "is not JSON"].iter().any(|it| said.contains(it)),
            "{said}"
        );
    }
}

#[test]
fn sketch_of_too_many_levels_is_refused() {
    let levels = vec!["[]"; 61].join(",");
    refused(
        "[18.0,23.0,41.0]",
        &levels,
        "statistics.json: features[0] has a sketch of more than 60 levels (line 12, column 2)",
    );
}
