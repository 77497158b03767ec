"""vigil processing: AWS's analyzer container contract under VIGIL_ROOT (formats H)."""
import json

from stage import case

HEADER = "age,plan\n"


def table(shift=0, plan="basic"):
    return HEADER + "".join(f"{20 + shift + i % 40},{plan if i % 5 else 'pro'}\n" for i in range(2000))


def settings(root, **more):
    return {"VIGIL_ROOT": str(root), "dataset_source": "/opt/ml/processing/input", "output_path": "/opt/ml/processing/output",
            "dataset_format": '{"csv":{"header":"true"}}', "publish_cloudwatch_metrics": "Enabled",
            "sagemaker_endpoint_name": "churn-prod", "sagemaker_monitoring_schedule_name": "dq-hourly",
            "start_time": "2026-03-04T10: 00: 00Z", "end_time": "2026-03-04T11:00:00Z"} | more


def baseline(stage):
    root = stage.path("base")
    stage.write("base/opt/ml/processing/input/table.csv", table())
    stage.vigil("processing", env=settings(root))
    return root / "opt/ml/processing/output"


@case
def baseline_job_writes_both_files_and_its_message(stage):
    out = baseline(stage)
    statistics, constraints = (json.loads((out / name).read_text()) for name in ("statistics.json", "constraints.json"))
    assert statistics["dataset"]["item_count"] == 2000
    assert [it["name"] for it in constraints["features"]] == ["age", "plan"]
    message = stage.path("base/opt/ml/output/message").read_text()
    assert message.startswith("Completed: ") and len(message.encode()) <= 1024, message


@case
def drifted_window_completes_with_violations(stage):
    out = baseline(stage)
    root = stage.path("run")
    for name, place in (("constraints.json", "constraints"), ("statistics.json", "stats")):
        stage.write(f"run/opt/ml/processing/baseline/{place}/{name}", (out / name).read_bytes())
    stage.write("run/opt/ml/processing/input/table.csv", table(shift=25, plan="gold"))
    stage.vigil("processing", env=settings(
        root, baseline_constraints="/opt/ml/processing/baseline/constraints/constraints.json",
        baseline_statistics="/opt/ml/processing/baseline/stats/statistics.json"))
    found = json.loads((root / "opt/ml/processing/output/constraint_violations.json").read_text())["violations"]
    kinds = {(it["feature_name"], it["constraint_check_type"]) for it in found}
    assert {("age", "baseline_drift_check"), ("plan", "categorical_values_check")} <= kinds, kinds
    message = (root / "opt/ml/output/message").read_text()
    assert message.startswith("CompletedWithViolations: ") and f" {len(found)} " in message, message
    lines = (root / "opt/ml/output/metrics/cloudwatch/cloudwatch_metrics.jsonl").read_text().splitlines()
    names = {json.loads(line)["MetricName"] for line in lines}
    assert {"feature_data_age", "feature_non_null_age", "feature_baseline_drift_age", "feature_non_null_plan"} <= names, names
    first = json.loads(lines[0])
    assert first["Dimensions"] == [{"Name": "Endpoint", "Value": "churn-prod"}, {"Name": "MonitoringSchedule", "Value": "dq-hourly"}]


@case
def captured_hour_is_read_through_its_folders(stage):
    rows = []
    for i in range(300):
        when = f"2026-03-04T{9 + i // 200:02d}:{i % 60:02d}:00Z"
        rows.append(json.dumps({"captureData": {
            "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": f"{20 + i % 40},basic\n", "encoding": "CSV"},
            "endpointOutput": {"observedContentType": "text/csv; charset=utf-8", "mode": "OUTPUT", "data": "0.5", "encoding": "CSV"}},
            "eventMetadata": {"eventId": f"e{i}", "inferenceTime": when}, "eventVersion": "0"}))
    stage.write("cap/opt/ml/processing/input/churn-prod/AllTraffic/2026/03/04/10/00-01-002-x.jsonl", "\n".join(rows) + "\n")
    stage.vigil("processing", env=settings(
        stage.path("cap"), dataset_format='{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}'))
    statistics = stage.json("cap/opt/ml/processing/output/statistics.json")
    assert statistics["dataset"]["item_count"] == 100, "records before start_time are left out"
    assert [it["name"] for it in statistics["features"]] == ["_c0", "_c1", "_c2"]


