use engine::monitor::Monitor;
use engine::window::Window;
use ports::{Side, TruthHour};
use std::fmt::Write as _;

/// The layout of the bucket: which key holds what (design, section 4).
#[derive(Debug, Clone)]
pub struct Keys {
    /// Ends with a slash, or is empty.
    prefix: String,
}

/// The folders that only the suite writes to.
const OWN: [&str; 9] = [
    "baselines",
    "endpoints",
    "ground-truth",
    "incidents",
    "ledger",
    "merged",
    "reports",
    "staging",
    "status",
];

impl Keys {
    /// Takes the prefix of everything the suite writes; slashes at its ends do not count.
    pub fn new(prefix: &str) -> Self {
        let plain = prefix.trim_matches('/');
        let prefix = if plain.is_empty() { String::new() } else { format!("{plain}/") };
        Self { prefix }
    }

    pub fn settings(&self) -> String {
        format!("{}settings.yaml", self.prefix)
    }

    /// Whether the suite itself writes this key.
    pub fn is_own(&self, key: &str) -> bool {
        let Some(rest) = key.strip_prefix(&self.prefix) else { return false };
        OWN.iter().any(|it| rest.strip_prefix(it).is_some_and(|it| it.starts_with('/')))
    }

    pub fn endpoints(&self) -> String {
        format!("{}endpoints/", self.prefix)
    }

    pub fn endpoint(&self, name: &str) -> String {
        format!("{}endpoints/{}.json", self.prefix, segment(name))
    }

    fn baselines(&self, of: &Monitor) -> String {
        format!(
            "{}baselines/{}/{}/{}",
            self.prefix,
            segment(&of.endpoint),
            segment(&of.variant),
            of.kind.word()
        )
    }

    pub fn baseline_pointer(&self, of: &Monitor) -> String {
        format!("{}/current.json", self.baselines(of))
    }

    pub fn baseline_file(&self, of: &Monitor, version: &str, file: &str) -> String {
        format!("{}/versions/{}/{file}", self.baselines(of), segment(version))
    }

    pub fn clarify_config(&self, of: &Monitor, hash: &str, file: &str) -> String {
        format!("{}/configs/{}/{file}", self.baselines(of), segment(hash))
    }

    pub fn baseline_job(&self, job: &str) -> String {
        format!("{}baselines/jobs/{}.json", self.prefix, segment(job))
    }

    /// Returns the folder that a baseline job writes to, without a slash at its end.
    pub fn baseline_staging(&self, job: &str) -> String {
        format!("{}staging/baselines/{}", self.prefix, segment(job))
    }

    pub fn baseline_held(&self, of: &Monitor) -> String {
        format!("{}/held.json", self.baselines(of))
    }

    /// Returns the folder of all reports, without a slash at its end.
    pub fn reports(&self) -> String {
        format!("{}reports", self.prefix)
    }

    /// Returns the folder of an execution, without a slash at its end.
    ///
    /// The hour is that of the window's end (formats H.5); a window that ends
    /// within an hour gets a folder for the minute.
    pub fn report(&self, endpoint: &str, schedule: &str, window: Window) -> String {
        let stamp = jiff::Timestamp::from_second(window.end).unwrap_or_default();
        let form = if window.end % 3600 == 0 { "%Y/%m/%d/%H" } else { "%Y/%m/%d/%H/%M" };
        let path = stamp.strftime(form);
        format!("{}reports/{}/{}/{path}", self.prefix, segment(endpoint), segment(schedule))
    }

    pub fn incidents(&self, endpoint: &str, variant: &str) -> String {
        format!("{}incidents/{}/{}.json", self.prefix, segment(endpoint), segment(variant))
    }

    pub fn incidents_of(&self, endpoint: &str) -> String {
        format!("{}incidents/{}/", self.prefix, segment(endpoint))
    }

    pub fn ledger(&self, alert_id: &str) -> String {
        format!("{}ledger/alerts/{}.json", self.prefix, segment(alert_id))
    }

    pub fn window_log(&self, of: &Monitor) -> String {
        format!(
            "{}status/windows/{}/{}/{}.json",
            self.prefix,
            segment(&of.endpoint),
            segment(&of.variant),
            of.kind.word()
        )
    }

    fn staged_truth(&self, endpoint: &str) -> String {
        format!("{}staging/ground-truth/{}", self.prefix, segment(endpoint))
    }

    /// Returns the folder of an endpoint's indexes, with a slash at its end.
    pub fn truth_indexes(&self, endpoint: &str, side: Side) -> String {
        let side = match side {
            Side::Captures => "captures",
            Side::Labels => "labels",
        };
        format!("{}/{side}/", self.staged_truth(endpoint))
    }

    pub fn truth_index(&self, endpoint: &str, side: Side, hour: i64) -> String {
        format!("{}{}.json", self.truth_indexes(endpoint, side), hour_path(hour))
    }

    pub fn truth_backfill(&self, endpoint: &str) -> String {
        format!("{}/backfill.json", self.staged_truth(endpoint))
    }

    pub fn truth_labels(&self, endpoint: &str, upload: &str) -> String {
        format!("{}/uploads/{}.json", self.staged_truth(endpoint), segment(upload))
    }

    /// Returns the folder of the pair parts of an hour, with a slash at its end.
    pub fn truth_parts(&self, of: &TruthHour) -> String {
        let (staged, variant) = (self.staged_truth(&of.endpoint), segment(&of.variant));
        format!("{staged}/parts/{variant}/{}/", hour_path(of.hour))
    }

    /// Returns the folder of all merged views, without a slash at its end.
    pub fn merged(&self) -> String {
        format!("{}merged", self.prefix)
    }

