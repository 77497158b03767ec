"""vigil baseline and analyze of model quality: labels that are there, that are awaited, and inputs that cannot be used."""
import json

from stage import case

ASK = ["--problem-type", "BinaryClassification", "--inference-attribute", "said", "--probability-attribute", "score"]


def rows(count, flip=0, label=True):
    lines = ["said,score,label" if label else "said,score"]
    for i in range(count):
        score = (i * 7919 % 1000) / 1000
        truth = int((i * 104729 % 997) / 997 < score) ^ int(i % 100 < flip)
        lines.append(f"{int(score > 0.5)},{score}" + (f",{truth}" if label else ""))
    return "\n".join(lines) + "\n"


def learn(stage):
    stage.write("learn.csv", rows(4000))
    out, _ = stage.vigil("baseline", "model-quality", "--dataset", "learn.csv", *ASK, "--ground-truth-attribute", "label", "--output", "base")
    return out


def analyze(stage, name, *more, code=0):
    return stage.vigil("analyze", "model-quality", "--dataset", name, *ASK, "--baseline", "base", "--output", "run", *more, code=code)


@case
def baseline_shows_its_figures(stage):
    out = learn(stage)
    for word in ["recall", "auc", "≥ ", "actual \\ predicted", "expected calibration error", "4 000 labelled rows"]:
        assert word in out, word
    constraints = stage.json("base/constraints.json")["binary_classification_constraints"]
    assert constraints["false_positive_rate"]["comparison_operator"] == "GreaterThanThreshold"
    assert constraints["recall"]["comparison_operator"] == "LessThanThreshold"
    assert not [name for name in constraints if "best_constant" in name]


@case
def same_rows_break_nothing(stage):
    learn(stage)
    out, _ = analyze(stage, "learn.csv", "--ground-truth-attribute", "label")
    assert out.startswith("ok") and stage.json("run/constraint_violations.json") == {"violations": []}
    assert "Every figure keeps its constraint" in stage.path("run/report.html").read_text()


@case
def worse_labels_exit_with_three(stage):
    learn(stage)
    stage.write("now.csv", rows(2000, flip=30))
    out, _ = analyze(stage, "now.csv", "--ground-truth-attribute", "label", "--json", code=3)
    told = json.loads(out)
    assert told["state"] == "violations" and told["coverage"] == 1.0
    assert {"auc", "accuracy"} <= {it["metric"] for it in told["violations"]}
    # Inputs did not change, so estimates still say what the baseline said.
    assert told["estimates"]["accuracy"]["ci"][0] > told["metrics"]["accuracy"]["value"]


@case
def awaited_labels_give_estimates(stage):
    learn(stage)
    stage.write("now.csv", rows(3000, label=False))
    out, _ = analyze(stage, "now.csv", "--json", code=0)
    told = json.loads(out)
    assert (told["state"], told["rows"], told["unlabelled"], told["metrics"]) == ("labels_awaited", 0, 3000, {})
    assert told["estimates"]["accuracy"]["ci"][0] < stage.json("base/statistics.json")["binary_classification_metrics"]["accuracy"]["value"]
    # AWS's files would say that all is well.
    assert not stage.path("run/statistics.json").exists() and not stage.path("run/constraint_violations.json").exists()
    assert "abels are awaited" in stage.path("run/report.html").read_text()


@case
def same_input_has_the_same_bytes(stage):
    learn(stage)
    kept = []
    for threads in ["1", "1"]:
        analyze(stage, "learn.csv", "--ground-truth-attribute", "label", "--threads", threads)
        kept.append([stage.path(f"run/{name}").read_bytes() for name in ("statistics.json", "report.html")])
    assert kept[0] == kept[1]


@case
def unusable_input_says_what_to_do(stage):
    learn(stage)

    def refused(expect, *options, code=1):
        _, said = stage.vigil("analyze", "model-quality", "--baseline", "base", "--output", "run", *options, code=code)
        assert expect in said, said

    learnt = ["--dataset", "learn.csv", "--ground-truth-attribute", "label"]
    refused("attribute nowhere: no column", *learnt, "--problem-type", "BinaryClassification", "--inference-attribute", "nowhere")
    refused("the baseline is one of BinaryClassification", *learnt, "--problem-type", "Regression", "--inference-attribute", "score")
    refused("--inference-attribute", *learnt, "--problem-type", "Regression", code=2)
    refused("--probability-attribute", *learnt, "--problem-type", "BinaryClassification", "--probability-threshold-attribute", "0", code=2)
    stage.write("words.csv", "said,label\nx,1\ny,2\n")
    refused("no predictions: 0 rows without one, 2 with something that is no number", "--dataset", "words.csv", "--problem-type",
            "Regression", "--inference-attribute", "said", "--ground-truth-attribute", "label")
    _, said = stage.vigil("baseline", "model-quality", "--dataset", "learn.csv", *ASK, "--output", "b2", code=1)
    assert "no row has a label: name its column with --ground-truth-attribute" in said
