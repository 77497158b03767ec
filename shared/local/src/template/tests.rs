use std::fs;
use std::path::Path;

use serde_json::json;

use super::*;
use crate::cron::Schedule;
use crate::events::{Input, Retry};

const TEMPLATE: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Prefix: {Type: String, Default: vigil}
  Account: {Type: String, Default: 012345678901}
  Stage: {Type: String, AllowedValues: [dev, prod], Default: dev}
  Zones: {Type: CommaDelimitedList, Default: "a, b,c"}
Mappings:
  Sizes:
    dev: {Memory: 256}
    prod: {Memory: 1024}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Condition IsDev]
  Either: !Or [!Condition IsProd, !Condition IsDev]
Globals:
  Function:
    Timeout: 60
    Environment: {Variables: {PREFIX: !Ref Prefix, SHARED: "1"}}
    EventInvokeConfig:
      MaximumRetryAttempts: 1
      DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Failed.Arn}}
Resources:
  Failed: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 1209600}}
  Alerts: {Type: AWS::SNS::Topic}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${Prefix}-${AWS::Region}-${!kept}"
      NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}
  Quiet: {Type: AWS::S3::Bucket, Condition: IsProd}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmActions: [!Ref Alerts], Period: !If [IsProd, 60, 300], Unit: !If [Both, a, !Ref "AWS::NoValue"]}
  Trail: {Type: AWS::CloudTrail::Trail, Properties: {Name: !Cidr [never, read]}}
  LookFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/look
      MemorySize: !FindInMap [Sizes, !Ref Stage, Memory]
      Environment:
        Variables:
          SHARED: "2"
          ZONE: !Select [1, !Ref Zones]
          JOINED: !Join ["/", [!Ref Prefix, !Select [0, !Split ["-", "x-y"]], On]]
          BUCKET: !Sub ["${Name}:${Bucket.Arn}", {Name: !Ref Bucket}]
      Events:
        Changed:
          Type: EventBridgeRule
          Properties:
            Pattern:
              account: [!Ref Account, 012345678901]
              detail: {state: [!If [Either, On, off]], n: [1, true, null, "1"]}
            InputTransformer:
              InputPathsMap: {name: $.detail.name}
              InputTemplate: '{"name": <name>}'
            DeadLetterConfig: {Arn: !GetAtt [Failed, Arn]}
            RetryPolicy: {MaximumRetryAttempts: 4, MaximumEventAgeInSeconds: 3600}
        Often:
          Type: Schedule
          Properties: {Schedule: rate(5 minutes), Enabled: false, Input: '{"why":"sweep"}'}
  Direct:
    Type: AWS::Events::Rule
    Properties:
      Name: direct
      EventPattern: {source: [vigil]}
      ScheduleExpression: cron(0 2 * * ? *)
      State: ENABLED
      Targets:
        - {Id: one, Arn: !GetAtt LookFunction.Arn, InputPath: $.detail}
        - {Id: two, Arn: !GetAtt Failed.Arn}
Outputs:
  Where: {Value: !Ref Failed}
  Silent: {Condition: IsProd, Value: !Ref Quiet}
"#;

#[test]
fn functions_take_globals_and_expressions() {
    let stack = Stack::parse(TEMPLATE, &[]).unwrap();
    let function = stack.function("LookFunction").unwrap();
    assert_eq!(
        function.named.arn,
        "arn:aws:lambda:eu-west-1:111122223333:function:vigil-LookFunction"
    );
    assert_eq!(function.code.as_deref(), Some("../functions/look"));
    assert_eq!(
        (function.memory_mb, function.timeout.as_secs(), function.concurrency),
        (256, 60, None)
    );
    let variables: Vec<(&str, &str)> =
        function.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let bucket = "vigil-eu-west-1-${kept}";
    let expect = [
        ("BUCKET", format!("{bucket}:arn:aws:s3:::{bucket}")),
        ("JOINED", "vigil/x/On".to_owned()),
        ("PREFIX", "vigil".to_owned()),
        ("SHARED", "2".to_owned()),
        ("ZONE", "b".to_owned()),
    ];
    assert_eq!(variables, expect.each_ref().map(|(name, value)| (*name, value.as_str())));
    assert_eq!(function.asynchronous.retries, 1);
    let failed = Some("arn:aws:sqs:eu-west-1:111122223333:vigil-Failed");
    assert_eq!(function.asynchronous.on_failure.as_deref(), failed);
    assert_eq!(function.asynchronous.max_age, SignedDuration::from_hours(6));
}

