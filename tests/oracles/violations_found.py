"""constraint_violations.json against the six checks written a second time, over the tables themselves (formats D.5)."""
import json
import re

import numpy as np

from analysis import analyze
from deequ_distance import categorical_distance, chi_squared
from stage import case, reference
from statistics_numbers import column_type, look, number
from table import random_table, read_csv, write_csv

MISSING, EXTRA = "missing_column_check", "extra_column_check"
# A sketch may be off by this in each of two distributions: a distance this near its threshold may fall either way.
BORDER = 0.002


def present(column):
    return [cell for cell in column if cell is not None]


def counts(cells):
    values, numbers = np.unique(np.array(cells, dtype=object).astype(str), return_counts=True)
    return dict(zip(values.tolist(), numbers.tolist()))


def numeric_distance(one, two, robust):
    """The Kolmogorov distance of two empirical distributions."""
    one, two = np.sort(one), np.sort(two)
    at = np.concatenate([one, two])
    most = np.abs(np.searchsorted(one, at, side="right") / len(one) - np.searchsorted(two, at, side="right") / len(two)).max()
    n, m = len(one), len(two)
    return max(0.0, most - 1.8 * np.sqrt((n + m) / (n * m))) if robust else most


def rules(constraints, feature):
    """The settings of a column: its overrides, in whatever place, over the general ones."""
    config = constraints["monitoring_config"]
    flat = {name: value for name, value in config.items() if name != "distribution_constraints"} | config["distribution_constraints"]
    for holder in [feature, feature.get("string_constraints", {})]:
        for spelling in ["monitoringConfigOverrides", "monitoring_config_overrides"]:
            own = holder.get(spelling) or {}
            own_flat = {name: value for name, value in own.items() if name != "distribution_constraints"}
            own_flat |= own.get("distribution_constraints", {})
            if "comparison_threshold" in own_flat:
                own_flat.setdefault("categorical_comparison_threshold", own_flat["comparison_threshold"])
            flat |= own_flat
    flat.setdefault("categorical_comparison_threshold", flat["comparison_threshold"])
    return flat


def distance(before, now, kind, rule):
    """Returns the distance and the threshold it must not exceed, or None."""
    if not before or not now:
        return None
    robust = rule["comparison_method"] == "Robust"
    if kind in ("Integral", "Fractional"):
        now = [number(cell) for cell in now if look(cell) in ("integral", "fractional")]
        if not now:
            return None
        return numeric_distance([number(cell) for cell in before], now, robust), rule["comparison_threshold"]
    before, now = counts(before), counts(now)
    if len(before) > 120:
        return None
    threshold = rule["categorical_comparison_threshold"]
    if rule["categorical_drift_method"] == "ChiSquared":
        p_value = chi_squared(now, before)
        return None if p_value is None else (1 - p_value, 1 - threshold)
    return categorical_distance(before, now, robust), threshold


def expected(before, constraints, now):
    """Returns what must be found, and what may be."""
    must, may = set(), set()
    if constraints["monitoring_config"]["evaluate_constraints"] == "Disabled":
        return must, may
    for feature in constraints["features"]:
        name, kind, rule = feature["name"], feature["inferred_type"], rules(constraints, feature)
        if rule["evaluate_constraints"] == "Disabled":
            continue
        if name not in now:
            must.add((name, MISSING))
            continue
        cells = present(now[name])
        if cells and kind in ("Integral", "Fractional"):
            fits = {"integral"} if kind == "Integral" else {"integral", "fractional"}
            if sum(look(cell) in fits for cell in cells) / len(cells) < rule["datatype_check_threshold"]:
                must.add((name, "data_type_check"))
        if now[name] and len(cells) / len(now[name]) < feature["completeness"]:
            must.add((name, "completeness_check"))
        if rule["perform_comparison"] == "Enabled":
            measured = distance(present(before[name]), cells, kind, rule)
            if measured and measured[0] > measured[1]:
                must.add((name, "baseline_drift_check"))
            if measured and abs(measured[0] - measured[1]) < BORDER:
                may.add((name, "baseline_drift_check"))
        domains = feature.get("string_constraints", {}).get("domains")
        if domains is not None and cells:
            if sum(cell in set(domains) for cell in cells) / len(cells) < rule["domain_content_threshold"]:
                must.add((name, "categorical_values_check"))
    known = {feature["name"] for feature in constraints["features"]}
    must |= {(name, EXTRA) for name in now if name not in known}
    return must, may


