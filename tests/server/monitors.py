"""Job definitions, schedules, executions and processing jobs through boto3."""
import csv
import io
import json
import random

from endpoints import ROLE, serving
from stage import case, refused

ANALYZER = "468650794304.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer"
CLARIFY = "131013547314.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-clarify-processing:1.0"
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 20}}
INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
FAMILIES = {"data_quality": "DataQuality", "model_quality": "ModelQuality", "model_bias": "ModelBias",
            "model_explainability": "ModelExplainability"}


def outputs(uri):
    return {"MonitoringOutputs": [{"S3Output": {"S3Uri": uri, "LocalPath": OUTPUT, "S3UploadMode": "Continuous"}}]}


def definition(family, name, endpoint, bucket, baseline=None):
    """The request that creates a definition of a family."""
    clarify = family in ["model_bias", "model_explainability"]
    app = {"ImageUri": CLARIFY, "ConfigUri": f"s3://{bucket}/analysis_config.json"} if clarify else {"ImageUri": ANALYZER}
    if family == "model_quality":
        app["ProblemType"] = "BinaryClassification"
    given = {"EndpointInput": {"EndpointName": endpoint, "LocalPath": f"{INPUT}/endpoint"}}
    if family in ["model_quality", "model_bias"]:
        given["GroundTruthS3Input"] = {"S3Uri": f"s3://{bucket}/labels"}
    word = FAMILIES[family]
    request = {"JobDefinitionName": name, f"{word}AppSpecification": app, f"{word}JobInput": given,
               f"{word}JobOutputConfig": outputs(f"s3://{bucket}/reports"), "JobResources": CLUSTER, "RoleArn": ROLE,
               "StoppingCondition": {"MaxRuntimeInSeconds": 1800}, "Tags": [{"Key": "a", "Value": "b"}],
               "NetworkConfig": {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True,
                                 "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}}
    if baseline:
        request[f"{word}BaselineConfig"] = {"ConstraintsResource": {"S3Uri": f"{baseline}/constraints.json"}}
        if family == "data_quality":
            request[f"{word}BaselineConfig"]["StatisticsResource"] = {"S3Uri": f"{baseline}/statistics.json"}
    return request


@case
def definitions_of_four_families_are_kept(server, _):
    _, sagemaker, _ = serving(server, "families")
    for family, word in FAMILIES.items():
        def call(verb, plural="", **members):
            return getattr(sagemaker, f"{verb}_{family}_job_definition{plural}")(**members)

        request = definition(family, f"{word}-1", "families", "families-data", "s3://families-data/baseline")
        arn = call("create", **request)["JobDefinitionArn"]
        refused(lambda: call("create", **request), "ResourceInUse", 400)
        told = call("describe", JobDefinitionName=f"{word}-1")
        assert told["JobDefinitionArn"] == arn
        for name, given in request.items():
            if name != "Tags":
                assert contains(told[name], given), (name, told[name], given)
        assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == request["Tags"]
        for at in range(2, 5):
            call("create", **request | {"JobDefinitionName": f"{word}-{at}"})
        first = call("list", "s", MaxResults=3, EndpointName="families")
        rest = call("list", "s", MaxResults=3, EndpointName="families", NextToken=first["NextToken"])
        names = [it["MonitoringJobDefinitionName"] for page in [first, rest] for it in page["JobDefinitionSummaries"]]
        assert sorted(names) == [f"{word}-{at}" for at in range(1, 5)], names
        call("delete", JobDefinitionName=f"{word}-1")
        refused(lambda: call("describe", JobDefinitionName=f"{word}-1"), "ResourceNotFound", 400)
        refused(lambda: call("create", **request | {"JobDefinitionName": "x" * 63 + "y"}), "ValidationException", 400)


def contains(whole, part):
    if isinstance(part, dict):
        return all(name in whole and contains(whole[name], it) for name, it in part.items())
    return whole == part


@case
def schedules_start_stop_and_go(server, _):
    _, sagemaker, _ = serving(server, "hourly")
    sagemaker.create_data_quality_job_definition(**definition("data_quality", "hourly", "hourly", "hourly-data"))
    config = {"ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"}, "MonitoringJobDefinitionName": "hourly",
              "MonitoringType": "DataQuality"}
    made = sagemaker.create_monitoring_schedule(MonitoringScheduleName="hourly", MonitoringScheduleConfig=config,
                                                Tags=[{"Key": "a", "Value": "b"}])
    refused(lambda: sagemaker.create_monitoring_schedule(MonitoringScheduleName="hourly", MonitoringScheduleConfig=config),
            "ResourceInUse", 400)

    def status():
        server.advance(1)
        return sagemaker.describe_monitoring_schedule(MonitoringScheduleName="hourly")["MonitoringScheduleStatus"]
    assert status() == "Scheduled"
    told = sagemaker.describe_monitoring_schedule(MonitoringScheduleName="hourly")
    assert told["MonitoringScheduleArn"] == made["MonitoringScheduleArn"] and told["EndpointName"] == "hourly"
    assert contains(told["MonitoringScheduleConfig"], config)
    sagemaker.stop_monitoring_schedule(MonitoringScheduleName="hourly")
    assert status() == "Stopped"
    sagemaker.start_monitoring_schedule(MonitoringScheduleName="hourly")
    assert status() == "Scheduled"
    daily = config | {"ScheduleConfig": {"ScheduleExpression": "cron(0 5 ? * * *)"}}
    sagemaker.update_monitoring_schedule(MonitoringScheduleName="hourly", MonitoringScheduleConfig=daily)
    assert status() == "Scheduled"
    found = sagemaker.list_monitoring_schedules(EndpointName="hourly", StatusEquals="Scheduled")
    assert [it["MonitoringScheduleName"] for it in found["MonitoringScheduleSummaries"]] == ["hourly"]
    refused(lambda: sagemaker.delete_data_quality_job_definition(JobDefinitionName="hourly"), "ValidationException", 400)
    bad = config | {"ScheduleConfig": {"ScheduleExpression": "rate(1 hour)"}}
    refused(lambda: sagemaker.create_monitoring_schedule(MonitoringScheduleName="bad", MonitoringScheduleConfig=bad),
            "ValidationException", 400)
    sagemaker.delete_monitoring_schedule(MonitoringScheduleName="hourly")
    server.advance(1)
    for verb in ["describe", "start", "stop", "delete"]:
        call = getattr(sagemaker, f"{verb}_monitoring_schedule")
        refused(lambda: call(MonitoringScheduleName="hourly"), "ResourceNotFound", 400)


def table(rows, shift=0.0, seed=1):
    """Two numbers a row, as CSV without a header."""
    chance = random.Random(seed)
    return "".join(f"{chance.gauss(shift, 1):.4f},{chance.gauss(5, 2):.4f}\n" for _ in range(rows))


def learn(server, s3, sagemaker, bucket, name, header):
    """Runs the analyzer as a processing job that learns a baseline, and returns where it lies."""
    s3.put_object(Bucket=bucket, Key="train.csv", Body=(header + table(500)).encode())
    sagemaker.create_processing_job(
        ProcessingJobName=name, RoleArn=ROLE, AppSpecification={"ImageUri": ANALYZER}, ProcessingResources=CLUSTER,
        ProcessingInputs=[{"InputName": "data", "S3Input": {
            "S3Uri": f"s3://{bucket}/train.csv", "LocalPath": f"{INPUT}/data", "S3DataType": "S3Prefix", "S3InputMode": "File"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": {
            "S3Uri": f"s3://{bucket}/baseline", "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"}}]},
        Environment={"dataset_format": json.dumps({"csv": {"header": True}}), "dataset_source": f"{INPUT}/data",
                     "output_path": OUTPUT, "publish_cloudwatch_metrics": "Disabled"})
    sagemaker.get_waiter("processing_job_completed_or_stopped").wait(
        ProcessingJobName=name, WaiterConfig={"Delay": 0.3, "MaxAttempts": 100})
    return f"s3://{bucket}/baseline"


