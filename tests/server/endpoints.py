"""Models, endpoint configs, endpoints and invocations through boto3."""
import io
import json
import tarfile
import time

from stage import case, refused

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/xgboost:1"
ROLE = "arn:aws:iam::111122223333:role/sagemaker"


def artefact(s3, bucket, key):
    """Puts a linear model of two numbers into S3 as training would leave it."""
    model = {"linear": {"objective": "reg:squarederror", "intercept": 1.0, "weights": [2.0, 3.0]}}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        body = json.dumps(model).encode()
        entry = tarfile.TarInfo("model.json")
        entry.size = len(body)
        archive.addfile(entry, io.BytesIO(body))
    s3.put_object(Bucket=bucket, Key=key, Body=packed.getvalue())
    return f"s3://{bucket}/{key}"


def serving(server, name, capture=None, percent=100):
    """Brings an endpoint in service that answers 1 + 2a + 3b, and returns its clients."""
    s3, sagemaker = server.client("s3"), server.client("sagemaker")
    bucket = f"{name}-data"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    url = artefact(s3, bucket, "model.tar.gz")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": url},
                           Tags=[{"Key": "team", "Value": "a"}])
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large",
               "InitialVariantWeight": 1.0}
    config = {"EndpointConfigName": name, "ProductionVariants": [variant]}
    if capture:
        config["DataCaptureConfig"] = {
            "EnableCapture": True, "InitialSamplingPercentage": percent, "DestinationS3Uri": f"s3://{bucket}/{capture}",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}}
    sagemaker.create_endpoint_config(**config)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=[{"Key": "team", "Value": "a"}])
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Creating"
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 50})
    return s3, sagemaker, server.client("sagemaker-runtime")


@case
def endpoints_live_and_die(server, _):
    _, sagemaker, _ = serving(server, "live")
    described = sagemaker.describe_model(ModelName="live")
    assert described["PrimaryContainer"]["Image"] == IMAGE and described["ExecutionRoleArn"] == ROLE
    assert "live" in [it["ModelName"] for it in sagemaker.list_models()["Models"]]
    config = sagemaker.describe_endpoint_config(EndpointConfigName="live")
    assert config["ProductionVariants"][0]["InstanceType"] == "ml.m5.large"
    endpoint = sagemaker.describe_endpoint(EndpointName="live")
    assert endpoint["EndpointStatus"] == "InService" and endpoint["EndpointConfigName"] == "live"
    assert sagemaker.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"] == [{"Key": "team", "Value": "a"}]
    sagemaker.add_tags(ResourceArn=endpoint["EndpointArn"], Tags=[{"Key": "b", "Value": "1"}])
    sagemaker.delete_tags(ResourceArn=endpoint["EndpointArn"], TagKeys=["team"])
    assert sagemaker.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"] == [{"Key": "b", "Value": "1"}]
    sagemaker.create_endpoint_config(EndpointConfigName="live-2", ProductionVariants=[
        {"VariantName": "v", "ModelName": "live", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}])
    sagemaker.update_endpoint(EndpointName="live", EndpointConfigName="live-2")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="live", WaiterConfig={"Delay": 0.2})
    assert sagemaker.describe_endpoint(EndpointName="live")["EndpointConfigName"] == "live-2"
    sagemaker.delete_endpoint(EndpointName="live")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="live", WaiterConfig={"Delay": 0.2})
    for name in ["live", "live-2"]:
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
    sagemaker.delete_model(ModelName="live")
    refused(lambda: sagemaker.describe_model(ModelName="live"), "ValidationException", 400)
    refused(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="live"), "ValidationException", 400)


@case
def lists_page_and_filter(server, _):
    _, sagemaker, _ = serving(server, "page")
    for at in range(5):
        sagemaker.create_endpoint_config(EndpointConfigName=f"page-{at}", ProductionVariants=[
            {"VariantName": "v", "ModelName": "page", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}])
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(NameContains="page-", MaxResults=2)
    names = [it["EndpointConfigName"] for page in pages for it in page["EndpointConfigs"]]
    assert sorted(names) == [f"page-{at}" for at in range(5)]
    found = sagemaker.list_endpoints(NameContains="page", StatusEquals="InService")["Endpoints"]
    assert [it["EndpointName"] for it in found] == ["page"]


