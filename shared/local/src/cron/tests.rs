use jiff::ToSpan;
use jiff::civil::DateTime;

use super::*;
use crate::random::Random;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[track_caller]
fn check(expression: &str, after: &str, expect: &[&str]) {
    let schedule = Schedule::parse(expression).unwrap();
    let mut time = at(after);
    for expect in expect {
        let next = schedule.next_after(at(after), time);
        assert_eq!(next, Some(at(expect)), "{expression} after {time}");
        time = at(expect);
    }
}

#[test]
fn documented_examples_fire_as_documented() {
    // The examples of "Cron expressions reference" (EventBridge) and of the model monitor's schedules (SageMaker).
    check(
        "cron(0 10 * * ? *)",
        "2026-03-04T10:00:00Z",
        &["2026-03-05T10:00:00Z", "2026-03-06T10:00:00Z"],
    );
    check("cron(15 12 * * ? *)", "2026-03-04T10:00:00Z", &["2026-03-04T12:15:00Z"]);
    check("cron(0 18 ? * MON-FRI *)", "2026-03-06T18:00:00Z", &["2026-03-09T18:00:00Z"]);
    check("cron(0 8 1 * ? *)", "2026-12-01T08:00:00Z", &["2027-01-01T08:00:00Z"]);
    check(
        "cron(0/15 * * * ? *)",
        "2026-03-04T10:16:59Z",
        &["2026-03-04T10:30:00Z", "2026-03-04T10:45:00Z"],
    );
    check("cron(0/10 * ? * MON-FRI *)", "2026-03-06T23:50:00Z", &["2026-03-09T00:00:00Z"]);
    check(
        "cron(0/5 8-17 ? * MON-FRI *)",
        "2026-03-04T17:50:00Z",
        &["2026-03-04T17:55:00Z", "2026-03-05T08:00:00Z"],
    );
    check("cron(0/30 20-2 ? * MON-FRI *)", "2026-03-06T02:30:00Z", &["2026-03-06T20:00:00Z"]);
    check(
        "cron(0/30 0-2 ? * SUN *)",
        "2026-03-01T02:00:00Z",
        &["2026-03-01T02:30:00Z", "2026-03-08T00:00:00Z"],
    );
    check(
        "cron(1/10 * * * ? *)",
        "2026-03-04T10:00:00Z",
        &["2026-03-04T10:01:00Z", "2026-03-04T10:11:00Z"],
    );
    check(
        "cron(15 10 ? * 6L 2022-2023)",
        "2022-11-01T00:00:00Z",
        &["2022-11-25T10:15:00Z", "2022-12-30T10:15:00Z"],
    );
    check(
        "cron(0 9 3W * ? *)",
        "2026-01-01T00:00:00Z",
        &["2026-01-02T09:00:00Z", "2026-02-03T09:00:00Z"],
    );
    check(
        "cron(0 9 ? * 3#2 *)",
        "2026-03-01T00:00:00Z",
        &["2026-03-10T09:00:00Z", "2026-04-14T09:00:00Z"],
    );
    check(
        "cron(0 9 L * ? *)",
        "2028-02-01T00:00:00Z",
        &["2028-02-29T09:00:00Z", "2028-03-31T09:00:00Z"],
    );
    check("cron(0 * ? * * *)", "2026-03-04T10:00:00Z", &["2026-03-04T11:00:00Z"]);
    check("cron(0 12 ? * * *)", "2026-03-04T12:00:00Z", &["2026-03-05T12:00:00Z"]);
    check(
        "cron(0 17/6 ? * * *)",
        "2026-03-04T16:00:00Z",
        &["2026-03-04T17:00:00Z", "2026-03-04T23:00:00Z", "2026-03-05T17:00:00Z"],
    );
    check("cron(0 0/24 ? * * *)", "2026-03-04T10:00:00Z", &["2026-03-05T00:00:00Z"]);
}

