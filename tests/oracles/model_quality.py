"""Model quality against scikit-learn, figure by figure (reference: formats E), and against AWS's published files."""
import csv
import gzip
import json
import math

import numpy as np
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression

from stage import case, reference

SLACK = 1e-9
BINARY = ["--problem-type", "BinaryClassification"]


def near(got, expect, what):
    assert abs(got - expect) <= SLACK * max(1.0, abs(expect)), f"{what}: {got} is not {expect}"


def write(stage, name, **columns):
    lines = [",".join(columns)] + [",".join(map(str, row)) for row in zip(*columns.values())]
    return stage.write(name, "\n".join(lines) + "\n")


def learn(stage, path, *options):
    stage.vigil("baseline", "model-quality", "--dataset", path, "--output", stage.path("base"), *options)
    return stage.json("base/statistics.json")


def figures(told, member):
    told = told[f"{member}_metrics"]
    return {name: it["value"] for name, it in told.items() if isinstance(it, dict) and "value" in it}


def expected_binary(y, p, positive=1, score=None):
    """Every scalar of E.1 for a binary classification."""
    y, p = np.asarray(y) == positive, np.asarray(p) == positive
    tn, fp, fn, tp = metrics.confusion_matrix(y, p, labels=[False, True]).ravel()
    always = np.ones_like(y)
    expect = {
        "recall": metrics.recall_score(y, p), "precision": metrics.precision_score(y, p),
        "accuracy": metrics.accuracy_score(y, p), "true_positive_rate": tp / (tp + fn),
        "true_negative_rate": tn / (tn + fp), "false_positive_rate": fp / (fp + tn), "false_negative_rate": fn / (fn + tp)}
    for name, said in [("", p), ("_best_constant_classifier", always)]:
        expect[f"recall{name}"] = metrics.recall_score(y, said)
        expect[f"precision{name}"] = metrics.precision_score(y, said)
        expect[f"accuracy{name}"] = metrics.accuracy_score(y, said)
        for word, beta in [("f0_5", 0.5), ("f1", 1), ("f2", 2)]:
            expect[f"{word}{name}"] = metrics.fbeta_score(y, said, beta=beta)
    if score is not None:
        expect["auc"] = metrics.roc_auc_score(y, score)
    return expect


def check_curves(told, y, score):
    """Up to 200 points the curves are scikit-learn's; precision stops at full recall, as AWS's example does."""
    curves = told["binary_classification_metrics"]
    fpr, tpr, _ = metrics.roc_curve(y, score, drop_intermediate=False)
    # scikit-learn itself drops points on a line only where steps are of one length.
    counts = [(round(a * sum(y == 0)), round(b * sum(y == 1))) for a, b in zip(fpr, tpr)]
    bends = lambda a, b, c: (b[0] - a[0]) * (c[1] - b[1]) != (b[1] - a[1]) * (c[0] - b[0])
    kept = [0] + [i for i in range(1, len(counts) - 1) if bends(*counts[i - 1:i + 2])] + [len(counts) - 1]
    fpr, tpr = fpr[kept], tpr[kept]
    roc = curves["receiver_operating_characteristic_curve"]
    assert len(roc["false_positive_rates"]) == len(fpr)
    np.testing.assert_allclose(roc["false_positive_rates"], fpr, atol=1e-12)
    np.testing.assert_allclose(roc["true_positive_rates"], tpr, atol=1e-12)
    precision, recall, _ = metrics.precision_recall_curve(y, score)
    precision, recall = precision[::-1], recall[::-1]
    full = int(np.argmax(recall == 1))
    np.testing.assert_allclose(curves["precision_recall_curve"]["precisions"], precision[:full + 1], atol=1e-12)
    np.testing.assert_allclose(curves["precision_recall_curve"]["recalls"], recall[:full + 1], atol=1e-12)


def check_all(got, expect):
    assert set(got) == set(expect), set(got) ^ set(expect)
    for name, value in expect.items():
        near(got[name], value, name)


def binary_table(seed, rows, steps):
    rng = np.random.default_rng(seed)
    score = np.round(rng.beta(1, 3, rows) * steps) / steps
    return (rng.random(rows) < score ** 1.3).astype(int), (score > 0.4).astype(int), score


