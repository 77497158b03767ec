"""Attributions against the shap package, brute force over all coalitions, closed forms and scikit-learn's ndcg_score."""
import itertools
import json
import math
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import shap
import xgboost as xgb
from sklearn.metrics import ndcg_score

from stage import case, reference

# Answers as single precision has them, which is how models that can be read take their inputs.
SCORER = """import sys, numpy as np
rows = np.loadtxt(sys.stdin, delimiter=",", ndmin=2)
weights = np.loadtxt({weights!r}, ndmin=2)
sums = rows @ weights.T + np.sin(rows[:, :1] * rows[:, 1:2])
out = 1 / (1 + np.exp(-sums))
print("\\n".join(",".join(repr(float(x)) for x in row) for row in out))
"""


def names(width):
    return [f"f{i}" for i in range(width)]


def grid(rng, rows, width):
    """Numbers that single precision holds."""
    return np.round(rng.normal(size=(rows, width)) * 64) / 64


def write_rows(stage, name, rows, header=True):
    lines = [",".join(names(rows.shape[1]))] if header else []
    lines += [",".join(repr(float(x)) for x in row) for row in rows]
    return stage.write(name, "\n".join(lines) + "\n")


def explained(stage, rows, base, *options, output="out", **config):
    """Returns the values of each row (rows, labels, features), the expected values and the aggregates."""
    told = {"version": "1.0", "methods": {"shap": {"baseline": base.tolist(), "save_local_shap_values": True} | config}}
    stage.write("config.json", json.dumps(told))
    write_rows(stage, "rows.csv", rows)
    stage.vigil("baseline", "explainability", "--dataset", "rows.csv", "--header", "true", "--config", "config.json",
                "--rows", len(rows), "--output", output, *options)
    labels = stage.json(f"{output}/analysis.json")["explanations"]["kernel_shap"]
    local = np.loadtxt(stage.path(f"{output}/explanations_shap/out.csv"), delimiter=",", skiprows=1, ndmin=2)
    features = len(next(iter(labels.values()))["global_shap_values"])
    whole = np.array([list(label["global_shap_values"].values()) for label in labels.values()])
    expected = np.array([label["expected_value"] for label in labels.values()])
    return local.reshape(len(rows), len(labels), features), expected, whole


def kernel(model, base, rows, seed, samples, link="identity"):
    """shap's own values; its generator begins anew for each row, as ours does for each number of features."""
    explainer = shap.KernelExplainer(model, base, link=link)
    values = []
    for row in rows:
        np.random.seed(seed)
        one = explainer.shap_values(row, nsamples=samples, l1_reg=0, silent=True)
        values.append(one if one.ndim == 2 else one[:, None])
    return np.moveaxis(np.array(values), 1, 2), np.atleast_1d(explainer.expected_value)


def same(got, expect, what, within=1e-9):
    got, expect = np.asarray(got), np.asarray(expect)
    assert got.shape == expect.shape, f"{what}: {got.shape} is not {expect.shape}"
    worst = float(np.max(np.abs(got - expect) / np.maximum(1, np.abs(expect))))
    assert worst <= within, f"{what}: off by {worst}"
    return worst


@case
def sampled_coalitions_give_the_values_of_shap(stage):
    """KernelSHAP of a model with two outputs, by a command that scores rows."""
    rng = np.random.default_rng(5)
    worst = 0.0
    for width, samples, backgrounds, link in [(14, 300, 1, "identity"), (20, 2048, 3, "logit"), (33, None, 2, "identity")]:
        weights = rng.normal(size=(2, width)) / 3
        np.savetxt(stage.path("weights.txt"), weights, fmt="%.17g")
        scorer = stage.write("score.py", SCORER.format(weights=str(stage.path("weights.txt"))))
        rows, base = grid(rng, 3, width), grid(rng, backgrounds, width)
        # In one row some features are the baseline's, so that fewer vary.
        rows[1, 2:4] = base[0, 2:4] = base[:, 2:4] = 0.5
        config = {"num_samples": samples} if samples else {}
        local, expected, _ = explained(stage, rows, base, "--scorer", f"{sys.executable} {scorer}",
                                       seed=11, use_logit=link == "logit", **config)
        def model(data):
            sums = data @ weights.T + np.sin(data[:, :1] * data[:, 1:2])
            return 1 / (1 + np.exp(-sums))
        values, null = kernel(model, base, rows, 11, samples or "auto", link)
        worst = max(worst, same(local, values, f"{width} features", 1e-8), same(expected, null, "expected value"))
    return f"largest difference {worst:.1e}"