#[test]
fn edges_of_the_month_hold() {
    check(
        "cron(0 0 LW * ? *)",
        "2026-05-01T00:00:00Z",
        &["2026-05-29T00:00:00Z", "2026-06-30T00:00:00Z"],
    );
    check(
        "cron(0 0 L-3 * ? *)",
        "2026-02-01T00:00:00Z",
        &["2026-02-25T00:00:00Z", "2026-03-28T00:00:00Z"],
    );
    check("cron(0 0 1W * ? *)", "2026-07-31T00:00:00Z", &["2026-08-03T00:00:00Z"]);
    check(
        "cron(0 0 31W * ? *)",
        "2026-05-01T00:00:00Z",
        &["2026-05-29T00:00:00Z", "2026-07-31T00:00:00Z"],
    );
    check(
        "cron(0 0 29 2 ? *)",
        "2026-01-01T00:00:00Z",
        &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"],
    );
    check(
        "cron(0 0 ? * 1#5 *)",
        "2026-02-01T00:00:00Z",
        &["2026-03-29T00:00:00Z", "2026-05-31T00:00:00Z"],
    );
    check("cron(0 0 ? * L *)", "2026-02-01T00:00:00Z", &["2026-02-07T00:00:00Z"]);
    check("cron(59 23 31 12 ? 2199)", "2026-02-01T00:00:00Z", &["2199-12-31T23:59:00Z"]);
    check("cron(0 0 1 jan ? *)", "1960-02-01T00:00:00Z", &["1970-01-01T00:00:00Z"]);
    let never = Schedule::parse("cron(0 0 30 2 ? *)").unwrap();
    assert_eq!(never.next_after(Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH), None);
    let past = Schedule::parse("cron(0 0 1 1 ? 2020)").unwrap();
    assert_eq!(past.next_after(Timestamp::UNIX_EPOCH, at("2026-01-01T00:00:00Z")), None);
    assert_eq!(never.next_after(Timestamp::UNIX_EPOCH, Timestamp::MAX), None);
}

#[test]
fn rates_count_from_the_making() {
    check(
        "rate(5 minutes)",
        "2026-03-04T10:01:30Z",
        &["2026-03-04T10:06:30Z", "2026-03-04T10:11:30Z"],
    );
    check("rate(1 hour)", "2026-03-04T10:00:00Z", &["2026-03-04T11:00:00Z"]);
    check("rate(7 days)", "2026-03-04T10:00:00Z", &["2026-03-11T10:00:00Z"]);
    let hourly = Schedule::parse("rate(1 hour)").unwrap();
    let made = at("2026-03-04T10:20:00Z");
    assert_eq!(
        hourly.next_after(made, at("2026-03-01T00:00:00Z")),
        Some(at("2026-03-04T11:20:00Z"))
    );
    assert_eq!(
        hourly.next_after(made, at("2026-03-09T11:20:00Z")),
        Some(at("2026-03-09T12:20:00Z"))
    );
}

#[test]
fn firings_between_two_times_include_the_first() {
    let hourly = Schedule::parse("cron(0 * * * ? *)").unwrap();
    let (start, end) = (at("2026-03-04T10:00:00Z"), at("2026-03-04T13:00:00Z"));
    let fired: Vec<String> =
        hourly.fires_in(start, start, end).map(|time| time.to_string()).collect();
    assert_eq!(fired, ["2026-03-04T10:00:00Z", "2026-03-04T11:00:00Z", "2026-03-04T12:00:00Z"]);
}

