"""vigil baseline and analyze of bias, and Clarify's container contract (formats F, H)."""
import json
import random

from stage import case

CONFIG = {"version": "1.0", "headers": ["sex", "age", "label"], "label": "label", "label_values_or_threshold": [1],
          "facet": [{"name_or_index": "sex", "value_or_threshold": ["f"]}]}


def people(seed, rows, gap):
    """(sex, age, label, predicted): women are predicted to be good less often than men by `gap`."""
    chance = random.Random(seed)
    for _ in range(rows):
        sex = chance.choice("ffmmm")
        label = int(chance.random() < 0.5)
        right = chance.random() < 0.8
        predicted = label if right else 1 - label
        if sex == "f" and chance.random() < gap:
            predicted = 0
        yield sex, chance.randrange(18, 80), label, predicted


def csv(rows):
    return "sex,age,label,predicted\n" + "".join(f"{s},{a},{y},{p}\n" for s, a, y, p in rows)


def merged(rows):
    """The same as merged capture: the output is the prediction, the input what comes before the label (formats C.2)."""
    part = {"observedContentType": "text/csv", "encoding": "CSV"}
    return "".join(json.dumps({
        "eventVersion": "0", "groundTruthData": {"data": str(y), "encoding": "CSV"},
        "captureData": {"endpointInput": part | {"mode": "INPUT", "data": f"{s},{a}"},
                        "endpointOutput": part | {"mode": "OUTPUT", "data": str(p)}},
        "eventMetadata": {"eventId": f"e{at}", "inferenceTime": "2026-03-04T10:20:48Z"}}) + "\n"
        for at, (s, a, y, p) in enumerate(rows))


def figures(analysis):
    """{metric: value} of both stages."""
    return {it["name"]: it["value"] for stage in ("pre_training_bias_metrics", "post_training_bias_metrics")
            for facets in analysis[stage]["facets"].values() for facet in facets for it in facet["metrics"]}


def learn(stage, gap=0.1):
    stage.write("config.json", json.dumps(CONFIG | {"headers": []}))
    stage.write("base.csv", csv(people(1, 4000, gap)))
    stage.vigil("baseline", "bias", "--dataset", "base.csv", "--config", "config.json", "--inference-attribute", "predicted",
                "--output", "base")


@case
def wider_gap_breaks_the_baseline(stage):
    learn(stage)
    for name, gap, code in (("same", 0.0, 0), ("wider", 0.5, 3)):
        stage.write("now.csv", csv(people(2, 2000, gap)))
        out, _ = stage.vigil("analyze", "bias", "--dataset", "now.csv", "--config", "config.json", "--inference-attribute", "predicted",
                             "--baseline", "base", "--output", name, "--verdict", "calibrated", "--json", code=code)
        told = json.loads(out)
        assert (told["state"] == "bias") == (code == 3), told["state"]
        before, now = figures(stage.json("base/analysis.json")), figures(stage.json(f"{name}/analysis.json"))
        farther = {it for it in now if it != "GE" and isinstance(now[it], float) and abs(now[it]) > abs(before[it])}
        found = stage.json(f"{name}/constraint_violations.json")["violations"]
        assert {it["metric_name"] for it in found} - {"GE"} == farther, found
        assert all(it["constraint_check_type"] == "bias_drift_check" and it["facet"] == "sex" and it["facet_value"] == "f" for it in found)
        assert "</html>" in stage.path(f"{name}/report.html").read_text()


@case
def limits_are_checked_without_a_baseline(stage):
    stage.write("config.json", json.dumps(CONFIG | {"headers": []}))
    stage.write("now.csv", csv(people(3, 2000, 0.5)))
    args = ["analyze", "bias", "--dataset", "now.csv", "--config", "config.json", "--inference-attribute", "predicted", "--output", "out"]
    stage.vigil(*args)
    stage.vigil(*args, "--limit", "DI=0.8:1.25", code=3)
    found = stage.json("out/constraint_violations.json")["violations"]
    assert [(it["metric_name"], it["constraint_check_type"]) for it in found] == [("DI", "bias_limit_check")], found
    _, said = stage.vigil(*args, "--limit", "DI=2", code=1)
    assert "DI=0.8:1.25" in said, said


