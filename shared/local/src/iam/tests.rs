use serde_json::{Value, json};

use super::*;
use crate::place::Place;
use crate::template::{Boundary, Named, PolicyText, ResourcePolicy, Role, Stack};

const ROLE: &str = "arn:aws:iam::111122223333:role/reader";

fn role(policies: &[Value], boundary: Option<Value>) -> Role {
    let named = Named { id: "R".to_owned(), name: "reader".to_owned(), arn: ROLE.to_owned() };
    let policies = policies
        .iter()
        .enumerate()
        .map(|(at, document)| PolicyText { name: format!("p{at}"), document: document.clone() });
    let boundary = boundary.map(|it| Boundary { arn: "arn:b".to_owned(), document: Some(it) });
    let policies = policies.collect();
    Role { named, trust: Value::Null, policies, managed: Vec::new(), boundary }
}

fn guard(role: Role, resource: Option<Value>) -> Guard {
    let resource =
        resource.map(|document| ResourcePolicy { id: "P".to_owned(), on: Vec::new(), document });
    let mut stack = Stack::default();
    stack.roles.push(role);
    stack.resource_policies.extend(resource);
    let guard = Guard::open(Place::default(), &stack);
    guard.enforce();
    guard
}

fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[track_caller]
fn check(guard: &Guard, action: &str, resource: &str, context: &Context, expect: Option<Reason>) {
    let caller = Caller::Role(ROLE.to_owned());
    let answer = guard.authorize(&caller, action, resource, context);
    assert_eq!(answer.err().map(|denied| denied.reason), expect, "{action} on {resource}");
}

// "Example of identity-based and resource-based policy evaluation" in the IAM guide: Carlos may use a bucket of his
// own name, may not go without a second factor near anything else, and Zhang's policy does not name him.
#[test]
fn denials_win_over_every_grant() {
    let own = document(json!([
        {"Sid": "AllowS3ListRead", "Effect": "Allow",
         "Action": ["s3:GetBucketLocation", "s3:ListAllMyBuckets"], "Resource": "arn:aws:s3:::*"},
        {"Sid": "AllowS3Self", "Effect": "Allow", "Action": "s3:*",
         "Resource": ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]},
        {"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"},
    ]));
    let guard = guard(role(&[own], None), None);
    let none = Context::none();
    check(&guard, "s3:PutObject", "arn:aws:s3:::carlossalazar/x", &none, None);
    check(&guard, "S3:putobject", "arn:aws:s3:::carlossalazar/x", &none, None);
    check(&guard, "s3:ListAllMyBuckets", "arn:aws:s3:::*", &none, None);
    check(&guard, "s3:PutObject", "arn:aws:s3:::other/x", &none, Some(Reason::NotAllowed));
    let logs = "arn:aws:s3:::carlossalazar/log-1";
    check(&guard, "s3:PutObject", logs, &none, Some(Reason::DeniedToRole));
    check(&guard, "sqs:SendMessage", "*", &none, Some(Reason::NotAllowed));
    let caller = Caller::Role("arn:aws:iam::111122223333:role/nobody".to_owned());
    let denied = guard.authorize(&caller, "s3:GetObject", "arn:aws:s3:::b/k", &none).unwrap_err();
    assert_eq!(
        denied.to_string(),
        "User: arn:aws:sts::111122223333:assumed-role/nobody/nobody is not authorized to perform: \
         s3:GetObject on resource: arn:aws:s3:::b/k because no identity-based policy allows the \
         s3:GetObject action"
    );
    assert_eq!(guard.denied().len(), 4);
}

// "IAM JSON policy elements: NotAction" and "NotResource": the examples.
#[test]
fn exceptions_name_what_they_leave_out() {
    let not_action = document(json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}));
    let first = guard(role(&[not_action], None), None);
    let none = Context::none();
    check(&first, "s3:GetObject", "arn:aws:s3:::b/k", &none, None);
    check(&first, "iam:PassRole", "*", &none, Some(Reason::NotAllowed));
    let not_resource = document(json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "NotResource": [
            "arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"]},
    ]));
    let second = guard(role(&[not_resource], None), None);
    check(&second, "s3:GetObject", "arn:aws:s3:::HRBucket/Payroll/x", &none, None);
    check(&second, "s3:GetObject", "arn:aws:s3:::HRBucket/x", &none, Some(Reason::DeniedToRole));
}

// "Evaluating effective permissions with boundaries": the example of Shirley, who may do what both allow.
#[test]
fn boundaries_cut_what_roles_grant() {
    let bound = document(json!({"Effect": "Allow", "Action": ["s3:*", "cloudwatch:*", "ec2:*"],
        "Resource": "*"}));
    let own = document(json!({"Effect": "Allow", "Action": ["iam:CreateUser", "s3:GetObject"],
        "Resource": "*"}));
    let guard = guard(role(&[own], Some(bound)), None);
    let none = Context::none();
    check(&guard, "iam:CreateUser", "*", &none, Some(Reason::Bounded));
    check(&guard, "s3:GetObject", "arn:aws:s3:::b/k", &none, None);
    check(&guard, "ec2:RunInstances", "*", &none, Some(Reason::NotAllowed));
}

