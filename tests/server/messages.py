"""SNS, EventBridge, STS and Logs through boto3."""
import json
import time

from stage import case, refused

ACCOUNT = "111122223333"


@case
def published_messages_are_kept(server, _):
    sns = server.client("sns")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    assert topic == f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts" and topic in [it["TopicArn"] for it in sns.list_topics()["Topics"]]
    attributes = {"severity": {"DataType": "String", "StringValue": "critical"}, "n": {"DataType": "Number", "StringValue": "3"}}
    sent = sns.publish(TopicArn=topic, Subject="drift", Message="line 1\nline 2 & <é>", MessageAttributes=attributes)
    batch = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
        {"Id": "a", "Message": "m"}, {"Id": "b", "Message": "m", "Subject": "two\nlines"}])
    assert [it["Id"] for it in batch["Successful"]] == ["a"] and [it["Id"] for it in batch["Failed"]] == ["b"]
    kept = server.admin("messages?topic=alerts")["messages"]
    assert len(kept) == 2 and kept[0]["id"] == sent["MessageId"] and kept[0]["message"] == "line 1\nline 2 & <é>"
    assert kept[0]["subject"] == "drift" and kept[0]["attributes"] == {"severity": "critical", "n": "3"}
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["TopicArn"] == topic
    refused(lambda: sns.publish(TopicArn=topic + "x", Message="m"), "NotFound", 404)
    refused(lambda: sns.publish(TopicArn=topic, Message="m", Subject="x" * 100), "InvalidParameter", 400)
    refused(lambda: sns.create_platform_application(Name="a", Platform="b", Attributes={}), "UnknownOperationException")


@case
def events_reach_the_bus(server, _):
    events = server.client("events")
    done = events.put_events(Entries=[
        {"Source": "me", "DetailType": "T", "Detail": json.dumps({"a": 1})},
        {"Source": "me", "DetailType": "T", "Detail": "no json"},
        {"Source": "aws.s3", "DetailType": "T", "Detail": "{}"}])
    assert done["FailedEntryCount"] == 2
    assert [it.get("ErrorCode") for it in done["Entries"]] == [None, "MalformedDetail", "NotAuthorizedForSourceException"]
    refused(lambda: events.put_events(Entries=[{"Source": "me", "DetailType": "T", "Detail": "{}"}] * 11), "ValidationException")
    event = {"id": "1", "source": "me", "account": ACCOUNT, "time": "2026-03-04T00:00:00Z", "region": "eu-west-1",
             "resources": [], "detail-type": "T", "detail": {"a": 5}}
    for pattern, expect in [({"source": ["me"]}, True), ({"detail": {"a": [{"numeric": [">", 5]}]}}, False)]:
        assert events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))["Result"] is expect
    refused(lambda: events.test_event_pattern(EventPattern='{"source": "me"}', Event=json.dumps(event)),
            "InvalidEventPatternException", 400)


@case
def written_settings_wake_their_function(server, _):
    """The whole way: boto3 writes an object, the bucket tells the bus, a rule of the template runs the suite's function."""
    server.admin("journal")
    server.client("s3").put_object(Bucket="vigil", Key="vigil/settings.yaml", Body=b"{}\n")
    for _ in range(100):
        lines = [line for line in server.admin("journal")["lines"] if "ReconcileEndpointFunction" in line and "Done" in line]
        if lines:
            return
        time.sleep(0.05)
    raise AssertionError("the function did not run")


@case
def callers_learn_who_they_are(server, _):
    told = server.client("sts").get_caller_identity()
    assert told["Account"] == ACCOUNT and told["UserId"] == "tester"


@case
def logs_of_jobs_are_empty(server, _):
    logs = server.client("logs")
    found = logs.describe_log_streams(logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix="job")
    assert found["logStreams"] == []
    refused(lambda: logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}]), "UnknownOperationException")