def compare(stage, before, constraints, now, what):
    stage.write("base/constraints.json", json.dumps(constraints))
    path = write_csv(stage, "now.csv", now)
    found = analyze(stage, path, stage.path("base"), "--format", "csv", "--header", "true")
    got = {(it["feature_name"], it["constraint_check_type"]) for it in found}
    assert len(got) == len(found), "each check at most once a column"
    must, may = expected(before, constraints, now)
    off = (got ^ must) - may
    assert not off, f"{what}: found and not expected {sorted(got - must)}, expected and not found {sorted(must - got)}" + explained(
        off, before, constraints, now)
    for it in found:
        tell(it, before, constraints, now)
    return {check for _, check in got}


def explained(off, before, constraints, now):
    """The distances of columns on which the two sides do not agree."""
    text = ""
    for feature in constraints["features"]:
        if (feature["name"], "baseline_drift_check") in off:
            rule, name = rules(constraints, feature), feature["name"]
            measured = distance(present(before[name]), present(now[name]), feature["inferred_type"], rule)
            text += f"\n{name}: {measured} by {rule}, {len(present(before[name]))} and {len(present(now[name]))} cells"
    return text


def tell(violation, before, constraints, now):
    """The numbers in a description are those of the tables."""
    name, check, text = violation["feature_name"], violation["constraint_check_type"], violation["description"]
    feature = next((it for it in constraints["features"] if it["name"] == name), None)
    if check in (MISSING, EXTRA):
        assert f"Number of columns in current dataset: {len(now)}," in text, text
        return
    cells = present(now[name])
    if check == "baseline_drift_check":
        told = re.search(r"distance: (.+) exceeds threshold: (.+)", text)
        measured = distance(present(before[name]), cells, feature["inferred_type"], rules(constraints, feature))
        assert abs(float(told[1]) - measured[0]) < BORDER and abs(float(told[2]) - measured[1]) < 1e-6, f"{name}: {text}, not {measured}"
        return
    share = float(re.search(r"Only ([0-9.]+)% of data", text)[1]) / 100
    if check == "completeness_check":
        expect = len(cells) / len(now[name])
    elif check == "data_type_check":
        fits = {"integral"} if feature["inferred_type"] == "Integral" else {"integral", "fractional"}
        expect = sum(look(cell) in fits for cell in cells) / len(cells)
    else:
        expect = sum(cell in set(feature["string_constraints"]["domains"]) for cell in cells) / len(cells)
    assert expect - 1.1e-6 <= share <= expect + 1e-9, f"{name}: {text}, not {expect}"


def learn(stage, table):
    path = write_csv(stage, "before.csv", table)
    stage.vigil("baseline", "data-quality", "--dataset", path, "--format", "csv", "--header", "true", "--output", stage.path("base"))
    return stage.json("base/constraints.json")