@case
def binary_figures_are_scikit_learns(stage):
    for seed, rows, steps in [(1, 150, 40), (2, 2_000, 1e9), (3, 50_000, 1e12), (4, 20_000, 7)]:
        y, p, score = binary_table(seed, rows, steps)
        path = write(stage, "t.csv", prediction=p, score=score, label=y)
        told = learn(stage, path, *BINARY, "--inference-attribute", "prediction", "--probability-attribute", "score",
                     "--ground-truth-attribute", "label", "--threads", "1")
        check_all(figures(told, "binary_classification"), expected_binary(y, p, score=score))
        matrix = told["binary_classification_metrics"]["confusion_matrix"]
        assert [[matrix[a][b] for b in "01"] for a in "01"] == metrics.confusion_matrix(y, p).tolist()
        if rows == 150 or steps == 7:
            check_curves(told, y, score)


@case
def numbers_do_not_depend_on_threads(stage):
    y, p, score = binary_table(5, 120_000, 1e9)
    path = write(stage, "t.csv", prediction=p, score=score, label=y)
    options = [*BINARY, "--inference-attribute", "0", "--probability-attribute", "1", "--ground-truth-attribute", "label"]
    one = learn(stage, path, *options, "--threads", "1")
    assert learn(stage, path, *options, "--threads", "4") == one


@case
def thresholds_make_labels_and_zero_is_one(stage):
    y, _, score = binary_table(6, 3_000, 20)
    path = write(stage, "t.csv", score=score, label=y)
    for threshold in [0.0, 0.25, 0.5, 1.0]:
        told = learn(stage, path, *BINARY, "--probability-attribute", "score", "--ground-truth-attribute", "label",
                     "--probability-threshold-attribute", threshold)
        got = figures(told, "binary_classification")
        expect = expected_binary(y, (score > threshold).astype(int), score=score)
        if threshold == 1.0:
            assert got.pop("precision") == "NaN"
            expect.pop("precision")
        check_all(got, expect)


@case
def text_labels_are_exact(stage):
    rng = np.random.default_rng(7)
    y = np.where(rng.random(500) < 0.3, "yes", "no")
    p = np.where(rng.random(500) < 0.8, y, "no")
    path = write(stage, "t.csv", said=p, label=y)
    told = learn(stage, path, *BINARY, "--inference-attribute", "said", "--ground-truth-attribute", "label")
    check_all(figures(told, "binary_classification"), expected_binary(y, p, "yes"))
    lines = "\n".join(json.dumps({"out": {"label": a, "list": [1, b]}}) for a, b in zip(p, y))
    told = learn(stage, stage.write("t.jsonl", lines), *BINARY, "--inference-attribute", "$.out.label",
                 "--ground-truth-attribute", "$.out.list[1]", "--positive-label", "no")
    check_all(figures(told, "binary_classification"), expected_binary(y, p, "no"))


@case
def multiclass_figures_are_scikit_learns(stage):
    rng = np.random.default_rng(8)
    names = np.array(["ant", "bee", "cat", "dog", "eel"])
    y = rng.choice(names, 30_000, p=[0.4, 0.3, 0.2, 0.09, 0.01])
    p = np.where(rng.random(30_000) < 0.7, y, rng.choice(names[:4], 30_000))
    path = write(stage, "t.csv", said=p, label=y)
    told = learn(stage, path, "--problem-type", "MulticlassClassification", "--inference-attribute", "said",
                 "--ground-truth-attribute", "label")
    expect = {}
    for suffix, said in [("", p), ("_best_constant_classifier", np.full_like(y, "eel"))]:
        expect[f"accuracy{suffix}"] = metrics.accuracy_score(y, said)
        how = {"average": "weighted", "zero_division": 0}
        expect[f"weighted_recall{suffix}"] = metrics.recall_score(y, said, **how)
        expect[f"weighted_precision{suffix}"] = metrics.precision_score(y, said, **how)
        for word, beta in [("f0_5", 0.5), ("f1", 1), ("f2", 2)]:
            expect[f"weighted_{word}{suffix}"] = metrics.fbeta_score(y, said, beta=beta, **how)
    check_all(figures(told, "multiclass_classification"), expect)
    matrix = told["multiclass_classification_metrics"]["confusion_matrix"]
    assert [[matrix[a][b] for b in names] for a in names] == metrics.confusion_matrix(y, p, labels=names).tolist()