@case
def enumerated_values_are_those_of_every_coalition(stage):
    rng = np.random.default_rng(6)
    width, worst = 9, 0.0
    weights = rng.normal(size=width)
    stage.write("model.json", json.dumps({"linear": {"objective": "binary:logistic", "intercept": 0.25, "weights": weights.tolist()}}))
    rows, base = grid(rng, 4, width), grid(rng, 5, width)
    for use_logit in [False, True]:
        local, _, whole = explained(stage, rows, base, "--model", "model.json", "--method", "kernel",
                                    use_logit=use_logit, agg_method="mean_sq")
        def worth(row, mask):
            mixed = np.where(mask, row, base)
            answer = np.mean([float(np.float64(1 / (1 + math.exp(-(0.25 + float(m @ weights)))))) for m in mixed])
            return math.log(answer / (1 - answer)) if use_logit else answer
        for row, values in zip(rows, local[:, 0]):
            worths = {bits: worth(row, np.array(bits, bool)) for bits in itertools.product([0, 1], repeat=width)}
            for feature in range(width):
                value = 0.0
                for bits, out in worths.items():
                    if not bits[feature]:
                        size = sum(bits)
                        weight = math.factorial(size) * math.factorial(width - size - 1) / math.factorial(width)
                        value += weight * (worths[bits[:feature] + (1,) + bits[feature + 1:]] - out)
                worst = max(worst, same(values[feature], value, f"feature {feature}"))
        same(whole[0], (local[:, 0] ** 2).mean(0), "mean_sq", 1e-12)
    return f"largest difference {worst:.1e}"


@case
def weighted_sums_have_closed_forms(stage):
    rng = np.random.default_rng(7)
    rows, base = grid(rng, 50, 12), grid(rng, 7, 12)
    weights = rng.normal(size=12)
    stage.write("model.json", json.dumps({"linear": {"objective": "reg:squarederror", "intercept": 2, "weights": weights.tolist()}}))
    expect = weights * (rows - base.mean(0))
    for method, within in [("exact", 1e-12), ("kernel", 1e-9)]:
        for agg, fold in [("mean_abs", lambda v: np.abs(v).mean(0)), ("median", lambda v: np.median(v, 0)), ("mean_sq", lambda v: (v**2).mean(0))]:
            local, expected, whole = explained(stage, rows, base, "--model", "model.json", "--method", method, agg_method=agg, num_samples=200)
            same(local[:, 0], expect, method, within if method == "exact" else 1e-6)
            same(whole[0], fold(local[:, 0]), agg, 1e-12)
            same(expected[0], 2 + float(base.mean(0) @ weights), "expected value")
    grouped, _, _ = explained(stage, rows, base, "--model", "model.json", feature_groups={"first": names(12)[:5]})
    same(grouped[:, 0, 0], expect[:, :5].sum(1), "group")
    same(grouped[:, 0, 1:], expect[:, 5:], "beside the group")


def booster(rng, objective, depth, rounds, **more):
    x = grid(rng, 2000, 10)
    x[rng.random(x.shape) < 0.05] = np.nan
    y = (np.nan_to_num(x[:, 0]) * np.nan_to_num(x[:, 1]) + np.nan_to_num(x[:, 2]) > 0).astype(float)
    if objective.startswith("multi"):
        y += (np.nan_to_num(x[:, 3]) > 0.5)
    params = dict(objective=objective, max_depth=depth, eta=0.3, seed=1, nthread=1) | more
    return xgb.train(params, xgb.DMatrix(x, y), rounds)


