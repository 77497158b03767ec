/// How hard an endpoint may be asked beside its own traffic.
///
/// The endpoint works on `at_once` requests at a time; on average no more than `share` of that is taken, by fewer workers
/// and by pauses that grow with the endpoint's own answers. A slow endpoint is asked less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AskingLimits {
    /// Rows of one request.
    pub rows: usize,
    /// Requests that the endpoint works on at a time.
    pub at_once: usize,
    /// Part of the endpoint's capacity that may be taken, above 0 and up to 1.
    pub share: f64,
    /// Requests a second, over all workers.
    pub a_second: Option<f64>,
}

impl Default for AskingLimits {
    fn default() -> Self {
        Self { rows: 500, at_once: 1, share: 0.1, a_second: None }
    }
}

impl AskingLimits {
    /// Returns how many workers may each have one request open.
    pub fn workers(&self) -> usize {
        (self.taken().floor() as usize).max(1)
    }

    /// Returns for how many milliseconds a worker waits after an answer that took `millis`.
    pub fn pause(&self, millis: u64) -> u64 {
        let workers = self.workers() as f64;
        let took = millis as f64;
        let busy = (self.taken() / workers).min(1.0);
        let rested = took / busy - took;
        let paced = self.a_second.map_or(0.0, |it| workers * 1000.0 / it.max(1e-3) - took);
        rested.max(paced).clamp(0.0, 3_600_000.0).ceil() as u64
    }

    /// Requests that may be open on average.
    fn taken(&self) -> f64 {
        self.at_once.max(1) as f64 * self.share.clamp(1e-4, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(at_once: usize, share: f64, a_second: Option<f64>, expect: (usize, u64)) {
        let limits = AskingLimits { rows: 1, at_once, share, a_second };
        assert_eq!((limits.workers(), limits.pause(100)), expect);
        let busy = 100.0 * limits.workers() as f64 / (100 + limits.pause(100)) as f64;
        assert!(busy <= at_once as f64 * share + 1e-9, "{busy}");
    }

    #[test]
    fn workers_and_pauses_keep_the_share() {
        check(1, 1.0, None, (1, 0));
        check(1, 0.1, None, (1, 900));
        check(8, 0.5, None, (4, 0));
        check(8, 0.3, None, (2, 0));
        check(2, 0.25, None, (1, 100));
    }

    #[test]
    fn rate_limit_spaces_requests() {
        check(1, 1.0, Some(2.0), (1, 400));
        check(4, 1.0, Some(2.0), (4, 1900));
        check(1, 1.0, Some(100.0), (1, 0));
    }
}
