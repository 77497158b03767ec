"""Drift distances against a literal reading of Deequ's Distance, and its own golden values (reference: formats D.6)."""
import math
import re

import numpy as np
from scipy.stats import chi2

from analysis import analyze
from sketch import baseline, categorical, numeric
from stage import case
from table import write_csv

# What AWS's own post-processing takes out of a description.
DISTANCE = re.compile(r"distance: (.+) exceeds threshold: (.+)")


def rank_map(levels):
    """Deequ's getRankMap: a map from item to weight, in which equal items overwrite each other, then running sums."""
    weights = {}
    for height, level in enumerate(levels):
        for item in level:
            weights[item] = 2**height
    ranks, total = {}, 0
    for item in sorted(weights):
        total += weights[item]
        ranks[item] = total
    return ranks, total


def multiset_map(levels):
    """The same with every item counted."""
    weights = {}
    for height, level in enumerate(levels):
        for item in level:
            weights[item] = weights.get(item, 0) + 2**height
    ranks, total = {}, 0
    for item in sorted(weights):
        total += weights[item]
        ranks[item] = total
    return ranks, total


def numeric_distance(one, two, ranks, robust):
    (map_one, n), (map_two, m) = ranks(one), ranks(two)

    def rank(ranks_of, key):
        below = [item for item in ranks_of if item <= key]
        return ranks_of[max(below)] if below else 0

    most = max(abs(rank(map_one, key) / n - rank(map_two, key) / m) for key in map_one.keys() | map_two.keys())
    return max(0.0, most - 1.8 * math.sqrt((n + m) / (n * m))) if robust else most


def categorical_distance(one, two, robust):
    n, m = sum(one.values()), sum(two.values())
    most = max(abs(one.get(key, 0) / n - two.get(key, 0) / m) for key in one.keys() | two.keys())
    return max(0.0, most - 1.8 * math.sqrt((n + m) / (n * m))) if robust else most


def chi_squared(sample, expected):
    """Deequ's chi-squared test: expected counts scaled, small categories merged; the p-value or None."""
    rows = sum(count for value, count in sample.items() if value in expected)
    total = sum(expected.values())
    expected = {value: count / total * rows for value, count in expected.items()}
    sample = {value: float(sample.get(value, 0)) for value in expected}
    while len(expected) >= 2:
        limit, most = (10, 0) if len(expected) == 2 else (5, int(0.2 * len(expected)))
        if sum(count < limit for count in expected.values()) <= most:
            break
        smallest, second = sorted(expected, key=lambda value: (expected[value], value))[:2]
        expected[second] += expected.pop(smallest)
        sample[second] += sample.pop(smallest)
    if len(expected) < 2 or rows == 0:
        return None
    statistic = sum((sample[value] - expected[value]) ** 2 / expected[value] for value in expected)
    return chi2.sf(statistic, len(expected) - 1)


def distances(stage, folder, table, *options):
    """Runs the analyzer and returns the distance it tells of each column, 0 where it tells none."""
    path = write_csv(stage, "current.csv", table)
    told = dict.fromkeys(table, 0.0)
    for violation in analyze(stage, path, folder, "--format", "csv", "--header", "true", *options):
        assert violation["constraint_check_type"] == "baseline_drift_check", violation
        told[violation["feature_name"]] = float(DISTANCE.search(violation["description"])[1])
    return told


def same(got, expect, what):
    # Descriptions tell six decimals.
    assert abs(got - expect) <= 6e-7, f"{what}: {got} is not {expect}"


def column(values):
    return [repr(value) for value in values]


def spread(counts):
    return [value for value, count in counts.items() for _ in range(count)]


@case
def golden_values_of_deequ_hold(stage):
    before = [numeric("x", [[1.0, 2.0, 3.0, 4.0]], "Integral"),
              categorical("c", {"a": 10, "b": 20, "c": 25, "d": 10, "e": 5})]
    table = {"x": ["2", "3", "4", "5"] + [None] * 72, "c": spread({"a": 11, "b": 20, "c": 25, "d": 10, "e": 10})}
    told = distances(stage, baseline(stage, "simple", before), table)
    same(told["x"], 0.25, "simple")
    same(told["c"], 0.06015037593984962, "simple")
    told = distances(stage, baseline(stage, "robust", before, comparison_method="Robust"), table)
    assert told == {"x": 0.0, "c": 0.0}
    before = [categorical("c", {"a": 223, "b": 20, "c": 25, "d": 12, "e": 13})]
    sample = {"a": 207, "b": 20, "c": 25, "d": 14, "e": 25}
    assert math.isclose(chi_squared(sample, {"a": 223, "b": 20, "c": 25, "d": 12, "e": 13}), 0.013227994814265176, rel_tol=1e-12)
    told = distances(stage, baseline(stage, "chi", before, categorical_drift_method="ChiSquared",
                                     categorical_comparison_threshold=0.1), {"c": spread(sample)})
    same(1 - told["c"], 0.013227994814265176, "p-value")