@case
def processing_jobs_run_the_analyzer(server, _):
    s3, sagemaker, _ = serving(server, "learns")
    learn(server, s3, sagemaker, "learns-data", "learns-1", "a,b\n")
    told = sagemaker.describe_processing_job(ProcessingJobName="learns-1")
    assert told["ProcessingJobStatus"] == "Completed" and told["ExitMessage"].startswith("Completed"), told
    statistics = json.loads(s3.get_object(Bucket="learns-data", Key="baseline/statistics.json")["Body"].read())
    assert [it["name"] for it in statistics["features"]] == ["a", "b"]
    numbers = [float(row[0]) for row in csv.reader(io.StringIO(table(500)))]
    mean = statistics["features"][0]["numerical_statistics"]["mean"]
    assert abs(mean - sum(numbers) / len(numbers)) < 1e-9
    found = sagemaker.list_processing_jobs(NameContains="learns", StatusEquals="Completed")["ProcessingJobSummaries"]
    assert [it["ProcessingJobName"] for it in found] == ["learns-1"]
    refused(lambda: sagemaker.stop_processing_job(ProcessingJobName="learns-1"), "ValidationException", 400)
    refused(lambda: sagemaker.describe_processing_job(ProcessingJobName="none"), "ResourceNotFound", 400)


