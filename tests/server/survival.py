"""What `--data` keeps over a restart."""
from stage import Server, case, refused


@case
def objects_survive_a_restart(_, folder):
    with Server("--data", folder / "kept") as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="mine", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        put = s3.put_object(Bucket="mine", Key="../a//é", Body=b"1", ContentType="text/csv", Metadata={"n": "1"})
        s3.put_object(Bucket="mine", Key="gone", Body=b"1")
        s3.delete_object(Bucket="mine", Key="gone")
    with Server("--data", folder / "kept") as server:
        s3 = server.client("s3")
        got = s3.get_object(Bucket="mine", Key="../a//é")
        assert (got["Body"].read(), got["ETag"], got["ContentType"]) == (b"1", put["ETag"], "text/csv")
        assert got["Metadata"] == {"n": "1"}
        refused(lambda: s3.get_object(Bucket="mine", Key="gone"), "NoSuchKey", 404)
