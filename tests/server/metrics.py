"""CloudWatch in its three protocols."""
import datetime
import urllib.parse
import urllib.request
import xml.etree.ElementTree

from endpoints import serving
from stage import case, refused


def window(server):
    """The last hour of the account, whose time other cases have advanced."""
    now = datetime.datetime.fromisoformat(server.admin("time")["now"][:19] + "+00:00")
    return {"StartTime": now - datetime.timedelta(hours=1), "EndTime": now + datetime.timedelta(minutes=5)}


@case
def metrics_are_put_and_summarised(server, _):
    metrics = server.client("cloudwatch")
    assert metrics.meta.service_model.protocol == "smithy-rpc-v2-cbor"
    dimensions = [{"Name": "Endpoint", "Value": "churn"}]
    metrics.put_metric_data(Namespace="Own", MetricData=[
        {"MetricName": "rows", "Dimensions": dimensions, "Value": 2.0, "Unit": "Count"},
        {"MetricName": "rows", "Dimensions": dimensions, "Values": [4.0, 6.0], "Counts": [1, 2]}])
    found = metrics.get_metric_statistics(Namespace="Own", MetricName="rows", Dimensions=dimensions, Period=86400,
                                          Statistics=["Sum", "SampleCount", "Average", "Minimum", "Maximum"], **window(server))
    points = found["Datapoints"]
    total = {name: sum(it[name] for it in points) for name in ["Sum", "SampleCount"]}
    assert total == {"Sum": 18.0, "SampleCount": 4.0} and isinstance(points[0]["Timestamp"], datetime.datetime)
    query = {"Id": "q", "MetricStat": {"Metric": {"Namespace": "Own", "MetricName": "rows", "Dimensions": dimensions},
                                       "Period": 60, "Stat": "Maximum"}}
    data = metrics.get_metric_data(MetricDataQueries=[query], **window(server))["MetricDataResults"][0]
    assert max(data["Values"]) == 6.0 and data["StatusCode"] == "Complete" and len(data["Timestamps"]) == len(data["Values"])
    listed = metrics.list_metrics(Namespace="Own")["Metrics"]
    assert listed == [{"Namespace": "Own", "MetricName": "rows", "Dimensions": dimensions}]
    refused(lambda: metrics.put_metric_data(Namespace="AWS/x", MetricData=[{"MetricName": "a", "Value": 1.0}]), "InvalidParameterValue")
    refused(lambda: metrics.put_dashboard(DashboardName="d", DashboardBody="{}"), "UnknownOperationException")


@case
def invocations_are_metrics(server, _):
    _, _, runtime = serving(server, "counted")
    for _ in range(7):
        runtime.invoke_endpoint(EndpointName="counted", ContentType="text/csv", Body="1,2")
    metrics = server.client("cloudwatch")
    dimensions = [{"Name": "EndpointName", "Value": "counted"}, {"Name": "VariantName", "Value": "AllTraffic"}]
    found = metrics.get_metric_statistics(Namespace="AWS/SageMaker", MetricName="Invocations", Dimensions=dimensions,
                                          Period=3600, Statistics=["Sum"], **window(server))
    assert sum(it["Sum"] for it in found["Datapoints"]) == 7.0


@case
def old_clients_speak_forms(server, _):
    """botocore has left the query protocol; its requests are as the API reference prints them."""
    def ask(**form):
        body = urllib.parse.urlencode({"Version": "2010-08-01", **form}).encode()
        answer = urllib.request.urlopen(urllib.request.Request(server.url, data=body), timeout=10)
        return xml.etree.ElementTree.fromstring(answer.read())

    space = "{http://monitoring.amazonaws.com/doc/2010-08-01/}"
    ask(**{"Action": "PutMetricData", "Namespace": "Forms", "MetricData.member.1.MetricName": "m",
           "MetricData.member.1.Value": "2.5", "MetricData.member.1.Dimensions.member.1.Name": "d",
           "MetricData.member.1.Dimensions.member.1.Value": "v"})
    listed = ask(Action="ListMetrics", Namespace="Forms")
    names = [it.text for it in listed.iter(f"{space}MetricName")]
    assert names == ["m"] and listed.tag == f"{space}ListMetricsResponse"
