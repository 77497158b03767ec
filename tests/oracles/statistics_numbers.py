"""statistics.json, number by number, against numpy (reference: formats D.1-D.3)."""
import collections
import gzip
import math
import re

import numpy as np
import pandas as pd

from stage import case, reference
from table import random_table, read_csv, write_captures, write_csv, write_json_lines

# Java's \d is ASCII, and its $ in Deequ's expressions stands at the end of a whole match.
FRACTIONAL = re.compile(r"(-|\+)? ?\d+((\.\d+)|((?:\.\d+)?[Ee][-+]?\d+))", re.ASCII)
INTEGRAL = re.compile(r"(-|\+)? ?\d+", re.ASCII)
BOOLEAN = re.compile(r"(true|false)")

# What the project promises of a bucket, in rows of all; a rank may be off by half of it at each edge.
BUCKET_SLACK = 0.002
RANK_SLACK = 0.001
# Distinct texts are counted one by one up to here, and estimated beyond with a deviation below 1 %.
EXACT_DISTINCT = 4096
DISTINCT_SLACK = 0.03


def look(cell):
    if FRACTIONAL.fullmatch(cell):
        return "fractional"
    if INTEGRAL.fullmatch(cell):
        return "integral"
    return "boolean" if BOOLEAN.fullmatch(cell) else "text"


def column_type(cells):
    looks = collections.Counter(map(look, cells))
    if not cells:
        return "Unknown"
    if looks["text"] or looks["boolean"]:
        return "String"
    return "Fractional" if looks["fractional"] else "Integral"


def number(cell):
    return float(cell.replace(" ", ""))


def near(got, expect, scale, what, slack=1e-12):
    assert abs(got - expect) <= slack * abs(scale), f"{what}: {got} is not {expect} (off by {abs(got - expect):.3g})"


class Worst:
    """The largest errors seen, to tell in the end."""
    bucket = rank = distinct = 0.0

    def __str__(self):
        return f"worst bucket {self.bucket:.2%} of rows, rank {self.rank:.3%}, distinct {self.distinct:.2%}"


def check_numbers(name, cells, told, worst):
    x = np.array([number(cell) for cell in cells])
    size = math.fsum(abs(v) / len(x) for v in x)
    mean = math.fsum(v / len(x) for v in x)
    near(told["mean"], mean, size, f"{name}: mean")
    if math.isfinite(size * len(x)):
        near(told["sum"], math.fsum(x), math.fsum(np.abs(x)), f"{name}: sum")
    spread = np.abs(x - mean).max()
    if spread > 0:
        std = spread * math.sqrt(math.fsum(((v - mean) / spread) ** 2 for v in x) / len(x))
        # The mean itself is known to one rounding only, which is seen where it dwarfs the spread.
        near(told["std_dev"], std, std + np.spacing(abs(mean)) * 1e12, f"{name}: std_dev")
    else:
        assert told["std_dev"] == 0, name
    assert (told["min"], told["max"]) == (x.min(), x.max()), f"{name}: range"
    check_buckets(name, x, told["distribution"]["kll"]["buckets"], worst)
    check_sketch(name, x, told["distribution"]["kll"]["sketch"], worst)


def check_buckets(name, x, buckets, worst):
    assert len(buckets) == 10, name
    low, high = x.min(), x.max()
    edges = [low + (high - low) * i / 10 for i in range(11)]
    for i, bucket in enumerate(buckets):
        near(bucket["lower_bound"], edges[i], max(abs(low), abs(high)), f"{name}: edge {i}")
        near(bucket["upper_bound"], edges[i + 1], max(abs(low), abs(high)), f"{name}: edge {i + 1}")
        above = x <= bucket["upper_bound"] if i == 9 else x < bucket["upper_bound"]
        exact = int(np.sum(above & (x >= bucket["lower_bound"])))
        off = abs(bucket["count"] - exact) / len(x)
        worst.bucket = max(worst.bucket, off)
        assert off <= BUCKET_SLACK, f"{name}: bucket {i} holds {bucket['count']}, not {exact}"
    assert sum(bucket["count"] for bucket in buckets) == len(x), f"{name}: buckets hold all rows"


