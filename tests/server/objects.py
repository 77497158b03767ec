"""S3 through boto3."""
import hashlib
import urllib.request

from botocore.config import Config

from stage import case, refused

EMPTY = hashlib.md5(b"").hexdigest()


def bucket(server, name, **kept):
    s3 = server.client("s3", **kept)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


@case
def objects_are_written_read_and_removed(server, _):
    s3 = bucket(server, "plain")
    body = b"a,b\n1,2\n"
    put = s3.put_object(Bucket="plain", Key="data/é x+y&.csv", Body=body, ContentType="text/csv", Metadata={"who": "me"},
                        CacheControl="no-store")
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"' and put["ChecksumCRC32"]
    got = s3.get_object(Bucket="plain", Key="data/é x+y&.csv")
    assert got["Body"].read() == body and got["ContentType"] == "text/csv" and got["Metadata"] == {"who": "me"}
    assert got["CacheControl"] == "no-store" and got["ContentLength"] == len(body) and "ContentEncoding" not in got
    head = s3.head_object(Bucket="plain", Key="data/é x+y&.csv")
    assert head["ContentLength"] == len(body) and head["ETag"] == put["ETag"]
    s3.delete_object(Bucket="plain", Key="data/é x+y&.csv")
    refused(lambda: s3.get_object(Bucket="plain", Key="data/é x+y&.csv"), "NoSuchKey", 404)
    refused(lambda: s3.head_object(Bucket="plain", Key="data/é x+y&.csv"), "404", 404)
    refused(lambda: s3.get_object(Bucket="nowhere", Key="k"), "NoSuchBucket", 404)
    s3.put_object(Bucket="plain", Key="empty", Body=b"")
    assert s3.get_object(Bucket="plain", Key="empty")["ETag"] == f'"{EMPTY}"'


@case
def parts_of_objects_are_read(server, _):
    s3 = bucket(server, "ranges")
    s3.put_object(Bucket="ranges", Key="k", Body=b"0123456789")
    for asked, expect in [("bytes=0-3", b"0123"), ("bytes=7-", b"789"), ("bytes=-2", b"89"), ("bytes=8-99", b"89")]:
        got = s3.get_object(Bucket="ranges", Key="k", Range=asked)
        assert got["Body"].read() == expect and got["ResponseMetadata"]["HTTPStatusCode"] == 206, asked
    assert got["ContentRange"] == "bytes 8-9/10"
    refused(lambda: s3.get_object(Bucket="ranges", Key="k", Range="bytes=10-"), "InvalidRange", 416)