def faults(rng, table):
    """A copy with a few columns spoilt, each in one of the ways of the field."""
    rows = len(next(iter(table.values())))
    now = dict(table)
    for name in rng.choice(list(table), size=max(3, len(table) // 4), replace=False):
        column, share = list(now[name]), rng.choice([0.001, 0.05, 0.3])
        hit = rng.random(rows) < share
        numeric = column_type(present(column)) in ("Integral", "Fractional")
        fault = rng.choice(["missing", "text", "scale", "shift", "new value", "constant", "dropped", "renamed", "fraction"])
        if fault == "missing":
            column = [None if h else cell for h, cell in zip(hit, column)]
        elif fault == "text":
            column = ["n/a" if h else cell for h, cell in zip(hit, column)]
        elif fault == "new value":
            column = [f"new {rng.integers(0, 300)}" if h else cell for h, cell in zip(hit, column)]
        elif fault == "constant":
            column = [column[0]] * rows
        elif fault == "fraction" and numeric:
            column = ["0.5" if h else cell for h, cell in zip(hit, column)]
        elif fault == "scale" and numeric:
            column = [cell and repr(number(cell) * 100) for cell in column]
        elif fault == "shift" and numeric:
            column = [cell and repr(number(cell) + rng.choice([0.5, 3.0])) for cell in column]
        if fault in ("dropped", "renamed"):
            del now[name]
        if fault != "dropped":
            now[f"{name} v2" if fault == "renamed" else name] = column
    return now


def settings(rng, constraints):
    """A copy with other thresholds, switches and overrides."""
    changed = json.loads(json.dumps(constraints))

    def config():
        return {"datatype_check_threshold": float(rng.choice([0.5, 0.96, 1.0])),
                "domain_content_threshold": float(rng.choice([0.5, 0.96, 1.0])),
                "distribution_constraints": {
                    "perform_comparison": str(rng.choice(["Enabled", "Enabled", "Disabled"])),
                    "comparison_threshold": float(rng.choice([0.01, 0.1, 0.4])),
                    "comparison_method": str(rng.choice(["Simple", "Robust"])),
                    "categorical_drift_method": str(rng.choice(["LInfinity", "ChiSquared"]))}}

    general = changed["monitoring_config"]
    general |= config()
    if rng.random() < 0.5:
        general["distribution_constraints"]["categorical_comparison_threshold"] = float(rng.choice([0.02, 0.2]))
    for feature in changed["features"]:
        if rng.random() < 0.3:
            own = config() | {"evaluate_constraints": str(rng.choice(["Enabled", "Disabled"]))}
            for member in rng.choice(list(own), size=2, replace=False):
                del own[member]
            holder = feature
            if "string_constraints" in feature and rng.random() < 0.5:
                holder = feature["string_constraints"]
            holder[str(rng.choice(["monitoringConfigOverrides", "monitoring_config_overrides"]))] = own
    return changed


@case
def violations_of_random_faults_are_found(stage):
    rng = np.random.default_rng(41)
    before = {name: column for name, column in random_table(42, 3_000).items() if name not in ("many", "huge")}
    constraints = learn(stage, before)
    assert compare(stage, before, constraints, before, "itself") == set()
    kinds, runs = set(), 40
    for run in range(runs):
        rules_now = constraints if run % 2 == 0 else settings(rng, constraints)
        kinds |= compare(stage, before, rules_now, faults(rng, before), f"run {run}")
    assert len(kinds) == 6, f"only {kinds} were provoked"
    return f"{runs} drifted tables"


def churn(path):
    """The real table with its one-hot groups put back as texts."""
    table = read_csv(path)
    groups = ["State_", "Area Code_", "Int'l Plan_", "VMail Plan_"]
    for group in groups:
        parts = {name.removeprefix(group): table.pop(name) for name in list(table) if name.startswith(group)}
        rows = zip(*parts.values())
        table[group.strip("_")] = [next(v for v, flag in zip(parts, row) if flag == "1") for row in rows]
    return table


@case
def violations_of_churn_are_found(stage):
    before = churn(reference("data/churn/training-dataset-with-header.csv"))
    window = churn(reference("data/churn/validation-dataset-with-header.csv"))
    constraints = learn(stage, before)
    assert compare(stage, before, constraints, before, "itself") == set()
    rng = np.random.default_rng(43)
    rows = len(window["Churn"])
    spoilt = {
        "data_type_check": {"Day Calls": ["unknown" if i % 50 == 0 else c for i, c in enumerate(window["Day Calls"])]},
        "completeness_check": {"Intl Mins": [None if rng.random() < 0.31 else c for c in window["Intl Mins"]]},
        "baseline_drift_check": {"Day Mins": [str(number(c) * 100) for c in window["Day Mins"]]},
        "categorical_values_check": {"State": ["XX" if i < rows // 5 else c for i, c in enumerate(window["State"])]},
        MISSING: {"Eve Calls": None},
        EXTRA: {"Loyalty": ["1"] * rows},
    }
    everything = dict(window)
    for check, change in spoilt.items():
        now = {name: column for name, column in (window | change).items() if column is not None}
        everything = {name: column for name, column in (everything | change).items() if column is not None}
        assert check in compare(stage, before, constraints, now, check), check
    assert compare(stage, before, constraints, everything, "everything") == set(spoilt)


@case
def churn_windows_agree_under_any_settings(stage):
    before = churn(reference("data/churn/training-dataset-with-header.csv"))
    window = churn(reference("data/churn/validation-dataset-with-header.csv"))
    constraints = learn(stage, before)
    rng = np.random.default_rng(44)
    for run in range(30):
        compare(stage, before, settings(rng, constraints), faults(rng, window), f"run {run}")
    return "30 drifted windows"


@case
def churn_without_header_is_compared_by_position(stage):
    before = churn(reference("data/churn/training-dataset-with-header.csv"))
    window = churn(reference("data/churn/validation-dataset-with-header.csv"))
    learn(stage, before)
    window["Day Mins"] = [str(number(cell) * 100) for cell in window["Day Mins"]]
    path = write_csv(stage, "now.csv", window)
    text = path.read_text()
    stage.write("now.csv", text[text.index("\n") + 1:])
    found = analyze(stage, path, stage.path("base"), "--format", "csv", "--header", "false")
    assert ("Day Mins", "baseline_drift_check") in {(it["feature_name"], it["constraint_check_type"]) for it in found}, found
    named = analyze(stage, write_csv(stage, "named.csv", window), stage.path("base"), "--format", "csv", "--header", "true")
    assert found == named
    # One column less, and nothing tells which.
    rows = [line.split(",", 1)[1] for line in text.splitlines()[1:]]
    stage.write("less.csv", "\n".join(rows) + "\n")
    found = analyze(stage, stage.path("less.csv"), stage.path("base"), "--format", "csv", "--header", "false")
    assert [it["constraint_check_type"] for it in found] == [MISSING], found
