//! What the template sets up: rules that lose nothing, functions that may do no more than they must.

use std::collections::BTreeSet;
use std::fs;

use local::iam::{Caller, Context, Policy};
use local::place::Place;
use local::template::{Role, Stack};
use serde_json::Value;
use support::{root, samples};

const REGIONS: [(&str, &str); 3] =
    [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")];

/// Actions that know no resources, and what they are granted for.
const EVERYWHERE: &[(&str, &str)] = &[
    ("xray:", "a trace belongs to nobody"),
    ("sagemaker:List", "lists have no resource level"),
    ("cloudwatch:GetMetricStatistics", "metrics have no resource level"),
    ("cloudwatch:PutMetricData", "bounded by namespace"),
    ("ecr:GetAuthorizationToken", "a login has no resource level"),
    ("ec2:", "interfaces are named only later; only in a network"),
    ("logs:", "delivery of logs has no resource level"),
];

fn text() -> String {
    fs::read_to_string(root().join("infra/template.yaml")).expect("the template")
}

fn stack(region: &str, parameters: &[(&str, &str)]) -> Stack {
    let place = Place { region: region.to_owned(), ..Place::default() };
    Stack::read(&text(), &place, "vigil", parameters).expect("the template can be read")
}

fn here(parameters: &[(&str, &str)]) -> Stack {
    stack("eu-west-1", parameters)
}

/// Every parameter that opens something set.
fn everything() -> Stack {
    here(&[
        ("DataBucketArns", "arn:aws:s3:::captures,arn:aws:s3:::training"),
        ("OutputBucketArns", "arn:aws:s3:::outputs"),
        ("KmsKeyArn", "arn:aws:kms:eu-west-1:111122223333:key/own"),
        ("DataKeyArns", "arn:aws:kms:eu-west-1:111122223333:key/data"),
        ("SubnetIds", "subnet-0a,subnet-0b"),
        ("CaptureRemedy", "true"),
        ("AskEndpointArns", "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn-*"),
        ("AlertTopicArns", "arn:aws:sns:eu-west-1:111122223333:other"),
    ])
}

fn statements(role: &Role) -> impl Iterator<Item = &Value> {
    let all = role.policies.iter().map(|it| &it.document["Statement"]);
    all.flat_map(|it| it.as_array().expect("statements are a list"))
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn role<'a>(stack: &'a Stack, id: &str) -> &'a Role {
    stack.roles.iter().find(|it| it.named.id == id).unwrap_or_else(|| panic!("no role {id}"))
}

/// Whether a role's own policies let a call pass.
fn may(stack: &Stack, id: &str, action: &str, resource: &str, context: &Context) -> bool {
    let role = role(stack, id);
    let caller = Caller::Role(role.named.arn.clone());
    let guard = local::iam::Guard::open(Place::default(), stack);
    guard.enforce();
    assert!(role.policies.iter().all(|it| Policy::parse(&it.document).is_ok()), "{id}");
    guard.authorize(&caller, action, resource, context).is_ok()
}

#[test]
fn every_rule_keeps_what_it_cannot_deliver() {
    let stack = here(&[]);
    let queue = stack.queues.iter().find(|it| it.named.id == "UndeliveredEvents").expect("queue");
    for rule in &stack.rules {
        for target in &rule.targets {
            assert_eq!(target.dead_letters.as_deref(), Some(&*queue.named.arn), "{}", rule.id);
            let kept = (target.retry.attempts, target.retry.max_age.as_hours());
            assert_eq!(kept, (185, 24), "{}", rule.id);
        }
    }
    assert!(stack.queues.iter().all(|it| it.retention.as_hours() == 14 * 24));
}

#[test]
fn patterns_pin_source_account_and_kind() {
    let stack = here(&[]);
    let functions = fs::read_dir(root().join("events")).expect("events is a folder");
    for function in functions.map(|it| it.expect("an entry").file_name()) {
        for (name, sample) in samples(&function.to_string_lossy()) {
            let event: Value = serde_json::from_str(&sample).expect("a sample is JSON");
            for member in ["source", "account", "detail-type"] {
                let mut other = event.clone();
                other[member] = "999999999999".into();
                let taken = stack.rules.iter().find(|rule| {
                    rule.pattern.as_ref().is_some_and(|pattern| pattern.matches(&other))
                });
                assert!(taken.is_none(), "{name} with another {member} wakes {taken:?}");
            }
        }
    }
}