    pub fn merged_view(&self, of: &TruthHour) -> String {
        let (endpoint, variant) = (segment(&of.endpoint), segment(&of.variant));
        format!("{}/{endpoint}/{variant}/{}/merged.jsonl", self.merged(), hour_path(of.hour))
    }

    /// Returns the folder above the hours that labels are laid out in, without a slash at its end.
    pub fn relaid(&self, endpoint: &str) -> String {
        format!("{}ground-truth/{}", self.prefix, segment(endpoint))
    }

    pub fn relaid_labels(&self, of: &TruthHour) -> String {
        let folder = self.relaid(&of.endpoint);
        format!("{folder}/{}/{}.jsonl", hour_path(of.hour), segment(&of.variant))
    }

    pub fn truth_log(&self, endpoint: &str, variant: &str) -> String {
        format!("{}status/labels/{}/{}.json", self.prefix, segment(endpoint), segment(variant))
    }

    pub fn orphans(&self, endpoint: &str, hour: i64) -> String {
        let (endpoint, hour) = (segment(endpoint), hour_path(hour));
        format!("{}reports/{endpoint}/ground-truth/{hour}/orphans.json", self.prefix)
    }

    pub fn track(&self, of: &Monitor) -> String {
        let (endpoint, variant) = (segment(&of.endpoint), segment(&of.variant));
        format!("{}status/estimates/{endpoint}/{variant}.json", self.prefix)
    }

    pub fn status(&self) -> String {
        format!("{}status/index.json", self.prefix)
    }
}

/// Writes the hour that starts at `hour` as AWS's folders do.
fn hour_path(hour: i64) -> String {
    let stamp = jiff::Timestamp::from_second(hour).unwrap_or_default();
    stamp.strftime("%Y/%m/%d/%H").to_string()
}

/// Reads the hour back out of `yyyy/mm/dd/hh`.
pub(crate) fn hour_of(path: &str) -> Option<i64> {
    let mut parts = path.split('/').map(|it| it.parse::<i16>().ok());
    let mut next = || parts.next().flatten();
    let (year, month, day, hour) = (next()?, next()?, next()?, next()?);
    let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let time = date.ok()?.at(i8::try_from(hour).ok().filter(|it| (0..24).contains(it))?, 0, 0, 0);
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// Makes a name safe as one part of a key: what AWS's names never hold is written as `%xx`.
fn segment(name: &str) -> String {
    let mut res = String::with_capacity(name.len());
    let dots = name.bytes().all(|it| it == b'.');
    for byte in name.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if plain && !dots {
            res.push(char::from(byte));
        } else {
            let _ = write!(res, "%{byte:02x}");
        }
    }
    res
}

/// Reads a name back out of a part of a key.
pub(crate) fn name_of(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::monitor::MonitorType;

    fn monitor() -> Monitor {
        Monitor {
            endpoint: "churn-prod".into(),
            variant: "AllTraffic".into(),
            kind: MonitorType::DataQuality,
        }
    }

    #[test]
    fn layout_is_that_of_the_design() {
        let keys = Keys::new("/vigil/");
        let of = monitor();
        assert_eq!(keys.settings(), "vigil/settings.yaml");
        assert_eq!(keys.endpoint("churn-prod"), "vigil/endpoints/churn-prod.json");
        assert_eq!(
            keys.baseline_pointer(&of),
            "vigil/baselines/churn-prod/AllTraffic/data_quality/current.json"
        );
        assert_eq!(
            keys.baseline_file(&of, "3f9c", "statistics.json"),
            "vigil/baselines/churn-prod/AllTraffic/data_quality/versions/3f9c/statistics.json"
        );
        assert_eq!(keys.ledger("ab12"), "vigil/ledger/alerts/ab12.json");
        assert_eq!(keys.status(), "vigil/status/index.json");
        let (endpoint, variant) = (of.endpoint.clone(), of.variant.clone());
        let hour = TruthHour { endpoint, variant, hour: 1_772_618_400 };
        assert_eq!(
            keys.merged_view(&hour),
            "vigil/merged/churn-prod/AllTraffic/2026/03/04/10/merged.jsonl"
        );
        assert!(keys.truth_parts(&hour).starts_with("vigil/staging/"));
        assert_eq!(Keys::new("").status(), "status/index.json");
    }

    #[test]
    fn report_lies_in_the_hour_its_window_ends() {
        #[track_caller]
        fn check(end: i64, expect: &str) {
            let window = Window { start: end - 3600, end };
            assert_eq!(Keys::new("v").report("e", "s", window), format!("v/reports/e/s/{expect}"));
        }
        check(1_772_622_000, "2026/03/04/11");
        check(1_772_582_400, "2026/03/04/00");
        check(1_772_623_800, "2026/03/04/11/30");
    }

    #[test]
    fn hours_read_back_from_their_path() {
        for hour in [0, 1_772_618_400, 1_772_578_800, 1_835_395_200] {
            assert_eq!(hour_of(&hour_path(hour)), Some(hour));
        }
        for path in ["", "2026/03/04", "2026/02/30/10", "2026/03/04/24", "a/b/c/d"] {
            assert_eq!(hour_of(path), None, "{path}");
        }
    }

    #[test]
    fn hostile_names_stay_in_their_folder() {
        for name in ["..", "a/b", "../../x", "a%2fb", "ü\n", "", "."] {
            let key = Keys::new("v").endpoint(name);
            let part = key.strip_prefix("v/endpoints/").and_then(|it| it.strip_suffix(".json"));
            let part = part.expect("one part");
            assert!(!part.contains('/') && part != "." && part != "..", "{key}");
            assert_eq!(name_of(part).as_deref(), Some(name));
        }
    }
}
