use crate::shelves::corrupt;
use crate::{Shelves, files};
use engine::monitor::{Monitor, MonitorType};
use engine::window::Window;
use formats::violations::{Entry, FILE, OTHER_FILE};
use ports::{
    AnalyzerFiles, AnalyzerResults, AnalyzerViolation, Objects, ReadFault, ReadRequests,
    SampleRequest,
};

/// Violations of one execution that are read.
const MOST: usize = 1000;

impl<O: Objects> AnalyzerResults for Shelves<O> {
    async fn analyzer_files(
        &self,
        of: &Monitor,
        schedule: &str,
        window: Window,
    ) -> Result<AnalyzerFiles, ReadFault> {
        let folder = self.keys.report(&of.endpoint, schedule, window);
        let mut found = AnalyzerFiles::default();
        for file in [FILE, OTHER_FILE] {
            let key = format!("{folder}/{file}");
            let Some((bytes, _)) = self.bytes(&key).await? else { continue };
            let read = formats::violations::read(&bytes);
            let entries = read.map_err(|why| corrupt(&key, why.to_string()))?;
            found.violations = entries.iter().take(MOST).map(violation).collect();
            break;
        }
        if of.kind == MonitorType::DataQuality {
            let key = format!("{folder}/statistics.json");
            let bytes = self.bytes(&key).await?;
            // Without them AWS's own verdict stands.
            found.statistics = bytes.and_then(|(it, _)| files::read_statistics(&it).ok());
        }
        Ok(found)
    }
}

impl<O: Objects> ReadRequests for Shelves<O> {
    fn captured_requests(&self, lines: &[u8], most: usize) -> Vec<SampleRequest> {
        let found = formats::captured_request::read(lines, most);
        let sample = |it: formats::captured_request::CapturedRequest| SampleRequest {
            content_type: it.content_type,
            body: it.body,
        };
        found.into_iter().map(sample).collect()
    }
}

/// Names what an entry is about; a facet's value stays out: it may be a captured one.
fn violation(entry: &Entry) -> AnalyzerViolation {
    let subject = match (&entry.feature, &entry.metric, &entry.facet) {
        (None, Some(metric), _) if metric == "shap" => {
            format!("nDCG of {}", entry.label.as_deref().unwrap_or("the model"))
        }
        (Some(feature), _, _) => feature.clone(),
        (None, Some(metric), Some(facet)) => format!("{metric} of {facet}"),
        (None, Some(metric), None) => metric.clone(),
        (None, None, _) => "a metric".to_owned(),
    };
    AnalyzerViolation {
        subject,
        check: entry.data_quality_check(),
        distance: entry.distance(),
        figure: entry.figure(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::violation::ViolationCheck;
    use ports::Address;
    use ports::memory::MemoryWorld;
    use std::sync::Arc;

    fn read(file: &str, text: Option<&str>, kind: MonitorType) -> Result<AnalyzerFiles, ReadFault> {
        let world = Arc::new(MemoryWorld::default());
        let shelves = Shelves::new(Arc::clone(&world), "bucket", "vigil");
        if let Some(text) = text {
            let key = format!("vigil/reports/churn/s/2026/03/04/11/{file}");
            world.set_object(&Address::new("bucket", key), text);
        }
        let of = Monitor { endpoint: "churn".into(), variant: "A".into(), kind };
        let window = Window { start: 1_772_618_400, end: 1_772_622_000 };
        pollster::block_on(shelves.analyzer_files(&of, "s", window))
    }

    #[test]
    fn violations_are_read_under_both_names() {
        // AWS's own entries (formats D.5, E.3, F.4).
        let quality = r#"{"violations":[{"feature_name":"age","constraint_check_type":"baseline_drift_check",
            "description":"Baseline drift distance: 0.28 exceeds threshold: 0.1"}]}"#;
        for file in ["constraint_violations.json", "constraints_violations.json"] {
            let found = read(file, Some(quality), MonitorType::DataQuality).expect("read");
            let expect = AnalyzerViolation {
                subject: "age".into(),
                check: Some(ViolationCheck::BaselineDrift),
                distance: Some((0.28, 0.1)),
                figure: None,
            };
            assert_eq!(found.violations, [expect]);
        }
        let bias = r#"{"version":"1.0","violations":[{"facet":"sex","facet_value":"0","metric_name":"DPPL",
            "constraint_check_type":"bias_drift_check","description":"Metric value 0.41"}]}"#;
        let found = read(FILE, Some(bias), MonitorType::ModelBias).expect("read");
        assert_eq!(
            (found.violations[0].subject.as_str(), found.violations[0].check),
            ("DPPL of sex", None)
        );
    }

    #[test]
    fn absent_and_empty_files_hold_nothing() {
        for text in [None, Some(""), Some(r#"{"violations":[]}"#), Some(r#"{"violations":null}"#)] {
            let found = read(FILE, text, MonitorType::ModelQuality).expect("read");
            assert_eq!(found, AnalyzerFiles::default());
        }
        let torn = read(FILE, Some(r#"{"violations":["#), MonitorType::ModelQuality);
        assert!(matches!(torn, Err(ReadFault::Corrupt { .. })));
    }
}