#[test]
fn rules_come_from_events_and_resources() {
    let stack = Stack::parse(TEMPLATE, &[]).unwrap();
    let names: Vec<&str> = stack.rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["vigil-LookFunctionChanged", "vigil-LookFunctionOften", "direct"]);
    let [changed, often, direct] = &stack.rules[..] else { panic!("three rules") };
    let pattern = changed.pattern.as_ref().unwrap();
    for (detail, expect) in [
        (json!({"state": "On", "n": 1}), true),
        (json!({"state": "On", "n": "1"}), true),
        (json!({"state": "On", "n": null}), true),
        (json!({"state": true, "n": 1}), false),
        (json!({"state": "On", "n": "true"}), false),
    ] {
        let event = json!({"account": "012345678901", "detail": detail});
        assert_eq!(pattern.matches(&event), expect, "{event}");
    }
    let target = &changed.targets[0];
    assert_eq!(target.function.as_deref(), Some("LookFunction"));
    assert_eq!(target.retry, Retry { attempts: 4, max_age: SignedDuration::from_hours(1) });
    assert_eq!(
        target.dead_letters.as_deref(),
        Some("arn:aws:sqs:eu-west-1:111122223333:vigil-Failed")
    );
    assert!(matches!(&target.input, Input::Transformer(it) if it.paths["name"] == "$.detail.name"));
    assert!(!often.enabled && matches!(often.schedule, Some(Schedule::Rate(_))));
    assert_eq!(often.targets[0].input, Input::Constant(json!({"why": "sweep"})));
    assert_eq!(often.targets[0].retry, Retry::default());
    assert!(direct.enabled && direct.pattern.is_some() && direct.schedule.is_some());
    assert_eq!(direct.targets[0].function.as_deref(), Some("LookFunction"));
    assert_eq!(direct.targets[0].input, Input::Path("$.detail".to_owned()));
    assert_eq!(
        (direct.targets[1].function.as_deref(), direct.targets[1].input.clone()),
        (None, Input::Event)
    );
}

#[test]
fn other_resources_are_kept_or_named() {
    let stack = Stack::parse(TEMPLATE, &[]).unwrap();
    assert_eq!(stack.queues[0].retention, SignedDuration::from_hours(14 * 24));
    assert_eq!(stack.topics[0].arn, "arn:aws:sns:eu-west-1:111122223333:vigil-Alerts");
    assert_eq!(stack.buckets.len(), 1);
    assert!(stack.buckets[0].announces);
    let alarm = json!({"AlarmActions": [stack.topics[0].arn], "Period": 300});
    assert_eq!(stack.alarms[0].properties, alarm);
    assert_eq!(
        stack.ignored(),
        [Ignored { id: "Trail".to_owned(), kind: "AWS::CloudTrail::Trail".to_owned() }]
    );
    assert_eq!(
        stack.outputs["Where"],
        "https://sqs.eu-west-1.amazonaws.com/111122223333/vigil-Failed"
    );
}

const SUITE: &str = r#"
Parameters:
  Permit: {Type: String, Default: ""}
Conditions:
  Bounded: !Not [!Equals [!Ref Permit, ""]]
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: alerts}}
  Undelivered: {Type: AWS::SQS::Queue, Properties: {QueueName: undelivered}}
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/lambda/x}}
  Key: {Type: AWS::KMS::Key}
  Quiet: {Type: AWS::SNS::Topic, Condition: Bounded}
  Custom: {Type: Custom::Thing}
  ReaderRole:
    Type: AWS::IAM::Role
    Properties:
      Path: /suite/
      RoleName: reader
      AssumeRolePolicyDocument: {Statement: []}
      PermissionsBoundary: !If [Bounded, !Ref Permit, !Ref "AWS::NoValue"]
      ManagedPolicyArns:
        - !Ref Shared
        - !Sub "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
      Policies:
        - PolicyName: own
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: logs:PutLogEvents
                Resource: !GetAtt Log.Arn
                Condition: {StringEquals: {"aws:x": !GetAtt Custom.Anything}}
  Shared:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: !Ref Topic}]}}
  Extra:
    Type: AWS::IAM::Policy
    Properties: {PolicyName: extra, Roles: [!Ref ReaderRole], PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}
  ReadFunction: {Type: AWS::Serverless::Function, Properties: {Role: !GetAtt ReaderRole.Arn}}
  OwnFunction:
    Type: AWS::Serverless::Function
    Properties: {Policies: [arn:x, {Statement: [{Effect: Deny, Action: "*", Resource: "*"}]}]}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: rebuild
      DefinitionUri: ./rebuild.asl.json
      DefinitionSubstitutions: {Function: !GetAtt ReadFunction.Arn, Seconds: 5}
      Role: !GetAtt ReaderRole.Arn
      Events:
        Wanted:
          Type: EventBridgeRule
          Properties: {Pattern: {source: [vigil]}, DeadLetterConfig: {Arn: !GetAtt Undelivered.Arn}}
  Plain:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineType: EXPRESS
      RoleArn: !GetAtt OwnFunctionRole.Arn
      DefinitionString: !Sub '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": ["${!kept}", "${Machine}"], "End": true}}}'
  Both:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [vigil]}
      Targets:
        - {Id: one, Arn: !Ref Machine, RoleArn: !GetAtt ReaderRole.Arn}
        - {Id: two, Arn: !GetAtt ReadFunction.Arn}
  Allow:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !Ref ReadFunction, Principal: events.amazonaws.com, SourceArn: !GetAtt Both.Arn}
  Send:
    Type: AWS::SQS::QueuePolicy
    Properties: {Queues: [!Ref Undelivered], PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "sqs:SendMessage", Resource: !GetAtt Undelivered.Arn}]}}
