//! `constraint_violations.json` (reference: formats D.5, E.3, F.4).

use crate::{error, error::FormatError};
use engine::violation::{Scope, Violation, ViolationCheck};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use std::io;

/// The name that AWS's analyzer gives the file.
pub const FILE: &str = "constraint_violations.json";

/// The name that one of AWS's documents and its samples give it.
pub const OTHER_FILE: &str = "constraints_violations.json";

const FIX: &str = "run the analysis again";

/// Writes the file in AWS's form, indented as people read it.
pub fn write(violations: &[Violation], to: impl io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(to, &File(violations)).map_err(io::Error::from)
}

/// Reads the file of any monitor type; text of blanks is a file without entries.
///
/// An absent file means the same as an empty one; that is the caller's matter.
pub fn read(text: &[u8]) -> Result<Vec<Entry>, FormatError> {
    if text.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let file: ReadFile = error::read(FILE, FIX, text)?;
    Ok(file.violations.unwrap_or_default())
}

/// One entry of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// Of data quality.
    #[serde(rename = "feature_name")]
    pub feature: Option<String>,
    /// Of model quality and bias.
    #[serde(rename = "metric_name")]
    pub metric: Option<String>,
    /// Of bias: the column, and the group in it.
    pub facet: Option<String>,
    pub facet_value: Option<String>,
    /// Of explainability: the output.
    pub label: Option<String>,
    /// `data_type_check` and the like; an operator for model quality.
    #[serde(rename = "constraint_check_type", default)]
    pub check: String,
    /// For people; AWS has changed its words before.
    #[serde(default)]
    pub description: String,
}

impl Entry {
    /// Returns the check of the data-quality monitor, or `None` of another's.
    pub fn data_quality_check(&self) -> Option<ViolationCheck> {
        ViolationCheck::of_word(&self.check)
    }

    /// Returns the distance and its threshold where the description has them.
    ///
    /// To show and to rank, not to decide by.
    pub fn distance(&self) -> Option<(f64, f64)> {
        let (_, rest) = self.description.split_once("distance: ")?;
        let (distance, rest) = rest.split_once(" exceeds ")?;
        let (_, threshold) = rest.split_once("threshold: ")?;
        Some((distance.trim().parse().ok()?, threshold.trim().parse().ok()?))
    }
}

impl Entry {
    /// Returns the figure of a metric and its threshold where the description has both: its first number and its last.
    ///
    /// To show and to rank, not to decide by.
    pub fn figure(&self) -> Option<(f64, f64)> {
        self.metric.as_ref()?;
        let number = |word: &str| {
            let word = word.trim_matches(|it: char| !it.is_ascii_alphanumeric() && it != '-');
            let is_number = word.starts_with(|it: char| it.is_ascii_digit() || it == '-');
            let it = if is_number { word.parse().ok() } else { None };
            it.or_else(|| (word == "Infinity").then_some(f64::INFINITY))
        };
        let mut numbers = self.description.split_whitespace().filter_map(number);
        let first = numbers.next()?;
        Some((first, numbers.next_back()?))
    }
}

impl From<&Violation> for Entry {
    fn from(violation: &Violation) -> Self {
        let wire = Wire::from(violation);
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self {
            feature: own(wire.feature_name),
            metric: own(wire.metric_name),
            facet: own(wire.facet),
            facet_value: own(wire.facet_value),
            label: own(wire.label),
            check: wire.constraint_check_type.to_owned(),
            description: wire.description.to_owned(),
        }
    }
}

struct File<'a>(&'a [Violation]);

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut file = to.serialize_map(None)?;
        if self.0.iter().any(|it| is_clarify(it.check)) {
            file.serialize_entry("version", "1.0")?;
        }
        file.serialize_entry("violations", &Entries(self.0))?;
        file.end()
    }
}

/// Clarify's files name their version.
fn is_clarify(check: ViolationCheck) -> bool {
    matches!(
        check,
        ViolationCheck::BiasDrift
            | ViolationCheck::BiasLimit
            | ViolationCheck::FeatureAttributionDrift
    )
}

struct Entries<'a>(&'a [Violation]);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(Wire::from))
    }
}

/// An entry in the order in which AWS's samples have its members.
#[derive(Serialize)]
struct Wire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facet: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facet_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric_name: Option<&'a str>,
    constraint_check_type: &'a str,
    description: &'a str,
}

impl<'a> From<&'a Violation> for Wire<'a> {
    fn from(it: &'a Violation) -> Self {
        let of_column = it.check.is_of_column();
        let (label, facet) = match &it.scope {
            Scope::Whole => (None, None),
            Scope::Facet { name, value } => (None, Some((name.as_str(), value.as_str()))),
            Scope::Label(label) => (Some(label.as_str()), None),
        };
        Self {
            label,
            facet: facet.map(|(name, _)| name),
            facet_value: facet.map(|(_, value)| value),
            feature_name: of_column.then_some(it.feature.as_str()),
            metric_name: (!of_column).then_some(it.feature.as_str()),
            constraint_check_type: it.check.word(),
            description: &it.description,
        }
    }
}