@case
def executions_find_violations_in_captures(server, _):
    """A schedule fires twice: the first window is like the baseline, the second one is not."""
    s3, sagemaker, runtime = serving(server, "watched", capture="capture")
    rows = [row.split(",") for row in table(500).split()]
    trained = "".join(f"{1 + 2 * float(a) + 3 * float(b)},{a},{b}\n" for a, b in rows)
    s3.put_object(Bucket="watched-data", Key="train/train.csv", Body=("_c0,_c1,_c2\n" + trained).encode())
    sagemaker.create_processing_job(
        ProcessingJobName="watched-0", RoleArn=ROLE, AppSpecification={"ImageUri": ANALYZER}, ProcessingResources=CLUSTER,
        ProcessingInputs=[{"InputName": "data", "S3Input": {
            "S3Uri": "s3://watched-data/train", "LocalPath": f"{INPUT}/data", "S3DataType": "S3Prefix", "S3InputMode": "File"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": {
            "S3Uri": "s3://watched-data/baseline", "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"}}]},
        Environment={"dataset_format": json.dumps({"csv": {"header": True}}), "dataset_source": f"{INPUT}/data",
                     "output_path": OUTPUT})
    server.advance(10)
    sagemaker.create_data_quality_job_definition(
        **definition("data_quality", "watched", "watched", "watched-data", "s3://watched-data/baseline"))
    sagemaker.create_monitoring_schedule(MonitoringScheduleName="watched", MonitoringScheduleConfig={
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"}, "MonitoringJobDefinitionName": "watched",
        "MonitoringType": "DataQuality"})
    server.advance(2)
    statuses = []
    for shift in [0.0, 8.0]:
        rows = table(300, shift, seed=2).split()
        if shift:
            rows = [row.replace(row.split(",")[0], "") for row in rows]  # the first number is gone
        for row in rows:
            runtime.invoke_endpoint(EndpointName="watched", ContentType="text/csv", Body=row)
        server.advance(2 * 3600)
        found = sagemaker.list_monitoring_executions(MonitoringScheduleName="watched", SortBy="ScheduledTime",
                                                     SortOrder="Ascending")["MonitoringExecutionSummaries"]
        statuses = [it["MonitoringExecutionStatus"] for it in found]
    assert "CompletedWithViolations" in statuses, (statuses, [it.get("FailureReason") for it in found])
    last = next(it for it in reversed(found) if it["MonitoringExecutionStatus"] == "CompletedWithViolations")
    job = last["ProcessingJobArn"].rsplit("/", 1)[1]
    told = sagemaker.describe_processing_job(ProcessingJobName=job)
    assert told["MonitoringScheduleArn"].endswith("monitoring-schedule/watched")
    assert told["ExitMessage"].startswith("CompletedWithViolations"), told
    hour = last["ScheduledTime"].strftime("%Y/%m/%d/%H")
    key = f"reports/watched/watched/{hour}/constraint_violations.json"
    violations = json.loads(s3.get_object(Bucket="watched-data", Key=key)["Body"].read())["violations"]
    assert {"_c1"} <= {it["feature_name"] for it in violations}, violations
    return f"{statuses}"
