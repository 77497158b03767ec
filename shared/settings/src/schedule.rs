/// When a monitor runs, and so which windows it looks at.
///
/// The forms of SageMaker (formats I.2: hourly, daily, every N hours, always at
/// minute 0), words for them, and `rate(…)` for the native engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    expression: String,
    fires: Fires,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fires {
    /// At these hours of each day, ascending, UTC.
    Hours(Vec<u8>),
    /// Every so many seconds since 1970.
    Every(u32),
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

impl Schedule {
    /// Reads an expression; the error says what is wrong and what to write.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        let text = text.trim();
        if text == "NOW" {
            return Err((
                "`NOW` runs once and is no schedule".into(),
                "write hourly, and run one window by hand with `vigil analyze`".into(),
            ));
        }
        if let Some(inner) = call(text, "rate") {
            return rate(inner)
                .map(|seconds| Self { expression: text.to_owned(), fires: Fires::Every(seconds) });
        }
        let hours = match call(text, "cron") {
            Some(inner) => cron_hours(inner)?,
            None => words(text)?,
        };
        let expression = match call(text, "cron") {
            Some(_) => text.to_owned(),
            None => expression_of(hours),
        };
        Ok(Self { expression, fires: Fires::Hours(hours.of_day()) })
    }

    /// Returns what `CreateMonitoringSchedule` takes.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Tells whether only the native engine can keep it.
    pub fn is_native_only(&self) -> bool {
        matches!(self.fires, Fires::Every(_))
    }

    /// Returns the seconds between two runs; the shortest where they differ.
    pub fn period(&self) -> u32 {
        match &self.fires {
            Fires::Every(seconds) => *seconds,
            Fires::Hours(hours) => {
                let last = hours.last().map_or(0, |it| i64::from(*it));
                let first = hours.first().map_or(0, |it| i64::from(*it));
                let gaps = hours.windows(2).map(|it| i64::from(it[1]) - i64::from(it[0]));
                let least = gaps.chain([first + 24 - last]).min().unwrap_or(24);
                (least * HOUR) as u32
            }
        }
    }

    /// Returns the last window `(start, end)` with `end <= now`, in seconds since 1970.
    pub fn window_before(&self, now: i64) -> (i64, i64) {
        let end = self.fire_before(now);
        (self.fire_before(end - 1), end)
    }

    /// Returns the windows with `after < end <= now`, oldest first; of more
    /// than `most`, the latest.
    pub fn windows(&self, after: i64, now: i64, most: usize) -> Vec<(i64, i64)> {
        let mut res = Vec::new();
        let mut window = self.window_before(now);
        while after < window.1 && res.len() < most {
            res.push(window);
            window = (self.fire_before(window.0 - 1), window.0);
        }
        res.reverse();
        res
    }

    fn fire_before(&self, now: i64) -> i64 {
        match &self.fires {
            Fires::Every(seconds) => now - now.rem_euclid(i64::from(*seconds)),
            Fires::Hours(hours) => {
                let midnight = now - now.rem_euclid(DAY);
                let hour = now.rem_euclid(DAY) / HOUR;
                let today = hours.iter().rev().find(|it| i64::from(**it) <= hour);
                let last = hours.last().map_or(0, |it| i64::from(*it));
                today.map_or(midnight - DAY + last * HOUR, |it| midnight + i64::from(*it) * HOUR)
            }
        }
    }
}

/// Every `step` hours from `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hours {
    from: u8,
    step: u8,
}

impl Hours {
    /// AWS says of `17/12` that it runs twice a day, so a step that divides the
    /// day goes round midnight; another starts again at `from` each day.
    fn of_day(self) -> Vec<u8> {
        let first = if 24 % self.step == 0 { self.from % self.step } else { self.from };
        (first..24).step_by(usize::from(self.step)).collect()
    }
}

