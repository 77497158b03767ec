//! The ports keep their contracts over the real SDK, against the stand-in's own server.

use std::sync::Arc;

use aws::{Aws, Key, Place, Urls};
use engine::window::Window;
use jiff::{SignedDuration, Timestamp};
use local::account::Account;
use local::faults::Faults;
use local::model::Scorer;
use local::sagemaker::{DataCaptureConfig, Pace, ProductionVariant};
use local::server::{Server, Time};
use local::template::Stack;
use local::wire::Doors;
use ports::{Alert, CountTraffic, PublishAlerts, contract};
use serde_json::Value;

const START: &str = "2026-03-02T00:00:00Z";

/// An account with one endpoint and a topic, behind a server of its own.
fn open() -> (Server, Aws) {
    let now: Timestamp = START.parse().expect("a time");
    let there = local::place::Place::default();
    let account =
        Account::open(there.clone(), Pace::default(), 7, &Faults::none(), now, &Stack::default());
    let account = account.expect("opens");
    let topic = format!("arn:aws:sns:{}:{}:alerts", there.region, there.account);
    account.call(|aws, now| {
        for bucket in ["ml-capture", "bucket"] {
            aws.s3.create_bucket(bucket, false).expect("a new bucket");
        }
        aws.sns.create(&topic);
        let scorer = Ok(Arc::new(Scorer::churn()));
        aws.sagemaker.create_model(now, "churn", "s3://ml/model", scorer).expect("a model");
        let variants = vec![ProductionVariant::all_traffic("churn")];
        let capture = Some(DataCaptureConfig::to("s3://ml-capture/capture"));
        aws.sagemaker
            .create_endpoint_config(now, "churn-config", variants, capture, &[])
            .expect("a config");
        let tags = [("team", "ml")];
        aws.sagemaker.create_endpoint(now, "churn", "churn-config", &tags).expect("an endpoint");
    });
    let doors = Doors::new(account, 7);
    let nobody = Box::new(|_: &str, _: &Value| Ok(Value::Null));
    let server = Server::start(doors, 0, Time::Standing, nobody).expect("a server");
    let aws = Aws::new(
        Place {
            region: there.region,
            key: Key { id: "testing".into(), secret: "testing".into(), session: None },
            urls: Urls { all: Some(server.url()), ..Urls::default() },
            topic,
            bus: None,
        },
        |_| (),
    );
    pass(&server, 600);
    (server, aws)
}

fn pass(server: &Server, seconds: i64) {
    server.advance(SignedDuration::from_secs(seconds)).expect("events come to rest");
}

fn run(it: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(it);
}

#[test]
fn sdk_keeps_the_contract_of_objects() {
    let (_server, aws) = open();
    run(contract::objects(&aws, "bucket"));
}

#[test]
fn sdk_keeps_the_contract_of_endpoints() {
    let (_server, aws) = open();
    run(contract::endpoints(&aws, "churn"));
}

#[test]
fn sdk_keeps_the_contract_of_events() {
    let (_server, aws) = open();
    run(contract::events(&aws));
}

#[test]
fn sdk_keeps_the_contract_of_monitoring() {
    let (server, aws) = open();
    run(async {
        contract::jobs(&aws).await;
        contract::monitoring(&aws, "churn", || pass(&server, 60)).await;
        contract::pending_schedules(&aws, "churn").await;
    });
}

#[test]
fn topic_takes_what_is_published() {
    let (server, aws) = open();
    let alert = Alert {
        id: "a-1".into(),
        subject: "drift: churn".into(),
        text: "one\ntwo".into(),
        json: r#"{"schema":"monitor.incident/1"}"#.into(),
        attributes: vec![("endpoint", "churn".into())],
    };
    run(async {
        let id = aws.publish(&alert, 3).await.expect("published");
        server.doors().account().call(|aws, _| {
            let topic = aws.sns.topics().next().expect("a topic").to_owned();
            let it = aws.sns.published(&topic).next().expect("a message").clone();
            assert_eq!((it.id, it.subject), (id, Some("drift: churn".to_owned())));
            assert_eq!(it.attributes["attempt"].value, "3");
            let forms: Value = serde_json::from_str(&it.message).expect("forms");
            assert_eq!(forms["email"], "one\ntwo");
        });
    });
}

#[test]
fn traffic_nobody_saw_has_no_number() {
    let (_server, aws) = open();
    let start = START.parse::<Timestamp>().expect("a time").as_second();
    run(async {
        let window = Window { start, end: start + 3600 };
        let found = aws.invocations("churn", "churn", window).await;
        assert_eq!(found.expect("counted"), None);
    });
}
