"""The whole loop in `vigil up`, driven from outside: the suite's own functions watch what boto3 deploys."""
import json
import random

from endpoints import serving
from stage import Server, case

SETTINGS = """
defaults:
  baseline:
    training_data_s3_uri: s3://loop-data/training/train.csv
"""


def requests(count, seed, shift=0.0):
    chance = random.Random(seed)
    return [f"{chance.gauss(shift, 1):.4f},{chance.gauss(5, 2):.4f}" for _ in range(count)]


@case
def drift_reaches_the_topic_of_alerts(_, folder):
    """Deploy, serve hours like the baseline, then a shifted feature: one alert goes out, and it names the feature."""
    with Server() as server:
        s3, sagemaker, runtime = serving(server, "loop", capture="capture")
        trained = requests(2000, 1)
        answers = [1 + 2 * float(row.split(",")[0]) + 3 * float(row.split(",")[1]) for row in trained]
        lines = ["_c0,_c1,_c2"] + [f"{answer},{row}" for answer, row in zip(answers, trained)]
        s3.put_object(Bucket="loop-data", Key="training/train.csv", Body="\n".join(lines).encode())
        s3.put_object(Bucket="vigil", Key="vigil/settings.yaml", Body=SETTINGS.encode())
        server.advance(1800)

        def hour(seed, shift=0.0):
            for row in requests(300, seed, shift):
                runtime.invoke_endpoint(EndpointName="loop", ContentType="text/csv", Body=row)
            server.advance(3600)

        topics = [it["TopicArn"] for it in server.client("sns").list_topics()["Topics"]]
        alerts = lambda: [it for topic in topics for it in server.admin(f"messages?topic={topic}")["messages"]]
        for seed in range(2, 5):
            hour(seed)
        calm = alerts()
        kept = [it["Key"] for it in s3.list_objects_v2(Bucket="vigil", Prefix="vigil/")["Contents"]]
        assert any(key.endswith("current.json") and "/baselines/loop/" in key for key in kept), kept
        assert any("/reports/loop/" in key and key.endswith("constraint_violations.json") for key in kept), kept
        assert not calm, calm
        for seed in range(5, 9):
            hour(seed, shift=3.0)
        told = alerts()
        assert told, [it["Key"] for it in s3.list_objects_v2(Bucket="vigil", Prefix="vigil/")["Contents"]]
        assert "_c1" in told[0]["message"] and "loop" in told[0]["subject"], told[0]
        sagemaker.delete_endpoint(EndpointName="loop")
        server.advance(900)
        left = s3.list_objects_v2(Bucket="vigil", Prefix="vigil/endpoints/").get("Contents", [])
        states = [json.loads(s3.get_object(Bucket="vigil", Key=it["Key"])["Body"].read()) for it in left]
        sqs = server.client("sqs")
        for url in sqs.list_queues()["QueueUrls"]:
            failed = sqs.receive_message(QueueUrl=url).get("Messages", [])
            assert not failed, failed
        denied = server.admin("denied")["denied"]
        assert not denied, denied
        return f"{len(told)} alerts, first: {told[0]['subject']}; left of the endpoint: {len(states)} records"
