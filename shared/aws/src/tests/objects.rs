use super::answers::{Answer, Answers, run, xml};
use ports::{
    Address, Etag, ListObjects, PutFailed, PutWhen, ReadFailed, ReadObjects, WriteObjects,
};

fn done(etag: &str) -> Answer {
    (200, vec![("etag", etag.into())], Vec::new())
}

fn error(status: u16, code: &str) -> Answer {
    xml(status, &format!("<Error><Code>{code}</Code><Message>no</Message></Error>"))
}

fn at() -> Address {
    Address::new("bucket", "ledger/a.json")
}

#[test]
fn lost_races_are_told_apart() {
    fn check(answers: Vec<Answer>, when: PutWhen, lost: bool, calls: usize) {
        let stage = Answers::of(answers.clone());
        let put = run(stage.aws().put(&at(), b"x", when));
        assert_eq!(matches!(put, Err(PutFailed::Lost)), lost, "{answers:?} {put:?}");
        assert_eq!(stage.seen().len(), calls, "{answers:?}");
    }
    let old = || PutWhen::Matches(Etag("\"1\"".into()));
    check(vec![error(412, "PreconditionFailed")], PutWhen::Absent, true, 1);
    check(vec![error(412, "PreconditionFailed")], old(), true, 1);
    check(vec![error(404, "NoSuchKey")], old(), true, 1);
    check(vec![error(404, "NoSuchBucket")], old(), false, 1);
    check(vec![error(403, "AccessDenied")], PutWhen::Absent, false, 1);
    check(vec![error(409, "ConditionalRequestConflict"), done("\"2\"")], old(), false, 2);
    check(vec![error(503, "SlowDown"), done("\"2\"")], PutWhen::Always, false, 2);
}

#[test]
fn conditions_leave_as_headers() {
    let stage = Answers::of(vec![done("\"2\"")]);
    let aws = stage.aws();
    run(async {
        aws.put(&at(), b"{}", PutWhen::Absent).await.unwrap();
        let etag = aws.put(&at(), b"{}", PutWhen::Matches(Etag("\"1\"".into()))).await.unwrap();
        assert_eq!(etag, Etag("\"2\"".into()));
    });
    let seen = stage.seen();
    assert_eq!(seen[0].header("if-none-match"), Some("*"));
    assert_eq!(seen[1].header("if-match"), Some("\"1\""));
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
}

#[test]
fn pieces_tell_the_whole_size() {
    let piece: Answer = (
        206,
        vec![("etag", "\"1\"".into()), ("content-range", "bytes 6-8/11".into())],
        b"wor".to_vec(),
    );
    let stage = Answers::of(vec![piece]);
    let read = run(stage.aws().read(&at(), 6, 3)).unwrap();
    assert_eq!((read.bytes.as_slice(), read.size), (b"wor".as_slice(), 11));
    assert_eq!(stage.seen()[0].header("range"), Some("bytes=6-8"));
}

#[test]
fn nothing_is_read_past_the_end() {
    let head = (200, vec![("etag", "\"1\"".into()), ("content-length", "0".into())], Vec::new());
    let stage = Answers::of(vec![error(416, "InvalidRange"), head]);
    let read = run(stage.aws().read(&at(), 0, 10)).unwrap();
    assert_eq!((read.bytes.len(), read.size, read.etag), (0, 0, Etag("\"1\"".into())));
    let stage = Answers::of(vec![error(404, "NoSuchKey")]);
    assert!(matches!(run(stage.aws().read(&at(), 0, 10)), Err(ReadFailed::Missing)));
    let stage = Answers::of(vec![error(403, "AccessDenied")]);
    let Err(ReadFailed::Other(trouble)) = run(stage.aws().read(&at(), 0, 10)) else { panic!() };
    assert!(!trouble.retryable, "{trouble}");
}

#[test]
fn listing_says_whether_more_follows() {
    let page = r#"<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
        <Name>bucket</Name><Prefix>a/</Prefix><KeyCount>1</KeyCount><IsTruncated>true</IsTruncated>
        <Contents><Key>a/1 é&amp;</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified><Size>5</Size><ETag>&quot;1&quot;</ETag></Contents>
        </ListBucketResult>"#;
    let stage = Answers::of(vec![xml(200, page)]);
    let page = run(stage.aws().list(&Address::new("bucket", "a/"), Some("a/0"))).unwrap();
    assert!(page.more);
    assert_eq!((page.objects[0].key.as_str(), page.objects[0].size), ("a/1 é&", 5));
    assert_eq!(page.objects[0].etag, Etag("\"1\"".into()));
    assert_eq!(page.objects[0].modified, 1_255_369_830);
    assert!(stage.seen()[0].uri.contains("start-after=a%2F0"), "{}", stage.seen()[0].uri);
}
