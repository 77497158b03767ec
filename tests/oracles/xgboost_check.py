#!/usr/bin/env python3
"""Checks the stand-in's model evaluator against xgboost itself, on models and rows made fresh by a seed.

Needs xgboost and numpy; without them it says so and passes. Ends with `N passed, N failed`.

    python3 tests/oracles/xgboost_check.py [--seed N] [--predict BINARY]

BINARY is the built example `predict` of the crate `local`; without it, cargo builds and runs it.
"""
import argparse
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import xgboost as xgb
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(0)

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 1e-6
MODELS = [
    ("binary:logistic", dict(max_depth=4), 50),
    ("binary:logistic", dict(max_depth=8, gamma=1.0), 20),
    ("binary:logistic", dict(max_depth=3, base_score=0.5), 10),
    ("binary:logitraw", dict(max_depth=3), 10),
    ("reg:logistic", dict(max_depth=3), 10),
    ("reg:squarederror", dict(max_depth=6, tree_method="hist"), 30),
    ("reg:squarederror", dict(max_depth=2, num_parallel_tree=3, subsample=0.5), 5),
    ("multi:softprob", dict(max_depth=3, num_class=3), 10),
    ("multi:softmax", dict(max_depth=3, num_class=3), 10),
]


def training_script():
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("train", ROOT / "shared/local/model/train.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def as_json(train, row):
    names = [name for name, _ in train.COLUMNS]
    cells = {name: value for name, value in zip(names, train.texts(row)) if value != ""}
    words = {name for name, categories in train.COLUMNS if categories}
    return json.dumps({name: value if name in words else float(value) for name, value in cells.items()})


def ours(predict, model, columns, form, rows):
    done = subprocess.run([*predict, str(model), str(columns), form], input="\n".join(rows) + "\n",
                          capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"predict failed: {done.stderr}")
    lines = done.stdout.splitlines()
    if form == "csv":
        return np.array([[float(cell) for cell in line.split(",")] for line in lines])
    return np.array([list(json.loads(line).values()) for line in lines])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--predict")
    arguments = parser.parse_args()
    predict = [arguments.predict] if arguments.predict else ["cargo", "run", "-q", "-p", "local", "--example", "predict", "--"]
    train = training_script()
    rng = np.random.default_rng(arguments.seed)
    names = [name for name, _ in train.COLUMNS]
    columns = ROOT / "shared/local/model/churn-columns.json"
    fresh, _ = train.customers(rng, 2000)
    fresh[1000:] = train.blank(rng, fresh[1000:], 0.2)
    worst, passed, failed = 0.0, 0, 0

    def compare(label, model, booster):
        nonlocal worst, passed, failed
        expect = np.asarray(booster.predict(xgb.DMatrix(fresh, feature_names=names)), dtype=np.float64)
        expect = expect.reshape(len(fresh), -1)
        for form in ["csv", "json"]:
            rows = [",".join(train.texts(row)) if form == "csv" else as_json(train, row) for row in fresh]
            got = ours(predict, model, columns, form, rows)
            off = float(np.max(np.abs(got - expect) / np.maximum(1, np.abs(expect)))) if got.shape == expect.shape else np.inf
            worst = max(worst, off)
            passed, failed = (passed + 1, failed) if off <= TOLERANCE else (passed, failed + 1)
            verdict = "ok      " if off <= TOLERANCE else "FAILED  "
            print(f"{verdict}{label} {form}: {len(fresh)} rows, largest difference {off:.2e}")

    shipped = xgb.Booster(model_file=ROOT / "shared/local/model/churn.json")
    compare("shipped churn model", ROOT / "shared/local/model/churn.json", shipped)
    with tempfile.TemporaryDirectory() as folder:
        for at, (objective, settings, rounds) in enumerate(MODELS):
            x, left = train.customers(rng, 3000)
            x = train.blank(rng, x, 0.05)
            y = left
            if objective == "reg:squarederror":
                y = 100 * left + rng.normal(0, 5, len(left))
            elif objective.startswith("multi"):
                y = rng.integers(0, 3, len(left)).astype(float)
            settings = dict(settings, objective=objective, eta=0.3, seed=at, nthread=1)
            booster = xgb.train(settings, xgb.DMatrix(x, label=y, feature_names=names), num_boost_round=rounds)
            model = pathlib.Path(folder) / "model.json"
            booster.save_model(model)
            compare(f"{objective} {settings['max_depth']} deep", model, booster)
    print(f"xgboost {xgb.__version__}: largest difference {worst:.2e}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