#[test]
fn refusals_name_the_field() {
    for (expression, field, reason) in [
        ("0 10 * * ? *", "expression", "neither cron(…) nor rate(…)"),
        ("cron(0 10 * * ?)", "expression", "has 5 fields"),
        ("cron(60 10 * * ? *)", "minutes", "\"60\" is not 0-59"),
        ("cron(0/0 10 * * ? *)", "minutes", "step \"0\" is not 1-60"),
        ("cron(/5 10 * * ? *)", "minutes", "\"\" is not 0-59"),
        ("cron(1,,2 10 * * ? *)", "minutes", "\"\" is not 0-59"),
        ("cron(0 24 * * ? *)", "hours", "\"24\" is not 0-23"),
        ("cron(0 22-2/2 * * ? *)", "hours", "write it as two"),
        ("cron(0 ? * * ? *)", "hours", "\"?\" is not"),
        ("cron(0 10 0 * ? *)", "day-of-month", "\"0\" is not 1-31"),
        ("cron(0 10 L-31 * ? *)", "day-of-month", "is not L-1 to L-30"),
        ("cron(0 10 32W * ? *)", "day-of-month", "\"32\" is not 1-31"),
        ("cron(0 10 1,? * ? *)", "day-of-month", "\"?\" is not"),
        ("cron(0 10 * 13 ? *)", "month", "\"13\" is not 1-12 or JAN-DEC"),
        ("cron(0 10 * JANUARY ? *)", "month", "\"JANUARY\" is not"),
        ("cron(0 10 * * * *)", "day-of-week", "one of them must be \"?\""),
        ("cron(0 10 1 * MON *)", "day-of-week", "one of them must be \"?\""),
        ("cron(0 10 ? * ? *)", "day-of-week", "both \"?\""),
        ("cron(0 10 ? * 0 *)", "day-of-week", "\"0\" is not 1-7 or SUN-SAT"),
        ("cron(0 10 ? * 3#1,6#3 *)", "day-of-week", "takes one expression"),
        ("cron(0 10 ? * 3#6 *)", "day-of-week", "is not #1 to #5"),
        ("cron(0 10 ? * 8L *)", "day-of-week", "\"8\" is not"),
        ("cron(0 10 ? * 3W *)", "day-of-week", "\"3W\" is not"),
        ("cron(0 10 * * ? 1969)", "year", "\"1969\" is not 1970-2199"),
        ("cron(0 10 * * ? 2200)", "year", "\"2200\" is not"),
        ("cron(0 10 * * ? 99999999)", "year", "\"99999999\" is not"),
        ("rate(5)", "rate", "needs a value and a unit"),
        ("rate(0 minutes)", "value", "\"0\" is not a whole number"),
        ("rate(-5 minutes)", "value", "\"-5\" is not"),
        ("rate(1.5 hours)", "value", "\"1.5\" is not"),
        ("rate(1 hours)", "unit", "must be singular: hour"),
        ("rate(5 minute)", "unit", "must be plural: minutes"),
        ("rate(5 weeks)", "unit", "\"weeks\" is not"),
    ] {
        let refused = Schedule::parse(expression).unwrap_err();
        assert_eq!(refused.field, field, "{refused}");
        assert!(refused.reason.contains(reason), "{refused}");
    }
}

