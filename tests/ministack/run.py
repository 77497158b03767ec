"""The suite as it is deployed, on others' software: the template by CloudFormation, the release binaries, a real bus.

    VIGIL=path/to/vigil BOOTSTRAPS=folder/of/binaries run.py      prints `N passed, M failed`

An endpoint comes in service, gets its baseline and is watched; a feature arrives a hundred times too large; a subscriber of
the topic gets the alert; the endpoint goes, and nothing is left.
"""

import io
import json
import os
import random
import shutil
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from world import ACCOUNT, REGION, ROOT, World, stubs, until

FUNCTIONS = ["reconcile-endpoint", "rebuild-baseline", "analyze-window", "alert-violations", "probe-endpoint", "merge-ground-truth", "sweep-endpoints"]
BUCKET, DATA, NAME = f"vigil-{ACCOUNT}-{REGION}", "churn-data", "churn-prod"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:people"
SETTINGS = f"""\
version: 1
defaults:
  baseline:
    training_data_s3_uri: s3://{DATA}/training/train.csv
"""
HOUR = 3600
cases = []


def case(function):
    cases.append(function)
    return function


def rows(count, seed, times=1.0):
    chance = random.Random(seed)
    return [(chance.gauss(3, 1) * times, chance.gauss(5, 2)) for _ in range(count)]


def text(row):
    return ",".join(f"{it:.4f}" for it in row)


def binaries(folder, built):
    """Lays the binaries out as infra/deploy takes them."""
    unwritten = [it for it in FUNCTIONS if not (ROOT / "functions" / it).is_dir()]
    stubs(folder, unwritten, {"status": "skipped"})
    for name in FUNCTIONS:
        if name not in unwritten:
            (folder / name).mkdir(parents=True)
            shutil.copy(built / name, folder / name / "bootstrap")
    return folder


@case
def template_and_binaries_are_deployed(world):
    world.client("sqs").create_queue(QueueName="people")
    world.client("s3").create_bucket(Bucket=DATA, CreateBucketConfiguration={"LocationConstraint": REGION})
    trained = [(1 + 2 * a + 3 * b, a, b) for a, b in rows(2000, 1)]
    body = "\n".join(["_c0,_c1,_c2"] + [text(row) for row in trained])
    world.client("s3").put_object(Bucket=DATA, Key="training/train.csv", Body=body.encode())
    settings = world.folder / "settings.yaml"
    settings.write_text(SETTINGS)
    code = binaries(world.folder / "code", Path(os.environ["BOOTSTRAPS"]))
    world.emulator.deploy(
        "--binaries", code, "--architecture", "x86_64", "--data-bucket", DATA, "--settings", settings,
        "--parameter", "SageMakerSource=vigil.sagemaker", "--parameter", f"AlertQueueArn={QUEUE}")
    assert world.emulator.stack()["StackStatus"] == "CREATE_COMPLETE"
    made = world.emulator.physical()
    assert all(made.values()), [name for name, it in made.items() if not it]