Outputs:
  Made: {Value: !GetAtt OwnFunctionRole.Arn}
  Rule: {Value: !Ref MachineWanted}
  Key: {Value: !GetAtt Key.Arn}
  Limit: {Condition: Bounded, Value: !Ref Quiet}
"#;

const DEFINITION: &str = r#"{"StartAt": "Do", "States": {"Do": {"Type": "Task", "Resource": "${Function}",
  "TimeoutSeconds": ${Seconds}, "Comment": "${Other}", "End": true}}}"#;

fn suite(parameters: &[(&str, &str)], region: &str) -> Stack {
    let place = Place { region: region.to_owned(), ..Place::default() };
    let beside = [("rebuild.asl.json", DEFINITION)];
    Stack::read_with(SUITE, &beside, &place, "suite", parameters).unwrap()
}

#[test]
fn roles_gather_their_policies() {
    let stack = suite(&[], "eu-west-1");
    let role = stack.role("arn:aws:iam::111122223333:role/suite/reader").unwrap();
    let names: Vec<&str> = role.policies.iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(names, ["own", "suite-Shared", "extra"]);
    assert_eq!(role.managed, ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]);
    assert_eq!(role.boundary, None);
    let statement = &role.policies[0].document["Statement"][0];
    assert_eq!(
        statement["Resource"],
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/x:*"
    );
    assert_eq!(statement["Condition"]["StringEquals"]["aws:x"], "suite-Custom.Anything");
    assert_eq!(stack.function("ReadFunction").unwrap().role.as_ref(), Some(&role.named.arn));
    let made = stack.role(&stack.outputs["Made"]).unwrap();
    assert_eq!((made.managed.len(), made.policies.len()), (1, 1));
    assert_eq!(made.trust["Statement"][0]["Principal"]["Service"], "lambda.amazonaws.com");
    assert_eq!(stack.outputs["Rule"], "suite-MachineWanted");
    let bounded = suite(&[("Permit", "arn:aws:iam::111122223333:policy/p")], "eu-west-1");
    let boundary = bounded.roles[0].boundary.as_ref().unwrap();
    assert_eq!(boundary.arn, "arn:aws:iam::111122223333:policy/p");
}

#[test]
fn machines_have_their_definitions_and_rules() {
    let stack = suite(&[], "cn-north-1");
    let [machine, plain] = &stack.machines[..] else { panic!("two machines") };
    assert_eq!(machine.named.arn, "arn:aws-cn:states:cn-north-1:111122223333:stateMachine:rebuild");
    let function = "arn:aws-cn:lambda:cn-north-1:111122223333:function:suite-ReadFunction";
    let expect = json!({"Type": "Task", "Resource": function, "TimeoutSeconds": 5,
        "Comment": "${Other}", "End": true});
    assert_eq!(machine.definition.as_ref().unwrap()["States"]["Do"], expect);
    assert!(plain.express && !machine.express);
    let definition = plain.definition.as_ref().unwrap();
    assert_eq!(definition["States"]["A"]["Result"], json!(["${kept}", machine.named.arn]));
    let [wanted, both] = &stack.rules[..] else { panic!("two rules") };
    assert_eq!(wanted.targets[0].arn, machine.named.arn);
    assert!(wanted.targets[0].dead_letters.is_some());
    assert_eq!(both.targets[0].role.as_ref(), Some(&machine.role));
    assert_eq!(both.targets[1].function.as_deref(), Some("ReadFunction"));
    assert_eq!(stack.resource_policies.len(), 2);
    let allow = &stack.resource_policies[0].document["Statement"][0];
    assert_eq!(allow["Condition"]["ArnLike"]["aws:SourceArn"], both.arn.as_str());
    let without = Stack::parse(SUITE, &[]).unwrap();
    assert_eq!(without.machines[0].definition, None);
}