#[derive(Deserialize)]
struct ReadFile {
    violations: Option<Vec<Entry>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_written_as_aws_does() {
        let violation = Violation {
            feature: "income".into(),
            check: ViolationCheck::BaselineDrift,
            observed: 0.2813,
            threshold: 0.1,
            description: "Baseline drift distance: 0.2813 exceeds threshold: 0.1".into(),
            ..Violation::default()
        };
        let mut bytes = Vec::new();
        write(std::slice::from_ref(&violation), &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes.clone()).unwrap(), @r#"
        {
          "violations": [
            {
              "feature_name": "income",
              "constraint_check_type": "baseline_drift_check",
              "description": "Baseline drift distance: 0.2813 exceeds threshold: 0.1"
            }
          ]
        }
        "#);
        assert_eq!(read(&bytes).unwrap(), [Entry::from(&violation)]);
    }

    #[test]
    fn metrics_are_written_as_aws_does() {
        let check = |violation: Violation, expect: &str| {
            let mut bytes = Vec::new();
            write(&[violation], &mut bytes).unwrap();
            let got: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            let expect: serde_json::Value = serde_json::from_str(expect).unwrap();
            assert_eq!(got, expect);
        };
        let metric = |feature: &str, check, scope, description: &str| Violation {
            feature: feature.into(),
            check,
            scope,
            description: description.into(),
            ..Violation::default()
        };
        // The samples of formats E.3, F.4 and G.
        check(
            metric(
                "recall",
                ViolationCheck::LessThanThreshold,
                Scope::Whole,
                "Metric recall with 0.71 was LessThanThreshold 0.78",
            ),
            r#"{"violations":[{"constraint_check_type":"LessThanThreshold","metric_name":"recall",
                "description":"Metric recall with 0.71 was LessThanThreshold 0.78"}]}"#,
        );
        let facet = Scope::Facet { name: "sex".into(), value: "0".into() };
        let words = "Metric value 0.41 doesn't meet the baseline constraint requirement 0.12";
        check(
            metric("DPPL", ViolationCheck::BiasDrift, facet, words),
            r#"{"version":"1.0","violations":[{"facet":"sex","facet_value":"0","metric_name":"DPPL",
                "constraint_check_type":"bias_drift_check",
                "description":"Metric value 0.41 doesn't meet the baseline constraint requirement 0.12"}]}"#,
        );
        let (label, check_word) =
            (Scope::Label("label0".into()), ViolationCheck::FeatureAttributionDrift);
        let words = "Feature attribution drift 0.7639 exceeds threshold 0.9";
        check(
            metric("shap", check_word, label, words),
            r#"{"version":"1.0","violations":[{"label":"label0","metric_name":"shap",
                "constraint_check_type":"feature_attribution_drift_check",
                "description":"Feature attribution drift 0.7639 exceeds threshold 0.9"}]}"#,
        );
    }

    #[test]
    fn empty_files_have_no_entries() {
        for text in ["", " \n", "{}", r#"{"violations":[]}"#, r#"{"violations":null,"version":0}"#]
        {
            assert_eq!(read(text.as_bytes()), Ok(Vec::new()), "{text}");
        }
    }

    #[test]
    fn distance_is_read_from_old_and_new_texts() {
        let distance =
            |text: &str| Entry { description: text.into(), ..Entry::default() }.distance();
        let new = "Baseline drift distance: 0.2813 exceeds threshold: 0.1";
        assert_eq!(distance(new), Some((0.2813, 0.1)));
        let old = "Numerical distance: 0.27 exceeds numerical threshold: 0";
        assert_eq!(distance(old), Some((0.27, 0.0)));
        assert_eq!(distance("Value: 0.498 does not meet the constraint requirement! "), None);
    }

    #[test]
    fn figures_are_read_from_every_monitors_words() {
        let check = |text: &str, expect: Option<(f64, f64)>| {
            let metric = Some("recall".to_owned());
            let entry = Entry { metric, description: text.into(), ..Entry::default() };
            assert_eq!(entry.figure(), expect, "{text}");
        };
        // Formats E.3, F.4 and G.
        check("Metric recall with 0.71 was LessThanThreshold 0.78", Some((0.71, 0.78)));
        check("Metric f2 with 0.71 +/- 0.01 was LessThanThreshold '0.78'", Some((0.71, 0.78)));
        check(
            "Metric value -0.41 doesn't meet the baseline constraint requirement 0.12",
            Some((-0.41, 0.12)),
        );
        check("Feature attribution drift 0.7639 exceeds threshold 0.9", Some((0.7639, 0.9)));
        check("Metric value Infinity doesn't meet 2.5.", Some((f64::INFINITY, 2.5)));
        check("Value 0.41 is wrong", None);
        check("", None);
    }

    #[test]
    fn other_monitors_entries_are_read() {
        let text = r#"{"version":"1.0","violations":[
            {"facet":"sex","facet_value":"0","metric_name":"DPPL",
             "constraint_check_type":"bias_drift_check","description":"Metric value 0.41 …"},
            {"constraint_check_type":"LessThanThreshold","metric_name":"recall",
             "description":"Metric recall with 0.71 was LessThanThreshold 0.78"}]}"#;
        let read = read(text.as_bytes()).unwrap();
        assert_eq!(read[0].facet.as_deref(), Some("sex"));
        assert_eq!(read[1].metric.as_deref(), Some("recall"));
        assert!(read.iter().all(|it| it.data_quality_check().is_none()));
    }

    #[test]
    fn faulty_file_is_refused_with_its_place() {
        let said = read(br#"{"violations":[{"feature_name":7}]}"#).unwrap_err().to_string();
        assert_eq!(
            said,
            "constraint_violations.json: violations[0].feature_name is not a string (line 1, column 32); run the analysis again"
        );
    }
}