@case
def missing_setting_fails_with_the_reason_in_the_message(stage):
    root = stage.path("none")
    root.mkdir()
    env = settings(root)
    del env["dataset_source"]
    _, err = stage.vigil("processing", env=env | {"dataset_source": ""}, code=1)
    assert "dataset_source" in err
    assert "dataset_source" in (root / "opt/ml/output/message").read_text()


@case
def named_statistics_that_are_not_there_fail_the_job(stage):
    out = baseline(stage)
    stage.write("run/opt/ml/processing/baseline/constraints.json", (out / "constraints.json").read_bytes())
    stage.write("run/opt/ml/processing/input/table.csv", table())
    _, err = stage.vigil("processing", code=1, env=settings(
        stage.path("run"), baseline_constraints="/opt/ml/processing/baseline/constraints.json",
        baseline_statistics="/opt/ml/processing/baseline/gone.json"))
    assert "gone.json" in err, err


@case
def model_quality_wants_its_problem_type(stage):
    root = stage.path("mq")
    stage.write("mq/opt/ml/processing/input/table.csv", table())
    _, err = stage.vigil("processing", env=settings(root, analysis_type="MODEL_QUALITY"), code=1)
    assert "problem_type: set it to Regression" in err, err


@case
def explainability_job_reads_its_model_and_asks_nobody(stage):
    """Clarify's contract: a configuration, the data, a baseline's analysis.json; the model is an input of the job."""
    def job(name, first, **more):
        below = f"{name}/opt/ml/processing/input"
        stage.write(f"{below}/config/analysis_config.json", json.dumps({
            "version": "1.0", "dataset_type": "text/csv", "label": "left", "predictor": {"model_name": "churn-7"},
            "methods": {"shap": {"baseline": [[0, 0]], "num_samples": 10, "use_logit": True, "save_local_shap_values": True}}}))
        model = {"linear": {"objective": "binary:logistic", "intercept": 0, "weights": [2, -1]}}
        if more.pop("model", True):
            stage.write(f"{below}/model/model.json", json.dumps(model))
        stage.write(f"{below}/data/rows.csv", "left,minutes,calls\n" + "".join(f"{i % 2},{first * i},{i}\n" for i in range(1, 5)))
        told = settings(stage.path(name), **more)
        for absent in ("dataset_source", "output_path"):
            told.pop(absent)
        return told

    out = "opt/ml/processing/output"
    stage.vigil("processing", env=job("base", 1))
    values = json.loads(stage.path(f"base/{out}/analysis.json").read_text())["explanations"]["kernel_shap"]["label0"]
    # Weights times the mean of 1, 2, 3, 4.
    assert values == {"global_shap_values": {"minutes": 5.0, "calls": 2.5}, "expected_value": 0.0}, values
    rows = stage.path(f"base/{out}/explanations_shap/out.csv").read_text().splitlines()
    assert rows[:2] == ["minutes_label0,calls_label0", "2,-1"], rows
    known = "opt/ml/processing/baseline/constraints/analysis.json"
    stage.write(f"run/{known}", stage.path(f"base/{out}/analysis.json").read_bytes())
    stage.vigil("processing", env=job("run", 0, baseline_constraints=f"/{known}"))
    found = json.loads(stage.path(f"run/{out}/constraint_violations.json").read_text())["violations"]
    assert [it["constraint_check_type"] for it in found] == ["feature_attribution_drift_check"], found
    assert stage.path("run/opt/ml/output/message").read_text().startswith("CompletedWithViolations: ")
    lines = stage.path("run/opt/ml/output/metrics/cloudwatch/cloudwatch_metrics.jsonl").read_text().splitlines()
    assert {json.loads(line)["MetricName"] for line in lines} == {"feature_minutes", "feature_calls", "ExpectedValue"}
    _, told = stage.vigil("processing", env=job("none", 1, model=False), code=1)
    assert "input/model" in told, told