#[test]
fn parameters_override_defaults() {
    let stack = Stack::parse(TEMPLATE, &[("Stage", "prod"), ("Prefix", "p")]).unwrap();
    assert_eq!(stack.function("LookFunction").unwrap().memory_mb, 1024);
    assert_eq!(stack.buckets.len(), 2);
    assert_eq!(stack.alarms[0].properties["Period"], 60);
    let place = Place { account: "000000000001".to_owned(), region: "us-east-1".to_owned() };
    let stack = Stack::read(TEMPLATE, &place, "other", &[]).unwrap();
    assert_eq!(stack.topics[0].arn, "arn:aws:sns:us-east-1:000000000001:other-Alerts");
}

/// Reads a template whose one function has these lines in its `Properties`.
#[track_caller]
fn refused(resources: &str, expect: &str) {
    let text =
        format!("Parameters:\n  Needed: {{Type: String, Default: x}}\nResources:\n{resources}\n");
    let fault = Stack::parse(&text, &[]).unwrap_err().to_string();
    assert_eq!(fault, expect, "{text}");
}

#[test]
fn faults_point_at_the_line() {
    refused(
        "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nobody}}",
        "template line 4, column 54: \"Nobody\" is neither a parameter nor a resource",
    );
    refused(
        "  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: !Cidr x",
        "template line 7, column 18: Fn::Cidr is not supported by the stand-in",
    );
    refused("  Q: {Properties: {}}", "template line 4, column 3: resource \"Q\" has no Type");
    refused(
        "  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      MessageRetentionPeriod: 5",
        "template line 7, column 7: Q.MessageRetentionPeriod is not a whole number from 60 to 1209600",
    );
    refused(
        "  R:\n    Type: AWS::Events::Rule\n    Properties:\n      EventPattern: {source: vigil}",
        "template line 7, column 7: R.EventPattern is not a valid event pattern: source: must be an object or an array",
    );
    refused(
        "  R:\n    Type: AWS::Events::Rule\n    Properties: {ScheduleExpression: rate(1 hours)}",
        "template line 6, column 18: R.ScheduleExpression schedule \"rate(1 hours)\": unit of 1 must be singular: hour",
    );
    refused(
        "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Events:\n        E: {Type: Api}",
        "template line 8, column 9: F.Events.E is a Api event: use EventBridgeRule or Schedule",
    );
    refused(
        "  M:\n    Type: AWS::Serverless::StateMachine\n    Properties: {Role: r, Definition: {StartAt: A, States: {A: {Type: Map}}}}",
        "template line 6, column 27: M.Definition has a definition that cannot be played: state \"A\" has Type Map, which is not played",
    );
    refused("  Q: *anchor", "template line 4, column 6: while parsing node, found unknown anchor");
    refused("  Q: {A: 1, A: 2}", "template line 4, column 13: \"A\" comes twice");
}

#[test]
fn parameters_and_conditions_are_checked() {
    for (text, parameters, expect) in [
        ("Parameters: {A: {Type: String}}\nResources: {}", &[][..], "\"A\" has no default"),
        ("Resources: {}", &[("B", "1")], "\"B\" is not one of the template's"),
        (
            "Parameters: {A: {AllowedValues: [x]}}\nResources: {}",
            &[("A", "y")],
            "see its AllowedValues",
        ),
        (
            "Conditions: {C: !Condition C}\nResources: {R: {Type: T, Condition: C}}",
            &[],
            "depends on itself",
        ),
        ("Resources: {R: {Type: T, Condition: C}}", &[], "\"C\" is not defined"),
        ("A: 1", &[], "has no Resources"),
        ("", &[], "is empty"),
        ("a: [", &[], "line"),
    ] {
        let fault = Stack::parse(text, parameters).unwrap_err().to_string();
        assert!(fault.contains(expect), "{text}: {fault}");
    }
    let deep = "[".repeat(100_000);
    assert!(Stack::parse(&deep, &[]).is_err());
}

#[test]
fn own_template_sets_up_the_suite() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/template.yaml");
    let stack = Stack::parse(&fs::read_to_string(path).unwrap(), &[]).unwrap();
    assert!(stack.functions.len() >= 5 && stack.rules.len() >= 8, "{stack:?}");
    for rule in &stack.rules {
        let target = &rule.targets[0];
        let machine = stack.machines.iter().any(|it| it.named.arn == target.arn);
        assert!(target.function.is_some() || machine && target.role.is_some(), "{}", rule.id);
        assert!(target.dead_letters.is_some(), "{}", rule.id);
    }
    assert!(stack.functions.iter().all(|it| it.asynchronous.on_failure.is_some()));
    assert!(stack.buckets[0].announces);
}
