//! What people write by hand, mutilated: patterns, schedules and templates refuse it without a panic.

use local::cron::Schedule;
use local::pattern::{Verdict, verdict, verdict_of_line};
use local::template::Stack;
use proptest::prelude::*;

/// Cuts pieces out of good texts and glues them together.
fn glued(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece =
        (prop::sample::select(texts), any::<prop::sample::Index>(), any::<prop::sample::Index>());
    prop::collection::vec(piece, 1..6).prop_map(|pieces| {
        let cut = |(text, from, to): (&str, prop::sample::Index, prop::sample::Index)| {
            let letters: Vec<char> = text.chars().collect();
            let (from, to) = (from.index(letters.len() + 1), to.index(letters.len() + 1));
            letters[from.min(to)..from.max(to)].iter().collect::<String>()
        };
        pieces.into_iter().map(cut).collect()
    })
}

const PATTERNS: &[&str] = &[
    r#"{"detail":{"a":[1,-2.5e3,{"numeric":[">",0,"<=",5]},null]}}"#,
    r#"{"$or":[{"a":[{"wildcard":"*x\\*y*"}]},{"b":[{"cidr":"10.0.0.0/24"}]}]}"#,
    r#"{"a":[{"anything-but":{"suffix":["é","ÉÉ"]}},{"prefix":{"equals-ignore-case":"ß"}}],"b":{"c":[{"exists":false}]}}"#,
];
const SCHEDULES: &[&str] =
    &["cron(0/15 10-40/10 L-3,15W,LW NOV-FEB ? 2026)", "cron(* * ? * 3#2 *)", "rate(5 minutes)"];
const TEMPLATES: &[&str] = &[
    "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: !Sub \"${A}-${B.Arn}\"}\n",
    "Parameters:\n  A: {Type: String, Default: x}\nConditions:\n  C: !Equals [!Ref A, x]\n",
    "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Events:\n        E: {Type: Schedule, Properties: {Schedule: rate(1 day)}}\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn mutilated_patterns_are_refused_or_read(text in glued(PATTERNS), other in ".{0,40}") {
        let event = r#"{"a":["x",{"b":"é"}],"detail":{"a":3}}"#;
        let _any = verdict(&text, event);
        prop_assert!(matches!(verdict(&other, event), Verdict::Invalid(_)));
        let _any = verdict_of_line(&format!("{{\"pattern\":{text},\"event\":{event}}}"));
    }

    #[test]
    fn mutilated_schedules_are_refused_or_fire(text in glued(SCHEDULES), seconds in any::<i32>()) {
        if let Ok(schedule) = Schedule::parse(&text) {
            let time = jiff::Timestamp::from_second(i64::from(seconds)).unwrap();
            let next = schedule.next_after(time, time);
            prop_assert!(next.is_none_or(|next| next > time));
        }
    }

    #[test]
    fn mutilated_templates_are_refused_or_read(text in glued(TEMPLATES)) {
        if let Err(fault) = Stack::parse(&text, &[]) {
            prop_assert!(fault.line >= 1 && fault.column >= 1);
        }
    }
}
