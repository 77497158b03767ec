//! What the bus may do is what the template's policies say.

use jiff::{SignedDuration, Timestamp};
use local::account::Account;
use local::events::{HandlerError, Outcome};
use local::faults::Faults;
use local::iam::{Caller, Context, Part};
use local::place::Place;
use local::sagemaker::Pace;
use local::template::Stack;
use serde_json::{Value, json};

const TEMPLATE: &str = r#"
Resources:
  Failed: {Type: AWS::SQS::Queue, Properties: {QueueName: failed}}
  Undelivered: {Type: AWS::SQS::Queue, Properties: {QueueName: undelivered}}
  MayBury:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Undelivered]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Undelivered.Arn
            Condition: {ArnLike: {"aws:SourceArn": !GetAtt Rule.Arn}}
  WorkRole:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: own
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Sid: Leave
                Effect: Allow
                Action: [sqs:SendMessage]
                Resource: !GetAtt Failed.Arn
              - Sid: Log
                Effect: Allow
                Action: ["logs:CreateLogStream", "logs:PutLogEvents"]
                Resource: "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/work:*"
  WorkFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: work
      Role: !GetAtt WorkRole.Arn
      EventInvokeConfig: {DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Failed.Arn}}}
  MachineRole:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: own
          PolicyDocument:
            Statement: [{Sid: Run, Effect: Allow, Action: "lambda:InvokeFunction", Resource: !GetAtt WorkFunction.Arn}]
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineName: m
      RoleArn: !GetAtt MachineRole.Arn
      DefinitionString: !Sub '{"StartAt": "W", "States": {"W": {"Type": "Task", "Resource": "${WorkFunction.Arn}", "End": true}}}'
  StartRole:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: own
          PolicyDocument:
            Statement: [{Sid: Start, Effect: Allow, Action: "states:StartExecution", Resource: !Ref Machine}]
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [test]}
      Targets:
        - {Id: machine, Arn: !Ref Machine, RoleArn: !GetAtt StartRole.Arn, DeadLetterConfig: {Arn: !GetAtt Undelivered.Arn}}
        - {Id: work, Arn: !GetAtt WorkFunction.Arn, DeadLetterConfig: {Arn: !GetAtt Undelivered.Arn}}
  MayRun:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !Ref WorkFunction, Principal: events.amazonaws.com, SourceArn: !GetAtt Rule.Arn}
"#;

/// Sends one event, lets an hour pass, and returns the account with its queues and its journal's targets.
fn run(template: &str) -> (Account, usize, usize, Vec<Outcome>) {
    let stack = Stack::parse(template, &[]).expect("the template is sound");
    let start: Timestamp = "2026-03-02T00:00:00Z".parse().expect("a time");
    let account =
        Account::open(Place::default(), Pace::default(), 7, &Faults::none(), start, &stack)
            .expect("opens");
    account.guard().enforce();
    account.events().emit(json!({"id": "1", "source": "test", "detail-type": "T", "detail": {}}));
    let fails = |_: &str, _: &Value| {
        let message = "why".to_owned();
        Err(HandlerError { kind: "Boom".to_owned(), message, retryable: false })
    };
    account.run_until(start + SignedDuration::from_hours(1), fails).expect("comes to rest");
    let count = |queue: &str| account.events().messages(queue).expect("a queue").len();
    let (failed, undelivered) = (count("failed"), count("undelivered"));
    let journal = account.events().take_journal();
    (account, failed, undelivered, journal.into_iter().map(|line| line.outcome).collect())
}

fn denied(account: &Account) -> Vec<(String, String)> {
    let denied = account.guard().denied().into_iter();
    denied.map(|(it, _)| (it.action, it.resource)).collect()
}

#[test]
fn granted_calls_reach_their_ends() {
    let (account, failed, undelivered, outcomes) = run(TEMPLATE);
    assert_eq!(denied(&account), []);
    assert_eq!((failed, undelivered), (1, 0));
    assert!(outcomes.contains(&Outcome::Started));
    assert_eq!(account.guard().unused(true), []);
}

#[test]
fn missing_grants_end_as_at_aws() {
    let arn = |rest: &str| format!("arn:aws:{rest}");
    let cases = [
        // What is taken away, what is denied then, and what the two queues hold at the end.
        (
            "Action: [sqs:SendMessage]",
            "sqs:SendMessage",
            arn("sqs:eu-west-1:111122223333:failed"),
            0,
            0,
        ),
        (
            "Action: \"states:StartExecution\"",
            "states:StartExecution",
            arn("states:eu-west-1:111122223333:stateMachine:m"),
            1,
            1,
        ),
        (
            "Effect: Allow, Action: \"lambda:InvokeFunction\"",
            "lambda:InvokeFunction",
            arn("lambda:eu-west-1:111122223333:function:work"),
            1,
            0,
        ),
        (
            "Principal: events.amazonaws.com, SourceArn",
            "lambda:InvokeFunction",
            arn("lambda:eu-west-1:111122223333:function:work"),
            0,
            1,
        ),
    ];
    for (taken, action, resource, failed_count, undelivered_count) in cases {
        let instead = match taken {
            "Principal: events.amazonaws.com, SourceArn" => {
                "Principal: s3.amazonaws.com, SourceArn".to_owned()
            }
            other => other.replace(action, "s3:GetObject"),
        };
        assert!(TEMPLATE.contains(taken), "{taken}");
        let (account, failed, undelivered, _) = run(&TEMPLATE.replace(taken, &instead));
        let all = denied(&account);
        assert!(all.contains(&(action.to_owned(), resource)), "{taken}: {all:?}");
        assert_eq!((failed, undelivered), (failed_count, undelivered_count), "{taken}");
    }
}

#[test]
fn machines_report_their_denials() {
    let taken = "Effect: Allow, Action: \"lambda:InvokeFunction\"";
    let without = taken.replace("lambda:InvokeFunction", "s3:GetObject");
    let (account, ..) = run(&TEMPLATE.replace(taken, &without));
    account.events().states(|states| {
        let machine = "arn:aws:states:eu-west-1:111122223333:stateMachine:m";
        let ran = states.executions(machine).next().expect("one ran");
        assert_eq!(ran.error.as_deref(), Some("Lambda.AWSLambdaException"));
        let cause = ran.cause.as_deref().unwrap_or_default();
        assert!(cause.contains("is not authorized to perform: lambda:InvokeFunction"), "{cause}");
    });
}

#[test]
fn added_grants_are_reported_as_unused() {
    let more = TEMPLATE.replace("[sqs:SendMessage]", "[sqs:SendMessage, sqs:PurgeQueue]");
    let (account, ..) = run(&more);
    let unused = account.guard().unused(true);
    assert_eq!(unused.len(), 1, "{unused:?}");
    let it = &unused[0];
    assert_eq!((it.role.as_str(), it.statement.as_str()), ("WorkRole", "Leave"));
    assert_eq!((&it.part, it.writes), (&Part::Action("sqs:PurgeQueue".to_owned()), true));
}

#[test]
fn nothing_is_asked_before_enforcing() {
    let stack = Stack::parse(TEMPLATE, &[]).expect("the template is sound");
    let guard = local::iam::Guard::open(Place::default(), &stack);
    let nobody = Caller::Role("arn:nobody".to_owned());
    let ask = || guard.authorize(&nobody, "s3:GetObject", "arn:aws:s3:::b/k", &Context::none());
    assert!(ask().is_ok() && guard.denied().is_empty());
    guard.enforce();
    assert!(ask().is_err() && guard.denied().len() == 1);
}
