#!/usr/bin/env python3
"""Attributions beside shap, processor time on one thread: PYTHON tests/bench/attribution.py [CHURN_FOLDER]

PYTHON is one with tests/oracles/requirements.txt. Peers run in this process, their imports not counted; ours is the
example `attribute` of the crate `formats`, with reading and getting ready counted. Best of three on both sides."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np  # noqa: E402
import shap  # noqa: E402
import xgboost as xgb  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def theirs(run):
    run()
    best = float("inf")
    for _ in range(3):
        before = time.process_time()
        run()
        best = min(best, time.process_time() - before)
    return best * 1e3


def ours(*arguments):
    told = [subprocess.run([TARGET / "release/examples/attribute", *map(str, arguments)], capture_output=True, text=True, check=True).stdout
            for _ in range(3)]
    return min(({name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", line)} for line in told), key=lambda it: it["cpu_ms"])


def row(what, peer, mine, other):
    print(f"| {what} | {peer} | {mine:.3f} | {other:.3f} | {other / mine:.1f} |", flush=True)


def kernel(folder):
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2000, 20))
    weights = rng.normal(size=20)
    explainer = shap.KernelExplainer(lambda z: 1 / (1 + np.exp(-(z @ weights + 0.1))), x[:1])
    peer = theirs(lambda: explainer.shap_values(x[1000:1100], nsamples=2048, l1_reg=0, silent=True))
    row("KernelSHAP, 100 rows x 20 features x 2,048 samples, ms", "shap.KernelExplainer", ours("weights", 100, 2048, 1)["cpu_ms"], peer)
    y = (rng.random(2000) < 1 / (1 + np.exp(-x @ weights))).astype(int)
    path = folder / "deep.json"
    booster = xgb.train({"objective": "binary:logistic", "max_depth": 6, "eta": 0.1, "nthread": 1}, xgb.DMatrix(x, y), 100)
    booster.save_model(path)
    slow = ours("trees", 10, 2048, 100, path)
    print(f"| KernelSHAP, 100 trees, background 100: outside of the model's calls | at most 3 % | {slow['outside']:.2f} % | | |", flush=True)
    return booster, path, x


def trees(name, booster, path, x, folder):
    table = folder / "rows.csv"
    np.savetxt(table, x, delimiter=",", fmt="%.9g")
    many = max(1, 20_000 // len(x))
    each = 1e3 / len(x)
    explainer = shap.TreeExplainer(booster)
    mine = ours("covers", many, path, table)["us_a_row"]
    row(f"TreeSHAP, {name}, by covers, us a row", "shap.TreeExplainer as called", mine, theirs(lambda: explainer.shap_values(x)) * each)
    # Else the package hands XGBoost's models to XGBoost.
    explainer.model.model_type = "other"
    row(f"TreeSHAP, {name}, by covers, us a row", "shap's own C++", mine, theirs(lambda: explainer.shap_values(x, check_additivity=False)) * each)
    for base in (1, 100):
        explainer = shap.TreeExplainer(booster, x[:base], feature_perturbation="interventional")
        peer = theirs(lambda: explainer.shap_values(x, check_additivity=False)) * each
        times = max(1, many // base)
        row(f"TreeSHAP, {name}, baseline of {base}, us a row", "shap's own C++", ours("baseline", times, path, table, base)["us_a_row"], peer)


def churn(data, folder):
    train = np.genfromtxt(data / "training-dataset-with-header.csv", delimiter=",", skip_header=1)
    # As AWS's notebook trains it.
    settings = dict(max_depth=5, eta=0.2, gamma=4, min_child_weight=6, subsample=0.8, objective="binary:logistic", nthread=1, seed=1)
    booster = xgb.train(settings, xgb.DMatrix(train[:, 1:], train[:, 0]), 100)
    path = folder / "churn.json"
    booster.save_model(path)
    trees("churn", booster, path, np.genfromtxt(data / "validation.csv", delimiter=",")[:, 1:], folder)


def main():
    data = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT.parent / "shared/data/churn")
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "formats", "--example", "attribute"], cwd=ROOT, check=True,
                   env=os.environ | {"CARGO_TARGET_DIR": str(TARGET)})
    print("| what | beside | vigil | other | other / vigil |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        booster, path, x = kernel(folder)
        trees("100 trees of depth 6", booster, path, x[:500], folder)
        if data.exists():
            churn(data, folder)
        else:
            print("skipped: the churn tables are not beside this checkout")


main()
