"""`--forward-to`: SageMaker here, buckets and bus in another emulator; the other one is a second `vigil up`."""
import json
import time

from endpoints import IMAGE, ROLE, artefact
from monitors import ANALYZER, CLUSTER, INPUT, OUTPUT, table
from stage import Server, case


def until(what):
    for _ in range(100):
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come")


@case
def sagemaker_is_played_beside_another_emulator(server, _):
    with Server("--forward-to", server.url, "--event-source", "own.sagemaker") as here:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="there", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        url = artefact(s3, "there", "models/model.tar.gz")
        server.admin("journal")

        sagemaker, runtime = here.client("sagemaker"), here.client("sagemaker-runtime")
        sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": url})
        sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[
            {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}],
            DataCaptureConfig={"EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://there/seen",
                               "CaptureOptions": [{"CaptureMode": "Input"}], "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]}})
        sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
        here.advance(3)
        assert runtime.invoke_endpoint(EndpointName="e", ContentType="text/csv", Body="1,2")["Body"].read() == b"9"
        here.advance(10)
        captured = until(lambda: s3.list_objects_v2(Bucket="there", Prefix="seen/e/v/").get("Contents"))
        record = json.loads(s3.get_object(Bucket="there", Key=captured[0]["Key"])["Body"].read().splitlines()[0])
        assert record["captureData"]["endpointInput"]["data"] == "1,2"
        until(lambda: [line for line in server.admin("journal")["lines"]
                       if "own.sagemaker" in line and "Endpoint State Change" in line])

        s3.put_object(Bucket="there", Key="train/train.csv", Body=("a,b\n" + table(100)).encode())
        sagemaker.create_processing_job(
            ProcessingJobName="job", RoleArn=ROLE, AppSpecification={"ImageUri": ANALYZER}, ProcessingResources=CLUSTER,
            ProcessingInputs=[{"InputName": "data", "S3Input": {
                "S3Uri": "s3://there/train", "LocalPath": f"{INPUT}/data", "S3DataType": "S3Prefix", "S3InputMode": "File"}}],
            ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": {
                "S3Uri": "s3://there/learnt", "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"}}]},
            Environment={"dataset_format": json.dumps({"csv": {"header": True}}), "dataset_source": f"{INPUT}/data",
                         "output_path": OUTPUT})
        here.advance(10)
        assert sagemaker.describe_processing_job(ProcessingJobName="job")["ProcessingJobStatus"] == "Completed"
        until(lambda: s3.list_objects_v2(Bucket="there", Prefix="learnt/statistics.json").get("Contents"))
        told = here.admin("forwarded")
        assert told["failed"] == 0 and told["trouble"] is None, told