@case
def trees_have_the_values_of_shap(stage):
    rng = np.random.default_rng(8)
    worst = {"interventional": 0.0, "path dependent": 0.0}
    kinds = [("binary:logistic", 5, 40, {}), ("reg:squarederror", 9, 10, {}), ("multi:softprob", 3, 8, {"num_class": 3})]
    for objective, depth, rounds, more in kinds:
        model = booster(rng, objective, depth, rounds, **more)
        model.save_model(stage.path("model.json"))
        rows, base = grid(rng, 30, 10), grid(rng, 20, 10)
        local, expected, _ = explained(stage, rows, base, "--model", "model.json", "--method", "exact")
        explainer = shap.TreeExplainer(model, base, feature_perturbation="interventional", model_output="raw")
        values = np.asarray(explainer.shap_values(rows)).reshape(len(rows), 10, -1)
        worst["interventional"] = max(worst["interventional"], same(local, np.moveaxis(values, 1, 2), objective, 2e-6))
        # The package's expected values start every class from the first class's base score, so sums are compared.
        margins = model.predict(xgb.DMatrix(rows), output_margin=True).reshape(len(rows), -1)
        same(local.sum(2) + expected, margins, "sums of values", 2e-5)
        local, expected, _ = explained(stage, rows, base, "--model", "model.json", "--method", "covers")
        values = model.predict(xgb.DMatrix(rows), pred_contribs=True, strict_shape=True)
        # XGBoost sums in single precision.
        worst["path dependent"] = max(worst["path dependent"], same(local, values[:, :, :-1], objective, 2e-5))
        same(expected, values[0, :, -1], "expected value", 2e-5)
    return ", ".join(f"{name} {off:.1e}" for name, off in worst.items())


@case
def exact_trees_agree_with_kernel_shap(stage):
    """Two roads to the same values: log-odds against one baseline row, all coalitions asked."""
    rng = np.random.default_rng(9)
    booster(rng, "binary:logistic", 4, 30).save_model(stage.path("model.json"))
    rows, base = grid(rng, 20, 10), grid(rng, 1, 10)
    exact, _, _ = explained(stage, rows, base, "--model", "model.json", use_logit=True)
    asked, _, _ = explained(stage, rows, base, "--model", "model.json", "--method", "kernel", use_logit=True)
    return f"largest difference {same(exact, asked, 'values', 1e-5):.1e}"


def drift(stage, before, now):
    """Holds attributions against a baseline's; a weighted sum of one row makes any that are wanted."""
    features = names(len(now))
    told = {"global_shap_values": dict(zip(features, before)), "expected_value": 0}
    stage.write("base/analysis.json", json.dumps({"version": "1.0", "explanations": {"kernel_shap": {"label0": told}}}))
    stage.write("model.json", json.dumps({"linear": {"objective": "reg:squarederror", "intercept": 0, "weights": list(now)}}))
    stage.write("config.json", json.dumps({"methods": {"shap": {"baseline": [[0] * len(now)]}}}))
    stage.write("row.csv", ",".join(features) + "\n" + ",".join(["1"] * len(now)) + "\n")
    expect = float(ndcg_score([before], [np.abs(now)]))
    out, _ = stage.vigil("analyze", "explainability", "--dataset", "row.csv", "--header", "true", "--config", "config.json",
                         "--model", "model.json", "--baseline", "base", "--output", "now", "--json", code=3 if expect < 0.9 else 0)
    label = json.loads(out)["labels"][0]
    same(label["ndcg"], expect, f"{before} {now}", 1e-12)
    found = stage.path("now/constraint_violations.json")
    assert found.exists() == (expect < 0.9)
    if expect < 0.9:
        entry = json.loads(found.read_text())["violations"][0]
        text = entry.pop("description")
        assert entry == {"label": "label0", "metric_name": "shap", "constraint_check_type": "feature_attribution_drift_check"}, entry
        assert text.startswith("Feature attribution drift 0.") and text.endswith(" exceeds threshold 0.9"), text
    return expect


@case
def ndcg_is_that_of_scikit_learn(stage):
    assert round(drift(stage, [0.70, 0.50, 0.05], [0.1, 0.2, 0.3]), 4) == 0.6876
    rng = np.random.default_rng(10)
    scores = []
    for _ in range(25):
        width = int(rng.integers(2, 30))
        draw = lambda: np.where(rng.random(width) < 0.2, 0.0, np.round(rng.exponential(size=width), int(rng.integers(0, 4))))
        scores.append(drift(stage, draw().tolist(), draw().tolist()))
    drift(stage, [0.0, 0.0], [1.0, 2.0])
    return f"{len(scores)} random rankings, {sum(score < 0.9 for score in scores)} of them violations"