fn expression_of(it: Hours) -> String {
    match it {
        Hours { from: 0, step: 1 } => "cron(0 * ? * * *)".into(),
        Hours { from, step: 24 } => format!("cron(0 {from} ? * * *)"),
        Hours { from, step } => format!("cron(0 {from}/{step} ? * * *)"),
    }
}

const FORMS: &str = "write hourly, `daily 02:00`, `every 6 hours`, `every 6 hours from 2`, \
                     or the same as cron(0 * ? * * *), cron(0 2 ? * * *), cron(0 2/6 ? * * *)";

fn words(text: &str) -> Result<Hours, (String, String)> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let read = match parts.as_slice() {
        ["hourly"] => Some(Hours { from: 0, step: 1 }),
        ["daily"] => Some(Hours { from: 0, step: 24 }),
        ["daily", at] => at
            .strip_suffix(":00")
            .and_then(|it| number(it, 0, 23))
            .map(|from| Hours { from, step: 24 }),
        ["every", n, "hours"] => number(n, 1, 24).map(|step| Hours { from: 0, step }),
        ["every", n, "hours", "from", at] => {
            number(n, 1, 24).zip(number(at, 0, 23)).map(|(step, from)| Hours { from, step })
        }
        _ => None,
    };
    read.ok_or_else(|| ("not a schedule".into(), FORMS.into()))
}

fn cron_hours(inner: &str) -> Result<Hours, (String, String)> {
    let fields: Vec<&str> = inner.split_whitespace().collect();
    if fields.len() != 6 {
        return Err((
            format!(
                "cron takes 6 fields (minute hour day month weekday year), found {}",
                fields.len()
            ),
            FORMS.into(),
        ));
    }
    if fields[0] != "0" {
        return Err(("SageMaker runs at minute 0 only".into(), FORMS.into()));
    }
    let rest = (fields[2], fields[3], fields[4], fields[5]);
    if !matches!(rest, ("?", "*", "*", "*") | ("*", "*", "?", "*")) {
        return Err((
            "SageMaker runs every day; days, months and years cannot be chosen".into(),
            FORMS.into(),
        ));
    }
    let read = match fields[1].split_once('/') {
        None if fields[1] == "*" => Some(Hours { from: 0, step: 1 }),
        None => number(fields[1], 0, 23).map(|from| Hours { from, step: 24 }),
        Some((from, step)) => {
            let from = if from == "*" { Some(0) } else { number(from, 0, 23) };
            from.zip(number(step, 1, 24)).map(|(from, step)| Hours { from, step })
        }
    };
    read.ok_or_else(|| ("the hour is `*`, 0 to 23, or 0 to 23 `/` 1 to 24".into(), FORMS.into()))
}

const RATES: &str = "write rate(1 hour), rate(6 hours), rate(30 minutes) or rate(1 day)";

fn rate(inner: &str) -> Result<u32, (String, String)> {
    let wrong = |why: &str| Err((why.to_owned(), RATES.to_owned()));
    let Some((count, unit)) = inner.split_once(' ') else {
        return wrong("rate takes a number and a unit");
    };
    let Some(count) = number(count, 1, 255).filter(|_| !count.starts_with('0')).map(u32::from)
    else {
        return wrong("rate takes a whole number from 1 to 255");
    };
    let each = match unit.strip_suffix('s').unwrap_or(unit) {
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        _ => return wrong("rate counts minutes, hours or days"),
    };
    if unit.ends_with('s') == (count == 1) {
        return wrong("AWS takes the singular for 1 and the plural for more");
    }
    let seconds = count * each;
    if !(300..=86_400).contains(&seconds) {
        return wrong("a window is at least 5 minutes and at most a day");
    }
    Ok(seconds)
}

