//! The doors on whatever comes: hostile requests get an answer, lost replies get none, and a server keeps to itself.

use std::io::{Read, Write};
use std::net::TcpStream;

use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use local::account::Account;
use local::faults::{CallRates, Faults, Rates};
use local::place::Place;
use local::sagemaker::Pace;
use local::server::{Server, Time};
use local::template::Stack;
use local::wire::{Broken, Doors};
use proptest::prelude::*;
use serde_json::json;

const TEMPLATE: &str = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: bucket}}}";

fn doors(rates: Rates) -> Doors {
    let stack = Stack::parse(TEMPLATE, &[]).expect("the template is sound");
    let faults = Faults::seeded(1, rates);
    let now = "2026-03-04T10:00:00Z".parse().expect("a time");
    let account = Account::open(Place::default(), Pace::fast(), 1, &faults, now, &stack)
        .expect("the bucket is new");
    Doors::new(account, 1)
}

fn request(
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Request<Bytes>> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::copy_from_slice(body)).ok()
}

fn ask(
    doors: &Doors,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Response<Bytes>, Broken> {
    doors.answer(request(method, uri, headers, body).expect("a sound request"))
}

const OPERATIONS: [&str; 12] = [
    "SageMaker.CreateModel",
    "SageMaker.CreateEndpointConfig",
    "SageMaker.ListEndpoints",
    "SageMaker.AddTags",
    "SageMaker.CreateMonitoringSchedule",
    "SageMaker.CreateDataQualityJobDefinition",
    "SageMaker.CreateProcessingJob",
    "AWSEvents.PutEvents",
    "AWSEvents.TestEventPattern",
    "GraniteServiceVersion20100801.GetMetricStatistics",
    "GraniteServiceVersion20100801.PutMetricData",
    "AmazonSQS.ReceiveMessage",
];

const MEMBERS: [&str; 12] = [
    "ModelName",
    "EndpointConfigName",
    "ProductionVariants",
    "Tags",
    "Entries",
    "Period",
    "StartTime",
    "EndTime",
    "MetricData",
    "Namespace",
    "MaxResults",
    "NextToken",
];

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|it| json!(it)),
        ".{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let member =
            prop_oneof![prop::sample::select(&MEMBERS[..]).prop_map(str::to_owned), ".{0,8}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::hash_map(member, inner, 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_members_are_answered(
        operation in prop::sample::select(&OPERATIONS[..]),
        members in value(),
    ) {
        let headers = [("x-amz-target", operation)];
        let answer = ask(&doors(Rates::default()), "POST", "/", &headers, members.to_string().as_bytes());
        prop_assert!(answer.is_ok_and(|it| it.status().as_u16() < 500));
    }

    #[test]
    fn hostile_bodies_are_answered(
        door in 0..5_usize,
        body in prop::collection::vec(any::<u8>(), 0..200),
        query in "[a-zA-Z0-9=&%-]{0,40}",
        header in "[ -~]{0,40}",
    ) {
        let streaming = [("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), ("range", header.as_str())];
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let (method, path, headers): (&str, &str, &[(&str, &str)]) = match door {
            0 => ("PUT", "/bucket/key", &streaming),
            1 => ("POST", "/bucket", &[]),
            2 => ("POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData", &[]),
            3 => ("POST", "/", &form),
            _ => ("GET", "/bucket/key", &streaming),
        };
        if let Some(request) = request(method, &format!("{path}?{query}"), headers, &body) {
            let answer = doors(Rates::default()).answer(request);
            // S3 refuses what is not there with 501.
            prop_assert!(answer.is_ok_and(|it| it.status().as_u16() < 502));
        }
    }
}

#[test]
fn entity_bombs_and_deep_nesting_are_refused() {
    let doors = doors(Rates::default());
    let bomb =
        "<!DOCTYPE a [<!ENTITY x \"xxxxxxxxxx\">]><Delete><Object><Key>&x;</Key></Object></Delete>";
    let answer = ask(&doors, "POST", "/bucket?delete", &[], bomb.as_bytes()).unwrap();
    assert_eq!(answer.status(), 400);
    let deep = format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let headers = [("x-amz-target", "SageMaker.ListModels")];
    assert_eq!(ask(&doors, "POST", "/", &headers, deep.as_bytes()).unwrap().status(), 400);
    let cbor = vec![0x81_u8; 100_000];
    let path = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
    assert_eq!(ask(&doors, "POST", path, &[], &cbor).unwrap().status(), 400);
}

#[test]
fn lost_replies_are_applied_and_not_answered() {
    let store = CallRates { reply_lost: 1.0, ..CallRates::default() };
    let doors = doors(Rates { store, ..Rates::default() });
    assert_eq!(ask(&doors, "PUT", "/bucket/k", &[], b"1").unwrap_err(), Broken);
    let held = doors.account().call(|all, _| all.s3.contents().count());
    assert_eq!(held, 2, "the bucket and the object");
}

fn start(doors: Doors) -> Server {
    Server::start(doors, 0, Time::Standing, Box::new(|_, _| Ok(json!({})))).expect("a free port")
}

/// Sends bytes to a server and returns the status line of the answer.
fn talk(server: &Server, text: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).expect("the server listens");
    stream.write_all(text.as_bytes()).expect("the server reads");
    let mut answer = String::new();
    let _closed = stream.read_to_string(&mut answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn server_answers_to_its_own_names_only() {
    let server = start(doors(Rates::default()));
    assert!(server.address().ip().is_loopback());
    for (lines, expect) in [
        ("Host: 127.0.0.1:1", "HTTP/1.1 200 OK"),
        ("Host: localhost", "HTTP/1.1 200 OK"),
        ("Host: b.localhost:80", "HTTP/1.1 200 OK"),
        ("Host: evil.example", "HTTP/1.1 421 Misdirected Request"),
        ("Host: 127.0.0.1.evil.example", "HTTP/1.1 421 Misdirected Request"),
        ("Host: 127.0.0.1\r\nOrigin: https://evil.example", "HTTP/1.1 421 Misdirected Request"),
        ("Host: 127.0.0.1\r\nOrigin: http://localhost:3000", "HTTP/1.1 200 OK"),
    ] {
        let text = format!("GET /_vigil/time HTTP/1.1\r\n{lines}\r\nConnection: close\r\n\r\n");
        assert_eq!(talk(&server, &text), expect, "{lines}");
    }
}

#[test]
fn standing_time_moves_when_asked() {
    let doors = doors(Rates::default());
    let account = doors.account().clone();
    let before = account.now();
    let server = start(doors);
    server.advance(SignedDuration::from_hours(2)).unwrap();
    assert_eq!(account.now().duration_since(before), SignedDuration::from_hours(2));
    let text = "POST /_vigil/advance?seconds=60 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_eq!(talk(&server, text), "HTTP/1.1 200 OK");
    let after: Timestamp = "2026-03-04T12:01:00Z".parse().unwrap();
    assert_eq!(account.now(), after);
}
