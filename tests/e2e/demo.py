"""vigil demo: the whole loop, with known answers."""
import json
import re

from stage import case, digest, reference


def demo(stage, out, *args, code=0):
    text, _ = stage.vigil("demo", "--out", out, "--json", *args, code=code)
    return json.loads(text)


@case
def every_known_answer_is_met(stage):
    found = demo(stage, "out")
    assert found["injected"] >= 15 and found["found"] == found["injected"], found
    assert found["false_alerts"] == 0 and found["lost"] == 0, found
    assert found["windows"] >= 450 and found["duplicates_absorbed"] > 0, found
    assert {"shift", "scale", "nulls", "new_category", "dropped_column", "no_traffic", "capture_lost", "storm", "deleted",
            "concept_change", "labels", "estimates", "bias_shift", "attribution_shift"} <= {
        it["kind"] for it in found["answers"]}, found["answers"]
    index = stage.path("out/index.html").read_text()
    assert "<script" not in index and len(index) < 300_000


@case
def model_quality_leaves_its_files_and_pictures(stage):
    demo(stage, "out", "--days", "3")
    reports = stage.path("out/bucket/vigil/vigil/reports/churn-labs/churn-labs-model-quality")
    judged = sorted(reports.rglob("statistics.json"))
    assert 30 <= len(judged), len(judged)
    found = json.loads(judged[5].read_text())["binary_classification_metrics"]
    assert 0.5 < found["auc"]["value"] <= 1.0 and "confusion_matrix" in found, found
    folder = judged[5].parent
    estimated = json.loads((folder / "estimated_performance.json").read_text())
    assert estimated["labelled"] < estimated["predictions"] and estimated["estimates"], estimated
    page = (folder / "report.html").read_text()
    assert "<svg" in page and "<script" not in page


@case
def same_seed_gives_the_same_bytes(stage):
    first, second = demo(stage, "a", "--days", "3"), demo(stage, "b", "--days", "3")
    assert first == second
    assert digest(stage.path("a")) == digest(stage.path("b"))


@case
def another_seed_meets_the_answers_too(stage):
    for seed in (1, 2):
        found = demo(stage, f"s{seed}", "--seed", seed, "--days", "4")
        assert found["found"] == found["injected"] and found["false_alerts"] == 0, found


@case
def people_get_a_table_and_where_to_look(stage):
    out, _ = stage.vigil("demo", "--out", "out", "--days", "3")
    assert re.search(r"(\d+) of \1 found · 0 false alerts · 0 lost", out), out[-2000:]
    assert "index.html" in out and "\x1b" not in out


@case
def own_table_runs_the_same_loop(stage):
    table = reference("data/churn/training-dataset-with-header.csv")
    found = demo(stage, "out", "--dataset", table, "--label", "Churn", "--days", "3")
    assert found["found"] == found["injected"] and found["false_alerts"] == 0, found


@case
def no_row_of_traffic_is_in_an_alert(stage):
    demo(stage, "out", "--days", "3")
    alerts = "".join(path.read_text() for path in sorted(stage.path("out/alerts").rglob("*")) if path.is_file())
    assert alerts, "there are alerts to look at"
    rows = []
    for path in stage.path("out/bucket").rglob("*.jsonl"):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            if "captureData" in record:
                rows.append(record["captureData"]["endpointInput"]["data"].strip())
    assert len(rows) > 1000
    assert not [row for row in rows if row in alerts]


@case
def table_without_that_label_is_refused(stage):
    stage.write("t.csv", "a,b\n1,2\n")
    _, err = stage.vigil("demo", "--dataset", "t.csv", "--label", "c", code=1)
    assert "c" in err and "t.csv" in err, err