#[test]
fn conditions_look_at_the_call() {
    let own = document(json!([
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b",
         "Condition": {"StringLike": {"s3:prefix": ["a/*", "b/*"]}}},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/x",
         "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/once/*",
         "Condition": {"Null": {"s3:if-none-match": "false"}}},
        {"Effect": "Allow", "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::b/${aws:PrincipalAccount}/*"},
    ]));
    let guard = guard(role(&[own], None), None);
    let (list, b) = ("s3:ListBucket", "arn:aws:s3:::b");
    let none = Context::none();
    check(&guard, list, b, &none.clone().with("s3:prefix", "a/x"), None);
    check(&guard, list, b, &none.clone().with("s3:prefix", "c/"), Some(Reason::NotAllowed));
    check(&guard, list, b, &none, Some(Reason::NotAllowed));
    let passed = none.clone().with("iam:PassedToService", "sagemaker.amazonaws.com");
    check(&guard, "iam:PassRole", "arn:aws:iam::1:role/x", &passed, None);
    let put = "s3:PutObject";
    let once = none.clone().with("s3:if-none-match", "*");
    check(&guard, put, "arn:aws:s3:::b/once/k", &once, None);
    check(&guard, put, "arn:aws:s3:::b/once/k", &none, Some(Reason::NotAllowed));
    check(&guard, put, "arn:aws:s3:::b/111122223333/k", &none, None);
    check(&guard, put, "arn:aws:s3:::b/111122223334/k", &none, Some(Reason::NotAllowed));
}

#[test]
fn resources_have_their_say() {
    let topic = "arn:aws:sns:eu-west-1:111122223333:t";
    let policy = document(json!([
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
         "Resource": topic, "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:*:*:rule/r"}}},
        {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sns:Subscribe", "Resource": topic},
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
         "Action": "sns:DeleteTopic", "Resource": topic},
        {"Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": topic,
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]));
    let guard = guard(role(&[], None), Some(policy));
    let none = Context::none();
    let events = Caller::Service("events.amazonaws.com".to_owned());
    let from = |rule: &str| {
        let context = Context::none().with("aws:SourceArn", rule);
        guard.authorize(&events, "sns:Publish", topic, &context).is_ok()
    };
    assert!(from("arn:aws:events:eu-west-1:111122223333:rule/r"));
    assert!(!from("arn:aws:events:eu-west-1:111122223333:rule/other"));
    check(&guard, "sns:Subscribe", topic, &none, None);
    check(&guard, "sns:DeleteTopic", topic, &none, Some(Reason::NotAllowed));
    let plain = none.with("aws:SecureTransport", "false");
    check(&guard, "sns:Subscribe", topic, &plain, Some(Reason::DeniedByResource));
}

#[test]
fn unused_grants_are_named() {
    let own = document(json!([
        {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
         "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::c/*"]},
        {"Sid": "Write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"},
        {"Sid": "Never", "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
    ]));
    let first = guard(role(std::slice::from_ref(&own), None), None);
    assert_eq!(first.unused(false), [], "nobody has called");
    check(&first, "s3:GetObject", "arn:aws:s3:::b/k", &Context::none(), None);
    let names = |guard: &Guard| {
        let unused = guard.unused(false).into_iter();
        unused.map(|it| (it.statement, it.part, it.writes)).collect::<Vec<_>>()
    };
    let action = |name: &str| Part::Action(name.to_owned());
    let list = ("Read".to_owned(), action("s3:ListBucket"), false);
    let other = ("Read".to_owned(), Part::Resource("arn:aws:s3:::c/*".to_owned()), false);
    let write = ("Write".to_owned(), action("s3:PutObject"), true);
    assert_eq!(names(&first), [list.clone(), other.clone(), write]);
    let second = guard(role(&[own], None), None);
    check(&second, "s3:PutObject", "arn:aws:s3:::b/k", &Context::none(), None);
    first.add_uses(&second);
    assert_eq!(names(&first), [list, other]);
}

#[test]
fn wrong_policies_are_refused_by_name() {
    let statement = |statement: Value| document(json!([statement]));
    for (document, expect) in [
        (json!({"Version": "2012-10-17"}), "no Statement"),
        (json!({"Version": "2020", "Statement": []}), "version 2020"),
        (statement(json!({"Action": "*", "Resource": "*"})), "statement 1: has no Effect"),
        (statement(json!({"Effect": "Allow", "Resource": "*"})), "neither Action nor NotAction"),
        (statement(json!({"Effect": "Allow", "Action": "s3:x"})), "neither Resource nor"),
        (
            statement(json!({"Effect": "Allow", "Action": "read", "Resource": "*"})),
            "Action read, which has no prefix",
        ),
        (
            statement(json!({"Effect": "Allow", "Action": [], "Resource": "*"})),
            "has an empty Action",
        ),
        (
            statement(json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}})),
            "element Conditions",
        ),
    ] {
        let why = Policy::parse(&document).unwrap_err();
        assert!(why.contains(expect), "{document}: {why}");
    }
}