def check_sketch(name, x, sketch, worst):
    assert sketch["parameters"] == {"c": 0.64, "k": 2048.0}
    items = np.array([item for level in sketch["data"] for item in level])
    weights = np.array([2**h for h, level in enumerate(sketch["data"]) for _ in level])
    assert weights.sum() == len(x), f"{name}: the sketch stands for all rows"
    assert np.isin(items, x).all(), f"{name}: items are values of the column"
    order = np.argsort(items, kind="stable")
    items, ranks = items[order], np.cumsum(weights[order])
    at = np.unique(x)
    told = np.concatenate([[0], ranks])[np.searchsorted(items, at, side="right")]
    exact = np.searchsorted(np.sort(x), at, side="right")
    off = np.abs(told - exact).max() / len(x)
    worst.rank = max(worst.rank, off)
    assert off <= RANK_SLACK, f"{name}: rank error {off:.4%}"
    if len(x) <= 2048:
        assert off == 0, f"{name}: a small column is kept as it is"


def check_texts(name, cells, told, worst):
    counts = collections.Counter(cells)
    if len(counts) <= EXACT_DISTINCT:
        assert told["distinct_count"] == len(counts), f"{name}: {told['distinct_count']} is not {len(counts)} distinct"
    off = abs(told["distinct_count"] / len(counts) - 1)
    worst.distinct = max(worst.distinct, off)
    assert off <= DISTINCT_SLACK, f"{name}: distinct off by {off:.2%}"
    buckets = told.get("distribution", {}).get("categorical", {}).get("buckets")
    if len(counts) <= 120:
        assert {bucket["value"]: bucket["count"] for bucket in buckets} == counts, name
        assert [b["count"] for b in buckets] == sorted(counts.values(), reverse=True), f"{name}: most frequent first"
    else:
        assert buckets is None, f"{name}: categories are for columns of few values"


def check_statistics(table, told):
    worst = Worst()
    rows = len(next(iter(table.values())))
    assert told["dataset"]["item_count"] == rows, told["dataset"]
    assert [feature["name"] for feature in told["features"]] == list(table), [feature["name"] for feature in told["features"]]
    for feature in told["features"]:
        name = feature["name"]
        cells = [cell for cell in table[name] if cell is not None]
        assert feature["inferred_type"] == column_type(cells), f"{name}: {feature['inferred_type']}"
        numeric = column_type(cells) in ("Integral", "Fractional")
        assert ("numerical_statistics" in feature) == numeric and ("string_statistics" in feature) != numeric, name
        body = feature["numerical_statistics" if numeric else "string_statistics"]
        assert body["common"] == {"num_present": len(cells), "num_missing": rows - len(cells)}, name
        if numeric:
            check_numbers(name, cells, body, worst)
        elif cells:
            check_texts(name, cells, body, worst)
    return worst


def check_constraints(table, told):
    """What a baseline suggests, by the rules of D.4."""
    names = [feature["name"] for feature in told["features"]]
    assert names == list(table), names
    for feature in told["features"]:
        cells = [cell for cell in table[feature["name"]] if cell is not None]
        kind = column_type(cells)
        expect = {"name": feature["name"], "inferred_type": kind, "completeness": len(cells) / len(table[feature["name"]])}
        if kind in ("Integral", "Fractional"):
            expect["num_constraints"] = {"is_non_negative": min(map(number, cells)) >= 0}
        counts = collections.Counter(cells)
        single = sum(1 for count in counts.values() if count == 1)
        if kind == "String" and len(counts) <= 120 and single / len(counts) <= 0.1:
            domains = feature["string_constraints"].pop("domains")
            assert sorted(domains) == sorted(counts), feature["name"]
            expect["string_constraints"] = {}
        assert feature == expect, feature
    assert told["monitoring_config"] == {
        "evaluate_constraints": "Enabled", "emit_metrics": "Enabled",
        "datatype_check_threshold": 1.0, "domain_content_threshold": 1.0,
        "distribution_constraints": {
            "perform_comparison": "Enabled", "comparison_threshold": 0.1, "comparison_method": "Robust",
            "categorical_comparison_threshold": 0.1, "categorical_drift_method": "LInfinity"}}