@case
def endpoint_in_service_gets_its_baseline(world):
    model = {"linear": {"objective": "reg:squarederror", "intercept": 1.0, "weights": [2.0, 3.0]}}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("model.json")
        entry.size = len(json.dumps(model))
        archive.addfile(entry, io.BytesIO(json.dumps(model).encode()))
    world.client("s3").put_object(Bucket=DATA, Key="model.tar.gz", Body=packed.getvalue())
    sagemaker = world.client("sagemaker")
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/xgboost:1"
    sagemaker.create_model(ModelName=NAME, ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/sagemaker",
                           PrimaryContainer={"Image": image, "ModelDataUrl": f"s3://{DATA}/model.tar.gz"})
    variant = {"VariantName": "AllTraffic", "ModelName": NAME, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName=NAME, ProductionVariants=[variant], DataCaptureConfig={
        "EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": f"s3://{DATA}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]}})
    sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    pointer = until(lambda: [it for it in world.objects(BUCKET, f"vigil/baselines/{NAME}/") if it.endswith("current.json")], 60,
                    "no baseline was promoted")
    return pointer[0]


@case
def schedule_is_set_up(world):
    sagemaker = world.client("sagemaker")

    def scheduled():
        found = sagemaker.list_monitoring_schedules(EndpointName=NAME)["MonitoringScheduleSummaries"]
        return [it["MonitoringScheduleName"] for it in found if it["MonitoringScheduleStatus"] == "Scheduled"]
    name = until(scheduled, 60, "no schedule", lambda: sweep(world))[0]
    definition = sagemaker.describe_monitoring_schedule(MonitoringScheduleName=name)["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"]
    baseline = sagemaker.describe_data_quality_job_definition(JobDefinitionName=definition)["DataQualityBaselineConfig"]
    assert baseline["ConstraintsResource"]["S3Uri"].startswith(f"s3://{BUCKET}/vigil/baselines/{NAME}/"), baseline
    return name


@case
def calm_hours_are_judged_in_silence(world):
    to_next_hour(world)
    serve(world, 2)
    end_hour(world)
    reports = until(lambda: reports_of(world), 60, "no window was judged", lambda: sweep(world))
    assert not messages(world), "a calm hour alerted"
    return reports[0]


@case
def drift_reaches_a_subscriber(world):
    serve(world, 3, times=100.0)
    end_hour(world)
    told = until(lambda: messages(world), 60, "nobody was told", lambda: sweep(world))
    # The template's queue gets messages raw: the document and nothing around it.
    incident = json.loads(told[0]["Body"])
    assert (incident["schema"], incident["change"], incident["severity"]) == ("monitor.incident/1", "opened", "critical"), incident
    assert (incident["endpoint"], incident["variant"]) == (NAME, "AllTraffic"), incident
    found = {it["feature"]: it for it in incident["findings"]}
    assert found["_c1"]["factor"] == 100.0, incident
    bucket, key = incident["links"]["report"].removeprefix("s3://").split("/", 1)
    assert b"<html" in world.read(bucket, key)[:200], "the report is where the alert says"
    return f"{len(told)} message, {sorted(found)}"


@case
def deleted_endpoint_leaves_nothing(world):
    world.client("sagemaker").delete_endpoint(EndpointName=NAME)
    world.advance(600)
    until(lambda: not world.objects(BUCKET, f"vigil/endpoints/{NAME}"), 60, "the record is still there", lambda: sweep(world))
    assert world.client("sagemaker").list_monitoring_schedules()["MonitoringScheduleSummaries"] == []
    assert reports_of(world), "reports are kept"


@case
def no_event_was_lost(world):
    outputs = world.emulator.outputs()
    for queue in ("Undelivered", "Failed"):
        asked = world.client("sqs").get_queue_attributes(QueueUrl=outputs[queue], AttributeNames=["ApproximateNumberOfMessages"])
        kept = world.client("sqs").receive_message(QueueUrl=outputs[queue], MaxNumberOfMessages=10).get("Messages", [])
        assert asked["Attributes"]["ApproximateNumberOfMessages"] == "0", (queue, [it["Body"][:600] for it in kept])
    told = world.forwarded()
    assert told["failed"] == 0, told


def reports_of(world):
    return [it for it in world.objects(BUCKET, f"vigil/reports/{NAME}/") if it.endswith("constraint_violations.json")]


def messages(world):
    url = world.client("sqs").get_queue_url(QueueName="people")["QueueUrl"]
    return world.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])


def to_next_hour(world):
    world.advance(int(HOUR - world.now() % HOUR) + 60)


def serve(world, seed, times=1.0):
    runtime = world.client("sagemaker-runtime")
    for row in rows(200, seed, times):
        runtime.invoke_endpoint(EndpointName=NAME, ContentType="text/csv", Body=text(row))


def end_hour(world):
    """Lets the hour end, and the next one go on until its execution has begun, which SageMaker takes up to 20 minutes for."""
    to_next_hour(world)
    world.advance(1500)


def sweep(world):
    """Runs the sweep by hand, as an operator would, where ministack's scheduler is late."""
    world.client("lambda").invoke(FunctionName="vigil-sweep-endpoints", InvocationType="Event", Payload=b'{"detail-type":"Scheduled Event","source":"aws.events","detail":{}}')


def play():
    """Plays the story; a case stands on those before it, so that the first failure ends it."""
    passed = 0
    with tempfile.TemporaryDirectory(prefix="vigil-") as folder, World(folder, os.environ["VIGIL"]) as world:
        for it in cases:
            started = time.monotonic()
            try:
                said = it(world)
            except Exception as why:
                print(f"FAILED {it.__name__}: {type(why).__name__}: {why}", flush=True)
                if os.environ.get("VIGIL_KEEP"):
                    shutil.copytree(folder, os.environ["VIGIL_KEEP"], dirs_exist_ok=True)
                return passed
            passed += 1
            print(f"{it.__name__} {time.monotonic() - started:.1f} s{f': {said}' if said else ''}", flush=True)
    return passed


def main():
    passed = play()
    if passed < len(cases):
        # ministack's scheduler has been seen to stand still; what fails twice is ours.
        print("again, from nothing", flush=True)
        passed = play()
    print(f"ministack: {passed} passed, {1 if passed < len(cases) else 0} failed")
    return 0 if passed == len(cases) else 1


if __name__ == "__main__":
    sys.exit(main())