/// Checks the six fields of an EventBridge cron or rate expression, one by one.
///
/// Small on purpose: EventBridge itself has the last word at deployment.
pub(crate) fn check_rule(text: &str) -> Result<(), (String, String)> {
    const FIX: &str = "write cron(minute hour day month weekday year) with `?` for one of day and \
                       weekday, such as cron(0 2 * * ? *)";
    let wrong = |why: String| Err((why, FIX.to_owned()));
    if let Some(inner) = call(text, "rate") {
        return rate(inner).map(|_| ());
    }
    let Some(inner) = call(text, "cron") else {
        return wrong("not a cron or rate expression".into());
    };
    let fields: Vec<&str> = inner.split_whitespace().collect();
    if fields.len() != 6 {
        return wrong(format!("cron takes 6 fields, found {}", fields.len()));
    }
    if (fields[2] == "?") == (fields[4] == "?") {
        return wrong("exactly one of day and weekday must be `?`".into());
    }
    let parts = [
        ("minute", 0, 59, ""),
        ("hour", 0, 23, ""),
        ("day", 1, 31, "?LW"),
        ("month", 1, 12, "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"),
        ("weekday", 1, 7, "?L# SUN MON TUE WED THU FRI SAT"),
        ("year", 1970, 2199, ""),
    ];
    for (field, (name, low, high, extra)) in fields.iter().zip(parts) {
        if !field.split(',').all(|it| is_cron_item(it, low, high, extra)) {
            let field = crate::document::shown(field);
            return wrong(format!("`{field}` is no {name} ({low} to {high})"));
        }
    }
    Ok(())
}

fn is_cron_item(item: &str, low: u32, high: u32, extra: &str) -> bool {
    let is_value = |it: &str| {
        let named = it.len() == 3 && extra.split(' ').any(|name| name.eq_ignore_ascii_case(it));
        named || it.parse::<u32>().is_ok_and(|it| (low..=high).contains(&it))
    };
    if matches!(item, "?" | "L" | "LW" | "W") && item.chars().all(|it| extra.contains(it)) {
        return true;
    }
    if let Some((day, nth)) = item.split_once('#') {
        return extra.contains('#') && is_value(day) && matches!(nth, "1" | "2" | "3" | "4" | "5");
    }
    if let Some(day) = item.strip_suffix(['L', 'W']) {
        return extra.starts_with('?') && is_value(day);
    }
    let (range, step) = item.split_once('/').map_or((item, None), |(a, b)| (a, Some(b)));
    let is_step = step.is_none_or(|it| it.parse::<u32>().is_ok_and(|it| 0 < it && it <= high));
    let is_range = match range.split_once('-') {
        Some((a, b)) => is_value(a) && is_value(b),
        None => range == "*" || is_value(range),
    };
    is_step && is_range
}

fn call<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')').map(str::trim)
}