#[test]
fn each_function_has_its_own_role_log_and_bound() {
    let stack = here(&[]);
    let roles: BTreeSet<_> = stack.functions.iter().map(|it| it.role.clone()).collect();
    assert_eq!(roles.len(), stack.functions.len());
    let groups = stack.ignored().iter().filter(|it| it.kind == "AWS::Logs::LogGroup").count();
    assert_eq!(groups, stack.functions.len() + 1, "one for each function and one for the machine");
    for function in &stack.functions {
        let id = &function.named.id;
        let own = format!("{}Role", id.trim_end_matches("Function"));
        assert_eq!(function.role.as_ref(), Some(&role(&stack, &own).named.arn), "{id}");
        assert!(function.concurrency.is_some_and(|it| (2..=10).contains(&it)), "{id}");
        assert!(function.asynchronous.on_failure.is_some(), "{id}");
        assert!(function.timeout.as_secs() <= 900, "{id}");
    }
    let young = here(&[("ReserveConcurrency", "false")]);
    assert!(young.functions.iter().all(|it| it.concurrency.is_none()));
}

#[test]
fn alarms_watch_each_function_queue_and_the_sweep() {
    let stack = here(&[]);
    let alarm = |id: &str| {
        let found = stack.alarms.iter().find(|it| it.named.id == id);
        &found.unwrap_or_else(|| panic!("no alarm {id}")).properties
    };
    for function in &stack.functions {
        let stem = function.named.id.trim_end_matches("Function");
        for kind in ["Errors", "Throttles"] {
            let dimension = &alarm(&format!("{stem}{kind}Alarm"))["Dimensions"][0];
            assert_eq!(dimension["Value"], function.named.name.as_str(), "{stem} {kind}");
        }
    }
    for queue in &stack.queues {
        for kind in ["", "Age"] {
            alarm(&format!("{}{kind}Alarm", queue.named.id));
        }
    }
    assert_eq!(alarm("HeartbeatAlarm")["TreatMissingData"], "breaching");
    for it in &stack.alarms {
        assert_eq!(it.properties["AlarmActions"][0], stack.topics[0].arn.as_str(), "{it:?}");
    }
}

#[test]
fn nothing_is_granted_on_everything_without_a_reason() {
    for role in &everything().roles {
        for statement in statements(role).filter(|it| texts(&it["Resource"]).contains(&"*")) {
            for action in texts(&statement["Action"]) {
                let known = EVERYWHERE.iter().any(|(prefix, _)| action.starts_with(prefix));
                assert!(known, "{} grants {action} on everything", role.named.id);
            }
        }
    }
}

#[test]
fn no_role_touches_endpoints_unless_asked_to() {
    let stack = here(&[]);
    for role in stack.roles.iter().filter(|it| it.named.id.ends_with("Role")) {
        for statement in statements(role) {
            let endpoints =
                texts(&statement["Resource"]).iter().any(|it| it.contains(":endpoint/"));
            let shadow = texts(&statement["Resource"]).iter().all(|it| it.contains("sm-clarify-"));
            for action in texts(&statement["Action"]).into_iter().filter(|_| endpoints && !shadow) {
                let reads = ["Describe", "ListTags", "InvokeEndpoint"];
                assert!(reads.iter().any(|it| action.contains(it)), "{}: {action}", role.named.id);
            }
        }
    }
    let asked = everything();
    let any = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/churn-prod";
    let update = "sagemaker:UpdateEndpoint";
    assert!(may(&asked, "ReconcileEndpointRole", update, any, &Context::none()));
    assert!(!may(&stack, "ReconcileEndpointRole", update, any, &Context::none()));
}

