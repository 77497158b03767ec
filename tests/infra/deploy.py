"""infra/deploy against an emulator: from nothing to running, again, adopted, and away.

    deploy.py        prints `N passed, M failed`

The functions are stand-ins that answer the Runtime API; what is tested is the stack and the script.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from emulator import ROOT, Emulator, stubs
from template import Resolver, expand, load

FUNCTIONS = ["reconcile-endpoint", "rebuild-baseline", "analyze-window", "alert-violations", "probe-endpoint", "merge-ground-truth", "sweep-endpoints"]
BUCKET = "vigil-000000000000-eu-west-1"
cases = []


def case(function):
    cases.append(function)
    return function


def wanted(**parameters):
    """Logical ids that a stack with these parameters has, by AWS's own transform and the template's conditions."""
    expanded = expand(load())
    resolver = Resolver(expanded, parameters=parameters)
    return {name: it for name, it in expanded["Resources"].items() if "Condition" not in it or resolver.holds(it["Condition"])}, resolver


def pascal(name):
    return "".join(part.capitalize() for part in name.split("-"))


@case
def dry_run_needs_nothing_and_makes_nothing(aws, code):
    said = aws.deploy("--dry-run", "--binaries", code, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    commands = [line.split()[1:4] for line in said.splitlines() if line.startswith("+ ")]
    steps = ["create-bucket", "package", "deploy", "put-object", "start-execution", "invoke"]
    assert [it[2] for it in commands if it[2] in steps] == steps, said
    assert not aws.client("s3").list_buckets()["Buckets"]
    # Without a name it is SageMaker's own bucket; nothing else that a bucket sends is dropped.
    told = [line for line in said.splitlines() if "put-bucket-notification-configuration" in line]
    assert len(told) == 1 and "sagemaker-" in told[0] and "what was answered, and" in told[0], said
    said = aws.deploy("--dry-run", "--binaries", code, "--data-bucket", "captures", "--data-bucket", "labels")
    told = [line for line in said.splitlines() if "put-bucket-notification-configuration" in line]
    assert ["captures" in told[0], "labels" in told[1], len(told)] == [True, True, 2], said
    assert "notification" not in aws.deploy("--dry-run", "--binaries", code, "--leave-buckets")


@case
def one_command_brings_everything_up(aws, code):
    said = aws.deploy("--binaries", code, "--architecture", "x86_64", "--email", "someone@example.com", "--tag", "owner=team-a",
                      "--data-bucket", "captures", "--data-bucket", "training")
    assert "confirm the mail" in said and "s3://" in said, said
    resources, resolver = wanted(AlertEmail="someone@example.com")
    made = aws.physical()
    assert set(made) == set(resources), set(made) ^ set(resources)
    assert all(made.values()), [name for name, it in made.items() if not it]
    stack = aws.stack()
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert {"owner": "team-a"}.items() <= {it["Key"]: it["Value"] for it in stack["Tags"]}.items()


@case
def functions_are_what_the_template_says(aws, code):
    resources, resolver = wanted()
    made = aws.physical()
    for name in FUNCTIONS:
        own = resolver(resources[f"{pascal(name)}Function"]["Properties"])
        it = aws.client("lambda").get_function(FunctionName=f"vigil-{name}")["Configuration"]
        assert (it["MemorySize"], it["Timeout"], it["Runtime"]) == (own["MemorySize"], own["Timeout"], "provided.al2023"), name
        assert it["Architectures"] == ["x86_64"] and it["TracingConfig"]["Mode"] == "Active", name
        assert it["Role"].endswith(made[f"{pascal(name)}Role"]), name
        variables = it["Environment"]["Variables"]
        assert variables["VIGIL_BUCKET"] == BUCKET and variables["VIGIL_TOPIC"] == made["AlertTopic"], variables
        asynchronous = aws.client("lambda").get_function_event_invoke_config(FunctionName=f"vigil-{name}", Qualifier="$LATEST")
        assert asynchronous["MaximumEventAgeInSeconds"] == 21600
        assert ":vigil-FailedEvents" in asynchronous["DestinationConfig"]["OnFailure"]["Destination"], asynchronous


@case
def every_rule_has_its_target_and_its_queue(aws, code):
    rules = [it for it in aws.client("events").list_rules()["Rules"] if it["Name"].startswith("vigil-")]
    assert len(rules) >= 13
    for it in rules:
        targets = aws.client("events").list_targets_by_rule(Rule=it["Name"])["Targets"]
        assert len(targets) == 1 and it["State"] == "ENABLED", it["Name"]
        assert ":vigil-UndeliveredEvents" in targets[0]["DeadLetterConfig"]["Arn"], it["Name"]
        assert targets[0]["RetryPolicy"]["MaximumRetryAttempts"] == 185, it["Name"]


@case
def bucket_is_closed_and_tells_its_events(aws, code):
    assert "EventBridgeConfiguration" in aws.client("s3").get_bucket_notification_configuration(Bucket=BUCKET)
    assert aws.client("s3").get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert all(aws.client("s3").get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    policy = json.loads(aws.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert {it["Sid"] for it in policy["Statement"]} == {"OnlyTls", "RecordsOnlyOnCondition"}
    settings = aws.run("aws", "s3", "cp", f"s3://{BUCKET}/vigil/settings.yaml", "-")
    assert settings == (ROOT / "infra" / "settings.yaml").read_text()


@case
def data_buckets_tell_their_events_and_keep_the_rest(aws, code):
    s3, queue = aws.client("s3"), "arn:aws:sqs:eu-west-1:000000000000:gone"
    theirs = {"QueueConfigurations": [{"Id": "theirs", "QueueArn": queue, "Events": ["s3:ObjectCreated:*"],
                                       "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "in/"}]}}}]}
    s3.create_bucket(Bucket="captures", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    aws.client("sqs").create_queue(QueueName="gone")
    s3.put_bucket_notification_configuration(Bucket="captures", NotificationConfiguration=theirs)
    own = s3.get_bucket_notification_configuration(Bucket="captures")["QueueConfigurations"]
    # The stack knows its buckets: they need not be said again. One of them is not there.
    said = aws.deploy("--binaries", code, "--leave-buckets")
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket="captures"), said
    said = aws.deploy("--binaries", code)
    assert "bucket captures sends its events to EventBridge now" in said, said
    assert "bucket training does not send its events" in said and "NoSuchBucket" in said, said
    told = s3.get_bucket_notification_configuration(Bucket="captures")
    assert told["EventBridgeConfiguration"] == {} and told["QueueConfigurations"] == own, told
    assert "captures" not in aws.deploy("--binaries", code), "a second time there is nothing to do"


@case
def defect_10_first_run_follows_the_deployment(aws, code):
    machine = aws.outputs()["RebuildMachine"]
    for _ in range(60):
        found = aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
        if found and found[0]["status"] != "RUNNING":
            break
        time.sleep(0.5)
    assert found[0]["status"] == "SUCCEEDED", found
    streams = aws.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/vigil-sweep-endpoints")
    assert streams["logGroups"], streams


@case
def running_it_again_changes_nothing(aws, code):
    settings = b"version: 1\nchanges: paused\n"
    aws.client("s3").put_object(Bucket=BUCKET, Key="vigil/settings.yaml", Body=settings)
    before = (aws.physical(), {it["ParameterKey"]: it["ParameterValue"] for it in aws.stack()["Parameters"]})
    aws.deploy("--binaries", code)
    after = (aws.physical(), {it["ParameterKey"]: it["ParameterValue"] for it in aws.stack()["Parameters"]})
    assert before == after
    assert aws.run("aws", "s3", "cp", f"s3://{BUCKET}/vigil/settings.yaml", "-").encode() == settings, "a user's settings are kept"


@case
def new_code_and_settings_reach_the_stack(aws, code):
    digest = lambda: aws.client("lambda").get_function(FunctionName="vigil-probe-endpoint")["Configuration"]["CodeSha256"]
    before = digest()
    own = aws.folder / "own.yaml"
    own.write_text("version: 1\n")
    aws.deploy("--binaries", stubs(aws.folder / "newer", FUNCTIONS, {"status": "unchanged"}), "--settings", own)
    assert digest() != before
    assert aws.run("aws", "s3", "cp", f"s3://{BUCKET}/vigil/settings.yaml", "-") == "version: 1\n"


@case
def image_is_pushed_once_and_named_by_its_digest(aws, code):
    # As much of a static program as the builder looks at.
    program = aws.folder / "program"
    program.write_bytes(b"\x7fELF\x02\x01".ljust(18, b"\0") + (62).to_bytes(2, "little") + bytes(44))
    layout = aws.folder / "image"
    digest = aws.run(ROOT / "infra" / "image" / "build", "--binary", program, "--out", layout).strip()
    for _ in range(2):
        aws.deploy("--binaries", code, "--image", layout)
    kept = aws.client("ecr").describe_images(repositoryName="vigil-analyzer")["imageDetails"]
    assert [it["imageDigest"] for it in kept] == [digest], kept
    told = aws.client("lambda").get_function(FunctionName="vigil-analyze-window")["Configuration"]["Environment"]["Variables"]
    assert told["VIGIL_IMAGE"] == f"000000000000.dkr.ecr.eu-west-1.amazonaws.com/vigil-analyzer@{digest}"


@case
def code_alone_leaves_role_and_environment(aws, code):
    """The real cargo-lambda deploys with each function's own metadata; the stack's settings survive it."""
    if subprocess.run(["cargo", "lambda", "--version"], capture_output=True, env=os.environ).returncode:
        print("skipped: no cargo-lambda here")
        return
    own = lambda: aws.client("lambda").get_function(FunctionName="vigil-analyze-window")["Configuration"]
    before = own()
    built = stubs(aws.folder / "built", FUNCTIONS, {})
    for name in FUNCTIONS:
        # It reads the architecture off the program.
        shutil.copy(Path(sys.executable).resolve(), built / name / "bootstrap")
    here = {name: os.environ[name] for name in ("PATH", "CARGO_HOME", "RUSTUP_HOME", "HOME") if name in os.environ}
    aws.deploy("--code-only", "--binaries", built, **here)
    after = own()
    assert after["CodeSha256"] != before["CodeSha256"]
    for member in ("Role", "Environment", "MemorySize", "Timeout", "TracingConfig"):
        assert after[member] == before[member], member


@case
def defect_13_failed_rebuild_keeps_its_reason(aws, code):
    aws.deploy("--binaries", stubs(aws.folder / "failing", FUNCTIONS, {"status": "failed", "reason": "no training data at s3://x/y"}))
    machine = aws.outputs()["RebuildMachine"]
    started = aws.client("stepfunctions").start_execution(stateMachineArn=machine, input='{"action":"start"}')["executionArn"]
    for _ in range(60):
        found = aws.client("stepfunctions").describe_execution(executionArn=started)
        if found["status"] != "RUNNING":
            break
        time.sleep(0.5)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "BaselineFailed", "no training data at s3://x/y"), found


@case
def defect_37_failure_stops_with_its_reason(aws, code):
    said = aws.deploy("--binaries", code, "--parameter", "SweepRate=never", code=1)
    assert "SweepRate" in said and "first run" not in said, said
    said = aws.deploy("--binaries", aws.folder / "nowhere", code=1)
    assert "lacks alert-violations/bootstrap" in said, said


@case
def uninstall_leaves_the_data(aws, code):
    aws.client("s3").put_object(Bucket=BUCKET, Key="vigil/reports/churn/report.html", Body=b"<html>")
    said = aws.deploy("--uninstall", "--keep-monitors")
    assert "is left" in said
    kept = {it["Key"] for it in aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert {"vigil/reports/churn/report.html", "vigil/settings.yaml"} <= kept
    assert {it["Name"] for it in aws.client("s3").list_buckets()["Buckets"]} == {BUCKET, "captures"}
    # Somebody else may listen by now.
    assert "still send their events" in said
    assert "EventBridgeConfiguration" in aws.client("s3").get_bucket_notification_configuration(Bucket="captures")
    assert not aws.client("lambda").list_functions()["Functions"]
    assert not [it for it in aws.client("events").list_rules()["Rules"] if it["Name"].startswith("vigil-")]
    assert not [it for it in aws.client("iam").list_roles()["Roles"] if it["RoleName"].startswith("vigil-")]


@case
def bucket_that_is_there_is_adopted(aws, code):
    kept = {"QueueConfigurations": [{"Id": "theirs", "QueueArn": "arn:aws:sqs:eu-west-1:000000000000:theirs", "Events": ["s3:ObjectCreated:*"]}]}
    aws.client("sqs").create_queue(QueueName="theirs")
    aws.client("s3").put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=kept)
    said = aws.deploy("--binaries", code)
    assert "the bucket was there before" in said, said
    assert "Bucket" not in aws.physical()
    told = aws.client("s3").get_bucket_notification_configuration(Bucket=BUCKET)
    assert told["EventBridgeConfiguration"] == {} and told["QueueConfigurations"][0]["Id"] == "theirs", told


@case
def uninstall_takes_only_what_vigil_made(aws, code):
    """Schedules on the stand-in's SageMaker: named and tagged as Vigil's they go, all others stay."""
    vigil = os.environ.get("VIGIL")
    if not vigil:
        print("skipped: VIGIL names no binary whose stand-in plays SageMaker")
        return
    with subprocess.Popen([vigil, "up", "--json", "--pace", "fast"], stdout=subprocess.PIPE, text=True) as standin:
        try:
            url = json.loads(standin.stdout.readline())["url"]
            sagemaker = aws.client("sagemaker", url)
            furnish(sagemaker)
            for name, tags in (("vigil-e-dq", OWN), ("vigil-by-hand", []), ("theirs", OWN)):
                schedule(sagemaker, name, tags)
            aws.deploy("--uninstall", AWS_ENDPOINT_URL_SAGEMAKER=url)
            kept = {it["MonitoringScheduleName"] for it in sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]}
            listed = sagemaker.list_data_quality_job_definitions()["JobDefinitionSummaries"]
            assert kept == {"vigil-by-hand", "theirs"} == {it["MonitoringJobDefinitionName"] for it in listed}, (kept, listed)
        finally:
            standin.terminate()


OWN = [{"Key": "vigil:managed", "Value": "true"}]
ROLE = "arn:aws:iam::111122223333:role/jobs"


def furnish(sagemaker):
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/m:1"})
    variant = {"VariantName": "A", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    capture = {"EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://captures/c", "CaptureOptions": [{"CaptureMode": "Input"}]}
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant], DataCaptureConfig=capture)
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")


def schedule(sagemaker, name, tags):
    output = {"S3Output": {"S3Uri": "s3://captures/out", "LocalPath": "/opt/ml/processing/output"}}
    sagemaker.create_data_quality_job_definition(
        JobDefinitionName=name, RoleArn=ROLE, Tags=tags,
        DataQualityAppSpecification={"ImageUri": "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer"},
        DataQualityJobInput={"EndpointInput": {"EndpointName": "e", "LocalPath": "/opt/ml/processing/input"}},
        DataQualityJobOutputConfig={"MonitoringOutputs": [output]},
        JobResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}})
    sagemaker.create_monitoring_schedule(MonitoringScheduleName=name, Tags=tags, MonitoringScheduleConfig={
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"}, "MonitoringJobDefinitionName": name, "MonitoringType": "DataQuality"})


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder, Emulator(folder) as aws:
        code = stubs(Path(folder) / "code", FUNCTIONS, {"status": "skipped"})
        for it in cases:
            started = time.monotonic()
            try:
                it(aws, code)
            except Exception as why:  # the next case still has something to say
                failed += 1
                print(f"FAILED {it.__name__}: {type(why).__name__}: {why}", flush=True)
            else:
                print(f"{it.__name__} {time.monotonic() - started:.1f} s", flush=True)
    print(f"deploy: {len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
