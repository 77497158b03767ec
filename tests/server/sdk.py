"""The SageMaker Python SDK, version 2, as notebooks use it."""
import json
import logging
import os
import time

from endpoints import ROLE, serving
from stage import Skipped, case

BUCKET = "sagemaker-eu-west-1-111122223333"


def session(server):
    try:
        import sagemaker
    except ImportError as why:
        raise Skipped(f"the SageMaker SDK is not installed: {why}") from why
    for name in ["sagemaker", "botocore", "sagemaker.config"]:
        logging.getLogger(name).setLevel(logging.ERROR)
    s3 = server.client("s3")
    if BUCKET not in [it["Name"] for it in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    os.environ["AWS_ENDPOINT_URL"] = server.url  # the SDK makes clients of its own
    return sagemaker.Session(boto_session=server.session(), default_bucket=BUCKET)


def rows(count, seed=1):
    from monitors import table
    return [[float(cell) for cell in row.split(",")] for row in table(count, seed=seed).split()]


def train(folder, name="train.csv", count=400):
    """A table as the endpoint would have seen it: the prediction first, as capture puts it."""
    lines = ["_c0,_c1,_c2"] + [f"{1 + 2 * a + 3 * b},{a},{b}" for a, b in rows(count)]
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@case
def data_quality_is_monitored_by_the_book(server, folder):
    """Deploy with capture, suggest a baseline, schedule it, and read the violations of an execution."""
    kept = session(server)
    from sagemaker.model import Model
    from sagemaker.model_monitor import CronExpressionGenerator, DataCaptureConfig, DefaultModelMonitor
    from sagemaker.model_monitor.dataset_format import DatasetFormat
    from sagemaker.predictor import Predictor
    from sagemaker.serializers import CSVSerializer

    s3, _, _ = serving(server, "book-helper")
    capture = DataCaptureConfig(enable_capture=True, sampling_percentage=100, destination_s3_uri=f"s3://{BUCKET}/capture",
                                csv_content_types=["text/csv"], sagemaker_session=kept)
    model = Model(image_uri="111122223333.dkr.ecr.eu-west-1.amazonaws.com/linear:1",
                  model_data="s3://book-helper-data/model.tar.gz", role=ROLE, name="book", sagemaker_session=kept)
    model.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="book", data_capture_config=capture, wait=False)
    server.advance(3)
    predictor = Predictor("book", sagemaker_session=kept, serializer=CSVSerializer())
    assert predictor.predict("1,2") == b"9"

    monitor = DefaultModelMonitor(role=ROLE, instance_count=1, instance_type="ml.m5.xlarge", volume_size_in_gb=20,
                                  max_runtime_in_seconds=1800, sagemaker_session=kept)
    monitor.suggest_baseline(baseline_dataset=train(folder), dataset_format=DatasetFormat.csv(header=True),
                             output_s3_uri=f"s3://{BUCKET}/baseline", wait=True, logs=False)
    statistics = monitor.baseline_statistics().body_dict
    constraints = monitor.suggested_constraints().body_dict
    assert [it["name"] for it in statistics["features"]] == ["_c0", "_c1", "_c2"]
    assert [it["inferred_type"] for it in constraints["features"]] == ["Fractional"] * 3

    monitor.create_monitoring_schedule(
        monitor_schedule_name="book", endpoint_input="book", output_s3_uri=f"s3://{BUCKET}/reports",
        statistics=monitor.baseline_statistics(), constraints=monitor.suggested_constraints(),
        schedule_cron_expression=CronExpressionGenerator.hourly(), enable_cloudwatch_metrics=True)
    server.advance(2)
    assert monitor.describe_schedule()["MonitoringScheduleStatus"] == "Scheduled"
    for _, b in rows(60, seed=3):
        predictor.predict(f",{b}")  # the first number is missing now
    server.advance(2 * 3600)
    executions = monitor.list_executions()
    statuses = [it.describe()["ProcessingJobStatus"] for it in executions]
    assert "Completed" in statuses, monitor.list_executions()
    violations = monitor.latest_monitoring_constraint_violations().body_dict["violations"]
    assert "_c1" in [it["feature_name"] for it in violations], violations
    latest = monitor.latest_monitoring_statistics().body_dict
    assert latest["features"]
    monitor.stop_monitoring_schedule()
    server.advance(2)
    monitor.delete_monitoring_schedule()
    server.advance(2)
    predictor.delete_endpoint()
    return f"{len(executions)} executions, {len(violations)} violations"