@case
def errors_of_regressions_are_scikit_learns(stage):
    for seed, offset, scale in [(9, 0, 1), (10, 1e7, 3), (11, -2e-5, 1e-6)]:
        rng = np.random.default_rng(seed)
        y = offset + scale * rng.normal(0, 1, 25_000)
        p = y + scale * rng.standard_t(5, 25_000) * 0.3
        path = write(stage, "t.csv", said=[repr(float(v)) for v in p], label=[repr(float(v)) for v in y])
        told = learn(stage, path, "--problem-type", "Regression", "--inference-attribute", "said",
                     "--ground-truth-attribute", "label")
        mse = metrics.mean_squared_error(y, p)
        expect = {"mae": metrics.mean_absolute_error(y, p), "mse": mse, "rmse": math.sqrt(mse), "r2": metrics.r2_score(y, p)}
        got = figures(told, "regression")
        assert set(got) == set(expect)
        for name, value in expect.items():
            assert abs(got[name] - value) <= SLACK * abs(value), f"{name}: {got[name]} is not {value}"


def deviations(y, p, score, of, times=400):
    """The spread over many subsamples, of which AWS takes five."""
    rng, n = np.random.default_rng(0), len(y)
    picks = (rng.permutation(n)[:round(0.8 * n)] for _ in range(times))
    return np.std([of(y[i], p[i], score[i]) for i in picks], ddof=1)


@case
def deviations_are_of_the_size_of_subsamples(stage):
    y, p, score = binary_table(12, 1_500, 1e9)
    path = write(stage, "t.csv", prediction=p, score=score, label=y)
    told = learn(stage, path, *BINARY, "--inference-attribute", "prediction", "--probability-attribute", "score",
                 "--ground-truth-attribute", "label")["binary_classification_metrics"]
    for name, of in [("auc", lambda a, b, c: metrics.roc_auc_score(a, c)), ("recall", lambda a, b, c: metrics.recall_score(a, b)),
                     ("f1", lambda a, b, c: metrics.f1_score(a, b)), ("accuracy", lambda a, b, c: metrics.accuracy_score(a, b))]:
        # Of five draws the deviation is within these bounds but once in a thousand times (chi squared, 4 degrees).
        ratio = told[name]["standard_deviation"] / deviations(y, p, score, of)
        assert 0.15 <= ratio <= 2.15, f"{name}: {ratio}"


@case
def calibration_is_scikit_learns(stage):
    rng = np.random.default_rng(13)
    score = rng.beta(1, 2, 6_000)
    y = (rng.random(6_000) < score ** 2).astype(int)
    path = write(stage, "t.csv", prediction=(score > 0.5).astype(int), score=[repr(float(v)) for v in score], label=y)
    out, _ = stage.vigil("baseline", "model-quality", "--dataset", path, "--output", stage.path("base"), *BINARY, "--json",
                         "--inference-attribute", "prediction", "--probability-attribute", "score", "--ground-truth-attribute", "label")
    bands = json.loads(out)["calibration"]["bands"]
    place = np.searchsorted(np.linspace(0, 1, 11)[1:-1], score)
    error = 0
    for band, at in zip(bands, np.unique(place), strict=True):
        here = place == at
        near(band["said"], score[here].mean(), "said")
        near(band["came_true"], y[here].mean(), "came true")
        assert band["rows"] == here.sum()
        error += here.mean() * abs(score[here].mean() - y[here].mean())
    near(json.loads(out)["calibration"]["expected_calibration_error"], error, "expected calibration error")
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(score, y)
    blocks = stage.json("base/performance_estimator.json")["calibration"]
    knots = [(edge, it["share"]) for it in blocks for edge in (it["low"], it["high"])]
    at = rng.random(2_000)
    told = np.interp(at, [k[0] for k in knots], [k[1] for k in knots])
    np.testing.assert_allclose(told, isotonic.predict(at), atol=1e-9)


