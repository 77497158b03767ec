"""The AWS CLI as people use it."""
import json
import os
import shutil

from stage import Skipped, case


def installed():
    if not shutil.which(os.environ.get("AWS_CLI", "aws")):
        raise Skipped("the AWS CLI is not installed")


@case
def folders_are_synced_and_removed(server, folder):
    installed()
    for name in ["a.csv", "sub/b.csv", "sub/c d.txt"]:
        path = folder / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (folder / "src/big").write_bytes(bytes(9 << 20))
    server.cli("s3", "mb", "s3://cli")
    server.cli("s3", "sync", folder / "src", "s3://cli/x")
    assert server.cli("s3", "sync", folder / "src", "s3://cli/x") == "", "nothing is left to sync"
    listed = server.cli("s3", "ls", "--recursive", "s3://cli/")
    assert [line.split(None, 3)[3] for line in listed.splitlines()] == ["x/a.csv", "x/big", "x/sub/b.csv", "x/sub/c d.txt"]
    assert "PRE x/" in server.cli("s3", "ls", "s3://cli/")
    server.cli("s3", "cp", "s3://cli/x/big", folder / "back")
    assert (folder / "back").stat().st_size == 9 << 20
    server.cli("s3", "cp", "--recursive", "s3://cli/x/", "s3://cli/y/")
    server.cli("s3", "mv", "s3://cli/y/a.csv", "s3://cli/z.csv")
    server.cli("s3", "rm", "--recursive", "s3://cli/y")
    server.cli("s3", "rb", "--force", "s3://cli")
    assert "cli" not in server.cli("s3", "ls")


@case
def endpoints_are_made_by_hand(server, folder):
    installed()
    server.cli("sagemaker", "create-model", "--model-name", "by-hand", "--execution-role-arn",
               "arn:aws:iam::111122223333:role/sagemaker", "--primary-container", "Image=churn:1")
    variant = "VariantName=AllTraffic,ModelName=by-hand,InitialInstanceCount=1,InstanceType=ml.m5.large"
    server.cli("sagemaker", "create-endpoint-config", "--endpoint-config-name", "by-hand", "--production-variants", variant)
    server.cli("sagemaker", "create-endpoint", "--endpoint-name", "by-hand", "--endpoint-config-name", "by-hand")
    server.advance(5)
    told = json.loads(server.cli("sagemaker", "describe-endpoint", "--endpoint-name", "by-hand"))
    assert told["EndpointStatus"] == "InService"
    (folder / "row").write_text("16,no,yes,25,120.5,100,20.1,200.2,90,15.3,180.0,95,9.1,8.9,4,2.4,1")
    server.cli("sagemaker-runtime", "invoke-endpoint", "--endpoint-name", "by-hand", "--content-type", "text/csv",
               "--body", f"fileb://{folder}/row", folder / "answer")
    assert 0 <= float((folder / "answer").read_text()) <= 1
    names = json.loads(server.cli("sagemaker", "list-endpoints", "--name-contains", "by-hand"))["Endpoints"]
    assert len(names) == 1
    told = json.loads(server.cli("events", "put-events", "--entries", "Source=me,DetailType=T,Detail='{}'"))
    assert told["FailedEntryCount"] == 0
    assert json.loads(server.cli("sts", "get-caller-identity"))["Account"] == "111122223333"