@case
def distances_of_random_sketches_agree_with_deequ(stage):
    rng = np.random.default_rng(11)
    checked = 0
    for _ in range(12):
        features, table, levels_of = [], {}, {}
        rows = int(rng.integers(5, 1500))
        for i in range(12):
            kind = rng.choice(["normal", "integers", "tenths"])
            draw = {"normal": lambda n: rng.normal(0, 1, n), "integers": lambda n: rng.integers(-5, 6, n).astype(float),
                    "tenths": lambda n: rng.integers(0, 30, n) / 10}[kind]
            levels = [[float(x) for x in draw(int(rng.integers(1, 60)))] for _ in range(int(rng.integers(1, 5)))]
            current = [float(x) + (0.5 if rng.random() < 0.3 else 0) for x in draw(rows)]
            features.append(numeric(f"x{i}", levels))
            table[f"x{i}"], levels_of[f"x{i}"] = column(current), (levels, [current])
        for method in ["Simple", "Robust"]:
            folder = baseline(stage, "before", features, comparison_method=method)
            for option, ranks in [("multiset", multiset_map), ("distinct-values", rank_map)]:
                told = distances(stage, folder, table, "--drift-ranks", option)
                for name, (one, two) in levels_of.items():
                    same(told[name], numeric_distance(one, two, ranks, method == "Robust"), f"{option} {method} {name}")
                    checked += 1
    return f"{checked} distances"


@case
def distances_of_random_categories_agree_with_deequ(stage):
    rng = np.random.default_rng(12)
    checked = 0
    for _ in range(12):
        rows, features, table, pairs = int(rng.integers(20, 2000)), [], {}, {}
        for i in range(10):
            kinds = [f"v{k}" for k in range(int(rng.integers(2, 30)))]
            shares = rng.dirichlet(np.ones(len(kinds)) * rng.choice([0.3, 3.0]))
            before = {v: int(c) for v, c in zip(kinds, rng.multinomial(int(rng.integers(20, 5000)), shares)) if c}
            moved = shares if rng.random() < 0.5 else rng.dirichlet(np.ones(len(kinds)))
            now = {v: int(c) for v, c in zip(kinds, rng.multinomial(rows - 3, moved)) if c} | {"new": 3}
            features.append(categorical(f"c{i}", before))
            table[f"c{i}"], pairs[f"c{i}"] = spread(now), (before, now)
        for method in ["Simple", "Robust"]:
            told = distances(stage, baseline(stage, "before", features, comparison_method=method), table)
            for name, (before, now) in pairs.items():
                same(told[name], categorical_distance(before, now, method == "Robust"), f"{method} {name}")
                checked += 1
        # A threshold of 1 tells every p-value below it.
        folder = baseline(stage, "before", features, categorical_drift_method="ChiSquared", categorical_comparison_threshold=1.0)
        told = distances(stage, folder, table)
        for name, (before, now) in pairs.items():
            p_value = chi_squared(now, before)
            same(told[name], 0.0 if p_value is None else 1 - p_value, f"p-value of {name}")
            checked += 1
    return f"{checked} distances"


@case
def the_trap_of_distinct_values_is_there_on_wish(stage):
    """Reference D.6: what Deequ makes of a flag whose share goes from 0.1 to 0.9."""
    levels = [[0.0] * 900 + [1.0] * 100]
    folder = baseline(stage, "before", [numeric("flag", levels, "Integral")])
    table = {"flag": ["1"] * 900 + ["0"] * 100}
    assert distances(stage, folder, table, "--drift-ranks", "distinct-values") == {"flag": 0.0}
    same(distances(stage, folder, table)["flag"], 0.8, "multiset")