fn number(text: &str, low: u8, high: u8) -> Option<u8> {
    let is_plain = (1..=3).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_digit())
        && !(text.len() == 3 && text.starts_with('0'));
    let value: u8 = if is_plain { text.parse().ok()? } else { return None };
    (low..=high).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{DAY, HOUR, Schedule, check_rule};

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let it = Schedule::parse(text).unwrap();
        assert_eq!(format!("{} {}", it.expression(), it.period() / 60), expect, "{text}");
    }

    #[test]
    fn documented_forms_of_sagemaker_read() {
        check("cron(0 * ? * * *)", "cron(0 * ? * * *) 60");
        check("cron(0 * * * ? *)", "cron(0 * * * ? *) 60");
        check("cron(0 17 ? * * *)", "cron(0 17 ? * * *) 1440");
        check("cron(0 17/12 ? * * *)", "cron(0 17/12 ? * * *) 720");
        check("cron(0 00/2 ? * * *)", "cron(0 00/2 ? * * *) 120");
    }

    #[test]
    fn words_become_sagemakers_forms() {
        check("hourly", "cron(0 * ? * * *) 60");
        check("daily", "cron(0 0 ? * * *) 1440");
        check("daily 02:00", "cron(0 2 ? * * *) 1440");
        check("every 6 hours", "cron(0 0/6 ? * * *) 360");
        check("every 6 hours from 2", "cron(0 2/6 ? * * *) 360");
        check("every 1 hours", "cron(0 * ? * * *) 60");
    }

    #[test]
    fn rates_serve_the_native_engine() {
        check("rate(1 hour)", "rate(1 hour) 60");
        check("rate(30 minutes)", "rate(30 minutes) 30");
        assert!(Schedule::parse("rate(1 day)").unwrap().is_native_only());
        assert!(!Schedule::parse("hourly").unwrap().is_native_only());
    }

    #[test]
    fn other_schedules_are_refused() {
        for it in [
            "",
            "NOW",
            "cron()",
            "cron(5 * ? * * *)",
            "cron(0 24 ? * * *)",
            "cron(0 0/25 ? * * *)",
            "cron(0 0/0 ? * * *)",
            "cron(0 * ? * MON *)",
            "cron(0 * * * *)",
            "0 * ? * * *",
            "rate(1 hours)",
            "rate(2 hour)",
            "rate(1 minute)",
            "rate(2 days)",
            "rate(hour)",
            "rate(1 week)",
            "every 0 hours",
            "daily 24:00",
            "daily 02:30",
            "cron(0 +1 ? * * *)",
            "every 6 hours from",
        ] {
            assert!(Schedule::parse(it).is_err(), "{it}");
        }
    }

    #[test]
    fn windows_lie_between_two_runs() {
        let hourly = Schedule::parse("hourly").unwrap();
        assert_eq!(hourly.window_before(10 * HOUR + 59), (9 * HOUR, 10 * HOUR));
        assert_eq!(hourly.window_before(10 * HOUR), (9 * HOUR, 10 * HOUR));
        let daily = Schedule::parse("daily 02:00").unwrap();
        assert_eq!(daily.window_before(DAY + HOUR), (2 * HOUR - DAY, 2 * HOUR));
        let uneven = Schedule::parse("cron(0 0/5 ? * * *)").unwrap();
        assert_eq!(uneven.window_before(DAY), (20 * HOUR, DAY));
        assert_eq!(uneven.period(), 4 * 3600);
        let half = Schedule::parse("rate(30 minutes)").unwrap();
        assert_eq!(half.window_before(3700), (1800, 3600));
    }

    #[test]
    fn windows_tile_time_without_gaps() {
        for it in ["hourly", "cron(0 17/12 ? * * *)", "cron(0 3/7 ? * * *)", "rate(35 minutes)"] {
            let windows = Schedule::parse(it).unwrap().windows(0, 40 * DAY + 77, 10_000);
            assert!(windows.windows(2).all(|it| it[0].1 == it[1].0 && it[0].0 < it[0].1), "{it}");
            assert!(windows.first().unwrap().0 <= 0);
        }
        assert_eq!(Schedule::parse("hourly").unwrap().windows(0, 40 * DAY, 3).len(), 3);
    }

    #[test]
    fn rules_take_eventbridge_expressions() {
        for it in [
            "cron(0 2 * * ? *)",
            "cron(0/15 * * * ? *)",
            "cron(0 18 ? * MON-FRI *)",
            "cron(0 8 1 * ? *)",
            "cron(5 8 ? JAN 6L 2027-2030)",
            "cron(0 9 ? * 2#1 *)",
            "cron(0 9 3W,LW * ? *)",
            "rate(1 day)",
        ] {
            assert_eq!(check_rule(it), Ok(()), "{it}");
        }
        for it in [
            "cron(0 2 * * * *)",
            "cron(0 2 ? * ? *)",
            "cron(60 2 * * ? *)",
            "cron(0 2 * * ?)",
            "hourly",
            "cron(0 2 32 * ? *)",
            "cron(0 2 * 13 ? *)",
            "cron(0 2 ? * 8 *)",
            "cron(0 ? * * ? *)",
            "cron(0/0 2 * * ? *)",
        ] {
            assert!(check_rule(it).is_err(), "{it}");
        }
    }
}
