use engine::window::Window;
use settings::Monitor;

/// Returns what an execution of a window looks at.
///
/// Offsets move it before the scheduled time, as AWS's do (formats F.5): labels
/// that come three days late are met by `-P3D` to `-P2D`.
pub(crate) fn span(window: Window, setting: &Monitor) -> Window {
    let offset = |text: &Option<String>| text.as_deref().and_then(seconds);
    let start = offset(&setting.start_offset).map_or(window.start, |it| window.end + it);
    let end = offset(&setting.end_offset).map_or(window.end, |it| window.end + it);
    if start < end { Window { start, end } } else { window }
}

/// Reads an ISO 8601 duration; a day has 24 hours.
fn seconds(text: &str) -> Option<i64> {
    let span: jiff::Span = text.trim().parse().ok()?;
    let days = i64::from(span.get_days()) + 7 * i64::from(span.get_weeks());
    let hours = days * 24 + i64::from(span.get_hours());
    Some(hours * 3600 + span.get_minutes() * 60 + span.get_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_move_the_window_as_aws_does() {
        #[track_caller]
        fn check(offsets: (&str, &str), expect: (i64, i64)) {
            let yaml = format!(
                "defaults:\n  model_quality: {{start_time_offset: {:?}, end_time_offset: {:?}}}\n",
                offsets.0, offsets.1
            );
            let settings = settings::Settings::parse(&yaml).expect("settings");
            let wanted = settings.for_endpoint("churn", &[]);
            let setting = wanted.monitor(settings::MonitorType::ModelQuality);
            // The example of formats F.5: scheduled at 2020-01-09T13:00Z.
            let end = 1_578_574_800;
            let found = span(Window { start: end - 3600, end }, setting);
            assert_eq!((found.start - end, found.end - end), expect);
        }
        check(("-P8D", "-P1D"), (-8 * 86_400, -86_400));
        check(("-PT6H", "-PT90M"), (-6 * 3600, -5400));
        check(("", ""), (-3600, 0));
        check(("-P1D", "-P3D"), (-3600, 0));
        check(("-P1D", ""), (-86_400, 0));
    }
}