def profile(stage, path, table, *options):
    stage.vigil("baseline", "data-quality", "--dataset", path, "--output", stage.path("out"), *options)
    told = stage.json("out/statistics.json")
    check_constraints(table, stage.json("out/constraints.json"))
    return check_statistics(table, told)


@case
def numbers_of_random_tables_agree_with_numpy(stage):
    worst = Worst()
    for seed, rows in [(1, 7), (2, 1_000), (3, 2_050), (4, 5_000), (5, 20_000), (6, 60_000)]:
        table = random_table(seed, rows)
        path = write_csv(stage, f"{seed}.csv", table)
        now = profile(stage, path, table, "--format", "csv", "--header", "true", "--threads", "1")
        worst.bucket, worst.rank = max(worst.bucket, now.bucket), max(worst.rank, now.rank)
        worst.distinct = max(worst.distinct, now.distinct)
    return worst


@case
def numbers_do_not_depend_on_threads(stage):
    table = random_table(7, 40_000)
    path = write_csv(stage, "table.csv", table)
    return profile(stage, path, table, "--format", "csv", "--header", "true", "--threads", "4")


@case
def json_lines_have_the_numbers_of_the_csv(stage):
    table = random_table(8, 3_000)
    path = write_json_lines(stage, "table.jsonl", table)
    return profile(stage, path, table, "--format", "json-lines")


@case
def captures_have_the_numbers_of_their_rows(stage):
    table = random_table(10, 4_000)
    del table["hostile"]
    positional = {f"_c{i}": column for i, column in enumerate(table.values())}
    path = write_captures(stage, "csv.jsonl", table, 2, ["CSV", "BASE64"], 10)
    profile(stage, path, positional, "--format", "capture")
    packed = stage.write("packed.jsonl.gz", gzip.compress(path.read_bytes()))
    profile(stage, packed, positional)
    table = {name: column for name, column in random_table(12, 4_000).items()}
    return profile(stage, write_captures(stage, "json.jsonl", table, 2, ["JSON"], 12), table, "--format", "capture")


@case
def order_of_rows_does_not_hurt_the_sketch(stage):
    worst = Worst()
    rng = np.random.default_rng(9)
    values = rng.lognormal(0, 2, 100_000)
    orders = {"rising": np.sort(values), "falling": np.sort(values)[::-1], "saw": np.sort(values).reshape(100, -1).T.ravel()}
    table = {name: [str(value) for value in column] for name, column in orders.items()}
    path = write_csv(stage, "table.csv", table)
    stage.vigil("baseline", "data-quality", "--dataset", path, "--output", stage.path("out"))
    for feature in stage.json("out/statistics.json")["features"]:
        cells = table[feature["name"]]
        check_numbers(feature["name"], cells, feature["numerical_statistics"], worst)
    return worst


@case
def churn_agrees_with_pandas(stage):
    path = reference("data/churn/training-dataset-with-header.csv")
    worst = profile(stage, path, read_csv(path))
    told = {feature["name"]: feature["numerical_statistics"] for feature in stage.json("out/statistics.json")["features"]}
    expect = pd.read_csv(path).agg(["count", "mean", "sum", "min", "max"])
    assert list(expect.columns) == list(told)
    std = pd.read_csv(path).std(ddof=0)
    for name in told:
        for word in ["mean", "sum", "min", "max"]:
            near(told[name][word], expect[name][word], max(1, abs(expect[name][word])), f"{name}: {word}")
        near(told[name]["std_dev"], std[name], std[name], f"{name}: std_dev")
        assert told[name]["common"] == {"num_present": expect[name]["count"], "num_missing": 0}
    return worst


@case
def churn_without_header_has_positional_names(stage):
    path = reference("data/churn/validation.csv")
    return profile(stage, path, read_csv(path, header=False), "--header", "false")