@case
def invocations_are_answered_and_captured(server, _):
    s3, sagemaker, runtime = serving(server, "seen", capture="capture")
    answer = runtime.invoke_endpoint(EndpointName="seen", ContentType="text/csv", Body="1,2\n3,4", InferenceId="order-1",
                                     CustomAttributes="trace=abc")
    assert answer["Body"].read() == b"9\n19" and answer["InvokedProductionVariant"] == "AllTraffic"
    assert answer["CustomAttributes"] == "trace=abc" and answer["ContentType"].startswith("text/csv")
    answer = runtime.invoke_endpoint(EndpointName="seen", ContentType="text/csv", Body="0,0", TargetVariant="AllTraffic")
    assert answer["Body"].read() == b"1"
    refused(lambda: runtime.invoke_endpoint(EndpointName="seen", ContentType="text/csv", Body="0", TargetVariant="no"),
            "ValidationError", 400)
    refused(lambda: runtime.invoke_endpoint(EndpointName="none", ContentType="text/csv", Body="0"), "ValidationError", 400)
    told = refused(lambda: runtime.invoke_endpoint(EndpointName="seen", ContentType="image/png", Body=b"\x89"), "ModelError", 424)
    assert told["OriginalStatusCode"] == 400
    summary = sagemaker.describe_endpoint(EndpointName="seen")["DataCaptureConfig"]
    assert summary["CaptureStatus"] == "Started" and summary["CurrentSamplingPercentage"] == 100
    for _ in range(50):
        found = s3.list_objects_v2(Bucket="seen-data", Prefix="capture/seen/AllTraffic/").get("Contents", [])
        if found:
            break
        time.sleep(0.1)
    body = s3.get_object(Bucket="seen-data", Key=found[0]["Key"])["Body"].read()
    record = json.loads(body.splitlines()[0])
    assert record["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv", "mode": "INPUT", "data": "1,2\n3,4", "encoding": "CSV"}
    assert record["captureData"]["endpointOutput"]["data"] == "9\n19"
    assert record["eventMetadata"]["inferenceId"] == "order-1" and record["eventMetadata"]["customAttributes"] == ["trace=abc"]


@case
def unreadable_models_fail_their_endpoint(server, _):
    sagemaker = server.client("sagemaker")
    sagemaker.create_model(ModelName="broken", ExecutionRoleArn=ROLE,
                           PrimaryContainer={"Image": IMAGE, "ModelDataUrl": "s3://nowhere/model.tar.gz"})
    sagemaker.create_endpoint_config(EndpointConfigName="broken", ProductionVariants=[
        {"VariantName": "v", "ModelName": "broken", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}])
    sagemaker.create_endpoint(EndpointName="broken", EndpointConfigName="broken")
    server.advance(5)
    described = sagemaker.describe_endpoint(EndpointName="broken")
    assert described["EndpointStatus"] == "Failed" and "NoSuchBucket" in described["FailureReason"]


@case
def bad_requests_are_refused_in_words(server, _):
    sagemaker = server.client("sagemaker", parameter_validation=False)
    refused(lambda: sagemaker.describe_endpoint(), "ValidationException", 400)
    refused(lambda: sagemaker.describe_endpoint(EndpointName="none"), "ValidationException", 400)
    refused(lambda: sagemaker.create_endpoint(EndpointName="-bad-", EndpointConfigName="x"), "ValidationException", 400)
    refused(lambda: sagemaker.list_endpoints(MaxResults=1000), "ValidationException", 400)
    told = refused(lambda: sagemaker.create_training_job(TrainingJobName="x"), "UnknownOperationException", 400)
    assert "CreateTrainingJob" in told["Error"]["Message"]
    for service, operation in [("kms", "list_keys"), ("cloudformation", "list_stacks")]:
        refused(getattr(server.client(service), operation), "UnknownOperationException", 400)
