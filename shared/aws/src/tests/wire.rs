//! Publications over a real wire that breaks in different places.

use super::answers::{Answers, place, run, xml};
use crate::{Aws, Place, Urls};
use ports::{Alert, PublishAlerts, PublishFailed};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

fn alert() -> Alert {
    Alert {
        id: "a".into(),
        subject: "drift".into(),
        text: "text".into(),
        json: "{}".into(),
        attributes: vec![("endpoint", "churn".into())],
    }
}

fn error(status: u16, code: &str) -> super::answers::Answer {
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    xml(
        status,
        &format!(
            "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error>\
             <Type>{kind}</Type><Code>{code}</Code><Message>no</Message></Error>\
             <RequestId>r</RequestId></ErrorResponse>"
        ),
    )
}

const TAKEN: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
    <PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>";

fn word(published: &Result<String, PublishFailed>) -> String {
    match published {
        Ok(id) => id.clone(),
        Err(PublishFailed::Refused(it)) if it.retryable => "refused, passing".into(),
        Err(PublishFailed::Refused(_)) => "refused".into(),
        Err(PublishFailed::Unknown(_)) => "unknown".into(),
    }
}

#[test]
fn refusals_of_the_topic_are_certain() {
    fn check(answers: Vec<super::answers::Answer>, expect: &str, calls: usize) {
        let stage = Answers::of(answers.clone());
        let published = run(stage.aws().publish(&alert(), 1));
        assert_eq!(word(&published), expect, "{published:?}");
        assert_eq!(stage.seen().len(), calls, "{expect}");
    }
    check(vec![xml(200, TAKEN)], "m-1", 1);
    check(vec![error(400, "Throttled"), xml(200, TAKEN)], "m-1", 2);
    check(vec![error(400, "Throttled")], "refused, passing", 3);
    check(vec![error(403, "AuthorizationError")], "refused", 1);
    check(vec![error(404, "NotFound")], "refused", 1);
    // AWS's own failure may come after the message was taken: one try only.
    check(vec![error(500, "InternalError"), xml(200, TAKEN)], "unknown", 1);
    check(vec![xml(200, "<nothing/>")], "unknown", 1);
}

#[test]
fn messages_have_a_form_for_mail() {
    let stage = Answers::of(vec![xml(200, TAKEN)]);
    run(stage.aws().publish(&alert(), 2)).unwrap();
    let body = &stage.seen()[0].body;
    for part in ["MessageStructure=json", "%22email%22%3A%22text%22", "Subject=drift", "attempt"] {
        assert!(body.contains(part), "{part} in {body}");
    }
}

/// Plain HTTP to a server that does `act` with each connection.
fn over(act: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let aws =
        Aws::new(Place { urls: Urls { all: Some(url), ..Urls::default() }, ..place() }, |_| ());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            act(stream.unwrap());
        }
    });
    word(&run(aws.publish(&alert(), 1)))
}

fn take(stream: &mut TcpStream) {
    let mut buffer = [0; 8192];
    let _ = stream.read(&mut buffer).unwrap();
}

#[test]
fn lost_answers_leave_it_open() {
    assert_eq!(over(|mut it| take(&mut it)), "unknown", "closed after the request");
    let half = over(|mut it| {
        take(&mut it);
        it.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n<Pub").unwrap();
    });
    assert_eq!(half, "unknown", "half an answer");
    let whole = over(|mut it| {
        take(&mut it);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", TAKEN.len());
        it.write_all(head.as_bytes()).unwrap();
        it.write_all(TAKEN.as_bytes()).unwrap();
    });
    assert_eq!(whole, "m-1");
}

#[test]
fn nobody_listening_is_a_refusal() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let urls = Urls { sns: Some(url), ..Urls::default() };
    let aws = Aws::new(Place { urls, ..place() }, |_| ());
    assert_eq!(word(&run(aws.publish(&alert(), 1))), "refused, passing");
}