@case
def merged_capture_says_what_the_table_says(stage):
    rows = list(people(4, 1500, 0.2))
    stage.write("config.json", json.dumps(CONFIG))
    stage.write("table.csv", csv(rows).split("\n", 1)[1])
    stage.write("merged/churn/AllTraffic/2026/03/04/10/part.jsonl", merged(rows))
    stage.write("lines.jsonl", "".join(json.dumps(dict(zip(("sex", "age", "label", "predicted"), it))) + "\n" for it in rows))
    headers = CONFIG["headers"] + ["predicted"]
    stage.write("table.json", json.dumps(CONFIG | {"headers": headers}))
    told = []
    for name, dataset, config, attribute in (("a", "table.csv", "table.json", "predicted"), ("b", "merged", "config.json", "0"),
                                             ("c", "lines.jsonl", "table.json", "predicted")):
        stage.vigil("baseline", "bias", "--dataset", dataset, "--config", config, "--inference-attribute", attribute, "--output", name)
        told.append(stage.json(f"{name}/analysis.json"))
    assert told[0] == told[1] == told[2]


@case
def clarifys_container_contract_is_kept(stage):
    rows = list(people(5, 3000, 0.1))
    config = CONFIG | {"headers": CONFIG["headers"] + ["predicted"], "predicted_label": "predicted",
                       "methods": {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": ["DI", "DPPL"]},
                                   "report": {"name": "report"}}}
    root = "job/opt/ml/processing"
    stage.write(f"{root}/input/config/analysis_config.json", json.dumps(config))
    stage.write(f"{root}/input/data/data.csv", csv(rows).split("\n", 1)[1])
    stage.vigil("processing", env={"VIGIL_ROOT": str(stage.path("job"))})
    assert stage.path("job/opt/ml/output/message").read_text().startswith("Completed: ")
    learnt = figures(stage.json(f"{root}/output/analysis.json"))
    assert set(learnt) == {"CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD", "DI", "DPPL"}, learnt
    assert "</html>" in stage.path(f"{root}/output/report.html").read_text()

    # A schedule's run: merged capture, the monitor's subset of the configuration, and the baseline's analysis.json.
    run = "run/opt/ml/processing"
    stage.write(f"{run}/input/config/analysis_config.json", json.dumps(CONFIG))
    stage.write(f"{run}/input/endpoint/churn/AllTraffic/2026/03/04/10/part.jsonl", merged(people(6, 3000, 0.5)))
    stage.write(f"{run}/baseline/constraints/analysis.json", stage.path(f"{root}/output/analysis.json").read_bytes())
    stage.vigil("processing", env={
        "VIGIL_ROOT": str(stage.path("run")), "dataset_source": "/opt/ml/processing/input/endpoint",
        "dataset_format": '{"sagemakerMergeJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}',
        "baseline_constraints": "/opt/ml/processing/baseline/constraints/analysis.json", "inference_attribute": "0",
        "publish_cloudwatch_metrics": "Enabled", "sagemaker_endpoint_name": "churn", "sagemaker_monitoring_schedule_name": "bias-hourly",
        "start_time": "2026-03-04T10:00:00Z", "end_time": "2026-03-04T11:00:00Z"})
    found = stage.json(f"{run}/output/constraint_violations.json")["violations"]
    assert "DPPL" in {it["metric_name"] for it in found}, found
    message = stage.path("run/opt/ml/output/message").read_text()
    assert message.startswith("CompletedWithViolations: ") and f" {len(found)} " in message, message
    lines = stage.path("run/opt/ml/output/metrics/cloudwatch/cloudwatch_metrics.jsonl").read_text().splitlines()
    told = {json.loads(line)["MetricName"]: json.loads(line) for line in lines}
    dimensions = {it["Name"]: it["Value"] for it in told["bias_metric_DPPL"]["Dimensions"]}
    assert dimensions == {"Endpoint": "churn", "MonitoringSchedule": "bias-hourly", "BiasStage": "Post-Training", "Label": "label",
                          "LabelValue": "1", "Facet": "sex", "FacetValue": "f"}, dimensions


@case
def what_cannot_be_analysed_says_what_to_do(stage):
    stage.write("table.csv", csv(people(7, 100, 0.0)))
    for config, words in (({"label": "nowhere"}, 'no column "nowhere"'), ({"facet": []}, "facet names no column"),
                          ({"label_values_or_threshold": []}, "Positive label values or thresholds are empty")):
        stage.write("config.json", json.dumps(CONFIG | {"headers": []} | config))
        _, said = stage.vigil("baseline", "bias", "--dataset", "table.csv", "--config", "config.json", "--output", "out", code=1)
        assert words in said, said
