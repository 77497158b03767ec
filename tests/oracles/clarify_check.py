"""Bias metrics against AWS's own library: VIGIL=path/to/vigil python3 tests/oracles/clarify_check.py [SUBSTRING …]

Every figure of `vigil baseline bias` is computed a second time by smclarify, on public tables and on seeded ones with
every edge, and must be equal to 1e-12, infinite alike, or fail with the same words. Ends with `N passed, N failed, N skipped`."""
import json
import logging
import math
import pathlib
import sys
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from smclarify.bias import report as clarify  # noqa: E402

from stage import case, play, reference  # noqa: E402

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
STAGES = (("pre_training_bias_metrics", clarify.StageType.PRE_TRAINING),
          ("post_training_bias_metrics", clarify.StageType.POST_TRAINING))


def expected(table, config, predicted, stage):
    """What smclarify says: {(facet, value): {metric: value or error}}, or the words it fails with, by facet."""
    found = {}
    for facet in config["facet"]:
        name, values = facet["name_or_index"], facet.get("value_or_threshold")
        try:
            label = clarify.LabelColumn(config["label"], table[config["label"]], list(config["label_values_or_threshold"]))
            answer = clarify.LabelColumn(predicted, table[predicted], None)
            # The predictions are no feature of the flip test, and nothing before training looks at features.
            rows = clarify.bias_report(
                table, clarify.FacetColumn(name, list(values) if values else None), label, stage,
                answer if stage == clarify.StageType.POST_TRAINING else None, ["all"],
                group_variable=table[config["group_variable"]] if "group_variable" in config else None)
        except Exception as why:
            found[name] = str(why)
            continue
        for row in rows:
            found[name, row["value_or_threshold"]] = {
                it["name"]: it["value"] if it["value"] is not None else it["error"].split("\n")[0] for it in row["metrics"]}
    return found


def same(ours, theirs):
    if isinstance(theirs, str) or isinstance(ours, str):
        return ours == theirs
    return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12)


def compare(stage, table, config, predicted="p", flip=True):
    """Returns how many figures were compared."""
    dataset = stage.path("table.csv")
    table.to_csv(dataset, index=False)
    stage.write("analysis_config.json", json.dumps(config))
    table = pd.read_csv(dataset, keep_default_na=False, na_values=[""])
    args = ["baseline", "bias", "--dataset", dataset, "--header", "true", "--config", stage.path("analysis_config.json"),
            "--inference-attribute", predicted, "--output", stage.path("out"), "--threads", "1"]
    want = {key: expected(table, config, predicted, it) for key, it in STAGES}
    if all(isinstance(it, str) for it in want[STAGES[0][0]].values()) and len(set(want[STAGES[0][0]].values())) == 1:
        told = next(iter(want[STAGES[0][0]].values()))
        if told.startswith(("Label", "Positive label")):
            _, said = stage.vigil(*args, code=1)
            assert told in said, f"{said!r} does not say {told!r}"
            return 1
    stage.vigil(*args)
    got = stage.json("out/analysis.json")
    count = 0
    for key, _ in STAGES:
        ours = {}
        for name, rows in got[key]["facets"].items():
            for row in rows:
                assert [it["name"] for it in row["metrics"]] == sorted(it["name"] for it in row["metrics"])
                ours[name, row["value_or_threshold"]] = {
                    it["name"]: it["value"] if it["value"] is not None else it["error"] for it in row["metrics"]}
        for place, theirs in want[key].items():
            if isinstance(theirs, str):
                # The library fails as a whole; here each metric of the facet says why.
                failed = [metrics for (name, _), metrics in ours.items() if name == place]
                assert failed and all(set(it.values()) == {theirs} for it in failed), f"{place}: {failed} is not {theirs!r}"
                count += 1
                continue
            assert place in ours, f"{place} is not in {list(ours)}"
            assert set(ours[place]) == set(theirs), f"{place}: {set(ours[place]) ^ set(theirs)}"
            for metric, value in theirs.items():
                if metric == "FT" and not flip:
                    continue
                assert same(ours[place][metric], value), f"{place} {metric}: {ours[place][metric]!r} is not {value!r}"
                count += 1
        label = clarify.label_value_or_threshold(table[config["label"]], list(config["label_values_or_threshold"]))
        assert got[key]["label_value_or_threshold"] == label, f"{got[key]['label_value_or_threshold']!r} is not {label!r}"
    return count