@case
def published_analysis_is_a_baseline(stage):
    published = reference("data/real-outputs/clarify_explanability.json")
    labels = json.loads(published.read_text())["explanations"]["kernel_shap"]
    before = labels["label0"]["global_shap_values"]
    stage.write("model.json", json.dumps({"linear": {"objective": "reg:squarederror", "intercept": 0, "weights": list(before.values())}}))
    stage.write("config.json", json.dumps({"methods": {"shap": {"baseline": [[0] * len(before)]}}}))
    stage.write("row.csv", ",".join(before) + "\n" + ",".join(["1"] * len(before)) + "\n")
    out, _ = stage.vigil("analyze", "explainability", "--dataset", "row.csv", "--header", "true", "--config", "config.json",
                         "--model", "model.json", "--baseline", published, "--output", "now", "--json")
    assert json.loads(out)["labels"][0]["ndcg"] == 1.0


@case
def clusters_are_those_of_scikit_learn(stage):
    """Where groups lie apart every k-means finds the same centers; each stands for absent features as much as another."""
    from sklearn.cluster import KMeans

    weights = np.array([0.5, -1.0, 2.0])
    for seed, count in ((1, 2), (2, 4), (3, 7)):
        rng = np.random.default_rng(seed)
        apart = rng.permutation(count)[:, None] * 100.0 + rng.normal(size=(count, 3)) * 20
        rows = np.vstack([center + rng.normal(size=(20 + 5 * at, 3)) for at, center in enumerate(apart)])
        centers = KMeans(count, n_init=20, random_state=0).fit(rows).cluster_centers_
        stage.write("model.json", json.dumps({"linear": {"objective": "reg:squarederror", "intercept": 0, "weights": weights.tolist()}}))
        stage.write("config.json", json.dumps({"methods": {"shap": {"num_clusters": count, "seed": seed, "save_local_shap_values": True}}}))
        write_rows(stage, "rows.csv", rows)
        stage.vigil("baseline", "explainability", "--dataset", "rows.csv", "--header", "true", "--config", "config.json",
                    "--model", "model.json", "--output", "out")
        local = np.loadtxt(stage.path("out/explanations_shap/out.csv"), delimiter=",", skiprows=1)
        # Models read inputs as single precision.
        np.testing.assert_allclose(local, weights * (rows - centers.mean(0)), atol=1e-3)


@case
def endpoint_is_asked_within_its_limits(stage):
    """An endpoint on this machine that counts what it is asked, and fails now and then."""
    counts = {"rows": 0, "open": 0, "most": 0, "calls": 0, "largest": 0}
    lock = threading.Lock()
    weights = np.array([0.5, -1.0, 2.0, 0.25, 0.0])

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self):
            with lock:
                counts["open"] += 1
                counts["calls"] += 1
                counts["most"] = max(counts["most"], counts["open"])
                fails = counts["calls"] % 7 == 3
            time.sleep(0.02)
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            rows = np.array([record["features"] for record in body["instances"]], float)
            answer = json.dumps({"predictions": [{"score": float(x)} for x in rows @ weights]}).encode()
            with lock:
                counts["open"] -= 1
                counts["rows"] += 0 if fails else len(rows)
                counts["largest"] = max(counts["largest"], len(rows))
            self.send_response(500 if fails else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rng = np.random.default_rng(12)
    rows, base = grid(rng, 6, 5), grid(rng, 2, 5)
    stage.write("config.json", json.dumps({
        "methods": {"shap": {"baseline": base.tolist(), "save_local_shap_values": True}},
        "predictor": {"content_type": "application/json", "accept_type": "application/json"}}))
    write_rows(stage, "rows.csv", rows)
    url = f"http://127.0.0.1:{server.server_port}/endpoints/churn/invocations"
    out, told = stage.vigil("baseline", "explainability", "--dataset", "rows.csv", "--header", "true", "--config", "config.json",
                            "--endpoint-url", url, "--at-once", 4, "--share", 0.5, "--rows-per-request", 40, "--output", "out", "--json")
    server.shutdown()
    local = np.loadtxt(stage.path("out/explanations_shap/out.csv"), delimiter=",", skiprows=1)
    same(local, weights * (rows - base.mean(0)), "values")
    # Two rows of the baseline, six rows, 30 coalitions of each with two rows.
    assert counts["rows"] == 2 + 6 + 6 * 30 * 2 == json.loads(out)["asked"], counts
    assert counts["most"] <= 2 and counts["largest"] <= 40, counts
    stage.vigil("baseline", "explainability", "--dataset", "rows.csv", "--config", "config.json", "--endpoint-url",
                "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/x/invocations", "--output", "out", code=1)
    return f"{counts['calls']} requests, at most {counts['most']} at a time"
