//! What was estimated of a model, beside what came true.

use crate::Shelves;
use crate::record::{finite, time};
use crate::shelves::corrupt;
use engine::monitor::Monitor;
use engine::quality::QualityMetric;
use engine::quality::estimate::Estimate;
use engine::quality::track::TrackPoint;
use engine::window::Window;
use ports::{Etag, Objects, ReadFault, Tracks, Versioned, WriteFault};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Form {
    points: Vec<PointForm>,
}

#[derive(Serialize, Deserialize)]
struct PointForm {
    #[serde(with = "time")]
    start: i64,
    #[serde(with = "time")]
    end: i64,
    metric: String,
    /// Value, low and high.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated: Option<[f64; 3]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    realised: Option<f64>,
}

impl From<&TrackPoint> for PointForm {
    fn from(it: &TrackPoint) -> Self {
        Self {
            start: it.window.start,
            end: it.window.end,
            metric: it.metric.word().into(),
            estimated: it.estimate.map(|it| [it.value, it.low, it.high].map(finite)),
            realised: it.realised.map(finite),
        }
    }
}

impl PointForm {
    fn point(self) -> Option<TrackPoint> {
        let metric = QualityMetric::of_word(&self.metric)?;
        let estimate =
            self.estimated.map(|[value, low, high]| Estimate { metric, value, low, high });
        let window = Window { start: self.start, end: self.end };
        Some(TrackPoint { window, metric, estimate, realised: self.realised })
    }
}

impl<O: Objects> Tracks for Shelves<O> {
    async fn track(&self, of: &Monitor) -> Result<Option<Versioned<Vec<TrackPoint>>>, ReadFault> {
        let key = self.keys.track(of);
        let Some(found) = self.record::<Form>(&key).await? else { return Ok(None) };
        let points: Option<Vec<_>> = found.value.points.into_iter().map(PointForm::point).collect();
        let value = points.ok_or_else(|| corrupt(&key, "has an unknown metric"))?;
        Ok(Some(Versioned { value, etag: found.etag }))
    }

    async fn keep_track(
        &self,
        of: &Monitor,
        points: &[TrackPoint],
        expected: Option<&Etag>,
    ) -> Result<Etag, WriteFault> {
        let form = Form { points: points.iter().map(PointForm::from).collect() };
        self.swap_densely(&self.keys.track(of), form, expected).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::monitor::MonitorType;
    use ports::memory::MemoryWorld;
    use std::sync::Arc;

    #[test]
    fn tracks_come_back_as_they_went() {
        let shelves = Shelves::new(Arc::new(MemoryWorld::default()), "bucket", "vigil");
        let kind = MonitorType::ModelQuality;
        let of = Monitor { endpoint: "churn".into(), variant: "A".into(), kind };
        let metric = QualityMetric::Auc;
        let point = |at: i64, estimate, realised| TrackPoint {
            window: Window { start: at * 3600, end: (at + 1) * 3600 },
            metric,
            estimate,
            realised,
        };
        let estimate = Estimate { metric, value: 0.9, low: 0.8, high: 0.95 };
        let points = [point(1, Some(estimate), Some(0.7)), point(2, Some(estimate), None)];
        pollster::block_on(async {
            assert!(shelves.track(&of).await.unwrap().is_none());
            let tag = shelves.keep_track(&of, &points, None).await.unwrap();
            let read = shelves.track(&of).await.unwrap().unwrap();
            assert_eq!((read.value.as_slice(), &read.etag), (points.as_slice(), &tag));
            let late = shelves.keep_track(&of, &points, None).await;
            assert!(matches!(late, Err(WriteFault::Lost)));
        });
    }
}