#[test]
fn only_named_endpoints_are_asked() {
    let invoke = "sagemaker:InvokeEndpoint";
    let endpoint = |name: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{name}");
    for id in ["AnalyzeWindowRole", "RebuildBaselineRole"] {
        for (named, name, expect) in
            [(false, "churn-prod", false), (true, "churn-prod", true), (true, "fraud-prod", false)]
        {
            let stack = if named { everything() } else { here(&[]) };
            assert_eq!(may(&stack, id, invoke, &endpoint(name), &Context::none()), expect, "{id}");
        }
    }
    for id in ["AlertViolationsRole", "ReconcileEndpointRole", "SweepEndpointsRole"] {
        assert!(!may(&everything(), id, invoke, &endpoint("churn-prod"), &Context::none()), "{id}");
    }
}

#[test]
fn defect_10_first_run_waits_for_nothing_but_the_sweep() {
    let stack = here(&[]);
    let custom = stack.ignored().iter().find(|it| it.kind.contains("Custom"));
    assert!(custom.is_none(), "{custom:?} would run once and never again");
    let sweep = stack.rules.iter().find(|it| it.id == "SweepEndpointsFunctionSweep");
    assert!(sweep.is_some_and(|it| it.enabled && it.schedule.is_some()));
}

#[test]
fn defect_16_no_function_is_a_container() {
    assert!(!text().contains("PackageType") && !text().contains("ImageUri"));
}

#[test]
fn defect_25_data_may_lie_in_several_buckets() {
    let stack = everything();
    for bucket in ["captures", "training"] {
        let object = format!("arn:aws:s3:::{bucket}/some/key");
        for id in ["AnalyzeWindowRole", "RebuildBaselineRole", "MonitorRole", "BaselineRole"] {
            assert!(may(&stack, id, "s3:GetObject", &object, &Context::none()), "{id} {bucket}");
            assert!(!may(&stack, id, "s3:PutObject", &object, &Context::none()), "{id} {bucket}");
        }
    }
    let own = "arn:aws:s3:::sagemaker-eu-west-1-111122223333/key";
    assert!(may(&here(&[]), "AnalyzeWindowRole", "s3:GetObject", own, &Context::none()));
}

#[test]
fn defect_29_no_role_has_a_policy_of_aws() {
    for (region, _) in REGIONS {
        for role in &stack(region, &[]).roles {
            assert!(role.managed.is_empty(), "{} has {:?}", role.named.id, role.managed);
        }
    }
    assert!(!text().contains("FullAccess"));
}

#[test]
fn defect_30_keys_jobs_and_buckets_are_named() {
    let stack = everything();
    for role in &stack.roles {
        for statement in statements(role) {
            let resources = texts(&statement["Resource"]);
            for action in texts(&statement["Action"]) {
                let id = &role.named.id;
                assert!(!action.contains('*'), "{id} grants {action}");
                if action.starts_with("kms:") {
                    assert!(resources.iter().all(|it| !it.contains('*')), "{id}: {resources:?}");
                }
                if action == "sagemaker:CreateProcessingJob" {
                    assert!(resources.iter().all(|it| it.ends_with("/vigil-*")), "{id}");
                    assert!(statement["Condition"]["ForAllValues:StringEquals"].is_object());
                }
                if action == "iam:PassRole" {
                    let passed = &statement["Condition"]["StringEquals"]["iam:PassedToService"];
                    assert_eq!(passed, "sagemaker.amazonaws.com", "{id}");
                }
            }
        }
    }
}

#[test]
fn defect_31_partitions_and_prefixes_are_whole() {
    assert!(!text().contains("arn:aws:"), "a partition is written out");
    for (region, partition) in REGIONS {
        for role in &stack(region, &[]).roles {
            for resource in statements(role).flat_map(|it| texts(&it["Resource"])) {
                let fits = resource == "*" || resource.starts_with(&format!("arn:{partition}:"));
                assert!(fits, "{} in {region}: {resource}", role.named.id);
                // A wildcard stands for whole parts of a key, so that no sibling of a prefix matches.
                let s3 = resource.contains(":s3:::");
                let whole = resource.split('*').rev().skip(1).all(|it| it.ends_with('/'));
                assert!(!s3 || whole, "{} in {region}: {resource}", role.named.id);
            }
        }
    }
}