@case
def conditional_requests_are_honoured(server, _):
    s3 = bucket(server, "conditions")
    first = s3.put_object(Bucket="conditions", Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    refused(lambda: s3.put_object(Bucket="conditions", Key="k", Body=b"2", IfNoneMatch="*"), "PreconditionFailed", 412)
    second = s3.put_object(Bucket="conditions", Key="k", Body=b"2", IfMatch=first)["ETag"]
    refused(lambda: s3.put_object(Bucket="conditions", Key="k", Body=b"3", IfMatch=first), "PreconditionFailed", 412)
    refused(lambda: s3.put_object(Bucket="conditions", Key="new", Body=b"3", IfMatch=first), "NoSuchKey", 404)
    refused(lambda: s3.get_object(Bucket="conditions", Key="k", IfNoneMatch=second), "304", 304)
    refused(lambda: s3.get_object(Bucket="conditions", Key="k", IfMatch=first), "PreconditionFailed", 412)
    written = s3.head_object(Bucket="conditions", Key="k")["LastModified"]
    refused(lambda: s3.head_object(Bucket="conditions", Key="k", IfModifiedSince=written), "304", 304)
    refused(lambda: s3.delete_object(Bucket="conditions", Key="k", IfMatch=first), "PreconditionFailed", 412)
    assert s3.get_object(Bucket="conditions", Key="k")["Body"].read() == b"2"


@case
def listings_page_and_group(server, _):
    s3 = bucket(server, "lists")
    keys = [f"{folder}/{at:03}" for folder in "abc" for at in range(7)] + ["top", "sp ace+&é"]
    for key in keys:
        s3.put_object(Bucket="lists", Key=key, Body=b"x")
    for operation in ["list_objects_v2", "list_objects"]:
        pages = list(s3.get_paginator(operation).paginate(Bucket="lists", PaginationConfig={"PageSize": 4}))
        assert [it["Key"] for page in pages for it in page["Contents"]] == sorted(keys, key=str.encode), operation
        assert len(pages) == -(-len(keys) // 4)
        pages = s3.get_paginator(operation).paginate(Bucket="lists", Delimiter="/", PaginationConfig={"PageSize": 1})
        found = [it["Prefix"] for page in pages for it in page.get("CommonPrefixes", [])]
        assert found == ["a/", "b/", "c/"], (operation, found)
    within = s3.list_objects_v2(Bucket="lists", Prefix="b/", StartAfter="b/004")
    assert [it["Key"] for it in within["Contents"]] == ["b/005", "b/006"] and within["KeyCount"] == 2
    done = s3.delete_objects(Bucket="lists", Delete={"Objects": [{"Key": key} for key in keys] + [{"Key": "never"}]})
    assert len(done["Deleted"]) == len(keys) + 1 and "Contents" not in s3.list_objects_v2(Bucket="lists")
    s3.delete_bucket(Bucket="lists")
    refused(lambda: s3.list_objects_v2(Bucket="lists"), "NoSuchBucket", 404)


@case
def large_objects_come_in_parts(server, folder):
    from boto3.s3.transfer import TransferConfig

    s3 = bucket(server, "parts")
    path = folder / "large"
    body = bytes(range(256)) * 4096 * 20
    path.write_bytes(body)
    config = TransferConfig(multipart_threshold=6 << 20, multipart_chunksize=6 << 20)
    s3.upload_file(str(path), "parts", "large", Config=config, ExtraArgs={"ContentType": "application/x-large"})
    head = s3.head_object(Bucket="parts", Key="large")
    digests = [hashlib.md5(body[at:at + (6 << 20)]).digest() for at in range(0, len(body), 6 << 20)]
    assert head["ETag"] == f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(digests)}"'
    assert head["ContentType"] == "application/x-large" and head["ContentLength"] == len(body)
    s3.download_file("parts", "large", str(folder / "back"), Config=config)
    assert (folder / "back").read_bytes() == body
    s3.copy({"Bucket": "parts", "Key": "large"}, "parts", "copy", Config=config)
    assert s3.get_object(Bucket="parts", Key="copy")["Body"].read() == body

    upload = s3.create_multipart_upload(Bucket="parts", Key="k")["UploadId"]
    refused(lambda: s3.complete_multipart_upload(Bucket="parts", Key="k", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": "x"}]}), "InvalidPart", 400)
    tags = [s3.upload_part(Bucket="parts", Key="k", UploadId=upload, PartNumber=n, Body=b"small")["ETag"] for n in (1, 2)]
    assert [it["Size"] for it in s3.list_parts(Bucket="parts", Key="k", UploadId=upload)["Parts"]] == [5, 5]
    assert s3.list_multipart_uploads(Bucket="parts")["Uploads"][0]["Key"] == "k"
    parts = [{"PartNumber": n, "ETag": tag} for n, tag in zip((1, 2), tags)]
    refused(lambda: s3.complete_multipart_upload(Bucket="parts", Key="k", UploadId=upload,
                                                 MultipartUpload={"Parts": parts}), "EntityTooSmall", 400)
    s3.abort_multipart_upload(Bucket="parts", Key="k", UploadId=upload)
    refused(lambda: s3.list_parts(Bucket="parts", Key="k", UploadId=upload), "NoSuchUpload", 404)


@case
def copies_keep_or_replace_their_headers(server, _):
    s3 = bucket(server, "copies")
    s3.put_object(Bucket="copies", Key="a b/é", Body=b"1", ContentType="text/x", Metadata={"n": "1"})
    source = {"Bucket": "copies", "Key": "a b/é"}
    copied = s3.copy_object(Bucket="copies", Key="c", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == s3.head_object(Bucket="copies", Key="c")["ETag"]
    assert s3.head_object(Bucket="copies", Key="c")["Metadata"] == {"n": "1"}
    s3.copy_object(Bucket="copies", Key="c", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "2"})
    assert s3.head_object(Bucket="copies", Key="c")["Metadata"] == {"n": "2"}
    refused(lambda: s3.copy_object(Bucket="copies", Key="c", CopySource="copies/none"), "NoSuchKey", 404)


@case
def bodies_arrive_in_every_coding(server, _):
    """Signed, unsigned and chunked bodies, with the checksums that new and old clients send."""
    bucket(server, "codings")
    for at, kept in enumerate([
        {"request_checksum_calculation": "when_required"},
        {"request_checksum_calculation": "when_supported"},
        {"s3": {"payload_signing_enabled": True}},
        {"s3": {"addressing_style": "path"}},
        {"signature_version": "s3v4"},
    ]):
        s3 = server.client("s3", **kept)

        def chunks():
            import io
            return io.BytesIO(b"x" * 100_000)
        s3.put_object(Bucket="codings", Key=str(at), Body=chunks())
        got = s3.get_object(Bucket="codings", Key=str(at), ChecksumMode="ENABLED")
        assert got["Body"].read() == b"x" * 100_000, kept
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        put = s3.put_object(Bucket="codings", Key=algorithm, Body=b"1", ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket="codings", Key=algorithm, ChecksumMode="ENABLED")
        assert got["Body"].read() == b"1" and got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    refused(lambda: s3.put_object(Bucket="codings", Key="k", Body=b"1", ChecksumCRC32="AAAAAA=="), "BadDigest", 400)
    refused(lambda: s3.put_object(Bucket="codings", Key="k", Body=b"1", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg=="), "BadDigest", 400)


@case
def presigned_and_hosted_addresses_work(server, _):
    s3 = bucket(server, "signed")
    s3.put_object(Bucket="signed", Key="k", Body=b"1")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "signed", "Key": "k"})
    assert urllib.request.urlopen(url, timeout=10).read() == b"1"
    request = urllib.request.Request(f"{server.url}/k", headers={"Host": "signed.localhost"})
    assert urllib.request.urlopen(request, timeout=10).read() == b"1"


@case
def buckets_tell_about_themselves(server, _):
    s3 = bucket(server, "about")
    assert s3.get_bucket_location(Bucket="about")["LocationConstraint"] == "eu-west-1"
    assert "Status" not in s3.get_bucket_versioning(Bucket="about")
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket="about")
    s3.put_bucket_notification_configuration(Bucket="about", NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket="about")
    assert "about" in [it["Name"] for it in s3.list_buckets()["Buckets"]]
    assert s3.head_bucket(Bucket="about")["BucketRegion"] == "eu-west-1"
    refused(lambda: s3.create_bucket(Bucket="about", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}),
            "BucketAlreadyOwnedByYou", 409)
    refused(lambda: s3.create_bucket(Bucket="Upper_Case", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}),
            "InvalidBucketName", 400)
    refused(lambda: s3.get_bucket_policy(Bucket="about"), "NoSuchBucketPolicy", 404)
    refused(lambda: s3.put_bucket_website(Bucket="about", WebsiteConfiguration={}), "NotImplemented", 501)
    s3.put_object(Bucket="about", Key="k", Body=b"")
    refused(lambda: s3.delete_bucket(Bucket="about"), "BucketNotEmpty", 409)