/// Returns the minutes of a day in which an expression fires, read straight from its text.
fn fires(expression: &str, date: Date) -> Vec<DateTime> {
    let fields: Vec<&str> =
        expression.trim_matches(['c', 'r', 'o', 'n', '(', ')']).split(' ').collect();
    let names = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
    let days = "SUNMONTUEWEDTHUFRISAT";
    let number = |text: &str, names: &str| -> i32 {
        text.parse().unwrap_or_else(|_| names.find(text).map_or(-9, |at| at as i32 / 3 + 1))
    };
    let one = |item: &str, value: i32, least: i32, most: i32, names: &str| {
        let (range, step) = item.split_once('/').unwrap_or((item, ""));
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (number(from, names), number(to, names)),
            None if range == "*" => (least, most),
            None if step.is_empty() => (number(range, names), number(range, names)),
            None => (number(range, names), most),
        };
        let inside =
            if from <= to { (from..=to).contains(&value) } else { value >= from || value <= to };
        inside && (step.is_empty() || (value - from) % step.parse::<i32>().unwrap() == 0)
    };
    let any = |field: &str, value: i32, least: i32, most: i32, names: &str| {
        field == "?" || field.split(',').any(|item| one(item, value, least, most, names))
    };
    let (day, last) = (i32::from(date.day()), i32::from(date.days_in_month()));
    let weekday = |day: i32| {
        let date = Date::new(date.year(), date.month(), day as i8).unwrap();
        i32::from(date.weekday().to_sunday_one_offset())
    };
    let working = |day: i32| (2..=6).contains(&weekday(day));
    let day_of_month = |item: &str| match item {
        "L" => day == last,
        "LW" => Some(day) == (1..=last).rev().find(|day| working(*day)),
        item if item.starts_with("L-") => day == last - item[2..].parse::<i32>().unwrap(),
        item if item.ends_with('W') => {
            let wanted: i32 = item.trim_end_matches('W').parse().unwrap();
            let near =
                (1..=last).filter(|day| working(*day)).min_by_key(|day| (day - wanted).abs());
            wanted <= last && Some(day) == near
        }
        item => item == "?" || one(item, day, 1, 31, ""),
    };
    let day_of_week = |item: &str| match item {
        "L" => weekday(day) == 7,
        item if item.ends_with('L') => {
            weekday(day) == number(item.trim_end_matches('L'), days) && day + 7 > last
        }
        item if item.contains('#') => {
            let (wanted, nth) = item.split_once('#').unwrap();
            weekday(day) == number(wanted, days) && (day + 6) / 7 == nth.parse::<i32>().unwrap()
        }
        item => item == "?" || one(item, weekday(day), 1, 7, days),
    };
    let this_day = fields[2].split(',').any(day_of_month)
        && any(fields[3], i32::from(date.month()), 1, 12, names)
        && fields[4].split(',').any(day_of_week)
        && any(fields[5], i32::from(date.year()), 1970, 2199, "");
    let minutes = (0..if this_day { 24 * 60 } else { 0 }).filter(|minute| {
        any(fields[0], minute % 60, 0, 59, "") && any(fields[1], minute / 60, 0, 23, "")
    });
    minutes.map(|minute| date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0)).collect()
}

#[test]
fn firings_agree_with_a_minute_by_minute_search() {
    let mut random = Random::seeded(11);
    let mut pick = |choices: &[&'static str]| choices[random.below(choices.len() as u64) as usize];
    for _ in 0..300 {
        let minutes = pick(&["0", "*/20", "7/25", "5,50", "10-40/10", "58-2", "59"]);
        let hours = pick(&["*", "0", "23", "*/7", "22-3", "8-17/3", "0/24"]);
        let of_month = pick(&[
            "*",
            "1",
            "31",
            "L",
            "LW",
            "L-2",
            "1W",
            "15W",
            "31W",
            "28-2",
            "1/9",
            "30,L-5,2W",
            "10-20/5",
        ]);
        let of_week =
            pick(&["*", "SUN", "2-6", "FRI-MON", "L", "6L", "MONL", "3#2", "7#5", "1/3", "WED,5L"]);
        let months = pick(&["*", "FEB", "1,12", "NOV-FEB", "2/5", "APR-JUN"]);
        let years = pick(&["*", "2026", "2025/2", "2026-2027"]);
        let days = pick(&["month", "week"]);
        let (of_month, of_week) = if days == "month" { (of_month, "?") } else { ("?", of_week) };
        let expression = format!("cron({minutes} {hours} {of_month} {months} {of_week} {years})");
        let cron = Schedule::parse(&expression).unwrap();
        let start =
            Date::new(2026, 1, 25).unwrap().series(1.day()).nth(minutes.len() * 11).unwrap();
        let end = start.saturating_add(45.days());
        let utc = |time: DateTime| time.to_zoned(TimeZone::UTC).unwrap().timestamp();
        let days = start.series(1.day()).take_while(|date| *date < end);
        let expect: Vec<Timestamp> =
            days.flat_map(|date| fires(&expression, date)).map(utc).collect();
        let (start, end) = (utc(start.into()), utc(end.into()));
        let got: Vec<Timestamp> = cron.fires_in(start, start, end).collect();
        assert_eq!(got, expect, "{expression} from {start}");
    }
}