def config_of(facets, label="y", values=(1,), group=None):
    config = {"label": label, "label_values_or_threshold": list(values),
              "facet": [{"name_or_index": name} | ({"value_or_threshold": list(it)} if it else {}) for name, it in facets]}
    return config | ({"group_variable": group} if group else {})


def noisy(rng, labels, share):
    """Predictions that are wrong on a share of the rows."""
    shuffled = rng.permutation(labels)
    return np.where(rng.random(len(labels)) < share, shuffled, labels)


@case
def adult(stage):
    lines = reference("data/adult/validation-dataset.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    table = pd.DataFrame([it["features"] for it in rows]).rename(columns=lambda at: f"f{at}")
    table["y"] = [it["label"] for it in rows]
    table["p"] = noisy(np.random.default_rng(1), table["y"], 0.3)
    # Sex, race, age; the marital status is what they are conditioned on.
    config = config_of([("f9", [0]), ("f8", [2, 3]), ("f0", [40]), ("f8", None)], group="f5")
    return f"{compare(stage, table, config, flip=False)} figures of {len(table)} rows"


@case
def churn(stage):
    table = pd.read_csv(reference("data/churn/validation-dataset-with-header.csv"))
    told = pd.read_csv(reference("data/churn/validation-with-predictions.csv"))
    rows = min(len(table), len(told))
    table = table.iloc[:rows].copy()
    table["p"] = told["prediction"].iloc[:rows].to_numpy()
    states = [it for it in table.columns if it.startswith("State_")]
    config = config_of([("Int'l Plan_yes", [1]), ("Day Mins", [180.5]), ("CustServ Calls", [3])], label="Churn",
                       group="VMail Plan_yes")
    config["facet"] = [it for it in config["facet"] if it["name_or_index"] in table.columns]
    return f"{compare(stage, table.drop(columns=states), config, flip=False)} figures of {rows} rows"


@case
def edges(stage):
    """One table for each way in which a figure can fail to be a number."""
    def rows(*kinds):
        cells = [kind for kind, count in kinds for _ in range(count)]
        return pd.DataFrame(cells, columns=["s", "y", "p", "g"])

    tables = {
        "no prediction is right": rows((("f", 1, 0, "a"), 40), (("m", 0, 1, "b"), 60)),
        "all are false negatives but one": rows((("f", 1, 0, "a"), 40), (("m", 1, 0, "b"), 60), (("m", 1, 1, "b"), 1)),
        "facet is all there is": rows((("f", 1, 1, "a"), 50), (("f", 0, 1, "a"), 50), (("f", 0, 0, "a"), 50)),
        "labels are of one class": rows((("f", 1, 1, "a"), 50), (("m", 1, 0, "a"), 50)),
        "nothing is accepted in the rest": rows((("f", 1, 1, "a"), 20), (("f", 0, 0, "a"), 30), (("m", 1, 0, "a"), 30), (("m", 0, 0, "a"), 20)),
        "nothing is accepted in the facet": rows((("m", 1, 1, "a"), 20), (("m", 0, 0, "a"), 30), (("f", 1, 0, "a"), 30), (("f", 0, 0, "a"), 20)),
        "all predictions are right": rows((("f", 1, 1, "a"), 50), (("f", 0, 0, "a"), 50), (("m", 1, 1, "b"), 50), (("m", 0, 0, "b"), 10)),
        "sides share one label": rows((("f", 1, 1, "a"), 50), (("m", 0, 0, "a"), 50), (("m", 1, 0, "a"), 50)),
        "rows are few": rows((("f", 1, 1, "a"), 3), (("m", 0, 0, "a"), 3)),
        "one row": rows((("f", 1, 1, "a"), 1)),
        "nothing is predicted to be good": rows((("f", 1, 0, "a"), 50), (("m", 0, 0, "a"), 50)),
    }
    count = 0
    for name, table in tables.items():
        for facet in (["f"], ["x"], None, ["f", "m"]):
            for group in ("g", None):
                try:
                    count += compare(stage, table, config_of([("s", facet)], group=group))
                except AssertionError as why:
                    raise AssertionError(f"{name}, facet {facet}, group {group}: {why}") from why
    return f"{count} figures"


def column(rng, rows, kind):
    """A column of a kind, and values to look for in it."""
    pick = lambda values: [values[at] for at in rng.integers(0, len(values), rows)]  # noqa: E731
    match kind:
        case "text":
            return pick(["a", "b", "c"]), [["a"], ["a", "c"], ["zz"], None]
        case "digits":
            return rng.integers(0, 3, rows), [[1], ["1"], [1.0], [0, 2], ["0", "2.0"], [9], None]
        case "switch":
            return pick([True, False]), [[True], [1], ["True"], None]
        case "whole":
            return rng.integers(18, 90, rows) * 1000 + rng.integers(0, 900, rows), [[40000], [40000.5], ["40000"], [10**7], [0]]
        case "float":
            return rng.normal(0, 1, rows).round(4), [[0.25], [0], ["-0.5"], [99], [-99]]
        case "gaps":
            return [None if it < 0.1 else word for it, word in zip(rng.random(rows), pick(["a", "b"]))], [["a"], ["b", "a"], None]
        case "number gaps":
            return [None if it < 0.1 else float(number) for it, number in zip(rng.random(rows), rng.integers(0, 9, rows))], [[4], [1, 2]]


def random_table(seed):
    rng = np.random.default_rng(seed)
    rows = int(rng.choice([7, 12, 45, 150, 400]))
    table, facets = pd.DataFrame({"x1": rng.normal(size=rows), "x2": rng.normal(size=rows)}), []
    for at, kind in enumerate(rng.choice(["text", "digits", "switch", "whole", "float", "gaps", "number gaps"], 2, replace=False)):
        table[f"s{at}"], values = column(rng, rows, str(kind))
        facets.append((f"s{at}", values[int(rng.integers(len(values)))]))
    kind = str(rng.choice(["digits", "digits", "text", "switch", "float", "whole"]))
    table["y"], values = column(rng, rows, kind)
    values = [it for it in values if it]
    wanted = values[int(rng.integers(len(values)))]
    table["p"] = noisy(rng, table["y"].to_numpy(), 0.3)
    group = None
    if rng.random() < 0.6:
        group = "g"
        table["g"] = column(rng, rows, str(rng.choice(["text", "digits"])))[0]
    return table, config_of(facets, values=wanted, group=group)


@case
def seeded_tables(stage):
    count, tables = 0, 150
    for seed in range(tables):
        table, config = random_table(seed)
        try:
            count += compare(stage, table, config)
        except AssertionError as why:
            raise AssertionError(f"seed {seed}: {json.dumps(config)}: {why}") from why
    return f"{count} figures of {tables} tables"


@case
def flip_test(stage):
    """Numbers only, so that every neighbourhood is one of its own; a tree at few columns, pairs at many."""
    count = 0
    for seed, (rows, columns) in enumerate([(8, 1), (40, 2), (400, 3), (900, 8), (600, 15), (500, 18)]):
        rng = np.random.default_rng(seed)
        table = pd.DataFrame(rng.normal(size=(rows, columns)), columns=[f"x{at}" for at in range(columns)])
        table["s"] = rng.choice(["f", "m"], rows)
        table["y"] = np.where(rng.random(rows) < 0.4, "yes", "no")
        table["p"] = np.where(table["x0"] + (table["s"] == "f") * 0.6 + rng.normal(0, 0.5, rows) > 0, "yes", "no")
        count += compare(stage, table, config_of([("s", ["f"])], values=["yes"]))
    return f"{count} figures"


if __name__ == "__main__":
    sys.exit(play(sys.argv[1:]))