@case
def model_quality_is_scheduled_by_the_book(server, folder):
    kept = session(server)
    from sagemaker.model_monitor import CronExpressionGenerator, EndpointInput, ModelQualityMonitor

    serving(server, "quality", capture="capture")
    monitor = ModelQualityMonitor(role=ROLE, instance_count=1, instance_type="ml.m5.xlarge", volume_size_in_gb=20,
                                  max_runtime_in_seconds=1800, sagemaker_session=kept)
    given = EndpointInput(endpoint_name="quality", destination="/opt/ml/processing/input_data", inference_attribute="0",
                          start_time_offset="-PT1H", end_time_offset="-PT0H")
    constraints = {"version": 0.0, "regression_constraints": {"mae": {"threshold": 1.0, "comparison_operator": "GreaterThanThreshold"}}}
    server.client("s3").put_object(Bucket=BUCKET, Key="quality/constraints.json", Body=json.dumps(constraints).encode())
    monitor.create_monitoring_schedule(
        monitor_schedule_name="quality", endpoint_input=given, output_s3_uri=f"s3://{BUCKET}/reports",
        problem_type="Regression", ground_truth_input=f"s3://{BUCKET}/labels", constraints=f"s3://{BUCKET}/quality/constraints.json",
        schedule_cron_expression=CronExpressionGenerator.hourly())
    server.advance(2)
    told = monitor.describe_schedule()
    assert told["MonitoringScheduleStatus"] == "Scheduled"
    name = told["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"]
    described = server.client("sagemaker").describe_model_quality_job_definition(JobDefinitionName=name)
    assert described["ModelQualityJobInput"]["GroundTruthS3Input"]["S3Uri"] == f"s3://{BUCKET}/labels"
    assert described["ModelQualityAppSpecification"]["ProblemType"] == "Regression"
    # Attaching reads everything back into the SDK's own classes.
    again = ModelQualityMonitor.attach("quality", sagemaker_session=kept)
    assert again.job_definition_name == name
    monitor.delete_monitoring_schedule()


@case
def model_quality_baselines_fail_in_words(server, folder):
    """The analyzer has no model quality yet: the job runs, and says so."""
    kept = session(server)
    from sagemaker.exceptions import UnexpectedStatusException
    from sagemaker.model_monitor import ModelQualityMonitor
    from sagemaker.model_monitor.dataset_format import DatasetFormat

    monitor = ModelQualityMonitor(role=ROLE, instance_count=1, instance_type="ml.m5.xlarge", sagemaker_session=kept,
                                  max_runtime_in_seconds=1800)
    path = folder / "scored.csv"
    path.write_text("prediction,label\n" + "".join(f"{a},{b}\n" for a, b in rows(50)))
    try:
        monitor.suggest_baseline(baseline_dataset=str(path), dataset_format=DatasetFormat.csv(header=True),
                                 output_s3_uri=f"s3://{BUCKET}/quality-baseline", problem_type="Regression",
                                 inference_attribute="prediction", ground_truth_attribute="label", wait=True, logs=False)
    except UnexpectedStatusException as why:
        assert "analysis_type MODEL_QUALITY" in str(why), why
    else:
        constraints = monitor.suggested_constraints().body_dict
        assert "regression_constraints" in constraints, constraints
