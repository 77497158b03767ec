"""Step Functions and SQS through boto3: the template's state machine, and the queues of failed events."""
import json
import time

from stage import case, refused

ACCOUNT = "111122223333"
MACHINE = f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:vigil-rebuild-baseline"


@case
def machine_runs_and_tells_its_history(server, _):
    states = server.client("stepfunctions")
    assert MACHINE in [it["stateMachineArn"] for it in states.list_state_machines()["stateMachines"]]
    machine = states.describe_state_machine(stateMachineArn=MACHINE)
    assert json.loads(machine["definition"])["StartAt"] and machine["roleArn"].startswith(f"arn:aws:iam::{ACCOUNT}:role/")
    started = states.start_execution(stateMachineArn=MACHINE, name="first", input='{"action": "check"}')["executionArn"]
    for _ in range(100):
        found = states.describe_execution(executionArn=started)
        if found["status"] != "RUNNING":
            break
        time.sleep(0.05)
    assert found["status"] in ("SUCCEEDED", "FAILED") and json.loads(found["input"]) == {"action": "check"}
    assert "first" in [it["name"] for it in states.list_executions(stateMachineArn=MACHINE)["executions"]]
    events = states.get_execution_history(executionArn=started)["events"]
    entered = [it["stateEnteredEventDetails"]["name"] for it in events if "stateEnteredEventDetails" in it]
    assert events[0]["type"] == "ExecutionStarted" and entered[:2] == ["Which", "Check"], entered
    refused(lambda: states.start_execution(stateMachineArn=MACHINE, name="first", input='{"action": "check"}'),
            "ExecutionAlreadyExists", 400)
    refused(lambda: states.start_execution(stateMachineArn=MACHINE, name="a b"), "InvalidName", 400)
    refused(lambda: states.start_execution(stateMachineArn=MACHINE, input="{"), "InvalidExecutionInput", 400)
    refused(lambda: states.describe_execution(executionArn=started + "x"), "ExecutionDoesNotExist", 400)
    refused(lambda: states.create_activity(name="a"), "UnknownOperationException", 400)


@case
def queues_are_read_and_emptied(server, _):
    sqs = server.client("sqs")
    url = [it for it in sqs.list_queues()["QueueUrls"] if "FailedEvents" in it][0]
    sqs.purge_queue(QueueUrl=url)
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=f"body {number}", MessageAttributes={
            "n": {"DataType": "String", "StringValue": str(number)}})
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2, MessageAttributeNames=["All"])["Messages"]
    assert [it["Body"] for it in got] == ["body 0", "body 1"] and got[1]["MessageAttributes"]["n"]["StringValue"] == "1"
    assert got[0]["Attributes"]["ApproximateReceiveCount"] == "1"
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesNotVisible"]) == ("1", "2")
    assert attributes["MessageRetentionPeriod"] == str(14 * 86400)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=got[1]["ReceiptHandle"], VisibilityTimeout=0)
    again = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [it["Body"] for it in again] == ["body 1", "body 2"]
    sqs.purge_queue(QueueUrl=url)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    refused(lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11), "InvalidParameterValue", 400)
    refused(lambda: sqs.get_queue_url(QueueName="nobody"), "AWS.SimpleQueueService.NonExistentQueue", 400)