@case
def churn_predictions_agree_with_scikit_learn(stage):
    path = reference("data/churn/validation-with-predictions.csv")
    rows = list(csv.DictReader(path.open()))
    y, p = (np.array([int(row[name]) for row in rows]) for name in ("label", "prediction"))
    score = np.array([float(row["probability"]) for row in rows])
    told = learn(stage, path, *BINARY, "--inference-attribute", "prediction", "--probability-attribute", "probability",
                 "--ground-truth-attribute", "label")
    check_all(figures(told, "binary_classification"), expected_binary(y, p, score=score))
    check_curves(told, y, score)
    assert told["dataset"]["item_count"] == len(rows)
    # Held against itself nothing is broken; against a stricter baseline it is.
    same = ["analyze", "model-quality", "--dataset", path, *BINARY, "--inference-attribute", "prediction",
            "--probability-attribute", "probability", "--ground-truth-attribute", "label", "--baseline", stage.path("base")]
    stage.vigil(*same, "--output", stage.path("same"))
    assert stage.json("same/constraint_violations.json") == {"violations": []}
    constraints = stage.json("base/constraints.json")
    constraints["binary_classification_constraints"]["recall"]["threshold"] = 0.78
    stage.write("base/constraints.json", json.dumps(constraints))
    stage.vigil(*same, "--output", stage.path("worse"), code=3)
    broken = stage.json("worse/constraint_violations.json")["violations"]
    assert [(it["metric_name"], it["constraint_check_type"]) for it in broken] == [("recall", "LessThanThreshold")]
    assert broken[0]["description"] == f"Metric recall with {16 / 28} was LessThanThreshold 0.78"


@case
def files_have_the_members_of_aws_sample(stage):
    aws = json.loads(reference("data/real-outputs/model_monitor_model_quality_binary_classification.json").read_text())
    y, p, score = binary_table(14, 400, 30)
    path = write(stage, "t.csv", prediction=p, score=score, label=y)
    told = learn(stage, path, *BINARY, "--inference-attribute", "prediction", "--probability-attribute", "score",
                 "--ground-truth-attribute", "label")

    def members(value):
        return {k: members(v) for k, v in value.items()} if isinstance(value, dict) else isinstance(value, list)

    ours, theirs = (members(it["binary_classification_metrics"]) for it in (told, aws))
    assert ours == theirs


@case
def merged_captures_have_the_numbers_of_their_rows(stage):
    y, p, score = binary_table(15, 4_000, 1e9)
    lines = []
    for i, (a, b, c) in enumerate(zip(y, p, score)):
        side = lambda mode, data: {"observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV"}
        lines.append(json.dumps({
            "groundTruthData": {"data": str(a), "encoding": "CSV"},
            "captureData": {"endpointInput": side("INPUT", "1,2,3"), "endpointOutput": side("OUTPUT", f"{b},{float(c)!r}")},
            "eventMetadata": {"eventId": str(i), "inferenceTime": f"2026-03-04T10:{i % 60:02d}:00Z"}, "eventVersion": "0"}))
    path = stage.write("merged/churn/AllTraffic/2026/03/04/10/part.jsonl.gz", gzip.compress("\n".join(lines).encode()))
    told = learn(stage, path.parents[4], *BINARY, "--inference-attribute", "0", "--probability-attribute", "1")
    check_all(figures(told, "binary_classification"), expected_binary(y, p, score=score))
    environment = {
        "VIGIL_ROOT": str(stage.path("root")), "dataset_source": "/opt/ml/processing/input_data",
        "output_path": "/opt/ml/processing/output", "analysis_type": "MODEL_QUALITY", "problem_type": "BinaryClassification",
        "inference_attribute": "0", "probability_attribute": "1", "publish_cloudwatch_metrics": "Enabled",
        "dataset_format": json.dumps({"sagemakerMergeJson": {"captureIndexNames": ["endpointOutput"]}}),
        "start_time": "2026-03-04T10:00:00Z", "end_time": "2026-03-04T11:00:00Z", "sagemaker_endpoint_name": "churn",
        "sagemaker_monitoring_schedule_name": "mq", "baseline_constraints": "/opt/ml/processing/baseline/constraints/constraints.json"}
    source = "root/opt/ml/processing/input_data/churn/AllTraffic/2026/03/04/10/part.jsonl"
    stage.write(source, "\n".join(lines))
    strict = stage.json("base/constraints.json")
    strict["binary_classification_constraints"]["auc"]["threshold"] = 0.999
    stage.write("root/opt/ml/processing/baseline/constraints/constraints.json", json.dumps(strict))
    stage.vigil("processing", env=environment)
    again = stage.json("root/opt/ml/processing/output/statistics.json")
    assert again["binary_classification_metrics"] == told["binary_classification_metrics"]
    assert again["dataset"]["evaluation_time"] == "2026-03-04T11:00:00.000Z"
    message = stage.path("root/opt/ml/output/message").read_text()
    assert message == "CompletedWithViolations: Job completed successfully with 1 violations.", message
    published = stage.path("root/opt/ml/output/metrics/cloudwatch/cloudwatch_metrics.jsonl").read_text().splitlines()
    names = [json.loads(line)["MetricName"] for line in published]
    assert sorted(names) == sorted(figures(told, "binary_classification"))


