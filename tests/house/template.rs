//! One word, four places: the template, `events/`, and (once built) `functions/` agree.

use std::fs;

use support::{root, samples};

/// `reconcile-endpoint` → `ReconcileEndpointFunction`.
fn logical_id(function: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or(String::new(), |first| {
            first.to_ascii_uppercase().to_string() + letters.as_str()
        })
    };
    function.split('-').map(capital).collect::<String>() + "Function"
}

fn functions_of_the_template() -> Vec<String> {
    let text = fs::read_to_string(root().join("infra/template.yaml")).expect("the template");
    let mut found: Vec<String> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("CodeUri: ../functions/"))
        .map(str::to_string)
        .collect();
    found.sort();
    found
}

#[test]
fn each_function_has_one_name_everywhere() {
    let text = fs::read_to_string(root().join("infra/template.yaml")).expect("the template");
    for function in functions_of_the_template() {
        assert!(
            text.contains(&format!("\n  {}:\n", logical_id(&function))),
            "{function} has another logical id"
        );
        assert!(!samples(&function).is_empty(), "{function} has no payloads in events/");
    }
}

#[test]
fn every_sample_event_is_wanted_by_its_rules() {
    let stack = fs::read_to_string(root().join("infra/template.yaml")).expect("the template");
    let stack = local::template::Stack::parse(&stack, &[]).expect("the template can be read");
    for function in functions_of_the_template() {
        let id = logical_id(&function);
        let rules: Vec<_> = stack
            .rules
            .iter()
            .filter(|rule| {
                rule.targets.iter().any(|target| {
                    let by_machine = id == "RebuildBaselineFunction" && target.function.is_none();
                    by_machine || target.function.as_deref() == Some(&id)
                })
            })
            .collect();
        assert!(!rules.is_empty(), "{id} has no rule");
        for (name, text) in samples(&function) {
            let event: serde_json::Value = serde_json::from_str(&text).expect("a sample is JSON");
            // A rule's schedule has no pattern; what the replaced module sends comes by hand.
            if event["detail-type"] == "Scheduled Event" || name.starts_with("module-") {
                continue;
            }
            let wanted = rules
                .iter()
                .any(|rule| rule.pattern.as_ref().is_some_and(|pattern| pattern.matches(&event)));
            assert!(wanted, "no rule of {id} wants events/{function}/{name}.json");
        }
    }
}
