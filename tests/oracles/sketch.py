"""statistics.json made by hand, to be a baseline of known content."""
import json


def numeric(name, levels, kind="Fractional"):
    items = [item for level in levels for item in level]
    rows = sum(len(level) << h for h, level in enumerate(levels))
    return {"name": name, "inferred_type": kind, "numerical_statistics": {
        "common": {"num_present": rows, "num_missing": 0},
        "mean": 0.0, "sum": 0.0, "std_dev": 0.0, "min": min(items), "max": max(items),
        "distribution": {"kll": {"buckets": [], "sketch": {"parameters": {"c": 0.64, "k": 2048.0}, "data": levels}}}}}


def categorical(name, counts):
    return {"name": name, "inferred_type": "String", "string_statistics": {
        "common": {"num_present": sum(counts.values()), "num_missing": 0}, "distinct_count": float(len(counts)),
        "distribution": {"categorical": {"buckets": [{"value": v, "count": c} for v, c in counts.items()]}}}}


def baseline(stage, name, features, **distribution):
    """A folder with both files, in which any distance but 0 is a violation."""
    config = {"comparison_threshold": 0.0, "categorical_comparison_threshold": 0.0, "comparison_method": "Simple"}
    constraints = {"version": 0.0, "features": [{"name": feature["name"], "inferred_type": "String"} for feature in features],
                   "monitoring_config": {"distribution_constraints": config | distribution}}
    for feature, constraint in zip(features, constraints["features"]):
        constraint["inferred_type"] = feature["inferred_type"]
    stage.write(f"{name}/statistics.json", json.dumps({"version": 0.0, "dataset": {"item_count": 1}, "features": features}))
    stage.write(f"{name}/constraints.json", json.dumps(constraints))
    return stage.path(name)
