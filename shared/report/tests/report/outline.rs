//! What a page says, without its markup: a golden text for a reviewer.

use crate::fleet::fleet;
use crate::sample::window;
use engine::finding::{Check, Effect, Family, Finding, Hint, Judgement, Measured, State};
use engine::monitor::MonitorType;
use engine::violation::{Violation, ViolationCheck};
use report::{Action, Light, Past, Provenance, ReportInput, SetAsideCount, index, render};
use roxmltree::{Document, Node, ParsingOptions};
use std::fmt::Write;

/// Returns the visible text and the words of every picture, a block a line.
fn outline(page: &str) -> String {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let tree = Document::parse_with_options(page, options).expect("well-formed");
    let main = tree.descendants().find(|it| it.has_tag_name("main")).expect("a main part");
    let mut res = String::new();
    walk(main, &mut res);
    let lines = res.lines().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n")
}

fn walk(node: Node<'_, '_>, out: &mut String) {
    if node.is_text() {
        out.push_str(node.text().unwrap_or_default());
        return;
    }
    let name = node.tag_name().name();
    if name == "svg" {
        let _ = write!(out, " [{}] ", node.attribute("aria-label").unwrap_or_default());
        return;
    }
    let is_block = matches!(
        name,
        "h1" | "h2" | "h3" | "h4" | "p" | "li" | "tr" | "header" | "section" | "footer" | "div"
    );
    if is_block {
        out.push('\n');
    }
    for it in node.children() {
        walk(it, out);
    }
    if matches!(name, "td" | "th" | "b" | "small" | "span" | "div") {
        out.push_str(" | ");
    }
}

fn effect(value: f64, floor: f64) -> Effect {
    Effect { value, low: value - 0.02, high: value + 0.03, floor, p_value: 1e-9 }
}

/// A judgement that owes nothing to the engine's arithmetic.
fn judgement() -> Judgement {
    let finding = |feature: &str, check, value, family, hint| Finding {
        feature: Some(feature.into()),
        family,
        check,
        effect: effect(value, 0.08),
        significant: 0.08 <= value,
        hint,
    };
    let scale = Some(Hint::Scale { factor: 100.0 });
    Judgement {
        state: State::Drift,
        enough: true,
        findings: vec![
            finding("day_mins", Check::OutOfRange, 0.97, Family::Contract, scale),
            finding("eve_calls", Check::Distribution, 0.05, Family::Drift, None),
        ],
        measured: vec![Measured {
            feature: "night_calls".into(),
            check: Check::Distribution,
            effect: effect(0.02, 0.08),
        }],
        not_compared: Vec::new(),
        rows: 1180,
        baseline_rows: 5000,
        visible_effect: Some(0.06),
        unreadable: 7,
    }
}

#[test]
fn report_says_all_of_it_in_order() {
    let judgement = judgement();
    let before = [Measured {
        feature: "day_mins".into(),
        check: Check::OutOfRange,
        effect: effect(0.02, 0.08),
    }];
    let page = render(&ReportInput {
        endpoint: "churn-prod",
        variant: "AllTraffic",
        monitor: MonitorType::DataQuality,
        window: window(0),
        state: State::Drift,
        judgement: &judgement,
        reference: None,
        baseline_version: Some("7"),
        current: None,
        violations: &[Violation {
            feature: "day_mins".into(),
            check: ViolationCheck::BaselineDrift,
            observed: 0.97,
            threshold: 0.1,
            description: "distance 0.97 exceeds 0.1".into(),
            ..Violation::default()
        }],
        incidents: &[],
        past: &[Past { window: window(1), state: State::Ok, measured: &before }],
        lights: &[Light { word: "labels 41 %", note: "quality, realised", is_bad: false }],
        set_aside: &[SetAsideCount {
            reason: "not JSON",
            count: 7,
            example: Some("a.jsonl, byte 1841"),
        }],
        actions: &[Action {
            text: "See the state of the endpoint:",
            command: Some("vigil status"),
        }],
        provenance: Provenance {
            engine: "Vigil 0.1.0, native",
            input_hash: Some("9f86d08"),
            reproduce: Some("vigil analyze"),
        },
    });
    insta::assert_snapshot!(outline(&page));
}

#[test]
fn fleet_says_all_of_it_in_order() {
    insta::assert_snapshot!(outline(&fleet(168, 2, index)));
}
