use crate::sample::{churn, numbers, scene, texts};
use crate::sound;
use engine::statistics::{InferredType, Statistics};
use report::{Action, Light, Provenance, ReportInput, SetAsideCount, render};

/// Names and values as an attacker, a broken client or an odd export would send them.
pub(crate) fn hostile() -> Vec<String> {
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "]]><!--",
        "</svg></style></title><script>",
        "&lt;b&gt; &#x202e; &amp",
        "\u{202e}drow\u{202c} \u{2066}x",
        "\0\u{1}\u{1b}[31m\u{7f}\u{85}\r\n\t",
        "\u{fffe}\u{ffff}\u{feff}",
        "",
        "   ",
        "javascript:alert(1)",
        "{{7*7}} ${7*7} <%= 7 %>",
        "שלום עולם",
        "名前👩‍👩‍👧",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([format!("<b>{}", "x".repeat(10_000))])
    .collect()
}

#[track_caller]
pub(crate) fn check(page: &str) {
    sound(page);
    for it in page.chars() {
        assert!(it == '\n' || !it.is_control(), "{it:?}");
        assert!(!matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'), "{it:?}");
    }
    assert!(page.len() < 120_000, "{} bytes", page.len());
}

#[test]
fn hostile_columns_and_values_are_text() {
    let names = hostile();
    let values: Vec<(&str, u64)> = names.iter().map(|it| (it.as_str(), 40)).collect();
    let table = |shift: f64, values: &[(&str, u64)]| {
        let of = |name: &String, at: usize| {
            if at.is_multiple_of(2) {
                return texts(name, values, 3);
            }
            let cells: Vec<f64> = (0..600).map(|it| f64::from(it) + shift).collect();
            numbers(name, InferredType::Fractional, &cells, 0)
        };
        let features = names.iter().enumerate().map(|(at, it)| of(it, at)).collect();
        Statistics { rows: 600, features }
    };
    let it = scene(table(0.0, &[("a", 600)]), table(900.0, &values));
    assert!(!it.judgement.findings.is_empty());
    check(&it.with_input(render));
}

#[test]
fn hostile_words_around_are_text() {
    let it = scene(churn(300, 1, false), churn(300, 2, true));
    for word in hostile() {
        let page = it.with_input(|input| {
            render(&ReportInput {
                endpoint: &word,
                variant: &word,
                baseline_version: Some(&word),
                lights: &[Light { word: &word, note: &word, is_bad: true }],
                set_aside: &[SetAsideCount { reason: &word, count: 1, example: Some(&word) }],
                actions: &[Action { text: &word, command: Some(&word) }],
                provenance: Provenance {
                    engine: &word,
                    input_hash: Some(&word),
                    reproduce: Some(&word),
                },
                ..*input
            })
        });
        check(&page);
    }
}

#[test]
fn numbers_beyond_sense_have_a_report() {
    let odd = [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 0.0, -0.0, 1e-320];
    let table = |values: &[f64]| Statistics {
        rows: values.len() as u64,
        features: vec![numbers("odd", InferredType::Integral, values, u64::MAX / 4)],
    };
    let many: Vec<f64> = odd.iter().copied().cycle().take(600).collect();
    check(&scene(table(&many), table(&many[..300])).with_input(render));
    let mut broken = scene(table(&many), table(&many[..300]));
    for it in &mut broken.judgement.measured {
        it.effect.value = f64::NAN;
        it.effect.high = f64::INFINITY;
    }
    check(&broken.with_input(render));
}