#[test]
fn defect_33_functions_may_use_the_keys() {
    let stack = everything();
    let by_s3 = Context::none().with("kms:viaservice", "s3.eu-west-1.amazonaws.com");
    let own = "arn:aws:kms:eu-west-1:111122223333:key/own";
    let data = "arn:aws:kms:eu-west-1:111122223333:key/data";
    for function in &stack.functions {
        let id = format!("{}Role", function.named.id.trim_end_matches("Function"));
        for action in ["kms:Decrypt", "kms:GenerateDataKey"] {
            assert!(may(&stack, &id, action, own, &by_s3), "{id} {action}");
            assert!(!may(&stack, &id, action, own, &Context::none()), "{id} {action} by itself");
        }
    }
    for id in ["AnalyzeWindowRole", "RebuildBaselineRole", "ProbeEndpointRole", "MonitorRole"] {
        assert!(may(&stack, id, "kms:Decrypt", data, &by_s3), "{id}");
        assert!(!may(&stack, id, "kms:GenerateDataKey", data, &by_s3), "{id}");
    }
}

#[test]
fn defect_34_logs_hold_no_payloads() {
    let text = text();
    assert!(text.contains("        Level: ERROR\n        IncludeExecutionData: false\n"));
    assert!(!text.contains("IncludeExecutionData: true") && !text.contains("Level: ALL"));
    let declared = text.split("  LogLevel:\n").nth(1).expect("a parameter");
    assert!(declared.split("  LogRetentionDays:").next().is_some_and(|it| it.contains("INFO")));
}

#[test]
fn defect_37_outputs_say_where_everything_is() {
    let stack = here(&[]);
    for name in ["Bucket", "Settings", "Topic", "Undelivered", "Failed", "RebuildMachine"] {
        assert!(stack.outputs.get(name).is_some_and(|it| !it.is_empty()), "no output {name}");
    }
    let deploy = fs::read_to_string(root().join("infra/deploy")).expect("the script");
    assert!(!deploy.contains("|| true") && !deploy.contains("check=False"));
    assert!(!deploy.contains("print(os.environ") && !deploy.contains("printenv"));
}

#[test]
fn defect_38_tags_say_whose_cost_it_is() {
    let text = text();
    let globals = text.split("\nGlobals:").nth(1).and_then(|it| it.split("\nResources:").next());
    let globals = globals.expect("defaults of functions");
    assert!(globals.contains("cost-center: !Ref CostCenter"));
    let deploy = fs::read_to_string(root().join("infra/deploy")).expect("the script");
    assert!(deploy.contains("\"--tags\""), "stack tags reach every resource");
}

#[test]
fn metadata_of_cargo_lambda_says_what_the_template_says() {
    let stack = here(&[]);
    for function in &stack.functions {
        let folder = function.code.as_deref().and_then(|it| it.strip_prefix("../")).expect("code");
        let Ok(manifest) = fs::read_to_string(root().join(folder).join("Cargo.toml")) else {
            continue;
        };
        let value = |section: &str, name: &str| {
            let section = manifest.split(&format!("[package.metadata.lambda.{section}]\n")).nth(1);
            let lines = section.into_iter().flat_map(str::lines);
            let mut lines = lines.take_while(|line| !line.starts_with('['));
            let line = lines.find_map(|line| line.strip_prefix(&format!("{name} = ")));
            line.unwrap_or_else(|| panic!("{folder} has no {section:?}.{name}")).to_owned()
        };
        assert_eq!(value("deploy", "memory"), function.memory_mb.to_string(), "{folder}");
        assert_eq!(value("deploy", "timeout"), function.timeout.as_secs().to_string(), "{folder}");
        assert_eq!(value("deploy", "tracing"), "\"active\"", "{folder}");
        assert_eq!(value("deploy", "runtime"), "\"provided.al2023\"", "{folder}");
        // The stack's own role, bucket and topic survive a deployment of code.
        assert_eq!(value("deploy", "merge_env"), "true", "{folder}");
        assert!(!manifest.contains("role ="), "{folder} names a role of some account");
        assert!(value("deploy", "tags").contains("application=vigil"), "{folder}");
        let bus = format!("{:?}", function.environment["VIGIL_BUS"]);
        assert_eq!(value("deploy.env", "VIGIL_BUS"), bus, "{folder}");
    }
}
