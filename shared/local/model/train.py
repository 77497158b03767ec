#!/usr/bin/env python3
"""Trains the small models that the stand-in serves, on generated rows, and writes their golden predictions.

Needs xgboost 3 and numpy. Same versions, same files:
    python3 shared/local/model/train.py

Writes beside itself churn.json (xgboost's own JSON) and churn-columns.json (how request cells become numbers), and
into ../tests/golden xgboost's predictions for rows that the Rust evaluator must reproduce.
"""
import json
import pathlib

import numpy as np
import xgboost as xgb

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "tests" / "golden"
SEED = 20260304

STATES = ["CA", "TX", "FL", "NY", "PA", "IL", "OH", "GA", "NC", "MI", "WA", "AZ"]
STATE_WEIGHTS = [39, 30, 22, 20, 13, 13, 12, 11, 11, 10, 8, 7]
TIERS = ["basic", "plus", "premium"]
PAYMENTS = ["card", "debit", "invoice"]

COLUMNS = [
    ("account_length", None),
    ("state", STATES),
    ("plan_tier", TIERS),
    ("intl_plan", ["no", "yes"]),
    ("payment", PAYMENTS),
    ("vmail_messages", None),
    ("day_mins", None),
    ("day_calls", None),
    ("eve_mins", None),
    ("eve_calls", None),
    ("night_mins", None),
    ("night_calls", None),
    ("intl_mins", None),
    ("intl_calls", None),
    ("custserv_calls", None),
    ("monthly_charge", None),
]


def customers(rng, n):
    """Rows of cells as numbers (categories as their index), and who left."""
    tier = rng.choice(3, n, p=[0.55, 0.30, 0.15])
    intl_plan = (rng.random(n) < 0.10).astype(float)
    day = np.maximum(rng.normal(180, 54, n), 0).round(1)
    eve = np.maximum(rng.normal(200, 50, n), 0).round(1)
    night = np.maximum(rng.normal(200, 50, n), 0).round(1)
    intl = np.maximum(rng.normal(10.2, 2.8, n), 0).round(1)
    charge = 12 + 8 * tier + 0.11 * day + 0.05 * eve + 0.03 * night + 0.27 * intl + rng.normal(0, 2.5, n)
    has_vmail = rng.random(n) < 0.28
    table = {
        "account_length": np.clip(rng.normal(101, 40, n).round(), 1, 250),
        "state": rng.choice(12, n, p=np.array(STATE_WEIGHTS) / sum(STATE_WEIGHTS)),
        "plan_tier": tier,
        "intl_plan": intl_plan,
        "payment": rng.choice(3, n, p=[0.5, 0.35, 0.15]),
        "vmail_messages": np.where(has_vmail, np.clip(rng.normal(29, 7, n).round(), 4, 55), 0),
        "day_mins": day,
        "day_calls": np.clip(rng.normal(100, 20, n).round(), 0, None),
        "eve_mins": eve,
        "eve_calls": np.clip(rng.normal(100, 20, n).round(), 0, None),
        "night_mins": night,
        "night_calls": np.clip(rng.normal(100, 20, n).round(), 0, None),
        "intl_mins": intl,
        "intl_calls": 1 + rng.poisson(3.5, n),
        "custserv_calls": rng.poisson(1.56, n),
        "monthly_charge": charge.round(2),
    }
    x = np.column_stack([table[name] for name, _ in COLUMNS]).astype(np.float64)
    score = (
        -3.1
        + 0.022 * (day - 180)
        + 0.007 * (eve - 200)
        + 2.1 * intl_plan
        + 1.3 * np.maximum(table["custserv_calls"] - 3, 0)
        - 0.9 * has_vmail
        + 0.5 * (table["payment"] == 2)
        - 0.25 * table["plan_tier"]
        - 0.003 * (table["account_length"] - 101)
    )
    left = (rng.random(n) < 1 / (1 + np.exp(-score))).astype(float)
    return x, left


def blank(rng, x, share):
    """Some cells are missing, so that every split learns where to send them."""
    x = x.copy()
    x[rng.random(x.shape) < share] = np.nan
    return x


def texts(row):
    """The cells as a client would write them; a missing cell is empty."""
    cells = []
    for value, (_, categories) in zip(row, COLUMNS):
        if np.isnan(value):
            cells.append("")
        elif categories:
            cells.append(categories[int(value)])
        else:
            cells.append(f"{value:g}" if value == int(value) else repr(float(value)))
    return cells


def thresholds(booster):
    """Numeric split points of the model: rows exactly on them tell `<` from `<=`."""
    found = {}
    trees = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]
    for tree in trees:
        for left, feature, condition in zip(tree["left_children"], tree["split_indices"], tree["split_conditions"]):
            if left >= 0 and COLUMNS[feature][1] is None:
                found.setdefault(feature, set()).add(float(np.float32(condition)))
    return {feature: sorted(values) for feature, values in found.items()}


def train(objective, x, y, rounds, depth, **more):
    names = [name for name, _ in COLUMNS]
    matrix = xgb.DMatrix(x, label=y, feature_names=names)
    settings = dict(objective=objective, max_depth=depth, eta=0.2, min_child_weight=8, seed=1, nthread=1, tree_method="exact", **more)
    return xgb.train(settings, matrix, num_boost_round=rounds)


def write_golden(name, booster, x):
    predicted = booster.predict(xgb.DMatrix(x, feature_names=[name for name, _ in COLUMNS]))
    rows = [{"cells": texts(row), "prediction": np.asarray(p, dtype=np.float64).tolist()} for row, p in zip(x, predicted)]
    (GOLDEN / name).write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


def main():
    GOLDEN.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    x, y = customers(rng, 20_000)
    x = blank(rng, x, 0.01)
    booster = train("binary:logistic", x, y, rounds=40, depth=4)
    booster.save_model(HERE / "churn.json")

    columns = [{"name": n, "categories": c} if c else {"name": n} for n, c in COLUMNS]
    (HERE / "churn-columns.json").write_text(
        '{"columns":[\n' + ",\n".join("  " + json.dumps(c) for c in columns) + "\n]}\n"
    )

    fresh, _ = customers(rng, 240)
    fresh[120:] = blank(rng, fresh[120:], 0.15)
    points = thresholds(booster)
    edges = np.repeat(fresh[:1], 60, axis=0)
    for row in edges:
        for feature, values in points.items():
            row[feature] = rng.choice(values)
    wild = np.repeat(fresh[:1], 4, axis=0)
    wild[0, 6], wild[1, 6], wild[2, :], wild[3, 6] = 1e30, -1e30, np.nan, 27440.0
    golden = np.vstack([fresh, edges, wild])
    write_golden("churn.json", booster, golden)

    small = golden[::8]
    minutes = train("reg:squarederror", x[:4000], 100 * y[:4000] + 7, rounds=4, depth=3)
    minutes.save_model(GOLDEN / "regression-model.json")
    write_golden("regression.json", minutes, small)

    tier = np.nan_to_num(x[:4000, 2])
    three = train("multi:softprob", x[:4000], tier, rounds=2, depth=2, num_class=3)
    three.save_model(GOLDEN / "classes-model.json")
    write_golden("classes.json", three, small)


if __name__ == "__main__":
    main()