@case
def estimates_are_the_sums_of_calibrated_probabilities(stage):
    """CBPE by its definition (NannyML's documentation), with scikit-learn's isotonic regression as calibrator."""
    rng = np.random.default_rng(16)

    def rows(count, tilt):
        score = rng.random(count) ** tilt
        return score, (score > 0.5).astype(int), (rng.random(count) < score ** 1.5).astype(int)

    score, p, y = rows(8_000, 1)
    path = write(stage, "t.csv", prediction=p, score=[repr(float(v)) for v in score], label=y)
    learn(stage, path, *BINARY, "--inference-attribute", "prediction", "--probability-attribute", "score",
          "--ground-truth-attribute", "label")
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(score, y)
    score, p, y = rows(3_000, 2)
    path = write(stage, "w.csv", prediction=p, score=[repr(float(v)) for v in score])
    out, _ = stage.vigil("analyze", "model-quality", "--dataset", path, *BINARY, "--inference-attribute", "prediction", "--json",
                         "--probability-attribute", "score", "--baseline", stage.path("base"), "--output", stage.path("o"), code=3)
    told = {name: it for name, it in json.loads(out)["estimates"].items()}
    q = isotonic.predict(score)
    tp, fp, fn, tn = q[p == 1].sum(), (1 - q)[p == 1].sum(), q[p == 0].sum(), (1 - q)[p == 0].sum()
    expect = {"recall": tp / (tp + fn), "precision": tp / (tp + fp), "accuracy": (tp + tn) / len(q),
              "false_positive_rate": fp / (fp + tn), "f1": 2 * tp / (2 * tp + fp + fn)}
    for name, value in expect.items():
        near(told[name]["value"], value, name)
    realised = expected_binary(y, p, score=score)
    outside = [name for name, it in told.items() if not it["ci"][0] <= realised[name] <= it["ci"][1]]
    assert len(outside) <= 1, outside
    return f"outside of their 99 % interval: {outside or 'none'}"


# What NannyML 0.13.1 (pandas 3.1.1, numpy 2.4.6) says of the tables below: CBPE fitted on the first, one chunk of the second.
NANNYML = {
    1: {"auc": 0.903542811204686, "f1": 0.6989021326734974, "precision": 0.6463740459228289, "recall": 0.7607228646129358,
        "true_negative_rate": 0.8562135395252592, "accuracy": 0.8316939687833639},
    2: {"auc": 0.9011840022585758, "f1": 0.6897969193936871, "precision": 0.6387103693915248, "recall": 0.7497661440084459,
        "true_negative_rate": 0.8594441150191083, "accuracy": 0.8321431649701843}}


@case
def estimates_are_nannymls(stage):
    worst = 0
    for seed, expect in NANNYML.items():
        rng = np.random.default_rng(seed)
        tables = []
        for count, tilt in [(20_000, 1), (5_000, 2)]:
            score = rng.random(count) ** tilt
            tables.append({"score": [repr(float(v)) for v in score], "p": (score > 0.5).astype(int),
                           "y": (rng.random(count) < score ** 1.5).astype(int)})
        attributes = [*BINARY, "--inference-attribute", "p", "--probability-attribute", "score"]
        learn(stage, write(stage, "b.csv", **tables[0]), *attributes, "--ground-truth-attribute", "y")
        window = write(stage, "w.csv", score=tables[1]["score"], p=tables[1]["p"])
        out, _ = stage.vigil("analyze", "model-quality", "--dataset", window, *attributes, "--json", "--baseline",
                             stage.path("base"), "--output", stage.path("o"), code=3)
        told = json.loads(out)["estimates"]
        for name, value in expect.items():
            off = abs(told[name]["value"] - value)
            # NannyML draws its curve over rounded probabilities.
            assert off <= (1e-7 if name == "auc" else 1e-9), f"seed {seed}, {name}: {told[name]['value']} is not {value}"
            worst = max(worst, off)
    return f"worst difference {worst:.1e}"
