//! CloudWatch's embedded metric format: metrics as log lines
//! (CloudWatch User Guide, "Specification: Embedded metric format").

use serde_json::{Map, Value, json};

/// Metrics that one line may hold.
pub const MOST: usize = 100;

/// One number of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number<'a> {
    pub name: &'a str,
    pub unit: &'a str,
    pub value: f64,
}

/// Writes the line of up to [`MOST`] numbers of one time, in seconds since 1970.
///
/// Numbers that JSON cannot hold are left out.
pub fn line(
    namespace: &str,
    at: i64,
    dimensions: &[(&'static str, String)],
    numbers: &[Number<'_>],
) -> String {
    let numbers = || numbers.iter().filter(|it| it.value.is_finite());
    let metrics: Vec<Value> =
        numbers().map(|it| json!({"Name": it.name, "Unit": it.unit})).collect();
    let names: Vec<&str> = dimensions.iter().map(|it| it.0).collect();
    let mut root = Map::new();
    let directive = json!({"Namespace": namespace, "Dimensions": [names], "Metrics": metrics});
    root.insert(
        "_aws".to_owned(),
        json!({"Timestamp": at.saturating_mul(1000), "CloudWatchMetrics": [directive]}),
    );
    for (name, value) in dimensions {
        root.insert((*name).to_owned(), Value::from(value.as_str()));
    }
    for it in numbers() {
        root.insert(it.name.to_owned(), Value::from(it.value));
    }
    Value::Object(root).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members that the specification's schema requires.
    #[test]
    fn line_holds_what_the_specification_wants() {
        let dimensions = [("Endpoint", "churn".to_owned())];
        let numbers = [
            Number { name: "Violations", unit: "Count", value: 3.0 },
            Number { name: "Odd", unit: "None", value: f64::NAN },
        ];
        let it: Value = serde_json::from_str(&line("Vigil", 1_700_000_000, &dimensions, &numbers))
            .expect("JSON");
        assert_eq!(
            it,
            json!({
                "_aws": {
                    "Timestamp": 1_700_000_000_000_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Vigil",
                        "Dimensions": [["Endpoint"]],
                        "Metrics": [{"Name": "Violations", "Unit": "Count"}]
                    }]
                },
                "Endpoint": "churn",
                "Violations": 3.0
            })
        );
    }
}
